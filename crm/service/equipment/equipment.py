"""Units in the field: whether they are covered, what their meters show."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from crm.errors import NotFound, Problem, Refused
from crm.i18n import _
from crm.records import records
from crm.records.writing.bulk import among, known
from crm.service.equipment.coverage_rules import ContractFacts, Coverage, UnitFacts, coverage_on
from crm.service.meters.rules import RESET
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Contract, Equipment
from db.scope import ScopedSession

__all__ = ["Coverage", "coverage", "coverages", "covers_of", "record_meter"]


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
    found = covers_of(session, {(unit, on) for unit in ids if unit is not None})
    return {unit: covered for (unit, _day), covered in found.items()}


def covers_of(
    session: ScopedSession, asked: Collection[tuple[int, date]]
) -> dict[tuple[int, date], Coverage]:
    """The coverage of units each on its days, as ``coverages``."""
    if not asked:
        return {}
    names = (
        "organisation_id", "status", "installed_on", "retired_on", "warranty_until", "warranty_covers",
    )  # fmt: skip
    units = known(session, Equipment, (unit for unit, _on in asked), *names)
    agreed = contracts_at(session, units, {row["organisation_id"] for row in units.values()})
    found = {}
    for unit, on in asked:
        if (row := units.get(unit)) is None:
            continue
        facts = UnitFacts(
            row["installed_on"],
            row["warranty_until"],
            tuple(row["warranty_covers"] or ()),
            row["status"] == "retired",
            row["retired_on"],
        )
        mine = [*agreed.get((unit, None), ()), *agreed.get((None, row["organisation_id"]), ())]
        found[unit, on] = coverage_on(on, facts, mine)
    return found


def contracts_at(
    session: ScopedSession, units: Collection[int], firms: Collection[int | None]
) -> dict[tuple[int | None, int | None], list[ContractFacts]]:
    """The contracts of each unit (unit, None), and of each organisation for all of its units (None, organisation).

    They are read on the program's account.
    """
    scope = among(session, Contract.equipment_id, units)
    if firms := set(firms) - {None}:
        scope |= Contract.equipment_id.is_(None) & among(session, Contract.organisation_id, firms)
    names = ("id", "name", "equipment_id", "organisation_id", "starts_on", "ends_on", "covers", "number")
    asked = select(*(getattr(Contract, name) for name in names)).where(scope, Contract.archived_at.is_(None))
    found: dict[tuple[int | None, int | None], list[ContractFacts]] = {}
    for c in session.execute(asked.order_by(Contract.id), execution_options=SYSTEM_OPTIONS):
        one, covers = c.equipment_id is not None, tuple(c.covers or ())
        facts = ContractFacts(c.id, c.name, c.starts_on, c.ends_on, covers, one, c.number or "")
        found.setdefault((c.equipment_id, None if one else c.organisation_id), []).append(facts)
    return found


def record_meter(
    work: Work,
    equipment_id: int,
    value: float,
    *,
    at: datetime | None = None,
    source: str = "",
    reset: bool = False,
) -> dict[str, Any]:
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

    Returns
    -------
    dict
        The reading that was stored.

    Raises
    ------
    Refused
        The value is lower than the reading before or higher than the one after it, not a number, or from the future.
    NotFound, NotAllowed
        The unit is not there for this actor, or not theirs to change.
    """
    unit = records.find(work.session, Equipment, equipment_id)
    source = RESET if reset else source[:40]
    values = {"equipment_id": unit.id, "at": at, "value": value, "source": source}
    try:
        return records.create_record(work, "meter_reading", values)
    except Refused as error:
        problems = [Problem("meter_value", problem.message) for problem in error.problems]
        raise Refused(str(error), problems=problems) from error
