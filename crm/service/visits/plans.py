"""Maintenance plans: when they fall due, and the work orders they make ahead."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Table, func, select

from crm.clock import here, noon
from crm.records.settling import still_here
from crm.records.writing.bulk import among, known
from crm.records.writing.writer import Writer
from crm.service.visits.base import OPEN, make_visit
from crm.service.visits.plan_rules import PlanFacts, Usage, next_due, usage_of
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Equipment, MaintenancePlan, MeterReading, WorkOrder
from db.scope import UPDATE, ScopedSession

#: What a plan asks of its unit.
OF_UNIT = ("installed_on", "meter_value", "meter_at")
#: Fields of a plan in the order of ``PlanFacts``.
_ASKED = ("every_days", "every_usage", "last_done_on", "last_done_meter", "every_months")
#: A rate of use is taken from this many readings at most.
MOST_READINGS = 1000
#: As far ahead as a plan may make its orders.
MOST_LEAD_DAYS = 365


def usages(session: ScopedSession, units: Collection[int]) -> dict[int, Usage]:
    """What the meters of units show and how fast they grow; the units were found within scope before. One statement.

    Of a meter that is read every hour the newest readings are enough.
    """
    if not units:
        return {}
    order = (MeterReading.at.desc(), MeterReading.id.desc())
    place = func.row_number().over(partition_by=MeterReading.equipment_id, order_by=order).label("place")
    newest = (
        select(MeterReading.equipment_id, MeterReading.at, MeterReading.value, place)
        .where(among(session, MeterReading.equipment_id, units))
        .subquery()
    )
    asked = select(newest).where(newest.c.place <= MOST_READINGS).order_by(newest.c.place.desc())
    shown: dict[int, list[tuple[date, float]]] = {}
    for unit, at, value, _place in session.execute(asked, execution_options=SYSTEM_OPTIONS):
        shown.setdefault(unit, []).append((here(at).date(), value))
    return {unit: used for unit, readings in shown.items() if (used := usage_of(readings))}


def due_on(plan: Mapping[str, Any], unit: Mapping[str, Any], used: Usage | None, today: date) -> date | None:
    """When a plan falls due by what is known of its unit; ``unit`` is empty where that is not to be seen."""
    value, at = unit.get("meter_value"), unit.get("meter_at")
    if used is None and value is not None:
        used = Usage(value, here(at).date() if at else today)
    begun = unit.get("installed_on") or today
    asked = (plan[name] for name in _ASKED)
    return next_due(PlanFacts(begun, *asked), used).on


def dues(session: ScopedSession, plans: Sequence[Mapping[str, Any]], today: date) -> list[date | None]:
    """When each of these plans falls due by what is known now. Two statements."""
    units = known(session, Equipment, (plan["equipment_id"] for plan in plans), *OF_UNIT)
    used = usages(session, {plan["equipment_id"] for plan in plans if plan["every_usage"]})
    return [
        due_on(plan, units.get(plan["equipment_id"], {}), used.get(plan["equipment_id"]), today)
        for plan in plans
    ]


def moment_of(done_on: date, now: datetime) -> datetime:
    """When a visit was done: now for one of today, else noon of its day."""
    return now if done_on == here(now).date() else noon(done_on)


def after_visit(
    last_done_on: date | None, *, done_on: date, next_on: date | None, meter: float | None
) -> dict[str, Any]:
    """What of a plan follows from a visit that is done, as long as no later one is.

    The due day chosen at the visit goes before the one that follows from how often.
    """
    if last_done_on is not None and last_done_on > done_on:
        return {}
    chosen = {"next_due_on": next_on} if next_on is not None else {}
    return {"last_done_on": done_on, "last_done_meter": meter, **chosen}


def refresh_due(writer: Writer, units: Collection[int]) -> None:
    """Move the due days of units' plans by usage to what their meters say now, where the actor may change them."""
    table: Table = MaintenancePlan.__table__  # type: ignore[assignment]  # mapped classes are typed as any FromClause
    asked = select(*(getattr(MaintenancePlan, column.name) for column in table.c)).where(
        among(writer.work.session, MaintenancePlan.equipment_id, units),
        MaintenancePlan.every_usage.is_not(None),
        MaintenancePlan.is_active,
        MaintenancePlan.archived_at.is_(None),
    )
    holds = writer.work.actor.holds
    mine = [
        dict(plan)
        for plan in writer.work.session.execute(asked).mappings()
        if holds("work_order", UPDATE, owner_id=plan["owner_id"], team_id=plan["team_id"])
    ]
    if not mine:
        return
    days = dues(writer.work.session, mine, writer.road.today)
    writer.change(
        MaintenancePlan,
        [
            (plan["id"], plan, {"next_due_on": on})
            for plan, on in zip(mine, days, strict=True)
            if on is not None and on != plan["next_due_on"]
        ],
    )


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
    values = {
        "title": plan.name,
        "kind": "maintenance",
        "equipment_id": plan.equipment_id,
        "planned_on": max(plan.next_due_on, today),
        "owner_id": still_here(work.session, plan.owner_id),
        "team_id": plan.team_id,
    }
    make_visit(work, values, plan_id=plan.id, steps=plan.checklist)
    return 1
