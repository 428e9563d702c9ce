"""Visits of the sample company's technicians, and the failures and changed parts they found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import time
from typing import Any

import numpy as np

from crm.sample.selling.goods import GOODS
from crm.sample.service.units import CHECKLIST, PARTS, YEAR
from crm.sample.world import Columns, World, kept

#: Places in ``crm.sample.people.staff.PEOPLE``.
TECHNICIANS = (13, 15)
#: Hours and cents.
LABOUR = 7_800
PART_COST = {
    "Pump": 18_900,
    "Grinder burrs": 9_400,
    "Boiler": 41_000,
    "Milk valve": 4_600,
    "Dosing sensor": 7_300,
}


def visit_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Work orders with parts; failures, changed parts and meter readings. Draw cases before: repairs belong to them."""
    rng, units, cases = world.rng(24), world.units, world.cases
    repairs = [
        {"unit": int(u), "case": c, "day": int(d), "part": int(p), "event": int(e), "kind": "repair", "open": end is None}
        for c, (u, d, p, e, end) in enumerate(
            zip(cases["unit"], cases["visit_day"], cases["part"], cases["event"], cases["solved"], strict=True)
        )
        if p >= 0
    ]  # fmt: skip
    orders: list[dict[str, Any]] = [*repairs, *_services(world)]
    orders.sort(key=lambda o: (o["day"], o["unit"]))
    orders = _without_far_past(orders, most=world.scale.cases * 2)
    yield "work_orders", _orders(world, rng, orders)
    yield "work_order_parts", _parts(orders)
    of_event = {
        o["event"]: at + 1 for at, o in enumerate(orders) if o.get("event", -1) >= 0 and not _is_open(o)
    }
    case_of = {int(e): c + 1 for c, e in enumerate(cases["event"]) if e >= 0}
    yield from _events(world, rng, of_event, case_of)
    with_plan = units["plan_unit"]
    yield (
        "meter_readings",
        {
            "equipment_id": np.tile(with_plan + 1, 2),
            "at": [world.now] * len(with_plan) + world.moments(np.minimum(-1, units["plan_last"]), rng),
            "value": np.concatenate(
                [
                    units["usage"][with_plan] * -units["installed"][with_plan],
                    units["usage"][with_plan] * (units["plan_last"] - units["installed"][with_plan]),
                ]
            ),
            "source": "visit",
        },
    )


def _services(world: World) -> Iterator[dict[str, Any]]:
    """The yearly services of units with a plan: those done in the last three years, and those due soon."""
    units = world.units
    for plan, (unit, last) in enumerate(zip(units["plan_unit"], units["plan_last"], strict=True)):
        day, years = int(last), int(last - units["installed"][unit]) // YEAR
        for _year in range(min(years, 3)):
            yield {"unit": int(unit), "plan": plan, "day": day - 1, "kind": "maintenance"}
            day -= YEAR
        ahead = int(last) + YEAR
        # Every eleventh was put off: those are late.
        if ahead <= 21 and (ahead >= 0 or plan % 11 == 0):
            yield {
                "unit": int(unit),
                "plan": plan,
                "day": max(ahead, -12),
                "kind": "maintenance",
                "open": True,
            }


def _without_far_past(orders: list[dict[str, Any]], *, most: int) -> list[dict[str, Any]]:
    return orders[-most:]


def _is_open(order: dict[str, Any]) -> bool:
    return bool(order.get("open"))


