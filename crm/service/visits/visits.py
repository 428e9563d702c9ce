"""Visits: planned, started, done with everything that follows from it, cancelled, and taken back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any

from crm.clock import here
from crm.errors import Refused
from crm.i18n import _
from crm.periods import months_later
from crm.records import records, registry
from crm.records.checks import is_blank
from crm.service.equipment.labour import PartUsed
from crm.service.visits.base import checked, find_visit, make_visit, open_visit, steps_of
from crm.service.visits.finish import finish_visit
from crm.service.visits.mail import CANCELLED, MOVED, PLANNED, tell
from crm.service.visits.undo import reopen_visit
from crm.work import Work
from db.models import Case, Equipment, MaintenancePlan

__all__ = [
    "PartUsed",
    "cancel_visit",
    "find_visit",
    "finish_visit",
    "plan_visit",
    "reopen_visit",
    "replan_visit",
    "set_steps",
    "start_visit",
    "tick_step",
]

#: A plan by usage alone, whose visit was cancelled, is looked at again after this many days.
SKIP_DAYS = 30


def plan_visit(
    work: Work,
    *,
    title: str = "",
    kind: str = "repair",
    equipment_id: int | None = None,
    organisation_id: int | None = None,
    contact_id: int | None = None,
    case_id: int | None = None,
    planned_on: date | None = None,
    planned_at: time | None = None,
    minutes: int | None = None,
    owner_id: int | None = None,
    team_id: int | None = None,
    checklist: Sequence[str] = (),
) -> dict[str, Any]:
    """Plan a visit; customer and unit follow from the case or the unit, a blank title from them.

    Without a technician it is that of the unit's owner or of whoever plans it; with a team alone it is nobody's yet.

    Returns
    -------
    dict
        Every stored value.
    """
    if is_blank(title):
        title = _title(work, kind, case_id, equipment_id)
    values: dict[str, Any] = {
        "title": title,
        "kind": kind,
        "equipment_id": equipment_id,
        "organisation_id": organisation_id,
        "contact_id": contact_id,
        "case_id": case_id,
        "planned_on": planned_on,
        "minutes": minutes,
        "owner_id": owner_id,
        "team_id": team_id,
    }
    case = work.session.get(Case, case_id) if case_id else None
    if case is not None and case.fault_code:
        values["fault_code"] = case.fault_code
    made = make_visit(work, values, steps=steps_of(checklist), planned_at=planned_at)
    tell(work, find_visit(work, made["id"]), PLANNED)
    return made


def _title(work: Work, kind: str, case_id: int | None, equipment_id: int | None) -> str:
    case = work.session.get(Case, case_id) if case_id else None
    if case is not None:
        return case.subject
    unit = work.session.get(Equipment, equipment_id) if equipment_id else None
    word = registry.word("work_order", "kind", kind)
    return f"{word}: {unit.name}" if unit is not None else word


def start_visit(work: Work, order_id: int, *, seen_version: int) -> None:
    """The technician is there. A visit without a technician becomes theirs.

    Raises
    ------
    Refused
        It is under way, done or cancelled already.
    """
    order = open_visit(work, order_id, seen_version)
    if order.status == "under_way":
        raise Refused(_("{number} is under way already.").format(number=order.number))
    order.status = "under_way"
    if order.owner_id is None:
        order.owner_id = work.actor.user_id
    work.session.flush()


def replan_visit(
    work: Work,
    order_id: int,
    *,
    seen_version: int,
    planned_on: date | None,
    planned_at: time | None,
    owner_id: int | None,
    minutes: int | None = None,
) -> None:
    """Another day, time or technician for a visit that is still to be done; without ``minutes`` it takes as long as before."""
    order = open_visit(work, order_id, seen_version)
    before = (order.planned_on, order.planned_at, order.minutes, order.owner_id)
    order.planned_at = planned_at
    wanted = {"planned_on": planned_on, "owner_id": owner_id, "minutes": minutes or order.minutes}
    records.update_record(work, "work_order", order.id, wanted, seen_version=order.version)
    work.session.flush()
    if before != (order.planned_on, order.planned_at, order.minutes, order.owner_id):
        tell(work, order, MOVED)


def tick_step(work: Work, order_id: int, place: int, *, done: bool) -> None:
    """Tick a step of the checklist, or take the tick back; places count from 0.

    Without a version on purpose: two people may tick different steps at the same time.
    """
    order = open_visit(work, order_id, None)
    if not 0 <= place < len(order.checklist):
        raise Refused(_("The checklist has no such step any more. Reload the page."))
    steps = [dict(step) for step in order.checklist]
    steps[place]["done"] = done
    order.checklist = steps
    work.session.flush()


def set_steps(work: Work, order_id: int, texts: Sequence[str], *, seen_version: int) -> None:
    """Give a visit that is still to be done other steps; one whose text stays keeps its tick."""
    order = open_visit(work, order_id, seen_version)
    ticked = {step["text"] for step in order.checklist if step["done"]}
    order.checklist = [{"text": text, "done": text in ticked} for text in steps_of(texts)]
    work.session.flush()


def cancel_visit(work: Work, order_id: int, *, seen_version: int, reason: str = "") -> None:
    """The visit does not take place; the plan behind it skips this time. ``reopen_visit`` takes it back."""
    order = open_visit(work, order_id, seen_version)
    order.status = "cancelled"
    if reason.strip():
        said = checked("report", reason)
        order.report = f"{order.report}\n{said}" if order.report else said
    plan = work.session.get(MaintenancePlan, order.plan_id) if order.plan_id else None
    if plan is not None:
        first = max(order.planned_on or here(work.now).date(), here(work.now).date())
        by_months = [months_later(first, plan.every_months)] if plan.every_months else []
        by_days = [first + timedelta(days=plan.every_days)] if plan.every_days else []
        due = min([*by_months, *by_days] or [first + timedelta(days=SKIP_DAYS)])
        records.store_change(work, "maintenance_plan", plan, {"next_due_on": due})
    work.session.flush()
    tell(work, order, CANCELLED)
