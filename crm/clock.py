"""What day it is where the firm is; the database keeps UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from crm.config import settings


@cache
def zone() -> ZoneInfo:
    """The firm's time zone."""
    return ZoneInfo(settings().time_zone)


@cache
def zones() -> frozenset[str]:
    """The names of all time zones there are; to find them reads some hundred files."""
    return frozenset(available_timezones())


def now() -> datetime:
    """This moment, aware, UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Today at the firm's place."""
    return now().astimezone(zone()).date()


def here(moment: datetime) -> datetime:
    """A moment as the firm's clocks show it."""
    return moment.astimezone(zone())


def noon(day: date) -> datetime:
    """The middle of a day at the firm's place, for what is known by its day only; UTC."""
    return datetime.combine(day, time(12), zone()).astimezone(UTC)
