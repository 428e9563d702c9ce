"""Maintenance plans: when they fall due, and the work orders they make ahead."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from crm.clock import here
from crm.records import records
from crm.service.visits.plan_rules import Due, PlanFacts, Usage, next_due, usage_of
from crm.work import Work
from db.models import Equipment, MaintenancePlan, MeterReading, WorkOrder
from db.scope import ScopedSession

SYSTEM_OPTIONS = {"system": True}
#: Orders that are still to be done.
OPEN = ("planned", "under_way")
#: A rate of use is taken from this many readings at most.
MOST_READINGS = 1000
#: As far ahead as a plan may make its orders.
MOST_LEAD_DAYS = 365


def usage(session: ScopedSession, equipment_id: int) -> Usage | None:
    """What the meter of a unit shows and how fast it grows; the unit was found within scope before. One statement.

    Of a meter that is read every hour the newest readings are enough.
    """
    newest = (
        select(MeterReading.at, MeterReading.value)
        .where(MeterReading.equipment_id == equipment_id)
        .order_by(MeterReading.at.desc(), MeterReading.id.desc())
        .limit(MOST_READINGS)
    )
    rows = session.execute(newest, execution_options=SYSTEM_OPTIONS).all()
    return usage_of([(here(row.at).date(), row.value) for row in reversed(rows)])


def due_of(work: Work, plan: Any) -> Due:
    """When a plan falls due by what is known now."""
    unit = work.session.execute(
        select(Equipment.installed_on, Equipment.meter_value, Equipment.meter_at).where(
            Equipment.id == plan.equipment_id
        )
    ).first()
    today = here(work.now).date()
    known = usage(work.session, plan.equipment_id) if plan.every_usage else None
    if known is None and unit is not None and unit.meter_value is not None:
        known = Usage(unit.meter_value, here(unit.meter_at).date() if unit.meter_at else today)
    begun = unit.installed_on if unit is not None and unit.installed_on else today
    facts = PlanFacts(begun, plan.every_days, plan.every_usage, plan.last_done_on, plan.last_done_meter)
    return next_due(facts, known)


def refresh_due(work: Work, equipment_id: int) -> None:
    """Move the due days of a unit's plans by usage to what its meter says now, where the actor may change them."""
    plans = work.session.scalars(
        select(MaintenancePlan).where(
            MaintenancePlan.equipment_id == equipment_id,
            MaintenancePlan.every_usage.is_not(None),
            MaintenancePlan.is_active,
            MaintenancePlan.archived_at.is_(None),
        )
    ).all()
    for plan in plans:
        if not work.actor.holds("work_order", "update", owner_id=plan.owner_id, team_id=plan.team_id):
            continue
        on = due_of(work, plan).on
        if on is not None and on != plan.next_due_on:
            plan.next_due_on = on
    work.session.flush()


def make_due_orders(work: Work, *, today: date) -> int:
    """Make the work orders that plans ask for ahead of their day; a plan with an open order waits.

    Returns
    -------
    int
        How many were made. A second run makes none: each plan has one open order at most.
    """
    plans = work.session.scalars(
        select(MaintenancePlan)
        .where(
            MaintenancePlan.is_active,
            MaintenancePlan.archived_at.is_(None),
            MaintenancePlan.next_due_on <= today + timedelta(days=MOST_LEAD_DAYS),
        )
        .order_by(MaintenancePlan.id)
        .with_for_update()
    ).all()
    due = [p for p in plans if p.next_due_on and p.next_due_on <= today + timedelta(days=p.lead_days)]
    return sum(_make_order(work, plan, today) for plan in _without_order(work, _in_service(work, due)))


def _in_service(work: Work, plans: list[Any]) -> list[Any]:
    kept = work.session.scalars(
        select(Equipment.id).where(
            Equipment.id.in_({p.equipment_id for p in plans}),
            Equipment.status != "retired",
            Equipment.archived_at.is_(None),
        )
    )
    there = set(kept)
    return [p for p in plans if p.equipment_id in there]


def _without_order(work: Work, plans: list[Any]) -> list[Any]:
    busy = work.session.scalars(
        select(WorkOrder.plan_id).where(
            WorkOrder.plan_id.in_({p.id for p in plans}),
            WorkOrder.status.in_(OPEN),
            WorkOrder.archived_at.is_(None),
        ),
        execution_options=SYSTEM_OPTIONS,
    )
    taken = set(busy)
    return [p for p in plans if p.id not in taken]


def _make_order(work: Work, plan: Any, today: date) -> int:
    made = records.create_record(
        work,
        "work_order",
        {
            "title": plan.name,
            "kind": "maintenance",
            "equipment_id": plan.equipment_id,
            "planned_on": max(plan.next_due_on, today),
            "owner_id": plan.owner_id,
            "team_id": plan.team_id,
        },
    )
    order = work.session.get(WorkOrder, made["id"])
    assert order is not None
    order.plan_id = plan.id
    order.checklist = [{"text": text, "done": False} for text in plan.checklist]
    work.session.flush()
    return 1
