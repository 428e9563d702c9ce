"""Months, quarters, years and other stretches of days, and what each is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

MONTHS_OF = {"month": 1, "quarter": 3, "year": 12}
KINDS = ("month", "quarter", "year", "12months", "all", "custom")
_MONTHS = {**MONTHS_OF, "12months": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days, both ends included; None leaves an end open. ``running``: it has not ended yet."""

    kind: str
    start: date | None
    end: date | None
    running: bool = False

    def days(self) -> int | None:
        """Length in days, None when an end is open."""
        return None if self.start is None or self.end is None else (self.end - self.start).days + 1


@dataclass(frozen=True, slots=True)
class Calendar:
    """When the firm's financial year begins (month 1 to 12) and its weeks (0 Monday to 6 Sunday)."""

    year_start: int = 1
    week_start: int = 0

    def week(self, day: date) -> date:
        """The first day of a day's week."""
        return day - timedelta(days=(day.weekday() - self.week_start) % 7)

    @property
    def week_unit(self) -> str:
        """The week as pandas calls it, by the day that it ends with."""
        return "W-" + ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")[self.week_start]

    def week_number(self, day: date) -> int:
        """The number of a day's week: of weeks from Monday on that of ISO 8601, of others counted from the one with 1 January."""
        first = self.week(day)
        if self.week_start == 0:
            return first.isocalendar().week
        return (first - self.week(date((first + timedelta(days=6)).year, 1, 1))).days // 7 + 1

    def stretch(self, kind: str, day: date) -> tuple[date, date]:
        """First and last day of the month, quarter or year that holds a day."""
        length = MONTHS_OF[kind]
        first = add_months(day, -((day.month - self.year_start) % length))
        return first, month_end(add_months(first, length - 1))

    def year_of(self, day: date) -> int:
        """The year in which a day's financial year began."""
        return self.stretch("year", day)[0].year

    def year_name(self, began: int) -> str:
        """What a financial year is called: 2026, or 2026/27 where it lies in two."""
        return f"{began:04d}" if self.year_start == 1 else f"{began:04d}/{(began + 1) % 100:02d}"

    def quarter_name(self, day: date) -> str:
        """What a day's quarter is called, as 2026-Q1 or 2026/27-Q1."""
        return f"{self.year_name(self.year_of(day))}-Q{(day.month - self.year_start) % 12 // 3 + 1}"

    def days_in_order(self) -> list[int]:
        """The days of a week, 0 Monday to 6 Sunday, as the firm's weeks have them."""
        return [(self.week_start + step) % 7 for step in range(7)]


#: Years as the calendar has them, weeks from Monday on.
USUAL = Calendar()


def month_start(day: date) -> date:
    """The first day of a day's month."""
    return day.replace(day=1)


def add_months(day: date, months: int) -> date:
    """The first day of the month so many months later, or earlier when negative."""
    place = day.year * 12 + day.month - 1 + months
    return date(place // 12, place % 12 + 1, 1)


def month_end(day: date) -> date:
    """The last day of a day's month."""
    return add_months(day, 1) - timedelta(days=1)


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or the last one of a month that is too short."""
    first = add_months(day, months)
    return first.replace(day=min(day.day, month_end(first).day))


def months_between(first: date, last: date) -> list[date]:
    """First days of all months from one day's to the other's, in order."""
    count = (last.year - first.year) * 12 + last.month - first.month
    return [add_months(first, step) for step in range(count + 1)]


def period_of(
    kind: str,
    anchor: date,
    *,
    today: date,
    start: date | None = None,
    end: date | None = None,
    calendar: Calendar = USUAL,
) -> Period:
    """The period of a kind that holds the anchor; one that holds today ends today.

    Parameters
    ----------
    kind : str
        One of ``KINDS``; an unknown one counts as the month, because it comes from an address.
    anchor : date
        A day within the period. Twelve months end with the anchor's month.
    start, end : date, optional
        Ends of a custom period; swapped when they stand the wrong way round.
    """
    if kind == "all":
        return Period("all", None, None)
    if kind == "custom" and (start or end):
        first, last = start or end, end or start
        assert first is not None
        assert last is not None
        return Period("custom", min(first, last), max(first, last))
    kind = kind if kind in _MONTHS else "month"
    if kind == "12months":
        first, last = add_months(anchor, -11), month_end(anchor)
    else:
        first, last = calendar.stretch(kind, anchor)
    running = first <= today < last
    return Period(kind, first, min(last, today) if running else last, running)


def shown_period(
    kind: str,
    newest: date | None,
    *,
    today: date,
    start: date | None = None,
    end: date | None = None,
    calendar: Calendar = USUAL,
) -> tuple[Period, bool]:
    """The period asked for, or the newest one with data where nothing happened since the running one began.

    Parameters
    ----------
    newest : date, optional
        The day of the newest record that a screen counts; None without any.

    Returns
    -------
    tuple of Period and bool
        The second is True where older days are shown than were asked for.
    """
    period = period_of(kind, today, today=today, start=start, end=end, calendar=calendar)
    if period.kind in ("all", "custom") or newest is None or period.start is None or newest >= period.start:
        return period, False
    return period_of(kind, newest, today=today, calendar=calendar), True


def period_before(period: Period) -> Period | None:
    """What a period is compared with: the same stretch of the month, quarter or year before, up to the same day of a month.

    The end of a month is compared with the end of a month. A custom period is compared with the days right before it,
    everything with nothing.
    """
    if period.start is None or period.end is None:
        return None
    if period.kind not in _MONTHS:
        length = period.end - period.start
        last = period.start - timedelta(days=1)
        return Period(period.kind, last - length, last)
    first = add_months(period.start, -_MONTHS[period.kind])
    last = month_end(add_months(period.end, -_MONTHS[period.kind]))
    if period.end != month_end(period.end):
        last = last.replace(day=min(last.day, period.end.day))
    return Period(period.kind, first, last)
