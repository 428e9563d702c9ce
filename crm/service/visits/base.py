"""Making a visit, finding one that may still be worked on, and the texts that go into one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import Any

from crm.errors import Bad, NotFound, Problem, Refused
from crm.i18n import _
from crm.records import records, registry
from crm.records.checks import check_value
from crm.records.records import demand_version
from crm.service.words import day_words
from crm.work import Work
from db.models import WorkOrder

#: Visits that are still to be done.
OPEN = ("planned", "under_way")
MOST_STEPS = 200


def make_visit(
    work: Work,
    values: dict[str, Any],
    *,
    steps: Sequence[str] = (),
    plan_id: int | None = None,
    planned_at: time | None = None,
) -> dict[str, Any]:
    """Store a visit with what no form asks for: steps, the plan that it follows from, the hour; gives every stored value."""
    made = records.create_record(work, "work_order", values)
    order = work.session.get_one(WorkOrder, made["id"])
    order.plan_id, order.planned_at = plan_id, planned_at
    order.checklist = [{"text": text, "done": False} for text in steps]
    work.session.flush()
    return records.get_record(work.session, "work_order", order.id)


def find_visit(work: Work, order_id: int) -> WorkOrder:
    """The work order.

    Raises
    ------
    NotFound
        No such visit within the actor's scope.
    """
    order = work.session.get(WorkOrder, order_id)
    if order is None:
        raise NotFound(_("There is no visit {id}, or it is not yours to see.").format(id=order_id))
    return order


def open_visit(work: Work, order_id: int, seen_version: int | None) -> WorkOrder:
    """The work order, which is still to be done.

    Raises
    ------
    Refused
        It is done, cancelled or archived; the sentence names the way back.
    Conflict
        Somebody changed it since ``seen_version``; None looks at no version.
    """
    order = find_visit(work, order_id)
    if seen_version is not None:
        demand_version(order, seen_version, {}, label=_("visit"))
    if order.status == "done" and order.done_on is not None:
        raise Refused(
            _("{number} was done on {day}. Reopen it first.").format(
                number=order.number, day=day_words(order.done_on)
            )
        )
    if order.status not in OPEN:
        raise Refused(_("{number} is cancelled. Reopen it first.").format(number=order.number))
    if order.archived_at is not None:
        raise Refused(_("{number} is archived. Restore it first.").format(number=order.number))
    return order


def steps_of(texts: Sequence[str]) -> list[str]:
    """The steps of a checklist as they are stored; blank ones are left out."""
    field = registry.entity("work_order")["title"]
    try:
        found = [str(check_value(field, text)) for text in texts if text.strip()]
    except Bad as bad:
        raise Refused(str(bad), problems=[Problem("checklist", str(bad))]) from bad
    if len(found) > MOST_STEPS:
        message = _("A checklist has at most {n} steps.").format(n=MOST_STEPS)
        raise Refused(message, problems=[Problem("checklist", message)])
    return found


def checked(name: str, text: str) -> str:
    """A text as it is stored in this field of a work order."""
    try:
        return str(check_value(registry.entity("work_order")[name], text))
    except Bad as bad:
        raise Refused(str(bad), problems=[Problem(name, str(bad))]) from bad
