"""Visits as screens need them: a technician's day, a week, one work order, the visits of a unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cache
from typing import Any, Literal

from sqlalchemy import func, or_, select

from crm.money import Money
from crm.records import registry
from crm.records.view import RecordView, record_view
from crm.service.equipment.equipment import Coverage, coverages
from crm.service.equipment.labour import labour_rate
from crm.service.visits.base import OPEN
from crm.service.visits.undo import Typed, typed_before
from db.audit import SYSTEM_OPTIONS
from db.models import (
    Address,
    Case,
    Equipment,
    Failure,
    MaintenancePlan,
    Organisation,
    User,
    WorkOrder,
    WorkOrderPart,
)
from db.scope import ScopedSession

Group = Literal["overdue", "today", "next", "open"]
#: How far the day list looks ahead, and how many it shows of what comes.
AHEAD_DAYS = 14
MOST_NEXT = 10
MOST_DAY = 60


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit in a list. ``address`` is one line for a map; ``covered`` is None where no unit was named."""

    id: int
    version: int
    number: str
    title: str
    status: str
    planned_on: date | None
    planned_at: time | None
    equipment_id: int | None
    unit: str
    place: str
    organisation: str
    contact: str
    phone: str
    technician: str
    group: Group
    address: str
    covered: Coverage | None


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part used in a visit; the cost is of one piece, in minor units."""

    name: str
    quantity: float
    unit_cost_minor: int | None
    after_failure: bool


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
    case_number: str
    next_visit_id: int | None
    typed: Typed | None


def my_visits(session: ScopedSession, *, day: date) -> list[Visit]:
    """The day of the signed-in technician: what is overdue, what is for today, what comes in the next two weeks.

    Visits under way stand with today whatever their day; then by time. Four statements.
    """
    soon = or_(
        WorkOrder.planned_on <= day + timedelta(days=AHEAD_DAYS),
        WorkOrder.planned_on.is_(None),
        WorkOrder.status == "under_way",
    )
    mine = (WorkOrder.owner_id == session.actor.user_id, WorkOrder.status.in_(OPEN), soon)
    found = _found(session, day, *mine, order=_NEXT_FIRST, limit=MOST_DAY)
    groups: dict[str, int] = {"overdue": 0, "today": 1, "next": 2, "open": 3}
    found.sort(key=lambda v: (groups[v.group], *_by_time(v)))
    ahead = [v for v in found if v.group in ("next", "open")][:MOST_NEXT]
    return [v for v in found if v.group in ("overdue", "today")] + ahead


def week_visits(session: ScopedSession, *, first: date, day: date, everyone: bool) -> list[Visit]:
    """Visits planned or done in the seven days from ``first``, of the whole reach or of the actor only. Four statements."""
    when = [
        WorkOrder.planned_on.between(first, first + timedelta(days=6)),
        WorkOrder.status != "cancelled",
    ]
    if not everyone:
        when.append(WorkOrder.owner_id == session.actor.user_id)
    order = (WorkOrder.planned_on, WorkOrder.planned_at, WorkOrder.id)
    return sorted(_found(session, day, *when, order=order, limit=500), key=_by_time)


def visits_of_unit(session: ScopedSession, equipment_id: int, *, day: date, limit: int = 50) -> list[Visit]:
    """Visits of a unit, open ones first, then the newest. Four statements."""
    order = (WorkOrder.status.not_in(OPEN), WorkOrder.planned_on.desc(), WorkOrder.id.desc())
    return _found(session, day, WorkOrder.equipment_id == equipment_id, order=order, limit=limit)


def visits_of(
    session: ScopedSession, entity: str, record_id: int, *, day: date, limit: int = 6
) -> list[Visit]:
    """Open visits of a contact or organisation, the next first. Four statements."""
    column = {"contact": WorkOrder.contact_id, "organisation": WorkOrder.organisation_id}[entity]
    theirs = (column == record_id, WorkOrder.status.in_(OPEN))
    return _found(session, day, *theirs, order=_NEXT_FIRST, limit=limit)


_NEXT_FIRST = (WorkOrder.planned_on.is_(None), WorkOrder.planned_on, WorkOrder.id)


def _by_time(visit: Visit) -> tuple[date, time, int]:
    return visit.planned_on or date.max, visit.planned_at or time.max, visit.id


def _found(session: ScopedSession, day: date, *wanted: Any, order: Sequence[Any], limit: int) -> list[Visit]:
    asked = _rows().where(*wanted, WorkOrder.archived_at.is_(None)).order_by(*order).limit(limit)
    return _visits(session, session.execute(asked).all(), day)


@cache
def _rows() -> Any:
    contact = registry.alias("contact", "contact_id")
    technician = registry.alias("user", "owner_id")
    return (
        select(
            WorkOrder.id,
            WorkOrder.version,
            WorkOrder.number,
            WorkOrder.title,
            WorkOrder.status,
            WorkOrder.planned_on,
            WorkOrder.planned_at,
            # What the actor may not see is not joined, so it has no id here either.
            Equipment.id.label("equipment_id"),
            func.coalesce(Equipment.name, ""),
            func.coalesce(Equipment.place, ""),
            func.coalesce(Organisation.name, ""),
            func.coalesce(contact.name, ""),
            func.coalesce(contact.phone, Organisation.phone, ""),
            func.coalesce(technician.name, ""),
            func.coalesce(contact.city, Organisation.city, "").label("city"),
            Organisation.id.label("organisation_id"),
            contact.id.label("contact_id"),
        )
        .select_from(WorkOrder)
        .outerjoin(Equipment, Equipment.id == WorkOrder.equipment_id)
        .outerjoin(Organisation, Organisation.id == WorkOrder.organisation_id)
        .outerjoin(contact, contact.id == WorkOrder.contact_id)
        .outerjoin(technician, technician.id == WorkOrder.owner_id)
    )


def _visits(session: ScopedSession, rows: Sequence[Any], day: date) -> list[Visit]:
    covered = coverages(session, {r.equipment_id for r in rows}, on=day)
    lines = _addresses(
        session, {r.organisation_id for r in rows} - {None}, {r.contact_id for r in rows} - {None}
    )
    made = []
    for row in rows:
        keys = (("organisation", row.organisation_id), ("contact", row.contact_id))
        address = next((line for key in keys if (line := lines.get(key))), row.city)
        told: list[Any] = [*row[:14], _group(row, day), address, covered.get(row.equipment_id)]
        made.append(Visit(*told))
    return made


def _group(row: Any, day: date) -> Group:
    if row.status == "under_way" or row.planned_on == day:
        return "today"
    if row.planned_on is None:
        return "open"
    return "overdue" if row.planned_on < day else "next"


def _addresses(
    session: ScopedSession, organisations: set[int], contacts: set[int]
) -> dict[tuple[str, int | None], str]:
    """One line per customer; they were found within scope, so their addresses are read on the program's account."""
    rows = session.execute(
        select(
            Address.organisation_id, Address.contact_id, Address.street, Address.postal_code, Address.city, Address.country
        )
        .where(or_(Address.organisation_id.in_(organisations), Address.contact_id.in_(contacts)))
        .where(Address.valid_until.is_(None))
        .order_by(Address.id.desc()),
        execution_options=SYSTEM_OPTIONS,
    )  # fmt: skip
    found: dict[tuple[str, int | None], str] = {}
    for row in rows:
        town = " ".join(p for p in (row.postal_code, row.city) if p)
        line = ", ".join(p for p in (row.street, town, row.country) if p)
        key = ("organisation", row.organisation_id) if row.organisation_id else ("contact", row.contact_id)
        if line:
            found[key] = line
    return found


