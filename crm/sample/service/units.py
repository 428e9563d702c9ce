"""Machines of the sample company at its customers, with contracts, plans, failures and changed parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from crm.sample.people.parties import contact_of
from crm.sample.selling.goods import GOODS, places_of
from crm.sample.world import DAYS, Columns, Ints, World, kept, pick

#: A yearly service puts in new burrs; other parts run until they fail.
YEAR = 365
MOST_RENEWALS = 12


@dataclass(frozen=True, slots=True)
class Part:
    """A part that fails by a Weibull distribution: scale in days, shape, in which kinds of machine, its fault code."""

    name: str
    scale: float
    shape: float
    categories: tuple[str, ...]
    code: str
    planned: bool = False


PARTS = (
    Part("Pump", 1500.0, 1.9, ("Bean-to-cup machines", "Espresso machines"), "E21"),
    Part("Grinder burrs", 780.0, 3.0, ("Bean-to-cup machines", "Grinders"), "E09", planned=True),
    Part("Boiler", 2900.0, 1.5, ("Bean-to-cup machines", "Espresso machines"), "E30"),
    Part("Milk valve", 1250.0, 1.2, ("Bean-to-cup machines",), "E14"),
    Part("Dosing sensor", 2400.0, 0.85, ("Bean-to-cup machines", "Grinders"), "E17"),
)
#: Machines that wear faster or slower than the others.
STRESS = {"BC-400": 0.72, "BC-410": 0.8, "ES-310": 1.25, "GR-090": 1.15}
PLACES = (
    "Kitchen, ground floor",
    "Canteen",
    "Reception",
    "Bar",
    "2nd floor, kitchenette",
    "Breakfast room",
    "Staff room",
)
CONTRACTS = (
    ("Basic", ["labour"], 2_900),
    ("Comfort", ["labour", "travel"], 5_900),
    ("Premium", ["parts", "labour", "travel"], 12_900),
)
CHECKLIST = ["Descale", "Change gaskets", "Change burrs", "Check water filter", "Taste and adjust the grind"]


def draw_units(world: World) -> None:
    """Decide which machine stands where and what happened to it; fills ``world.units``."""
    rng, parties, count = world.rng(21), world.organisations, world.scale.units
    customers = np.flatnonzero(~parties["prospect"])
    at = customers[pick(rng, parties["appetite"][customers], count)]
    machines = [places_of(name) for name in ("Bean-to-cup machines", "Espresso machines", "Grinders")]
    bar = np.isin(parties["sector"][at], (1, 2))
    kind = np.where(rng.random(count) < 0.22, 2, np.where(bar, 1, 0))
    good = np.zeros(count, dtype=np.int64)
    for number, numbers in enumerate(machines):
        rows = np.flatnonzero(kind == number)
        good[rows] = numbers[rng.integers(len(numbers), size=len(rows))]
    age = np.minimum(rng.gamma(2.2, 330.0, count), -parties["since"][at] + 400.0)
    order = np.argsort(-age, kind="stable")
    world.units = units = {
        "organisation": at[order],
        "good": good[order],
        "installed": np.minimum(-1, -np.rint(age[order])).astype(np.int64),
        "plan": rng.random(count) < world.scale.plans / count,
        "contract": rng.random(count) < 0.42,
        "usage": np.rint(np.exp(rng.normal(np.log(70), 0.5, count))),
    }
    _wear(world, rng, units)


def _wear(world: World, rng: np.random.Generator, units: dict[str, Any]) -> None:
    """Every failure and every changed part up to today: each part starts anew when it is put in."""
    stress = np.array([STRESS.get(g.code, 1.0) for g in GOODS])[units["good"]]
    category = np.array([g.category for g in GOODS])[units["good"]]
    found: list[tuple[Ints, Ints, Ints, npt.NDArray[np.bool_]]] = []
    for number, part in enumerate(PARTS):
        unit = np.flatnonzero(np.isin(category, part.categories))
        day = units["installed"][unit].astype(np.float64)
        for _turn in range(MOST_RENEWALS):
            life = part.scale * stress[unit] * rng.weibull(part.shape, len(unit))
            planned = units["plan"][unit] & part.planned & (life > YEAR)
            day = day + np.where(planned, YEAR, np.maximum(1, life))
            past = day < -1
            if not past.any():
                break
            unit, day, planned = unit[past], day[past], planned[past]
            found.append((unit, np.floor(day).astype(np.int64), np.full(len(unit), number), ~planned))
    columns = [np.concatenate(column) for column in zip(*found, strict=True)]
    order = np.argsort(columns[1], kind="stable")
    unit, day, part_, failed = (column[order] for column in columns)
    kept = day >= -DAYS
    units["event_unit"], units["event_day"] = unit[kept], day[kept]
    units["event_part"], units["event_failed"] = part_[kept], failed[kept]


def unit_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Equipment, contracts and maintenance plans."""
    rng, units, parties = world.rng(22), world.units, world.organisations
    count, at = len(units["good"]), units["organisation"]
    made = world.moments(units["installed"], rng)
    years = np.where(rng.random(count) < 0.3, 3, 2)
    ends = units["installed"] + years * YEAR
    serials = [f"{GOODS[g].code.replace('-', '')}-{10_000 + i}" for i, g in enumerate(units["good"])]
    contact = contact_of(world, rng, at)
    yield (
        "equipment",
        {
            "name": [f"{GOODS[g].name} {s}" for g, s in zip(units["good"], serials, strict=True)],
            "serial": serials,
            "product_id": units["good"] + 1,
            "organisation_id": at + 1,
            "contact_id": contact + 1,
            "place": [PLACES[i] for i in rng.integers(len(PLACES), size=count)],
            "status": "in_use",
            "installed_on": world.days(units["installed"]),
            "observed_since": world.days(np.maximum(units["installed"], -DAYS)),
            "warranty_until": world.days(ends),
            "warranty_covers": [["parts", "labour"]] * count,
            "meter_unit": "cups",
            "meter_value": units["usage"] * -units["installed"],
            "meter_at": world.now,
            # Sellers keep their customers' machines; technicians see them through the teams they share.
            **kept(parties["owner"][at], parties["team"][at], made),
        },
    )
    units["contact"], units["serials"] = contact, serials
    yield "contracts", _contracts(world, rng)
    yield "maintenance_plans", _plans(world)


