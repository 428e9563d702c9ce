"""The rules of meter readings: a meter never runs backwards, its unit shows the newest, plans by use follow."""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select, union_all

from crm.clock import here
from crm.errors import Problem
from crm.i18n import _
from crm.records.rules import Draft, Facts, Road, Rules
from crm.records.writing.bulk import among, known
from crm.records.writing.writer import Writer
from crm.service.visits.plans import refresh_due
from crm.service.words import day_words
from db.audit import SYSTEM_OPTIONS
from db.models import Equipment, MeterReading
from db.scope import ScopedSession

#: Source of a reading after which the meter counts anew.
RESET = "reset"
#: A reading that is not stored yet comes after those of the same moment.
_LAST = float("inf")
#: When a unit was read last, and what it showed; nothing without a reading.
_Shown = tuple[Any, Any]


class Meters:
    """What the meters of units showed around the moments at which they are read, in one statement."""

    def __init__(self, session: ScopedSession, asked: Collection[tuple[int, datetime]]) -> None:
        self._of: dict[int, list[tuple[datetime, float, float, str | None]]] = {}
        if not asked:
            return
        units, moments = {unit for unit, _at in asked}, [at for _unit, at in asked]
        mine = among(session, MeterReading.equipment_id, units)
        first, last = min(moments), max(moments)
        columns = [
            getattr(MeterReading, name) for name in ("equipment_id", "at", "id", "value", "source")
        ]  # fmt: skip
        statements = [select(*columns).where(mine, MeterReading.at.between(first, last))]
        for nearest, beyond in ((func.max, MeterReading.at < first), (func.min, MeterReading.at > last)):
            edge = select(MeterReading.equipment_id, nearest(MeterReading.at).label("at"))
            edges = edge.where(mine, beyond).group_by(MeterReading.equipment_id).subquery()
            same = and_(MeterReading.equipment_id == edges.c.equipment_id, MeterReading.at == edges.c.at)
            statements.append(select(*columns).join(edges, same))
        for unit, at, record, value, source in session.execute(
            union_all(*statements), execution_options=SYSTEM_OPTIONS
        ):
            self._of.setdefault(unit, []).append((at, record, value, source))
        for readings in self._of.values():
            readings.sort(key=lambda reading: reading[:2])

    def forget(self, unit: int, record: int) -> None:
        """Leave a stored reading out: it is being changed."""
        self._of[unit] = [reading for reading in self._of.get(unit, ()) if reading[1] != record]

    def note(self, unit: int, value: float, at: datetime, source: str | None) -> None:
        """Count a reading that comes in, so that the next ones are compared with it."""
        insort(self._of.setdefault(unit, []), (at, _LAST, value, source), key=lambda reading: reading[:2])

    def backwards(
        self,
        unit: int,
        value: float,
        at: datetime,
        shown: tuple[float | None, datetime | None] = (None, None),
    ) -> str:
        """Why the meter would have run backwards; empty when it would not.

        ``shown`` is what the unit itself holds, which counts where no reading is stored.
        """
        readings = self._of.get(unit, [])
        place = bisect(readings, (at, _LAST), key=lambda reading: reading[:2])
        earlier = (readings[place - 1][2], readings[place - 1][0]) if place else shown
        before, when = earlier
        if before is not None and (when is None or when <= at) and value < before:
            return _(
                "The meter showed {last} on {day}; {value} is lower. Check the reading, or say that the meter was "
                "replaced or set back."
            ).format(last=_number(before), day=_day(when or at), value=_number(value))
        return self.overtaken(unit, value, at)

    def overtaken(self, unit: int, value: float, at: datetime) -> str:
        """That the next reading is lower, as after a meter was replaced; empty when it is not."""
        readings = self._of.get(unit, [])
        place = bisect(readings, (at, _LAST), key=lambda reading: reading[:2])
        if place < len(readings) and value > readings[place][2] and readings[place][3] != RESET:
            return _(
                "The meter showed {next} on {day}, which is later and lower. Check the reading and its day."
            ).format(next=_number(readings[place][2]), day=_day(readings[place][0]))
        return ""


def _number(value: float) -> str:
    return f"{value:,.10g}"


def _day(at: datetime) -> str:
    return day_words(here(at).date())


