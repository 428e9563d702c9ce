"""How visits are said on every screen: status, day and time, the way there."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from crm.i18n import _
from crm.records import registry
from crm.service.visits.queries import Visit
from crm.ui.kit import look
from crm.ui.kit.formats import ago, day

STATUS_TONES: dict[str, look.Tone] = {
    "planned": "violet",
    "under_way": look.WATCH,
    "done": look.GOOD,
    "cancelled": look.QUIET,
}


def status_tag(status: str) -> look.Marked:
    """The chip of a status."""
    return look.tag(registry.word("work_order", "status", status), tone=STATUS_TONES.get(status, look.QUIET))


def when_words(planned_on: date | None, planned_at: time | None, *, today: date) -> str:
    """The planned day and time; a day near today as a word."""
    if planned_on is None:
        return _("No day yet")
    near = abs((planned_on - today).days) <= 1
    said = ago(planned_on, today=today) if near else day(planned_on, today=today)
    at = f"{planned_at:%H:%M}" if planned_at else ""
    return f"{said[:1].upper()}{said[1:]} {at}".rstrip()


def visit_when(visit: Visit, *, today: date) -> str:
    """When a visit is: the day it was done, else day, time and how long it is planned for."""
    if visit.done_on is not None:
        return when_words(visit.done_on, None, today=today)
    said = when_words(visit.planned_on, visit.planned_at, today=today)
    return f"{said}–{until(visit.planned_at, visit.minutes)}" if visit.planned_at and visit.minutes else said


def until(planned_at: time, minutes: int) -> str:
    """The hour at which a visit ends."""
    return f"{datetime.combine(date.min, planned_at) + timedelta(minutes=minutes):%H:%M}"


def late_tag(visit: Visit, *, today: date) -> look.Marked | None:
    """The chip of an overdue visit."""
    if visit.group != "overdue" or visit.planned_on is None:
        return None
    return look.tag(
        _("{ago}").format(ago=ago(visit.planned_on, today=today)), tone=look.BAD, icon="priority_high"
    )


def customer_words(visit: Visit) -> str:
    """Customer and place in one line."""
    return " · ".join(p for p in (visit.organisation, visit.contact, visit.place) if p)
