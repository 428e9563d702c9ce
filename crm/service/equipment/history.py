"""What happened to a unit, and what its parts went through."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, null, select

from crm.clock import noon
from crm.i18n import N_, _
from crm.records import records
from db.audit import SYSTEM_OPTIONS
from db.models import Case, Equipment, EquipmentEvent, Failure, MeterReading, PartChange, WorkOrder
from db.scope import ScopedSession


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happened to a unit. ``page`` and ``record_id`` name what can be opened, empty and 0 for nothing."""

    kind: str
    at: datetime
    title: str
    text: str = ""
    page: str = ""
    record_id: int = 0


@dataclass(frozen=True, slots=True)
class PartLine:
    """One kind of part of a unit: how often it was put in new, how often it had failed, and when last."""

    part: str
    changes: int
    failures: int
    last_changed: datetime | None
    last_failed: datetime | None


def unit_history(session: ScopedSession, equipment_id: int, *, limit: int = 40) -> list[Step]:
    """Visits, cases, failures, changed parts, readings and the unit's own messages, newest first. Eight statements.

    Visits and cases of other teams are left out, and so are parts and failures of a visit: they stand in its step.
    """
    records.find(session, Equipment, equipment_id)
    found = [
        *_visit_steps(session, equipment_id, limit),
        *_case_steps(session, equipment_id, limit),
        *_life_steps(session, equipment_id, limit),
    ]
    return sorted(found, key=lambda s: (s.at, s.kind), reverse=True)[:limit]


def _visit_steps(session: ScopedSession, equipment_id: int, limit: int) -> list[Step]:
    order = WorkOrder
    rows = session.execute(
        select(order.id, order.number, order.title, order.done_on, order.report)
        .where(order.equipment_id == equipment_id, order.status == "done", order.archived_at.is_(None))
        .where(order.done_on.is_not(None))
        .order_by(order.done_on.desc(), order.id.desc())
        .limit(limit)
    ).all()
    ids = [r.id for r in rows]
    failed, changed = _of_visits(session, Failure, ids), _of_visits(session, PartChange, ids)
    return [
        Step(
            "visit",
            noon(r.done_on),
            r.title,
            _told(failed.get(r.id, []), changed.get(r.id, []), r.report, r.number),
            "work_order",
            r.id,
        )
        for r in rows
    ]


def _of_visits(session: ScopedSession, cls: Any, ids: Sequence[int]) -> dict[int, list[str]]:
    """Parts that failed or were changed, by the visit that wrote them down."""
    rows = session.execute(
        select(cls.work_order_id, cls.part).where(cls.work_order_id.in_(ids)).order_by(cls.id),
        execution_options=SYSTEM_OPTIONS,
    )
    parts: dict[int, list[str]] = {}
    for order_id, part in rows:
        parts.setdefault(int(order_id), []).append(str(part or _("The unit")))
    return parts


def _told(failed: Sequence[str], changed: Sequence[str], report: str | None, number: str) -> str:
    said = [
        text.format(parts=", ".join(parts))
        for text, parts in ((_("Failed: {parts}."), failed), (_("Changed: {parts}."), changed))
        if parts
    ]
    return " ".join(t for t in (number, *said, report or "") if t)


def _case_steps(session: ScopedSession, equipment_id: int, limit: int) -> list[Step]:
    rows = session.execute(
        select(Case.id, Case.number, Case.subject, Case.opened_at)
        .where(Case.equipment_id == equipment_id, Case.archived_at.is_(None))
        .order_by(Case.opened_at.desc(), Case.id.desc())
        .limit(limit)
    )
    return [Step("case", r.opened_at, r.subject, r.number, "case", r.id) for r in rows]


#: Title of a step, by its kind.
LIFE = {
    "failure": N_("{what} failed"),
    "part": N_("{what} changed"),
    "message": N_("The unit reported {what}"),
    "meter": N_("Meter {what}"),
}


def _life_steps(session: ScopedSession, equipment_id: int, limit: int) -> list[Step]:
    steps = []
    for kind, cls, at, what, more in (
        ("failure", Failure, Failure.failed_at, Failure.part, Failure.code),
        ("part", PartChange, PartChange.at, PartChange.part, null()),
        ("message", EquipmentEvent, EquipmentEvent.at, EquipmentEvent.code, EquipmentEvent.detail),
        ("meter", MeterReading, MeterReading.at, MeterReading.value, MeterReading.source),
    ):
        mine: list[Any] = [cls.equipment_id == equipment_id]
        if cls in (Failure, PartChange):
            mine.append(cls.work_order_id.is_(None))
        asked = select(at, what, more).where(*mine).order_by(at.desc(), cls.id.desc()).limit(limit)
        for when, found, text in session.execute(asked, execution_options=SYSTEM_OPTIONS):
            said = f"{found:,.10g}" if kind == "meter" else str(found or _("The unit"))
            steps.append(Step(kind, when, _(LIFE[kind]).format(what=said), text or ""))
    return steps


def unit_parts(session: ScopedSession, equipment_id: int) -> list[PartLine]:
    """Parts of a unit, those that failed most first. Three statements."""
    records.find(session, Equipment, equipment_id)
    changed = _by_part(session, PartChange, PartChange.at, equipment_id)
    failed = _by_part(session, Failure, Failure.failed_at, equipment_id)
    lines = []
    for name in changed.keys() | failed.keys():
        (changes, changed_at), (failures, failed_at) = (
            found.get(name, (0, None)) for found in (changed, failed)
        )
        lines.append(PartLine(name or "", changes, failures, changed_at, failed_at))
    return sorted(lines, key=lambda p: (-p.failures, -p.changes, p.part))


def _by_part(session: ScopedSession, cls: Any, at: Any, equipment_id: int) -> dict[Any, tuple[int, Any]]:
    counted = select(cls.part, func.count(), func.max(at)).where(cls.equipment_id == equipment_id)
    rows = session.execute(counted.group_by(cls.part), execution_options=SYSTEM_OPTIONS)
    return {row[0]: (int(row[1]), row[2]) for row in rows}
