"""Working time: real minutes that pass while a calendar is open.

A day opens at the first moment when the wall clock shows the start or later, and closes at the first moment when it
shows the end or later. So a day on which the clocks change counts the minutes that really pass, and an hour that the
clocks show twice is worked through once it has begun.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from crm.errors import Problem, Refused
from crm.i18n import _

DAY_MINUTES = 24 * 60
#: A calendar without one open minute in so many years counts as never open.
HORIZON_YEARS = 3
#: Days kept per calendar; some 50 years.
KEPT_DAYS, KEPT_YEARS = 20_000, 50
#: The longest promise, a year around the clock.
MOST_MINUTES = 365 * DAY_MINUTES

#: Intervals of one weekday in minutes after midnight, in order, without overlap.
Intervals = tuple[tuple[int, int], ...]
#: Is the calendar closed on this day?
Holidays = Callable[[date], bool]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2})$")


@dataclass(frozen=True)
class WorkingTime:
    """Open hours of a calendar. ``hours`` has one entry per weekday, Monday first.

    Counting runs on whole microseconds since 1970, so sums of parts equal the whole.
    """

    zone: ZoneInfo
    hours: tuple[Intervals, ...]
    holidays: Holidays | None = None
    closed: frozenset[date] = frozenset()
    _days: dict[date, tuple[tuple[int, int], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    _years: dict[int, tuple[list[int], list[int], list[int]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def add(self, start: datetime, minutes: float) -> datetime:
        """The earliest moment at which so many working minutes have passed since the start; aware UTC.

        Raises
        ------
        Refused
            The calendar is not open on any day, or not for long enough before the year 9000.
        ValueError
            Negative minutes.
        """
        if minutes < 0:
            raise ValueError("minutes must not be negative")
        at, left = _ticks(start), round(minutes * 60_000_000)
        if not left:
            return _moment(at)
        # Two days back lies in no later year of any zone, also where the clocks go back over midnight.
        year, idle = (_moment(at) - timedelta(days=2)).year, 0
        while idle < HORIZON_YEARS and year < 9000:
            opens, shuts, passed = self._year(year)
            first = bisect_right(shuts, at)
            if first < len(shuts):
                skipped = passed[first] + max(at - opens[first], 0)
                last = bisect_left(passed, skipped + left) - 1
                if last < len(shuts):
                    return _moment(opens[last] + skipped + left - passed[last])
                left -= passed[-1] - skipped
            idle = 0 if shuts else idle + 1
            year += 1
        raise Refused(_("The calendar is never open, so no time can be promised with it. Give it hours."))

    def between(self, start: datetime, end: datetime) -> float:
        """Working minutes from one moment to another; negative when the second comes first."""
        first, last = _ticks(start), _ticks(end)
        if last < first:
            return -self.between(end, start)
        day, stop = self._day_before(first), end.astimezone(self.zone).date()
        total = 0
        while day <= stop:
            for opens, shuts in self._open(day):
                total += max(0, min(shuts, last) - max(opens, first))
            day += timedelta(days=1)
        return total / 60_000_000

    def _day_before(self, tick: int) -> date:
        # Where the clocks go back over midnight a moment still belongs to the day before the one they show.
        return _moment(tick).astimezone(self.zone).date() - timedelta(days=1)

    def _year(self, year: int) -> tuple[list[int], list[int], list[int]]:
        """When the calendar opens and shuts in a year, in order, and the open ticks before each opening and in all."""
        known = self._years.get(year)
        if known is None:
            if len(self._years) >= KEPT_YEARS:
                self._years.clear()
            first = date(year, 1, 1)
            days = (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
            spans = [span for day in days for span in self._open(day)]
            passed = list(accumulate((shuts - opens for opens, shuts in spans), initial=0))
            known = self._years[year] = [a for a, _b in spans], [b for _a, b in spans], passed
        return known

    def _shut(self, day: date) -> bool:
        return day in self.closed or (self.holidays is not None and self.holidays(day))

    def _open(self, day: date) -> tuple[tuple[int, int], ...]:
        """The day's open intervals in ticks."""
        known = self._days.get(day)
        if known is None:
            if len(self._days) >= KEPT_DAYS:
                self._days.clear()
            known = self._days[day] = self._count(day)
        return known

    def _count(self, day: date) -> tuple[tuple[int, int], ...]:
        hours = self.hours[day.weekday()]
        if not hours or self._shut(day):
            return ()
        found = ((_shows(day, start, self.zone), _shows(day, end, self.zone)) for start, end in hours)
        return tuple((opens, shuts) for opens, shuts in found if opens < shuts)


def _ticks(moment: datetime) -> int:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return (moment - _EPOCH) // _MICROSECOND