def visit_page(session: ScopedSession, order_id: int, *, day: date) -> VisitPage:
    """A work order with all that its page shows. A constant number of statements, two more for one that was taken back.

    Raises
    ------
    NotFound
        No such visit within the actor's scope.
    """
    view = record_view(session, "work_order", order_id)
    row = session.execute(_rows().where(WorkOrder.id == order_id)).one()
    on = view.values["done_on"] or max(view.values["planned_on"] or day, day)
    (visit,) = _visits(session, [row], day)
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
        facts.case_number or "",
        _next_of(session, view),
        typed_before(session, order_id) if view.values["status"] in OPEN else None,
    )


def _facts(order_id: int) -> Any:
    return (
        select(
            MaintenancePlan.name.label("plan"),
            Equipment.meter_unit,
            Equipment.meter_value,
            Case.number.label("case_number"),
        )
        .select_from(WorkOrder)
        .outerjoin(MaintenancePlan, MaintenancePlan.id == WorkOrder.plan_id)
        .outerjoin(Equipment, Equipment.id == WorkOrder.equipment_id)
        .outerjoin(Case, Case.id == WorkOrder.case_id)
        .where(WorkOrder.id == order_id)
    )


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


def technicians(session: ScopedSession) -> dict[int, str]:
    """People who can be sent: everybody who may sign in, by name."""
    rows = session.execute(select(User.id, User.name).where(User.is_active).order_by(User.name, User.id))
    return {row[0]: row[1] for row in rows}
