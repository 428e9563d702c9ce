"""Units in the field: whether they are covered, what their meters show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import isfinite
from typing import Any

from sqlalchemy import or_, select

from crm.clock import here
from crm.errors import NotFound, Problem, Refused
from crm.i18n import _
from crm.service.equipment.coverage_rules import ContractFacts, Coverage, UnitFacts, coverage_on
from crm.service.visits.plans import refresh_due
from crm.service.words import day_words
from crm.work import Work
from db.models import Contract, Equipment, MeterReading
from db.scope import ScopedSession

__all__ = ["Coverage", "Reading", "coverage", "coverages", "demand_order", "find_unit", "record_meter"]

#: For rows that belong to a unit which was found within scope just before.
SYSTEM_OPTIONS = {"system": True}
#: Source of a reading after which the meter counts anew.
RESET = "reset"


@dataclass(frozen=True, slots=True)
class Reading:
    """A meter reading that was stored."""

    id: int
    equipment_id: int
    value: float
    at: datetime


def find_unit(session: ScopedSession, equipment_id: int) -> Equipment:
    """The unit.

    Raises
    ------
    NotFound
        No such unit within the actor's scope.
    """
    unit = session.get(Equipment, equipment_id)
    if unit is None:
        raise NotFound(_("There is no equipment {id}, or it is not yours to see.").format(id=equipment_id))
    return unit


def coverage(session: ScopedSession, equipment_id: int, *, on: date) -> Coverage:
    """Whether a unit is covered on a day, by what, until when and why. Two statements.

    Raises
    ------
    NotFound
        No such unit within the actor's scope.
    """
    found = coverages(session, [equipment_id], on=on).get(equipment_id)
    if found is None:
        raise NotFound(_("There is no equipment {id}, or it is not yours to see.").format(id=equipment_id))
    return found


def coverages(session: ScopedSession, ids: Iterable[int | None], *, on: date) -> dict[int, Coverage]:
    """The coverage of many units on a day; units outside the actor's scope are left out. Two statements.

    Contracts are read on the program's account: whoever sees a unit must know what was promised for it, also when a
    colleague of another team keeps the contract.
    """
    wanted = {i for i in ids if i is not None}
    if not wanted:
        return {}
    units = session.execute(
        select(
            Equipment.id,
            Equipment.organisation_id,
            Equipment.status,
            Equipment.installed_on,
            Equipment.retired_on,
            Equipment.warranty_until,
            Equipment.warranty_covers,
        ).where(Equipment.id.in_(wanted))
    ).all()
    agreed = _contracts(session, units)
    return {u.id: _of_unit(u, agreed, on) for u in units}


def _contracts(session: ScopedSession, units: Iterable[Any]) -> list[Any]:
    ids = {u.id for u in units}
    firms = {u.organisation_id for u in units if u.organisation_id is not None}
    for_all = Contract.equipment_id.is_(None) & Contract.organisation_id.in_(firms)
    statement = (
        select(
            Contract.id,
            Contract.name,
            Contract.equipment_id,
            Contract.organisation_id,
            Contract.starts_on,
            Contract.ends_on,
            Contract.covers,
        )
        .where(or_(Contract.equipment_id.in_(ids), for_all), Contract.archived_at.is_(None))
        .order_by(Contract.id)
    )
    return list(session.execute(statement, execution_options=SYSTEM_OPTIONS))


def _of_unit(unit: Any, agreed: Iterable[Any], on: date) -> Coverage:
    mine = [
        ContractFacts(
            c.id, c.name, c.starts_on, c.ends_on, tuple(c.covers or ()), for_unit=c.equipment_id is not None
        )
        for c in agreed
        if c.equipment_id == unit.id
        or (c.equipment_id is None and c.organisation_id == unit.organisation_id is not None)
    ]
    facts = UnitFacts(
        unit.installed_on,
        unit.warranty_until,
        tuple(unit.warranty_covers or ()),
        unit.status == "retired",
        unit.retired_on,
    )
    return coverage_on(on, facts, mine)


def record_meter(
    work: Work,
    equipment_id: int,
    value: float,
    *,
    at: datetime | None = None,
    source: str = "",
    reset: bool = False,
) -> Reading:
    """Note what the usage meter of a unit showed; the unit keeps the newest value.

    Parameters
    ----------
    value : float
        In the unit of the meter, not negative.
    at : datetime, optional
        When it was read; now when left out. An older reading may be added later and must fit between its neighbours.
    source : str
        Who or what says so, such as the number of a visit; 40 characters.
    reset : bool
        The meter was replaced or set back, so that it may show less than before.

    Raises
    ------
    Refused
        The value is lower than the reading before or higher than the one after it, not a number, or from the future.
    NotFound, NotAllowed
        The unit is not there for this actor, or not theirs to change.
    """
    unit = find_unit(work.session, equipment_id)
    at = at or work.now
    if not isfinite(value) or value < 0:
        raise _wrong(_("A meter shows a number from 0 upwards."))
    if at > work.now + timedelta(minutes=5):
        raise _wrong(_("{day} lies ahead. Enter a reading on the day it is taken.").format(day=_day(at)))
    if not reset:
        demand_order(work, unit, value, at, last=(unit.meter_value, unit.meter_at))
    row = MeterReading(
        equipment_id=unit.id,
        at=at,
        value=value,
        source=(RESET if reset else source[:40]) or None,
        user_id=work.actor.user_id,
    )
    work.session.add(row)
    if unit.meter_at is None or at >= unit.meter_at:
        unit.meter_value, unit.meter_at = value, at
    work.session.flush()
    # Plans by usage fall due sooner or later with what the meter shows.
    refresh_due(work, unit.id)
    return Reading(row.id, unit.id, value, at)


def demand_order(
    work: Work,
    unit: Equipment,
    value: float,
    at: datetime,
    *,
    last: tuple[float | None, datetime | None],
    but: int = 0,
) -> None:
    """Refuse a reading by which the meter would have run backwards.

    ``last`` is what the unit itself holds, which counts where no reading is stored, as after an import. ``but`` names the
    reading that is being changed.
    """
    mine = select(MeterReading.value, MeterReading.at, MeterReading.source).where(
        MeterReading.equipment_id == unit.id, MeterReading.id != but
    )
    before_it = mine.where(MeterReading.at <= at).order_by(MeterReading.at.desc(), MeterReading.id.desc())
    after_it = mine.where(MeterReading.at > at).order_by(MeterReading.at, MeterReading.id)
    with work.session.no_autoflush:
        before = work.session.execute(before_it.limit(1), execution_options=SYSTEM_OPTIONS).first()
        after = work.session.execute(after_it.limit(1), execution_options=SYSTEM_OPTIONS).first()
    shown, when = (before.value, before.at) if before else last
    if shown is not None and (when is None or when <= at) and value < shown:
        raise _wrong(
            _(
                "The meter showed {last} on {day}; {value} is lower. Check the reading, or say that the meter was "
                "replaced or set back."
            ).format(last=_number(shown), day=_day(when or at), value=_number(value))
        )
    if after is not None and value > after.value and after.source != RESET:
        raise _wrong(
            _(
                "The meter showed {next} on {day}, which is later and lower. Check the reading and its day."
            ).format(next=_number(after.value), day=_day(after.at))
        )


def _wrong(message: str) -> Refused:
    return Refused(
        _("The reading was not stored. {why}").format(why=message), problems=[Problem("meter_value", message)]
    )


def _number(value: float) -> str:
    return f"{value:,.10g}"


def _day(at: datetime) -> str:
    return day_words(here(at).date())
