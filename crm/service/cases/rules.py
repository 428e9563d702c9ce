"""The rules of cases: priority, customer, status and dates, queue, promised times, and the steps of their way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from crm.i18n import N_, _
from crm.records import registry
from crm.records.rules import Draft, Facts, Road, Rules
from crm.records.writing.bulk import known
from crm.records.writing.writer import Writer
from crm.service.cases.moves import (
    ENDED,
    dates_after,
    degrees_of,
    is_reopening,
    priority_of,
    status_from_dates,
    wrong_order,
)
from crm.service.levels.level_rules import pauses
from crm.service.levels.levels import Move, Promises, follow_status, moves_of
from crm.work import Work
from db.models import CaseMove, Contact, Equipment, Organisation, Queue
from db.scope import CREATE, UPDATE

#: Kept by moves, service levels and the customer's answer, never by a form.
KEPT = (
    "response_due_at",
    "resolution_due_at",
    "resolution_breached_at",
    "first_response_at",
    "resolved_at",
    "closed_at",
    "reopened",
    "satisfaction",
    "satisfaction_note",
)
_NOT_MERGED = N_("A case is merged by Merge on its page. Choose another status, and merge it there.")
#: The promise depends on these, and they on the others.
_PROMISE = ("priority", "organisation_id", "opened_at")
_BEHIND_PROMISE = (*_PROMISE, "impact", "urgency", "contact_id", "equipment_id")


def move_entry(work: Work, case_id: int, before: str | None, after: str, at: datetime) -> CaseMove:
    """One step of a case's way, for the session to store."""
    return CaseMove(case_id=case_id, from_status=before, to_status=after, at=at, user_id=work.actor.user_id)


@dataclass(slots=True)
class _Around(Facts):
    """Units, people and organisations that the actor may see; the team of each queue by what is done to a case."""

    units: dict[int, dict[str, Any]]
    people: dict[int, dict[str, Any]]
    firms: dict[int, dict[str, Any]]
    queues: Mapping[tuple[str, int], int | None]
    promises: Promises
    moves: Mapping[int, Sequence[Move]]


class CaseRules(Rules):
    """A case stands in a status by its moves. A file may bring what was moved, answered and solved in another program."""

    def facts(self, road: Road, drafts: Sequence[Draft]) -> _Around:
        session = road.work.session
        asked = (d.row["equipment_id"] for d in drafts if d.has("equipment_id"))
        units = known(session, Equipment, asked, "product_id", "organisation_id", "contact_id")
        linked = [d for d in drafts if d.has("contact_id", "equipment_id")]
        named = {d.row["contact_id"] for d in linked} | {unit["contact_id"] for unit in units.values()}
        people = known(session, Contact, named, "organisation_id")
        at = {found["organisation_id"] for found in (*units.values(), *people.values())}
        waits = [
            d.row["id"]
            for d in drafts
            if not d.is_new and d.row["status"] not in ENDED and d.has(*_BEHIND_PROMISE)
        ]
        return _Around(
            road,
            units,
            people,
            known(session, Organisation, at),
            _queues(road, drafts),
            Promises(session),
            moves_of(session, waits),
        )

    def complete(self, draft: Draft, facts: _Around) -> None:
        row = draft.row
        _customer(draft, facts)
        _priority(draft)
        _queue_up(draft, facts)
        if draft.is_new:
            _begin(draft, facts.road)
            # What a file brings as solved was never promised here.
            if not (facts.road.is_file and row["status"] in ENDED):
                facts.promises.give(row, facts.road.work.now)
            return
        if (
            facts.road.is_file
            and draft.has("status")
            and "merged" not in (row["status"], draft.old("status"))
        ):
            _move(draft, facts.road)
        if row["status"] not in ENDED and row["opened_at"] and any(map(draft.moved, _PROMISE)):
            way = list(facts.moves.get(row["id"], ()))
            if draft.moved("status"):
                way.append((draft.old("status"), row["status"], _moved_at(draft, facts.road)))
            facts.promises.give(row, facts.road.work.now, list(pauses(way)))

    def problems(self, draft: Draft, facts: _Around) -> None:
        row = draft.row
        if not draft.is_new and not _kept(draft, facts.road):
            return
        if row["status"] == "merged" and draft.has("status"):
            draft.refuse("status", _(_NOT_MERGED))
        if wrong := wrong_order(row):
            label = _(registry.entity("case")[wrong].label)
            text = _("“{label}” lies before the case was opened or solved. Correct one of the times.")
            draft.refuse(wrong, text.format(label=label))
        end = "resolved_at" if row["resolved_at"] else "closed_at" if row["closed_at"] else ""
        if end and row["status"] not in (*ENDED, "merged") and not wrong and not draft.is_wrong("status"):
            draft.refuse(
                end,
                _(
                    "A case that is not solved has no end. Leave it blank, or give the status that belongs to it."
                ),
            )

    def after(self, writer: Writer, drafts: Sequence[Draft], facts: _Around) -> None:
        """A step of its way for each case that came to another status."""
        user = writer.work.actor.user_id
        writer.add(
            CaseMove,
            [
                {
                    "case_id": d.row["id"], "from_status": d.old("status"), "to_status": d.row["status"],
                    "at": d.row["opened_at"] if d.is_new else _moved_at(d, facts.road), "user_id": user,
                }
                for d in drafts
                if d.moved("status")
            ],
        )  # fmt: skip


