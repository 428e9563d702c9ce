"""What speaks against a day and hour of a visit: the technician is elsewhere then, or nobody works then."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from crm.i18n import _
from crm.service.levels.levels import time_of
from crm.service.levels.working_time_rules import Intervals, clock_text, public_holidays
from crm.service.visits.base import OPEN
from crm.service.words import day_words
from db.audit import SYSTEM_OPTIONS
from db.models import User, WorkCalendar, WorkOrder
from db.scope import ScopedSession

#: How long a visit takes of which nobody said it.
USUAL_MINUTES = 60


def speaks_against(
    session: ScopedSession,
    *,
    planned_on: date | None,
    planned_at: time | None,
    minutes: int | None,
    owner_id: int | None,
    order_id: int | None = None,
) -> list[str]:
    """Why somebody should look at the day or hour once more, in sentences; empty when nothing speaks against it.

    A technician's other visits count wherever they belong: that there is one is told, what it is only where it may be
    seen. Three statements at most.
    """
    if planned_on is None:
        return []
    start, end = span_of(planned_at, minutes)
    told = _calendar(session, planned_on, start if planned_at else None, end)
    if owner_id is not None and planned_at is not None:
        told += _elsewhere(session, owner_id, planned_on, start, end, order_id)
    return told


def span_of(planned_at: time | None, minutes: int | None) -> tuple[int, int]:
    """Beginning and end of a visit in minutes after midnight."""
    start = planned_at.hour * 60 + planned_at.minute if planned_at else 0
    return start, start + (minutes or USUAL_MINUTES)


def overlapping(spans: list[tuple[int, int, int]]) -> set[int]:
    """Of visits of one technician and day, as beginning, end and id, those that overlap another one."""
    found: set[int] = set()
    ordered = sorted(spans)
    for place, (_start, end, one) in enumerate(ordered):
        for later, _end, other in ordered[place + 1 :]:
            if later >= end:
                break
            found |= {one, other}
    return found


def _elsewhere(
    session: ScopedSession, owner_id: int, on: date, start: int, end: int, order_id: int | None
) -> list[str]:
    near = (on - timedelta(days=1), on, on + timedelta(days=1))
    asked = select(WorkOrder.id, WorkOrder.planned_on, WorkOrder.planned_at, WorkOrder.minutes, User.name)
    rows = session.execute(
        asked.join(User, User.id == WorkOrder.owner_id)
        .where(
            WorkOrder.owner_id == owner_id,
            WorkOrder.status.in_(OPEN),
            WorkOrder.planned_on.in_(near),
            WorkOrder.planned_at.is_not(None),
            WorkOrder.archived_at.is_(None),
            WorkOrder.id != (order_id or 0),
        )
        .order_by(WorkOrder.planned_on, WorkOrder.planned_at, WorkOrder.id),
        execution_options=SYSTEM_OPTIONS,
    ).all()
    clashing = {}
    for row in rows:
        first, last = span_of(row.planned_at, row.minutes)
        shift = (row.planned_on - on).days * 24 * 60
        if first + shift < end and start < last + shift:
            clashing[row.id] = row
    seen = {}
    if clashing:
        mine = select(WorkOrder.id, WorkOrder.number, WorkOrder.title).where(WorkOrder.id.in_(clashing))
        seen = {row.id: f"{row.number} {row.title}" for row in session.execute(mine)}
    return [
        _("{name} is at {what} from {start} to {end} then.").format(
            name=row.name,
            what=seen.get(key) or _("another visit"),
            start=f"{row.planned_at:%H:%M}",
            end=_after(row.planned_at, row.minutes),
        )
        for key, row in clashing.items()
    ]


def _after(at: time, minutes: int | None) -> str:
    end = datetime.combine(date.min, at) + timedelta(minutes=minutes or USUAL_MINUTES)
    return f"{end:%H:%M}"


def _calendar(session: ScopedSession, on: date, start: int | None, end: int) -> list[str]:
    order = (WorkCalendar.is_default.desc(), WorkCalendar.id)
    calendar = session.scalars(select(WorkCalendar).order_by(*order).limit(1)).first()
    if calendar is None:
        return []
    working = time_of(calendar)
    holiday = public_holidays(calendar.country or "", calendar.subdivision or None, on.year).get(on)
    if holiday:
        return [_("{day} is a holiday: {name}.").format(day=day_words(on), name=holiday)]
    hours: Intervals = working.hours[on.weekday()]
    if not hours or on in working.closed:
        return [_("Nobody works on {day} by “{name}”.").format(day=day_words(on), name=calendar.name)]
    if start is not None and not any(opens <= start and end <= shuts for opens, shuts in hours):
        said = ", ".join(f"{clock_text(opens)}–{clock_text(shuts)}" for opens, shuts in hours)
        return [_("It lies outside the working hours of that day: {hours}.").format(hours=said)]
    return []