@dataclass(slots=True)
class _Read(Facts):
    units: dict[int, dict[str, Any]]
    meters: Meters


class ReadingRules(Rules):
    """A reading fits between its neighbours, and the unit shows the newest."""

    def facts(self, road: Road, drafts: Sequence[Draft]) -> _Read:
        session = road.work.session
        units = known(session, Equipment, (d.row["equipment_id"] for d in drafts), "meter_value", "meter_at")
        asked = [
            (d.row["equipment_id"], d.row["at"] if d.has("at") else road.work.now)
            for d in drafts
            if d.row["equipment_id"] in units and d.row["value"] is not None
        ]
        return _Read(road, units, Meters(session, asked))

    def complete(self, draft: Draft, facts: _Read) -> None:
        row = draft.row
        if draft.is_new and not draft.has("at"):
            row["at"] = facts.road.work.now
        row["user_id"] = row["user_id"] or facts.road.work.actor.user_id

    def problems(self, draft: Draft, facts: _Read) -> None:
        row = draft.row
        if row["equipment_id"] not in facts.units:
            draft.refuse(
                "equipment_id", _("There is no such unit, or it is not yours to see. Choose a unit.")
            )
        if facts.road.is_to_come(row["at"]):
            text = _("{day} lies ahead. Enter a reading on the day it is taken.")
            draft.refuse("at", text.format(day=_day(row["at"])))

    def together(self, drafts: Sequence[Draft], facts: _Read) -> Iterable[tuple[Draft, Problem]]:
        for draft in drafts:
            row, shown = draft.row, (None, None)
            unit = row["equipment_id"]
            if draft.is_new:
                shown = facts.units[unit]["meter_value"], facts.units[unit]["meter_at"]
            else:
                facts.meters.forget(unit, row["id"])
            wrong = (
                "" if row["source"] == RESET else facts.meters.backwards(unit, row["value"], row["at"], shown)
            )
            if wrong:
                yield draft, Problem("value", wrong)
            else:
                facts.meters.note(unit, row["value"], row["at"], row["source"])

    def after(self, writer: Writer, drafts: Sequence[Draft], facts: _Read) -> None:
        newest: dict[int, _Shown] = {}
        for draft in drafts:
            row = draft.row
            stands = newest.get(row["equipment_id"])
            if stands is None or row["at"] >= stands[0]:
                newest[row["equipment_id"]] = row["at"], row["value"]
        changed = {d.old("equipment_id") for d in drafts if not d.is_new} - {None}
        units = facts.units
        if changed:
            # What a unit showed may not be true any more: its newest reading says it anew, nothing where the last one went.
            changed |= {d.row["equipment_id"] for d in drafts if not d.is_new}
            newest |= dict.fromkeys(changed, (None, None)) | _newest(writer, changed)
            units = known(writer.work.session, Equipment, newest, "meter_value", "meter_at", system=True)
        show(writer, newest, units, anew=changed)


def _newest(writer: Writer, units: Collection[int]) -> dict[int, _Shown]:
    mine = writer.among(MeterReading.equipment_id, list(units))
    last = select(MeterReading.equipment_id, func.max(MeterReading.at).label("at")).where(mine)
    lasts = last.group_by(MeterReading.equipment_id).subquery()
    same = and_(MeterReading.equipment_id == lasts.c.equipment_id, MeterReading.at == lasts.c.at)
    asked = select(MeterReading.equipment_id, MeterReading.at, MeterReading.value).join(lasts, same)
    return {unit: (at, value) for unit, at, value in writer.send(asked.order_by(MeterReading.id))}


def show(
    writer: Writer,
    newest: dict[int, _Shown],
    units: dict[int, dict[str, Any]],
    *,
    anew: Collection[int] = (),
) -> None:
    """Let units show a reading unless they show a later one, and plans by use fall due by it."""
    writer.change(
        Equipment,
        [
            (unit, units[unit], {"meter_value": value, "meter_at": at})
            for unit, (at, value) in newest.items()
            if unit in units
            and (unit in anew or units[unit]["meter_at"] is None or at >= units[unit]["meter_at"])
            and (value, at) != (units[unit]["meter_value"], units[unit]["meter_at"])
        ],
    )
    refresh_due(writer, list(newest))