def _customer(draft: Draft, facts: _Around) -> None:
    """A unit says whose it is and what it is, a contact where they work; what was given stays.

    A blank link is filled only where the actor may see what it points to.
    """
    row = draft.row
    if not draft.has("contact_id", "equipment_id"):
        return
    unit = facts.units.get(row["equipment_id"] or 0) if draft.has("equipment_id") else None
    if unit is not None:
        row["product_id"] = row["product_id"] or unit["product_id"]
        if row["organisation_id"] is None and unit["organisation_id"] in facts.firms:
            row["organisation_id"] = unit["organisation_id"]
        same = row["organisation_id"] == unit["organisation_id"]
        if row["contact_id"] is None and same and unit["contact_id"] in facts.people:
            row["contact_id"] = unit["contact_id"]
    person = facts.people.get(row["contact_id"] or 0)
    if person is not None and row["organisation_id"] is None and person["organisation_id"] in facts.firms:
        row["organisation_id"] = person["organisation_id"]


def _priority(draft: Draft) -> None:
    """Impact and urgency make the priority; a priority that somebody gave alone says both."""
    row, given = draft.row, draft.given
    if "priority" in given and row["priority"] is not None:
        impact, urgency = degrees_of(row["priority"])
        if draft.is_new or given.isdisjoint(("impact", "urgency")):
            row["impact"] = row["impact"] if "impact" in given else impact
            row["urgency"] = row["urgency"] if "urgency" in given else urgency
        return
    row["impact"], row["urgency"] = row["impact"] or "medium", row["urgency"] or "medium"
    if draft.is_new or draft.has("impact", "urgency", "priority"):
        row["priority"] = priority_of(row["impact"], row["urgency"])


def _begin(draft: Draft, road: Road) -> None:
    """Status and dates of a new case; one end stands for the other, and what came first says when it was opened at latest."""
    row, now = draft.row, road.work.now
    answered, resolved, closed = row["first_response_at"], row["resolved_at"], row["closed_at"]
    if not draft.has("status"):
        told = status_from_dates(row)
        row["status"] = told if road.is_file or told not in ENDED else "new"
    if not draft.has("opened_at"):
        row["opened_at"] = min(at for at in (answered, resolved, closed, now) if at is not None)
    if row["status"] in ENDED:
        end = resolved or closed or (None if road.is_file else now)
        row["resolved_at"] = row["waiting_since"] = end
        row["closed_at"] = (closed or end) if row["status"] == "closed" else None
        if road.is_file:
            draft.tell(_("solved before it came in") if end else _("solved, the day unknown"))
    elif row["status"] == "waiting":
        row["waiting_since"] = answered or row["opened_at"]
    if row["satisfaction"] is not None:
        row["satisfaction_at"] = row["closed_at"] or row["resolved_at"] or now


def _moved_at(draft: Draft, road: Road) -> datetime:
    """When a case came to its new status: the end that a file gives it, else now."""
    given = (draft.row[name] for name in ("closed_at", "resolved_at") if draft.has(name))
    return next((at for at in given if at is not None), road.work.now)


def _move(draft: Draft, road: Road) -> None:
    """What a move by hand would bring along, where the file does not say it."""
    row, at = draft.row, _moved_at(draft, road)
    before, after = draft.old("status"), row["status"]
    case = SimpleNamespace(**row)
    follow_status(road.work, case, before, after, at)
    row |= vars(case)
    ends = dates_after(after, before=before, at=at, resolved_at=row["resolved_at"])
    row |= {name: value for name, value in ends.items() if not draft.has(name)}
    if is_reopening(before, after) and not draft.has("reopened"):
        row["reopened"] += 1


def _kept(draft: Draft, road: Road) -> bool:
    """Whether nothing was given that only moves, service levels and answers write."""
    before = len(draft.problems)
    if draft.has("status"):
        if draft.old("status") == "merged":
            draft.refuse("status", _("This case was merged into another one. Take the merge back first."))
        elif draft.row["status"] == "merged":
            draft.refuse("status", _(_NOT_MERGED))
        elif not road.is_file:
            draft.refuse("status", _("The status changes by a move: choose one under Status on the case."))
        else:
            draft.tell(_("moved in another program"))
    kept = [name for name in KEPT if name in draft.given]
    if kept and road.is_file:
        draft.tell(_("answered or solved in another program"))
        return before == len(draft.problems)
    for name in kept:
        text = _("{label} follows from moves, service levels and answers; it cannot be typed in.")
        draft.refuse(name, text.format(label=_(registry.entity("case")[name].label)))
    return before == len(draft.problems)


def _queues(road: Road, drafts: Sequence[Draft]) -> dict[tuple[str, int], int | None]:
    """The team in whose queue the actor may lay a case that nobody owns, by what is done and queue."""
    if not any(d.has("queue_id") for d in drafts):
        return {}
    actor = road.work.actor
    asked = select(Queue.id, Queue.team_id).where(Queue.team_id.is_not(None))
    return {
        (action, queue): team
        for queue, team in road.work.session.execute(asked)
        for action in (CREATE, UPDATE)
        if actor.holds("case", action, owner_id=None, team_id=team)
    }


def _queue_up(draft: Draft, facts: _Around) -> None:
    """A case put into a team's queue waits there for somebody to take it, unless it has an owner by choice."""
    row = draft.row
    if not draft.has("queue_id") or draft.has("owner_id", "team_id"):
        return
    team = facts.queues.get((CREATE if draft.is_new else UPDATE, row["queue_id"]))
    if team is not None and (draft.is_new or row["owner_id"] is None):
        row["owner_id"], row["team_id"] = None, team