def _orders(world: World, rng: np.random.Generator, orders: list[dict[str, Any]]) -> Columns:
    units, parties = world.units, world.organisations
    unit = np.array([o["unit"] for o in orders])
    day = np.array([o["day"] for o in orders])
    at = units["organisation"][unit]
    is_open = [_is_open(o) for o in orders]
    hours = np.round(rng.gamma(4.0, 0.35, len(orders)) + 0.5, 1)
    covered = np.where(
        units["contract"][unit],
        "contract",
        np.where(day - units["installed"][unit] < 2 * YEAR, "warranty", "none"),
    )
    made = world.moments(np.minimum(day - rng.integers(1, 9, len(orders)), -1), rng)
    titles = [
        f"Change {PARTS[o['part']].name.lower()}" if o["kind"] == "repair" else "Yearly service"
        for o in orders
    ]
    technician = np.array(TECHNICIANS)[unit % 2]
    return {
        "number": [f"W-{2001 + i}" for i in range(len(orders))],
        "title": [f"{title}, {GOODS[g].name}" for title, g in zip(titles, units["good"][unit], strict=True)],
        "kind": [o["kind"] for o in orders],
        "status": ["planned" if o else "done" for o in is_open],
        "equipment_id": unit + 1,
        "organisation_id": at + 1,
        "contact_id": units["contact"][unit] + 1,
        "case_id": [o["case"] + 1 if "case" in o else None for o in orders],
        "plan_id": [o["plan"] + 1 if "plan" in o else None for o in orders],
        "planned_on": world.days(day),
        "planned_at": _hours(day, technician),
        "minutes": 90,
        "done_on": [None if o else d for o, d in zip(is_open, world.days(day), strict=True)],
        "checklist": [[{"text": t, "done": not o} for t in CHECKLIST] for o in is_open],
        "report": [None if o else f"{title} done, tested with ten cups." for o, title in zip(is_open, titles, strict=True)],
        "fault_code": [PARTS[o["part"]].code if o["kind"] == "repair" else None for o in orders],
        "hours": [None if o else h for o, h in zip(is_open, hours.tolist(), strict=True)],
        "labour_minor": [None if o else int(h * LABOUR) for o, h in zip(is_open, hours.tolist(), strict=True)],
        "parts_minor": [None if o else PART_COST[_part(order)] for o, order in zip(is_open, orders, strict=True)],
        "currency": "EUR",
        "covered": [None if o else str(c) for o, c in zip(is_open, covered, strict=True)],
        **kept(technician, parties["team"][at], made),
    }  # fmt: skip


def _hours(day: Any, technician: Any) -> list[time | None]:
    """One visit after the other of each technician and day, two hours apart; a fifth one has no hour yet."""
    begun: Counter[tuple[int, int]] = Counter()
    hours: list[time | None] = []
    for key in zip(day.tolist(), technician.tolist(), strict=True):
        hours.append(time(8 + 2 * begun[key]) if begun[key] < 4 else None)
        begun[key] += 1
    return hours


def _part(order: dict[str, Any]) -> str:
    return PARTS[order["part"]].name if order["kind"] == "repair" else "Grinder burrs"


def _parts(orders: list[dict[str, Any]]) -> Columns:
    done = [(at + 1, o) for at, o in enumerate(orders) if not _is_open(o)]
    return {
        "work_order_id": [at for at, _o in done],
        "name": [_part(o) for _at, o in done],
        "quantity": 1.0,
        "unit_cost_minor": [PART_COST[_part(o)] for _at, o in done],
        "currency": "EUR",
        "after_failure": [o["kind"] == "repair" for _at, o in done],
    }


def _events(
    world: World, rng: np.random.Generator, of_event: dict[int, int], case_of: dict[int, int]
) -> Iterator[tuple[str, Columns]]:
    units = world.units
    failed = np.flatnonzero(units["event_failed"])
    moments = world.moments(units["event_day"], rng)
    yield (
        "failures",
        {
            "equipment_id": units["event_unit"][failed] + 1,
            "failed_at": [moments[i] for i in failed],
            "part": [PARTS[p].name for p in units["event_part"][failed]],
            "code": [PARTS[p].code for p in units["event_part"][failed]],
            "case_id": [case_of.get(int(i)) for i in failed],
            "work_order_id": [of_event.get(int(i)) for i in failed],
        },
    )
    yield (
        "part_changes",
        {
            "equipment_id": units["event_unit"] + 1,
            "at": moments,
            "part": [PARTS[p].name for p in units["event_part"]],
            "work_order_id": [of_event.get(i) for i in range(len(moments))],
        },
    )
