"""One visit with all that its page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select

from crm.money import Money
from crm.records.view import RecordView, record_view
from crm.service.cases.moves import may_move
from crm.service.equipment.equipment import Coverage, coverages
from crm.service.equipment.labour import labour_rate
from crm.service.visits.base import OPEN
from crm.service.visits.queries import Visit, as_visits, visit_rows
from crm.service.visits.undo import Typed, typed_before
from db.audit import SYSTEM_OPTIONS
from db.models import Case, Equipment, Failure, MaintenancePlan, WorkOrder, WorkOrderPart
from db.scope import UPDATE, ScopedSession

#: Earlier visits to the unit that stand on the page.
MOST_EARLIER = 3


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part used in a visit; the cost is of one piece, in minor units."""

    name: str
    quantity: float
    unit_cost_minor: int | None
    after_failure: bool


@dataclass(frozen=True, slots=True)
class EarlierRow:
    """A visit to the same unit that is done."""

    id: int
    title: str
    done_on: date
    report: str


@dataclass(frozen=True, slots=True)
class CaseRow:
    """The case behind a visit; ``may_end`` when it is still worked on and the actor may say that it is solved."""

    id: int
    version: int
    number: str
    description: str
    may_end: bool


@dataclass(frozen=True, slots=True)
class VisitPage:
    """A work order as its page needs it. ``covered`` is that of the day it was done, else of the day it is planned for;
    ``typed`` is what its end had said before that was taken back.
    """

    view: RecordView
    covered: Coverage | None
    parts: tuple[PartRow, ...]
    known_parts: tuple[str, ...]
    plan: str
    rate: Money | None
    meter_unit: str
    meter_value: float | None
    visit: Visit
    case: CaseRow | None
    next_visit_id: int | None
    typed: Typed | None
    earlier: tuple[EarlierRow, ...]


def visit_page(session: ScopedSession, order_id: int, *, day: date) -> VisitPage:
    """A work order with all that its page shows. A constant number of statements, two more for one that was taken back.

    Raises
    ------
    NotFound
        No such visit within the actor's scope.
    """
    view = record_view(session, "work_order", order_id)
    row = session.execute(visit_rows().where(WorkOrder.id == order_id)).one()
    on = view.values["done_on"] or max(view.values["planned_on"] or day, day)
    (visit,) = as_visits(session, [row], day)
    covered = coverages(session, [visit.equipment_id], on=on).get(visit.equipment_id or 0)
    facts = session.execute(_facts(order_id)).one()
    part = WorkOrderPart
    parts = session.execute(
        select(part.name, part.quantity, part.unit_cost_minor, part.after_failure)
        .where(WorkOrderPart.work_order_id == order_id)
        .order_by(WorkOrderPart.id),
        execution_options=SYSTEM_OPTIONS,
    )
    return VisitPage(
        view,
        covered,
        tuple(PartRow(*p) for p in parts),
        _known_parts(session, visit.equipment_id),
        facts.plan or "",
        labour_rate(session),
        facts.meter_unit or "",
        facts.meter_value,
        visit,
        _case(session, view.values["case_id"]),
        _next_of(session, view),
        typed_before(session, order_id) if view.values["status"] in OPEN else None,
        _earlier(session, order_id, visit.equipment_id),
    )


def _facts(order_id: int) -> Any:
    return (
        select(
            MaintenancePlan.name.label("plan"),
            Equipment.meter_unit,
            Equipment.meter_value,
        )
        .select_from(WorkOrder)
        .outerjoin(MaintenancePlan, MaintenancePlan.id == WorkOrder.plan_id)
        .outerjoin(Equipment, Equipment.id == WorkOrder.equipment_id)
        .where(WorkOrder.id == order_id)
    )


def _case(session: ScopedSession, case_id: int | None) -> CaseRow | None:
    row = session.get(Case, case_id) if case_id is not None else None
    if row is None:
        return None
    may = session.actor.holds("case", UPDATE, owner_id=row.owner_id, team_id=row.team_id)
    may_end = may and may_move(row.status, "resolved")
    return CaseRow(row.id, row.version, row.number, row.description or "", may_end)


def _earlier(session: ScopedSession, order_id: int, equipment_id: int | None) -> tuple[EarlierRow, ...]:
    if equipment_id is None:
        return ()
    rows = session.execute(
        select(WorkOrder.id, WorkOrder.title, WorkOrder.done_on, WorkOrder.report)
        .where(WorkOrder.equipment_id == equipment_id, WorkOrder.id != order_id)
        .where(WorkOrder.done_on.is_not(None), WorkOrder.archived_at.is_(None))
        .order_by(WorkOrder.done_on.desc(), WorkOrder.id.desc())
        .limit(MOST_EARLIER)
    )
    return tuple(EarlierRow(row.id, row.title, row.done_on, row.report or "") for row in rows)


def _known_parts(session: ScopedSession, equipment_id: int | None) -> tuple[str, ...]:
    """Names of parts that failed or were used before, on this unit first, so that one part keeps one name."""
    if equipment_id is None:
        return ()
    product = select(Equipment.product_id).where(Equipment.id == equipment_id).scalar_subquery()
    rows = session.execute(
        select(Failure.part, func.count())
        .join(Equipment, Equipment.id == Failure.equipment_id)
        .where(Failure.part.is_not(None), or_(Equipment.id == equipment_id, Equipment.product_id == product))
        .group_by(Failure.part)
        .order_by(func.count().desc(), Failure.part)
        .limit(40)
    )
    return tuple(str(row[0]) for row in rows)


def _next_of(session: ScopedSession, view: RecordView) -> int | None:
    """The visit that the technician asked for when this one was done."""
    values = view.values
    if values["next_on"] is None or values["status"] != "done":
        return None
    return session.scalar(
        select(WorkOrder.id)
        .where(
            WorkOrder.id > view.id,
            WorkOrder.planned_on == values["next_on"],
            WorkOrder.title == values["title"],
            WorkOrder.equipment_id == values["equipment_id"],
        )
        .order_by(WorkOrder.id)
        .limit(1)
    )
