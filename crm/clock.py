"""What day it is where the firm is, and where that is; the database keeps UTC.

Country and time zone that were chosen at setup or under Settings count; the environment says what holds before anybody
chose. Everybody asks here. What is stored is kept in the process, because it is asked with every date that is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from crm.config import settings
from crm.errors import CrmError
from crm.work import SYSTEM, reading
from db.models import Setting

#: What is stored; None before it was read.
_stored: Mapping[str, str] | None = None


def country() -> str:
    """Two letters, as telephone numbers without a country code are read."""
    return _kept().get("country") or settings().phone_region.upper()


def time_zone() -> str:
    """The name of the zone whose clocks the firm goes by."""
    return _kept().get("time_zone") or settings().time_zone


def take(stored: Mapping[str, object] | None) -> None:
    """Go by what is stored from now on; None reads it anew when it is next asked for."""
    global _stored
    _stored = (
        None if stored is None else {name: str(stored.get(name) or "") for name in ("country", "time_zone")}
    )


def read_again() -> None:
    """Take what another server may have stored meanwhile."""
    try:
        with reading(SYSTEM) as session:
            take(session.scalar(select(Setting.value).where(Setting.name == "firm")) or {})
    except (CrmError, SQLAlchemyError):
        # No database yet, or none just now: the environment holds until there is one.
        return


def _kept() -> Mapping[str, str]:
    if _stored is None:
        read_again()
    return _stored or {}


def zone() -> ZoneInfo:
    """The firm's time zone."""
    return ZoneInfo(time_zone())


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
