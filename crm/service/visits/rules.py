"""The rules of visits and maintenance plans: customer, status, cover, due days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from crm.i18n import _
from crm.records.rules import Draft, Facts, Road, Rules, take_owner
from crm.records.writing.bulk import known
from crm.service.equipment.equipment import covers_of
from crm.service.visits.plan_rules import Usage
from crm.service.visits.plans import OF_UNIT, due_on, usages
from crm.service.words import day_words
from db.models import Case, Contact, Equipment

#: What a visit takes over from its case, then from its unit.
_CUSTOMER = ("organisation_id", "contact_id")
#: The due day of a plan follows from these unless somebody gave it.
_DECIDES = ("every_days", "every_usage", "last_done_on", "last_done_meter", "equipment_id")


@dataclass(slots=True)
class _Around(Facts):
    """What visits are about, as far as the actor sees it; who pays for a unit on a day."""

    cases: dict[int, dict[str, Any]]
    units: dict[int, dict[str, Any]]
    people: dict[int, dict[str, Any]]
    covers: Mapping[tuple[int, date], str]


class VisitRules(Rules):
    """A visit is planned, or comes in as done on a day; Start, Finish, Cancel and Reopen change its status."""

    def facts(self, road: Road, drafts: Sequence[Draft]) -> _Around:
        session = road.work.session
        about = [d for d in drafts if d.has("case_id", "equipment_id", "contact_id")]
        cases = known(session, Case, (d.row["case_id"] for d in about), *_CUSTOMER, "equipment_id")
        of_case = {d.row["case_id"]: cases.get(d.row["case_id"] or 0, {}) for d in about}
        asked = {d.row["equipment_id"] or of_case[d.row["case_id"]].get("equipment_id") for d in about}
        units = known(session, Equipment, asked, *_CUSTOMER, "owner_id", "team_id")
        named = {d.row["contact_id"] for d in about}
        named |= {found["contact_id"] for found in (*cases.values(), *units.values())}
        people = known(session, Contact, named, "organisation_id")
        done = {
            (unit, d.row["done_on"])
            for d in drafts
            if d.row["done_on"] is not None and d.has("done_on", "equipment_id", "case_id")
            if (unit := d.row["equipment_id"] or of_case.get(d.row["case_id"], {}).get("equipment_id"))
        }
        covers = {key: found.state for key, found in covers_of(session, done).items()}
        return _Around(road, cases, units, people, covers)

    def complete(self, draft: Draft, facts: _Around) -> None:
        row = draft.row
        before = row["equipment_id"]
        if draft.has("case_id", "equipment_id", "contact_id"):
            _customer(row, facts)
        unit = facts.units.get(row["equipment_id"] or 0)
        if draft.is_new:
            row["currency"] = row["currency"] or facts.road.currency
            if row["done_on"] is not None and not draft.has("status"):
                row["status"] = "done"
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
        if draft.is_new and facts.road.is_file and row["status"] == "done" and not draft.problems:
            draft.tell(_("done before it came in"))


def _customer(row: dict[str, Any], facts: _Around) -> None:
    """Blanks are filled from the case, then from the unit, then from the contact; what somebody entered stays."""
    case = facts.cases.get(row["case_id"] or 0, {})
    row["equipment_id"] = row["equipment_id"] or case.get("equipment_id")
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
        elif not row["every_days"] and not row["every_usage"] and not draft.is_wrong("every_usage"):
            draft.refuse(
                "every_days", _("Enter after how many days the work returns, or how much the meter grows.")
            )
        gone = unit is not None and unit["status"] == "retired" and row["is_active"]
        if unit is not None and gone and (draft.is_new or draft.has("equipment_id", "is_active")):
            text = _("{name} is retired. Choose a unit in use.")
            draft.refuse("equipment_id", text.format(name=unit["name"]))
        if row["last_done_on"] is not None and row["last_done_on"] > facts.road.today:
            draft.refuse("last_done_on", _("Last done lies ahead. Choose today or an earlier day."))
