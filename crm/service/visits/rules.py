"""The rules of visits and maintenance plans: customer, status, cover, due days."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from crm.errors import Problem
from crm.i18n import _
from crm.records.rules import Draft, Facts, Road, Rules, rules_of, take_owner
from crm.records.settling import changing_draft, new_draft, shape_of
from crm.records.writing.bulk import known
from crm.records.writing.following import follow
from crm.records.writing.writer import Writer, full_rows
from crm.service.equipment.equipment import covers_of
from crm.service.visits.plan_rules import Usage
from crm.service.visits.plans import OF_UNIT, after_visit, due_on, moment_of, usages
from crm.service.words import day_words
from db.models import Case, Contact, Equipment, MaintenancePlan
from db.scope import UPDATE

#: What a visit takes over from its case, then from its unit.
_CUSTOMER = ("organisation_id", "contact_id")
_ABOUT = ("plan_id", "case_id", "equipment_id", "contact_id")
_EVERY = ("every_months", "every_days", "every_usage")
#: The due day of a plan follows from these unless somebody gave it.
_DECIDES = ("every_months", "every_days", "every_usage", "last_done_on", "last_done_meter", "equipment_id")


@dataclass(slots=True)
class _Around(Facts):
    """What visits are about, as far as the actor sees it; who pays for a unit on a day.

    ``overtaken`` has the drafts, by ``id()``, whose meter value a later and lower reading keeps from being one.
    """

    cases: dict[int, dict[str, Any]]
    units: dict[int, dict[str, Any]]
    people: dict[int, dict[str, Any]]
    plans: dict[int, dict[str, Any]]
    covers: Mapping[tuple[int, date], str]
    overtaken: set[int] = field(default_factory=set)

    def unit_of(self, row: Mapping[str, Any]) -> int | None:
        """The unit of a visit: its own, else its plan's or its case's."""
        plan, case = self.plans.get(row["plan_id"] or 0, {}), self.cases.get(row["case_id"] or 0, {})
        return row["equipment_id"] or plan.get("equipment_id") or case.get("equipment_id")


class VisitRules(Rules):
    """A visit is planned, or comes in as done on a day; Start, Finish, Cancel and Reopen change its status.

    One that comes in as done reads the meter and moves its plan, as Finish does.
    """

    def facts(self, road: Road, drafts: Sequence[Draft]) -> _Around:
        session = road.work.session
        about = [d for d in drafts if d.has(*_ABOUT)]
        cases = known(session, Case, (d.row["case_id"] for d in about), *_CUSTOMER, "equipment_id")
        plans = known(
            session,
            MaintenancePlan,
            (d.row["plan_id"] for d in about),
            *("equipment_id", "owner_id", "team_id", "minutes"),
        )
        around = _Around(road, cases, {}, {}, plans, {})
        asked = {around.unit_of(d.row) for d in about}
        units = known(session, Equipment, asked, *_CUSTOMER, "owner_id", "team_id", "meter_value")
        named = {d.row["contact_id"] for d in about}
        named |= {found["contact_id"] for found in (*cases.values(), *units.values())}
        people = known(session, Contact, named, "organisation_id")
        done = {
            (unit, d.row["done_on"])
            for d in drafts
            if d.row["done_on"] is not None and d.has("done_on", *_ABOUT) and (unit := around.unit_of(d.row))
        }
        covers = {key: found.state for key, found in covers_of(session, done).items()}
        return _Around(road, cases, units, people, plans, covers)

    def complete(self, draft: Draft, facts: _Around) -> None:
        row = draft.row
        before = row["equipment_id"]
        if draft.has(*_ABOUT):
            _customer(row, facts)
        unit = facts.units.get(row["equipment_id"] or 0)
        if draft.is_new:
            row["currency"] = row["currency"] or facts.road.currency
            if row["done_on"] is not None and not draft.has("status"):
                row["status"] = "done"
            if row["minutes"] is None:
                row["minutes"] = facts.plans.get(row["plan_id"] or 0, {}).get("minutes") or None
            if unit is not None:
                take_owner(draft, unit, "work_order", facts.road)
        moved = draft.has("done_on", "equipment_id") or row["equipment_id"] != before
        if row["done_on"] is not None and row["equipment_id"] is not None and moved:
            row["covered"] = facts.covers.get((row["equipment_id"], row["done_on"]))

    def problems(self, draft: Draft, facts: _Around) -> None:
        row = draft.row
        if not draft.is_new and draft.has("status", "done_on"):
            draft.refuse(
                "status",
                _("Use Start, Finish, Cancel or Reopen: they set the status with what belongs to it."),
            )
        elif draft.is_new and (row["status"] == "done") != (row["done_on"] is not None):
            draft.refuse(
                "done_on", _("A visit that is done has a day on which it was done, no other one has.")
            )
        if row["done_on"] is not None and row["done_on"] > facts.road.today:
            draft.refuse("done_on", _("The day it was done lies ahead. Choose today or an earlier day."))
        first = row["done_on"] or row["planned_on"]
        if (
            draft.has("next_on")
            and row["next_on"] is not None
            and first is not None
            and row["next_on"] <= first
        ):
            text = _("The next visit must come after this one on {day}. Choose a later day.")
            draft.refuse("next_on", text.format(day=day_words(first)))
        plan = facts.plans.get(row["plan_id"] or 0)
        if draft.has("plan_id", "equipment_id") and plan and plan["equipment_id"] != row["equipment_id"]:
            draft.refuse("plan_id", _("The maintenance plan is for another unit. Choose a plan of this one."))
        if draft.is_new and row["meter_value"] is not None and row["equipment_id"] not in facts.units:
            text = _("This visit has no unit whose meter could be read. Choose the unit first.")
            draft.refuse("meter_value", text)
        if draft.has("meter_value") and not _is_done(draft) and not draft.is_wrong("meter_value", "status"):
            text = _("The meter is read when a visit is done. Use Finish, or enter a reading on the unit.")
            draft.refuse("meter_value", text)
        if _is_done(draft):
            _demand_rights(draft, facts)
        if draft.is_new and facts.road.is_file and row["status"] == "done" and not draft.problems:
            draft.tell(_("done before it came in"))

    def together(self, drafts: Sequence[Draft], facts: _Around) -> Iterable[tuple[Draft, Problem]]:
        """The meter of a unit fits between its readings; what a file says of a meter that was replaced since is history."""
        readings, rules = _readings(drafts, facts.road), rules_of("meter_reading")
        visits = {id(r): d for r, d in zip(readings, filter(_is_read, drafts), strict=True)}
        read = rules.facts(facts.road, readings)
        if facts.road.is_file:
            # The newest first, in whatever order the rows stand: against it the last ones of an older meter are history.
            readings = sorted(readings, key=lambda reading: reading.row["at"], reverse=True)
        for reading, problem in rules.together(readings, read):
            row, visit = reading.row, visits[id(reading)]
            later = read.meters.overtaken(row["equipment_id"], row["value"], row["at"])
            if facts.road.is_file and problem.message == later:
                visit.tell(_("with a meter value that was not taken over, because a later one is lower"))
                facts.overtaken.add(id(visit))
            else:
                yield visit, Problem("meter_value", problem.message)

    def after(self, writer: Writer, drafts: Sequence[Draft], facts: _Around) -> None:
        """The meter first: it says how soon plans fall due again."""
        taken = [draft for draft in drafts if id(draft) not in facts.overtaken]
        # Of our own export the readings come in themselves.
        if "meter_reading" not in facts.road.comes:
            follow(writer, "meter_reading", _readings(taken, facts.road))
        moving = [draft for draft in drafts if _is_done(draft) and draft.row["plan_id"]]
        moving.sort(key=lambda draft: draft.row["done_on"])
        plans = full_rows(writer, MaintenancePlan, sorted({draft.row["plan_id"] for draft in moving}))
        last = {record: plan["last_done_on"] for record, plan in plans.items()}
        moved: dict[int, dict[str, Any]] = {}
        for draft in moving:
            visit, meter = draft.row, draft.row["meter_value"]
            if id(draft) in facts.overtaken:
                meter = None  # The meter that counts now began after the visit.
            elif meter is None:
                meter = facts.units.get(visit["equipment_id"], {}).get("meter_value")
            days = {"done_on": visit["done_on"], "next_on": visit["next_on"]}
            moved[visit["plan_id"]] = after_visit(last[visit["plan_id"]], **days, meter=meter)
        changing = [changing_draft(values, plans[record]) for record, values in moved.items()]
        follow(writer, "maintenance_plan", [draft for draft in changing if draft.given])


def _is_done(draft: Draft) -> bool:
    return draft.is_new and draft.row["done_on"] is not None


def _demand_rights(draft: Draft, facts: _Around) -> None:
    """What a visit that comes in as done says of a meter or plan asks for the right to change the unit or the plan."""
    holds, row = facts.road.work.actor.holds, draft.row
    unit, plan = facts.units.get(row["equipment_id"] or 0), facts.plans.get(row["plan_id"] or 0)
    asked = unit if row["meter_value"] is not None else None
    if asked and not holds("equipment", UPDATE, owner_id=asked["owner_id"], team_id=asked["team_id"]):
        text = _(
            "You may see this unit, not change it. Leave the meter blank, or ask whoever looks after it."
        )
        draft.refuse("meter_value", text)
    if plan and not holds("work_order", UPDATE, owner_id=plan["owner_id"], team_id=plan["team_id"]):
        text = _("You may see this plan, not change it. Leave it blank, or ask whoever looks after it.")
        draft.refuse("plan_id", text)


def _is_read(draft: Draft) -> bool:
    return _is_done(draft) and draft.row["meter_value"] is not None


def _readings(drafts: Sequence[Draft], road: Road) -> list[Draft]:
    """What visits that come in as done say of meters."""
    base = shape_of("meter_reading").defaults(road.work.now)
    return [
        new_draft(
            {
                "equipment_id": row["equipment_id"], "value": row["meter_value"], "source": (row["number"] or "")[:40] or None,
                "at": moment_of(row["done_on"], road.work.now),
            },
            base,
        )
        for row in (draft.row for draft in drafts if _is_read(draft))
    ]  # fmt: skip


def _customer(row: dict[str, Any], facts: _Around) -> None:
    """Blanks are filled from the plan and case, then from the unit, then from the contact; what somebody entered stays."""
    case = facts.cases.get(row["case_id"] or 0, {})
    row["equipment_id"] = facts.unit_of(row)
    unit = facts.units.get(row["equipment_id"] or 0, {})
    for name in _CUSTOMER:
        row[name] = row[name] or case.get(name) or unit.get(name)
    person = facts.people.get(row["contact_id"] or 0, {})
    row["organisation_id"] = row["organisation_id"] or person.get("organisation_id")


@dataclass(slots=True)
class _Units(Facts):
    by_id: dict[int, dict[str, Any]]
    used: dict[int, Usage]


class PlanRules(Rules):
    """The due day of a plan follows from how often, when it was done last and what the meter shows."""

    def facts(self, road: Road, drafts: Sequence[Draft]) -> _Units:
        session = road.work.session
        asked = {d.row["equipment_id"] for d in drafts}
        by_use = {d.row["equipment_id"] for d in drafts if d.row["every_usage"]} - {None}
        units = known(session, Equipment, asked, "status", "name", *OF_UNIT)
        return _Units(road, units, usages(session, by_use & units.keys()))

    def complete(self, draft: Draft, facts: _Units) -> None:
        row = draft.row
        if row["next_due_on"] is None or (draft.has(*_DECIDES) and not draft.has("next_due_on")):
            unit = row["equipment_id"]
            row["next_due_on"] = due_on(
                row, facts.by_id.get(unit or 0, {}), facts.used.get(unit or 0), facts.road.today
            )

    def problems(self, draft: Draft, facts: _Units) -> None:
        row, unit = draft.row, facts.by_id.get(draft.row["equipment_id"])
        if row["every_usage"] is not None and row["every_usage"] <= 0:
            draft.refuse("every_usage", _("Enter how much the meter grows between two visits, above 0."))
        elif not any(row[name] for name in _EVERY) and not draft.is_wrong("every_usage"):
            draft.refuse(
                "every_days",
                _("Enter after how many months or days the work returns, or how much the meter grows."),
            )
        gone = unit is not None and unit["status"] == "retired" and row["is_active"]
        if unit is not None and gone and (draft.is_new or draft.has("equipment_id", "is_active")):
            text = _("{name} is retired. Choose a unit in use.")
            draft.refuse("equipment_id", text.format(name=unit["name"]))
        if row["last_done_on"] is not None and row["last_done_on"] > facts.road.today:
            draft.refuse("last_done_on", _("Last done lies ahead. Choose today or an earlier day."))
