"""The stored chances of failure: which units fail next, and what is said of one unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from crm.clock import here
from crm.service.visits.proposals import PUT_OFF, in_use
from crm.service.wear.settings import threshold
from db.models import Equipment, Organisation, Product, UnitRisk, User
from db.scope import ScopedSession

#: Nobody reads further; counting hundreds of thousands would take longer than all the rest.
COUNTED = 1_000
#: So many days the chance of failure behind an advice speaks of.
AHEAD_DAYS = 90


@dataclass(frozen=True, slots=True)
class UnitAhead:
    """A unit's part and what is ahead of it; spans in days, None where half of such units never fail."""

    equipment_id: int
    name: str
    product: str
    organisation: str
    owner: str
    part: str
    age_days: float
    risk_30: float
    risk_90: float
    risk_365: float
    median_days: float | None
    low_days: float | None
    high_days: float | None
    basis: dict[str, Any]
    computed_at: datetime


@dataclass(frozen=True, slots=True)
class Ahead:
    """Units by their chance of failure, how many there are in all (counted up to ``COUNTED``), and when that was computed."""

    units: list[UnitAhead]
    total: int
    computed_at: datetime | None


def next_to_fail(
    session: ScopedSession, *, product_id: int | None = None, part: str | None = None, limit: int = 40
) -> Ahead:
    """Units by their chance of failure within 90 days, highest first.

    ``part`` is written as in the records; blank is the unit as a whole, None takes all named parts.
    """
    of = [in_use()]
    of.append(UnitRisk.part.not_in(("", PUT_OFF)) if part is None else UnitRisk.part == part)
    if product_id is not None:
        of.append(Equipment.product_id == (product_id or None))
    rows = session.execute(_asked().where(*of).order_by(UnitRisk.risk_90.desc(), UnitRisk.id).limit(limit))
    found = [UnitAhead(*row) for row in rows]
    some = (
        select(UnitRisk.id).join(Equipment, Equipment.id == UnitRisk.equipment_id).where(*of).limit(COUNTED)
    )
    total = (
        session.scalar(select(func.count()).select_from(some.subquery()))
        if len(found) == limit
        else len(found)
    )
    return Ahead(found, int(total or 0), found[0].computed_at if found else None)


@dataclass(frozen=True, slots=True)
class Advice:
    """A part to replace, before which day and in which units; the likeliest to fail first. Blank is the whole unit."""

    part: str
    before: date
    units: tuple[UnitAhead, ...]


def to_replace(
    session: ScopedSession, *, today: date, product_id: int | None = None, part: str | None = None
) -> list[Advice]:
    """What to replace within the next 90 days, where a failure is as likely as what My day proposes; most units first.

    Two statements. Units whose part is dealt with fall out as soon as the chances are computed anew.
    """
    of = [in_use(), UnitRisk.part.not_in(("", PUT_OFF)), UnitRisk.risk_90 >= threshold(session)]
    if product_id is not None:
        of.append(Equipment.product_id == (product_id or None))
    if part is not None:
        of.append(UnitRisk.part == part)
    asked = _asked().where(*of).order_by(UnitRisk.risk_90.desc(), UnitRisk.id).limit(COUNTED)
    by_part: dict[str, list[UnitAhead]] = {}
    for row in session.execute(asked):
        unit = UnitAhead(*row)
        by_part.setdefault(unit.part, []).append(unit)
    found = [
        Advice(name, here(units[0].computed_at).date() + timedelta(days=AHEAD_DAYS), tuple(units))
        for name, units in by_part.items()
    ]
    # Chances that are old speak of days that are over.
    return sorted((a for a in found if a.before > today), key=lambda a: (-len(a.units), a.part))


def ahead_of(session: ScopedSession, equipment_id: int) -> list[UnitAhead]:
    """What is ahead of one unit: its parts, the most likely to fail first, then the unit as a whole."""
    of = (UnitRisk.equipment_id == equipment_id, UnitRisk.part != PUT_OFF)
    rows = session.execute(_asked().where(*of).order_by(UnitRisk.part == "", UnitRisk.risk_90.desc()))
    return [UnitAhead(*row) for row in rows]


def _asked() -> Any:
    """What ``UnitAhead`` holds, in its order."""
    known = (
        *(UnitRisk.part, UnitRisk.age_days, UnitRisk.risk_30, UnitRisk.risk_90, UnitRisk.risk_365),
        *(UnitRisk.median_days, UnitRisk.low_days, UnitRisk.high_days, UnitRisk.basis, UnitRisk.computed_at),
    )
    names = (func.coalesce(of.name, "") for of in (Product, Organisation, User))
    return (
        select(UnitRisk.equipment_id, Equipment.name, *names, *known)
        .join(Equipment, Equipment.id == UnitRisk.equipment_id)
        .outerjoin(Product, Product.id == Equipment.product_id)
        .outerjoin(Organisation, Organisation.id == Equipment.organisation_id)
        .outerjoin(User, User.id == Equipment.owner_id)
    )