def _moment(ticks: int) -> datetime:
    return _EPOCH + timedelta(microseconds=ticks)


def _shows(day: date, minute: int, zone: ZoneInfo) -> int:
    """The first tick at which the zone's clocks show this minute of the day or a later one."""
    wall = datetime.combine(day, time()) + timedelta(minutes=minute)
    early, late = (_ticks(wall.replace(tzinfo=zone, fold=fold)) for fold in (0, 1))
    if early <= late:
        # An ordinary minute, or the first of two times.
        return early
    # The clocks jump over this minute: they show a later one as soon as they have jumped, between the two readings.
    before, after = late, early
    while after - before > 1:
        middle = (before + after) // 2
        shown = _moment(middle).astimezone(zone).replace(tzinfo=None)
        before, after = (before, middle) if shown >= wall else (middle, after)
    return after


@lru_cache(maxsize=500)
def public_holidays(country: str, subdivision: str | None, year: int) -> Mapping[date, str]:
    """Days and names of a year's public holidays; empty for a country or part of it that the package does not know."""
    import holidays

    parts = known_countries().get(country)
    if parts is None or (subdivision is not None and subdivision not in parts):
        return {}
    return dict(sorted(holidays.country_holidays(country, subdiv=subdivision, years=year).items()))


@lru_cache(maxsize=1)
def known_countries() -> Mapping[str, tuple[str, ...]]:
    """Countries with known holidays, each with its subdivisions."""
    import holidays

    return {country: tuple(parts) for country, parts in sorted(holidays.list_supported_countries().items())}


def parse_hours(hours: Mapping[str, Any]) -> tuple[Intervals, ...]:
    """Intervals per weekday from ``{"0": [["08:00", "17:00"]], …}``, in minutes.

    Raises
    ------
    Refused
        With one complaint per weekday: unreadable, ends before it starts, overlaps another.
    """
    problems: list[Problem] = []
    week = tuple(_weekday(str(day), hours.get(str(day)) or (), problems) for day in range(7))
    if not problems and not any(week):
        problems.append(Problem("hours", _("A calendar needs at least one weekday with hours.")))
    if problems:
        raise Refused(_("These hours cannot be used."), problems=problems)
    return week


def _weekday(day: str, pairs: Iterable[Any], problems: list[Problem]) -> Intervals:
    found: list[tuple[int, int]] = []
    for pair in pairs:
        try:
            start, end = (clock_minute(str(text)) for text in pair)
        except (TypeError, ValueError):
            problems.append(Problem(day, _("Write hours like 08:00–12:00, 13:00–17:00.")))
            return ()
        if end <= start:
            text = _("{start}–{end} ends before it starts. Write a night as two: to 24:00, and from 00:00.")
            problems.append(Problem(day, text.format(start=clock_text(start), end=clock_text(end))))
            return ()
        found.append((start, end))
    found.sort()
    if any(later[0] < earlier[1] for earlier, later in pairwise(found)):
        problems.append(Problem(day, _("Two stretches of hours overlap.")))
        return ()
    return tuple(found)


def clock_minute(text: str) -> int:
    """Minutes after midnight of "08:00"; "24:00" is the end of the day. ValueError for anything else."""
    match = _CLOCK.match(text.strip())
    minute = int(match[1]) * 60 + int(match[2]) if match and int(match[2]) < 60 else -1
    if not 0 <= minute <= DAY_MINUTES:
        raise ValueError(text)
    return minute


def clock_text(minute: int) -> str:
    """A minute of the day as "08:00"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


@lru_cache(maxsize=200)
def _made(
    zone: str, hours: tuple[Intervals, ...], country: str, subdivision: str | None, closed: frozenset[date]
) -> WorkingTime:
    def off(day: date) -> bool:
        return day in public_holidays(country, subdivision, day.year)

    return WorkingTime(ZoneInfo(zone), hours, off if country else None, closed)


def working_time(
    zone: str,
    hours: Mapping[str, Any],
    *,
    country: str | None = None,
    subdivision: str | None = None,
    closed: Iterable[str] = (),
) -> WorkingTime:
    """The calendar as it is stored; the same values give the same object, so counted days are kept.

    Raises
    ------
    Refused
        The hours cannot be used.
    """
    days = frozenset(date.fromisoformat(day) for day in closed)
    return _made(zone, parse_hours(hours), country or "", subdivision or None, days)


def in_words(minutes: float) -> str:
    """Working minutes to people: "2 h 10 min"; rounded down, so that a promise never sounds longer than it is."""
    whole = int(abs(minutes))
    hours, rest = divmod(whole, 60)
    if not hours:
        return _("{n} min").format(n=rest)
    return _("{h} h {m} min").format(h=hours, m=rest) if rest else _("{h} h").format(h=hours)
