"""What the page of a unit shows, and which units belong to a customer. A constant number of statements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import chain
from typing import Any

from sqlalchemy import and_, bindparam, case, func, select

from crm.i18n import _, ngettext
from crm.records.view import RecordView, record_view
from crm.service.cases import moves
from crm.service.equipment.coverage_rules import ContractFacts
from crm.service.equipment.equipment import Coverage, contracts_at, coverage, coverages
from crm.service.visits.base import OPEN
from crm.service.visits.plan_rules import Usage
from crm.service.visits.plans import usages
from crm.service.words import day_words
from db.audit import SYSTEM_OPTIONS
from db.models import (
    Case,
    Equipment,
    MaintenancePlan,
    MeterReading,
    PartChange,
    WorkOrder,
)
from db.scope import ScopedSession

MOST = 50


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A maintenance plan of the unit."""

    id: int
    name: str
    every_months: int | None
    every_days: int | None
    every_usage: float | None
    next_due_on: date | None


@dataclass(frozen=True, slots=True)
class UnitPage:
    """A unit as its page needs it."""

    view: RecordView
    covered: Coverage
    contracts: tuple[ContractFacts, ...]
    plans: tuple[PlanLine, ...]
    usage: Usage | None
    readings: tuple[tuple[datetime, float], ...]
    cases_open: int
    cases_all: int
    visits_all: int
    next_visit_on: date | None
    parts: int


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit of a customer with its coverage."""

    id: int
    name: str
    place: str
    status: str
    covered: Coverage


def unit_page(session: ScopedSession, equipment_id: int, *, on: date) -> UnitPage:
    """The unit with its coverage on a day, contracts, plans, meter and counts. Ten statements.

    Raises
    ------
    NotFound
        No such unit within the actor's scope.
    """
    view = record_view(session, "equipment", equipment_id)
    counts = session.execute(_cases_counted(), {"unit": equipment_id}).one()
    visits = session.execute(_visits_counted(), {"unit": equipment_id}).one()
    parts = select(func.count(PartChange.id)).where(PartChange.equipment_id == equipment_id)
    readings = session.execute(
        select(MeterReading.at, MeterReading.value)
        .where(MeterReading.equipment_id == equipment_id)
        .order_by(MeterReading.at.desc(), MeterReading.id.desc())
        .limit(MOST),
        execution_options=SYSTEM_OPTIONS,
    ).all()
    return UnitPage(
        view,
        coverage(session, equipment_id, on=on),
        _agreements(session, equipment_id, view.values.get("organisation_id")),
        _plans(session, equipment_id),
        usages(session, [equipment_id]).get(equipment_id),
        tuple((r[0], r[1]) for r in reversed(readings)),
        int(counts[0] or 0),
        int(counts[1]),
        visits.n,
        visits.next_on,
        session.scalar(parts, execution_options=SYSTEM_OPTIONS) or 0,
    )


@cache
def _cases_counted() -> Any:
    still = case((Case.status.in_(moves.OPEN), 1), else_=0)
    return select(func.sum(still), func.count()).where(
        Case.equipment_id == bindparam("unit"), Case.archived_at.is_(None)
    )


@cache
def _visits_counted() -> Any:
    next_on = func.min(case((WorkOrder.status.in_(OPEN), WorkOrder.planned_on))).label("next_on")
    mine = (WorkOrder.equipment_id == bindparam("unit"), WorkOrder.archived_at.is_(None))
    return select(func.count().label("n"), next_on).where(*mine)


def _agreements(
    session: ScopedSession, equipment_id: int, organisation_id: int | None
) -> tuple[ContractFacts, ...]:
    """Contracts of the unit and of its organisation, newest first."""
    found = chain.from_iterable(contracts_at(session, [equipment_id], [organisation_id]).values())
    return tuple(sorted(found, key=lambda c: (c.starts_on, c.id), reverse=True)[:MOST])


def _plans(session: ScopedSession, equipment_id: int) -> tuple[PlanLine, ...]:
    plan = MaintenancePlan
    rows = session.execute(
        select(plan.id, plan.name, plan.every_months, plan.every_days, plan.every_usage, plan.next_due_on)
        .where(plan.equipment_id == equipment_id, plan.is_active, plan.archived_at.is_(None))
        .order_by(plan.next_due_on.is_(None), plan.next_due_on, plan.id)
        .limit(MOST)
    )
    return tuple(PlanLine(*row) for row in rows)


def units_of(
    session: ScopedSession, entity: str, record_id: int, *, on: date, limit: int = MOST
) -> tuple[list[UnitLine], int]:
    """Units of a contact or organisation with their coverage, those in use first, and how many there are. Four statements.

    The caller has found the contact or organisation within scope; units of other teams are left out.
    """
    column = {"contact": Equipment.contact_id, "organisation": Equipment.organisation_id}[entity]
    mine = and_(column == record_id, Equipment.archived_at.is_(None))
    rows = session.execute(
        select(Equipment.id, Equipment.name, Equipment.place, Equipment.status)
        .where(mine)
        .order_by(Equipment.status == "retired", Equipment.name, Equipment.id)
        .limit(limit)
    ).all()
    count = (
        len(rows)
        if len(rows) < limit
        else int(session.scalar(select(func.count(Equipment.id)).where(mine)) or 0)
    )
    covered = coverages(session, [r.id for r in rows], on=on)
    return [UnitLine(r.id, r.name, r.place or "", r.status, covered[r.id]) for r in rows], count


def plan_words(plan: PlanLine, meter_unit: str) -> str:
    """How often the work of a plan returns, and when next."""
    every = []
    if plan.every_months:
        many = ngettext("every month", "every {n} months", plan.every_months)
        every.append(many.format(n=plan.every_months))
    if plan.every_days:
        every.append(_("every {n} days").format(n=plan.every_days))
    if plan.every_usage:
        every.append(
            _("every {n} {unit}").format(n=f"{plan.every_usage:,.10g}", unit=meter_unit or _("on the meter"))
        )
    how = every[0] if every else ""
    for more in every[1:]:
        how = _("{a} or {b}").format(a=how, b=more)
    due = (
        _("due {day}").format(day=day_words(plan.next_due_on)) if plan.next_due_on else _("no day known yet")
    )
    return f"{how}, {due}" if how else due
