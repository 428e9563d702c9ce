"""The end of a visit: cost, cover, parts, failures, meter, plan and next visit, in one go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from math import isfinite
from typing import Any

from crm.clock import here
from crm.errors import Bad, Problem, Refused
from crm.firm.firm import firm
from crm.i18n import _
from crm.records import records, registry
from crm.records.checks import check_value
from crm.service.cases.cases import add_note
from crm.service.cases.find import last_of_merge
from crm.service.equipment.equipment import coverage, record_meter
from crm.service.equipment.labour import PartUsed, part_problems, visit_cost
from crm.service.visits.base import make_visit, open_visit
from crm.service.visits.plans import after_visit, moment_of
from crm.service.words import day_words
from crm.work import Work
from db.models import Case, Equipment, MaintenancePlan, WorkOrder, WorkOrderPart
from db.scope import UPDATE

#: What the next visit takes over from the one that is done.
SAME = (
    "title", "kind", "equipment_id", "organisation_id", "contact_id", "case_id", "owner_id", "team_id", "minutes",
)  # fmt: skip


def finish_visit(
    work: Work,
    order_id: int,
    *,
    seen_version: int,
    done_on: date,
    meter: float | None = None,
    meter_reset: bool = False,
    parts: Sequence[PartUsed] = (),
    hours: float | None = None,
    report: str = "",
    fault_code: str = "",
    next_on: date | None = None,
) -> int | None:
    """End a visit with all that follows: cost, cover of that day, parts, failures, meter, plan and next visit.

    Parameters
    ----------
    meter : float, optional
        What the unit's meter shows.
    hours : float, optional
        Hours of work, times the firm's rate of an hour the labour cost.
    next_on : date, optional
        Makes the next visit on that day: same unit, customer, technician, plan and steps.

    Returns
    -------
    int or None
        The id of the next visit.

    Raises
    ------
    Refused
        A value is wrong, or the visit is not open; ``problems`` names each field. Nothing is stored then.
    Conflict
        Somebody changed the visit since ``seen_version``.
    """
    order = open_visit(work, order_id, seen_version)
    problems = _finish_problems(work, order, done_on, meter, hours, next_on, parts)
    said, fault, names, wrong = _texts(report, fault_code, parts)
    if problems or wrong:
        raise Refused(
            _("The visit was not finished. {why}").format(
                why=" ".join(p.message for p in [*problems, *wrong])
            ),
            problems=[*problems, *wrong],
        )
    order.currency = order.currency or firm(work.session).currency
    cost = visit_cost(work.session, hours=hours, parts=parts, currency=order.currency, day=done_on)
    order.status, order.done_on, order.next_on = "done", done_on, next_on
    order.hours, order.labour_minor, order.parts_minor = hours, cost.labour_minor, cost.parts_minor
    order.report, order.fault_code = said or order.report, fault or order.fault_code
    if order.owner_id is None:
        order.owner_id = work.actor.user_id
    at = moment_of(done_on, work.now)
    if order.equipment_id is not None:
        order.meter_value = meter
        order.covered = coverage(work.session, order.equipment_id, on=done_on).state
    _parts(work, order, parts, names, at)
    work.session.flush()
    if meter is not None and order.equipment_id is not None:
        record_meter(work, order.equipment_id, meter, at=at, source=order.number, reset=meter_reset)
    _plan_done(work, order, done_on)
    _tell_case(work, order, names)
    made = _next_visit(work, order, next_on) if next_on is not None else None
    work.session.flush()
    return made


def _finish_problems(
    work: Work,
    order: WorkOrder,
    done_on: date,
    meter: float | None,
    hours: float | None,
    next_on: date | None,
    parts: Sequence[PartUsed],
) -> list[Problem]:
    problems = part_problems(parts)
    if done_on > here(work.now).date():
        message = _("The day it was done lies ahead. Choose today or an earlier day.")
        problems.append(Problem("done_on", message))
    if hours is not None and not (isfinite(hours) and 0 <= hours <= 1000):
        problems.append(Problem("hours", _("Enter hours from 0 to 1,000.")))
    if next_on is not None and next_on <= done_on:
        message = _("The next visit must come after this one on {day}. Choose a later day.")
        problems.append(Problem("next_on", message.format(day=day_words(done_on))))
    if meter is not None and not (isfinite(meter) and meter >= 0):
        problems.append(Problem("meter_value", _("A meter shows a number from 0 upwards.")))
    elif meter is not None and order.equipment_id is None:
        message = _("This visit has no unit whose meter could be read. Choose the unit first.")
        problems.append(Problem("meter_value", message))
    return problems


def _texts(
    report: str, fault_code: str, parts: Sequence[PartUsed]
) -> tuple[str | None, str | None, list[str], list[Problem]]:
    """The texts as they are stored, and what is wrong with them."""
    order, change = registry.entity("work_order"), registry.entity("part_change")
    problems: list[Problem] = []
    said: list[Any] = []
    for field, text, name in (
        (order["report"], report, "report"),
        (order["fault_code"], fault_code, "fault_code"),
        *((change["part"], part.name, "parts") for part in parts),
    ):
        try:
            said.append(check_value(field, text))
        except Bad as bad:
            said.append("")
            problems.append(Problem(name, str(bad)))
    return said[0], said[1], said[2:], problems


def _parts(
    work: Work, order: WorkOrder, parts: Sequence[PartUsed], names: Sequence[str], at: datetime
) -> None:
    for part, name in zip(parts, names, strict=True):
        work.session.add(
            WorkOrderPart(
                work_order_id=order.id,
                product_id=part.product_id,
                name=name,
                quantity=part.quantity,
                unit_cost_minor=part.unit_cost_minor,
                currency=order.currency,
                after_failure=part.after_failure,
            )
        )
        if order.equipment_id is None:
            continue
        unit = {"equipment_id": order.equipment_id, "part": name, "work_order_id": order.id}
        records.store_new(work, "part_change", unit | {"at": at})
        if part.after_failure:
            more = {"failed_at": at, "code": order.fault_code, "case_id": order.case_id}
            records.store_new(work, "failure", unit | more)


def _plan_done(work: Work, order: WorkOrder, done_on: date) -> None:
    """Move the plan behind a visit, by the rules of plans; after the meter, which says how soon it falls due again."""
    plan = work.session.get(MaintenancePlan, order.plan_id) if order.plan_id else None
    if plan is not None:
        unit = work.session.get(Equipment, plan.equipment_id)
        meter = unit.meter_value if order.meter_value is None and unit is not None else order.meter_value
        moved = after_visit(plan.last_done_on, done_on=done_on, next_on=order.next_on, meter=meter)
        records.store_change(work, "maintenance_plan", plan, moved)


def _tell_case(work: Work, order: WorkOrder, parts: Sequence[str]) -> None:
    """Who reads the case learns what was done; where the technician may not write there, nobody does for them."""
    case = work.session.get(Case, order.case_id) if order.case_id is not None else None
    if case is None or order.done_on is None:
        return
    case = last_of_merge(work.session, case)
    if not work.actor.holds("case", UPDATE, owner_id=case.owner_id, team_id=case.team_id):
        return
    said = [_("{number} was done on {day}.").format(number=order.number, day=day_words(order.done_on))]
    said += [order.report] if order.report else []
    said += [_("Parts: {parts}.").format(parts=", ".join(parts))] if parts else []
    open_steps = [str(step["text"]) for step in order.checklist if not step["done"]]
    said += [_("Left open: {steps}.").format(steps=", ".join(open_steps))] if open_steps else []
    add_note(work, case.id, "\n".join(said)[:20_000])


def _next_visit(work: Work, order: WorkOrder, next_on: date) -> int:
    values = {name: getattr(order, name) for name in SAME} | {"planned_on": next_on}
    steps = [step["text"] for step in order.checklist]
    return int(make_visit(work, values, plan_id=order.plan_id, steps=steps)["id"])
