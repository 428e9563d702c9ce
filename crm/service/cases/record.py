"""What follows from a case's own values before it is stored: number, priority, customer, first move, promised times."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from typing import Any

from crm.errors import Problem, Refused
from crm.i18n import _
from crm.records import registry
from crm.records.numbers import give_number
from crm.service.cases.rules import ENDED, dates_after, degrees_of, priority_of, wrong_order
from crm.service.levels.levels import apply_policy
from crm.work import Work
from db.models import Case, CaseMove, Contact, Equipment, Organisation, Queue
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
#: The promise depends on these.
PROMISE = {"priority", "organisation_id", "opened_at"}


def prepare_case(work: Work, row: Case, changed: Set[str]) -> None:
    """Fill in and check a case that is made or changed by form, API or another program part.

    Raises
    ------
    Refused
        The status or a date that only moves set was given, or a date lies before the one it must follow.
    """
    new = row.id is None
    if new:
        _begin(work, row)
    else:
        _refuse_kept(changed)
    _customer(work, row, changed)
    before = row.priority
    _priority(row, changed, new=new)
    _demand_order(row)
    _queue_up(work, row, changed, new=new)
    if new:
        give_number(work, "case", row)
    if new or row.priority != before or changed & PROMISE:
        apply_policy(work, row)
    if new:
        # The case comes first: its move points to it.
        work.session.add(row)
        work.session.flush()
        work.session.add(move_entry(work, row.id, None, row.status, row.opened_at))


def move_entry(work: Work, case_id: int, before: str | None, after: str, at: datetime) -> CaseMove:
    """One step of a case's way, for the session to store."""
    return CaseMove(case_id=case_id, from_status=before, to_status=after, at=at, user_id=work.actor.user_id)


def _begin(work: Work, row: Case) -> None:
    """Values that the columns would take only with the insert, too late for what follows from them."""
    row.status = row.status or "new"
    row.opened_at = row.opened_at or work.now
    row.reopened = row.reopened or 0
    row.paused_minutes = 0
    if row.status == "merged":
        raise Refused(
            _("A new case is merged into nothing."),
            problems=[Problem("status", _("Make the case first, then merge it."))],
        )
    if row.status in ENDED:
        known = row.resolved_at or row.closed_at
        for name, value in dates_after(
            row.status, before="open", at=row.closed_at or known or work.now, resolved_at=known
        ).items():
            if getattr(row, name) is None:
                setattr(row, name, value)
    elif row.resolved_at or row.closed_at:
        named = "resolved_at" if row.resolved_at else "closed_at"
        raise Refused(
            _("A case that is not solved has no end."),
            problems=[Problem(named, _("Leave it blank, or give the status that belongs to it."))],
        )
    if row.status == "waiting":
        row.waiting_since = row.opened_at


def _refuse_kept(changed: Set[str]) -> None:
    problems = []
    if "status" in changed:
        problems.append(
            Problem("status", _("The status changes by a move: choose one under Status on the case."))
        )
    about = registry.entity("case")
    problems += [
        Problem(
            name,
            _("{label} follows from moves, service levels and answers; it cannot be typed in.").format(
                label=_(about[name].label)
            ),
        )
        for name in KEPT
        if name in changed
    ]
    if problems:
        raise Refused(
            _("The case was not stored. {first}").format(first=problems[0].message), problems=problems
        )


def _customer(work: Work, row: Case, changed: Set[str]) -> None:
    """A unit says whose it is and what it is, a contact where they work; what was given stays."""
    unit = (
        work.session.get(Equipment, row.equipment_id)
        if row.equipment_id and "equipment_id" in changed
        else None
    )
    if unit is not None:
        row.product_id = row.product_id or unit.product_id
        _take(work, row, "organisation_id", Organisation, unit.organisation_id)
        if row.contact_id is None and row.organisation_id == unit.organisation_id:
            _take(work, row, "contact_id", Contact, unit.contact_id)
    if row.contact_id and changed & {"contact_id", "equipment_id"}:
        contact = work.session.get(Contact, row.contact_id)
        if contact is not None:
            _take(work, row, "organisation_id", Organisation, contact.organisation_id)


def _take(work: Work, row: Case, name: str, cls: type[Any], value: int | None) -> None:
    """Fill a blank link, where the actor may see what it points to."""
    if getattr(row, name) is None and value is not None and work.session.get(cls, value) is not None:
        setattr(row, name, value)


def _priority(row: Case, changed: Set[str], *, new: bool) -> None:
    given = "priority" in changed and row.priority is not None
    if new and given and not changed & {"impact", "urgency"}:
        row.impact, row.urgency = degrees_of(row.priority)
    row.impact, row.urgency = row.impact or "medium", row.urgency or "medium"
    if not given and (new or changed & {"impact", "urgency"}):
        row.priority = priority_of(row.impact, row.urgency)


def _demand_order(row: Case) -> None:
    dates = {n: getattr(row, n) for n in ("opened_at", "first_response_at", "resolved_at", "closed_at")}
    if wrong := wrong_order(dates):
        raise Refused(order_words(wrong), problems=[Problem(wrong, order_words(wrong))])


def order_words(name: str) -> str:
    """What is wrong with a date that lies before the one it must follow."""
    label = _(registry.entity("case")[name].label)
    return _("“{label}” lies before the case was opened or solved. Correct one of the times.").format(
        label=label
    )


def _queue_up(work: Work, row: Case, changed: Set[str], *, new: bool) -> None:
    """A case put into a team's queue waits there for somebody to take it, unless it has an owner by choice."""
    queue = work.session.get(Queue, row.queue_id) if row.queue_id and "queue_id" in changed else None
    if queue is None or queue.team_id is None or changed & {"owner_id", "team_id"}:
        return
    if (new or row.owner_id is None) and work.actor.holds(
        "case", CREATE if new else UPDATE, owner_id=None, team_id=queue.team_id
    ):
        row.owner_id, row.team_id = None, queue.team_id