def _contracts(world: World, rng: np.random.Generator) -> Columns:
    units, parties = world.units, world.organisations
    unit = np.flatnonzero(units["contract"])
    at, level = units["organisation"][unit], pick(rng, [0.45, 0.37, 0.18], len(unit))
    years = rng.integers(1, 5, len(unit))
    start = units["installed"][unit]
    return {
        "name": [CONTRACTS[i][0] for i in level],
        "number": [f"SC-{3001 + i}" for i in range(len(unit))],
        "organisation_id": at + 1,
        "equipment_id": unit + 1,
        "starts_on": world.days(start),
        "ends_on": world.days(start + years * YEAR + rng.integers(0, 2, len(unit)) * YEAR),
        "covers": [CONTRACTS[i][1] for i in level],
        "price_minor": [CONTRACTS[i][2] for i in level],
        "currency": "EUR",
        **kept(parties["owner"][at], parties["team"][at], world.now),
    }


def _plans(world: World) -> Columns:
    units, parties = world.units, world.organisations
    unit = np.flatnonzero(units["plan"])
    at, age = units["organisation"][unit], -units["installed"][unit]
    last = units["installed"][unit] + age // YEAR * YEAR
    units["plan_unit"], units["plan_last"] = unit, last
    return {
        "name": [f"Yearly service, {units['serials'][u]}" for u in unit],
        "equipment_id": unit + 1,
        "every_days": YEAR,
        "lead_days": 21,
        "checklist": [CHECKLIST] * len(unit),
        "minutes": 90,
        "last_done_on": [
            day if years else None for day, years in zip(world.days(last), age // YEAR, strict=True)
        ],
        "next_due_on": world.days(last + YEAR),
        "is_active": True,
        **kept(parties["owner"][at], parties["team"][at], world.now),
    }
