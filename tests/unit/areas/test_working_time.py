"""Working time against a count of every single minute, over nights, weekends, holidays and changes of the clock."""

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.errors import Refused
from crm.service.levels.working_time_rules import (
    WorkingTime,
    clock_minute,
    in_words,
    parse_hours,
    public_holidays,
    working_time,
)

MINUTE, INSTANT = timedelta(minutes=1), timedelta(microseconds=1)
OFFICE = {str(day): [["08:00", "17:00"]] for day in range(5)}
ALWAYS = {str(day): [["00:00", "24:00"]] for day in range(7)}

#: The moment of each change of the clock, as UTC.
CHANGES = {
    "Europe/Berlin": ["2026-03-29T01:00", "2026-10-25T01:00"],
    "America/New_York": ["2026-03-08T07:00", "2026-11-01T06:00"],
    "Asia/Kolkata": ["2026-03-29T01:00", "2026-12-25T00:00"],
    "Australia/Lord_Howe": ["2026-04-04T15:00", "2026-10-03T15:30"],
    "America/Havana": ["2026-03-08T05:00", "2026-11-01T05:00"],
    "America/Sao_Paulo": ["2018-02-18T02:00", "2018-11-04T03:00"],
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class EveryMinute:
    """The plain count: each minute belongs to the latest wall time that the clocks have shown so far."""

    def __init__(self, calendar: WorkingTime, first: datetime, minutes: int) -> None:
        self.first = first
        self.open: list[bool] = []
        hand = first.replace(year=1, tzinfo=None)
        # Begins three hours early, so that a clock that was set back just before is seen.
        for step in range(-180, minutes):
            hand = max(hand, (first + step * MINUTE).astimezone(calendar.zone).replace(tzinfo=None))
            if step >= 0:
                self.open.append(self._works(calendar, hand))

    @staticmethod
    def _works(calendar: WorkingTime, wall: datetime) -> bool:
        off = calendar.holidays is not None and calendar.holidays(wall.date())
        minute = wall.hour * 60 + wall.minute
        return (
            not off
            and wall.date() not in calendar.closed
            and any(start <= minute < end for start, end in calendar.hours[wall.weekday()])
        )

    def between(self, start: int, end: int) -> int:
        return sum(self.open[start:end])

    def add(self, start: int, minutes: int) -> datetime | None:
        for step in range(start, len(self.open)):
            minutes -= self.open[step]
            if not minutes:
                return self.first + (step + 1) * MINUTE
        return None


@st.composite
def weekday(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    edges = draw(st.lists(st.integers(0, 1440), max_size=4, unique=True).filter(lambda e: len(e) % 2 == 0))
    ordered = sorted(edges)
    return tuple(zip(ordered[::2], ordered[1::2], strict=True))


@st.composite
def scenes(draw: st.DrawFn) -> tuple[WorkingTime, datetime]:
    """A calendar, and a moment up to three days before a change of its clock."""
    zone = draw(st.sampled_from(sorted(CHANGES)))
    change = at(draw(st.sampled_from(CHANGES[zone])))
    first = change - draw(st.integers(0, 3 * 1440)) * MINUTE
    usual = st.sampled_from([((480, 1020),), ((480, 720), (780, 1020)), ((0, 1440),), ()])
    hours = tuple(draw(st.one_of(usual, weekday())) for _ in range(7))
    off = draw(st.sets(st.integers(-1, 7), max_size=3))
    days = {(first + timedelta(days=step)).date() for step in off}
    as_holidays = draw(st.booleans())
    calendar = WorkingTime(
        ZoneInfo(zone),
        hours,
        days.__contains__ if as_holidays else None,
        frozenset() if as_holidays else frozenset(days),
    )
    return calendar, first


def is_open(calendar: WorkingTime, at: datetime) -> bool:
    return calendar.between(at, at + INSTANT) > 0


@settings(max_examples=150, deadline=None, derandomize=True)
@given(scenes(), st.data())
def test_working_minutes_equal_a_count_of_every_minute(
    scene: tuple[WorkingTime, datetime], data: st.DataObject
) -> None:
    calendar, first = scene
    whole = 6 * 1440
    count = EveryMinute(calendar, first, whole)
    start = data.draw(st.integers(0, whole))
    end = data.draw(st.integers(start, whole))
    minutes = data.draw(st.integers(1, 2000))

    counted = count.between(start, end)
    reached = count.add(start, minutes)

    assert calendar.between(first + start * MINUTE, first + end * MINUTE) == counted
    assert calendar.between(first + end * MINUTE, first + start * MINUTE) == -counted
    assert start == whole or is_open(calendar, first + start * MINUTE) == count.open[start]
    if reached is not None:
        assert calendar.add(first + start * MINUTE, minutes) == reached


@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    st.integers(0, 70 * 365 * 86_400).map(
        lambda seconds: at("1990-01-01T00:00") + timedelta(seconds=seconds)
    ),
    st.floats(0.01, 30_000),
    st.floats(0.01, 3_000),
    st.sampled_from(sorted(CHANGES)),
)
def test_parts_of_a_second_add_up_to_the_whole(
    start: datetime, minutes: float, more: float, zone: str
) -> None:
    calendar = working_time(zone, OFFICE, country="DE")

    due = calendar.add(start, minutes)
    later = calendar.add(due, more)

    assert calendar.between(start, due) == pytest.approx(minutes, abs=1e-6)
    assert calendar.between(start, later) == pytest.approx(minutes + more, abs=1e-6)
    assert not is_open(calendar, due) or is_open(calendar, due - INSTANT)


@pytest.mark.parametrize(
    ("zone", "day", "minutes"),
    [
        ("Europe/Berlin", "2026-03-29", 23 * 60),
        ("Europe/Berlin", "2026-10-25", 25 * 60),
        ("America/New_York", "2026-03-08", 23 * 60),
        ("Australia/Lord_Howe", "2026-04-05", 24 * 60 + 30),
        ("Australia/Lord_Howe", "2026-10-04", 23 * 60 + 30),
        ("Asia/Kolkata", "2026-03-29", 24 * 60),
    ],
)
def test_a_day_around_the_clock_has_the_minutes_that_really_pass(zone: str, day: str, minutes: int) -> None:
    calendar = working_time(zone, ALWAYS)
    midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone))
    next_midnight = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)) + timedelta(days=1)

    passed = calendar.between(midnight.astimezone(UTC), next_midnight.astimezone(UTC))

    assert passed == minutes


def test_friday_evening_runs_on_after_the_weekend_and_the_holiday() -> None:
    calendar = working_time("Europe/Berlin", OFFICE, country="DE")
    # Easter: Good Friday 3 April and Easter Monday 6 April 2026 are closed.
    thursday = datetime(2026, 4, 2, 16, 30, tzinfo=ZoneInfo("Europe/Berlin"))

    due = calendar.add(thursday.astimezone(UTC), 60)

    assert due.astimezone(ZoneInfo("Europe/Berlin")).isoformat() == "2026-04-07T08:30:00+02:00"
    assert {date(2026, 4, 3), date(2026, 4, 6)} <= set(public_holidays("DE", None, 2026))


def test_a_promise_for_the_last_minute_is_due_at_closing_not_the_next_morning() -> None:
    calendar = working_time("Europe/Berlin", OFFICE)

    due = calendar.add(at("2026-11-18T15:00"), 60)

    assert due == at("2026-11-18T16:00")


def test_a_calendar_that_is_never_open_is_refused_and_does_not_hang() -> None:
    shut = WorkingTime(ZoneInfo("UTC"), ((),) * 7)
    begun = time.process_time()

    with pytest.raises(Refused, match="never open"):
        shut.add(at("2026-11-18T15:00"), 1)

    assert shut.between(at("2026-01-01T00:00"), at("2027-01-01T00:00")) == 0
    assert time.process_time() - begun < 1


def test_hours_over_midnight_overlaps_and_nonsense_are_refused_with_the_weekday() -> None:
    wrong = {
        "0": [["22:00", "06:00"]],
        "1": [["08:00", "12:00"], ["11:00", "17:00"]],
        "2": [["25:00", "26:00"]],
        "3": ["08:00"],
        "4": [["08:00", "08:00"]],
    }

    with pytest.raises(Refused) as refused:
        parse_hours(wrong)

    assert [p.field for p in refused.value.problems] == ["0", "1", "2", "3", "4"]
    with pytest.raises(Refused):
        parse_hours({})


def test_a_whole_week_around_the_clock_is_possible() -> None:
    assert parse_hours(ALWAYS) == (((0, 1440),),) * 7
    assert clock_minute("24:00") == 1440


def test_twenty_thousand_promises_take_seconds_not_minutes() -> None:
    calendar = working_time("Europe/Berlin", OFFICE, country="DE")
    start = at("2024-01-01T09:00")
    begun = time.process_time()

    for step in range(20_000):
        opened = start + timedelta(minutes=37 * step)
        calendar.between(opened, calendar.add(opened, 1440))

    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(0, "0 min"), (59.9, "59 min"), (60, "1 h"), (130, "2 h 10 min"), (-130, "2 h 10 min")],
)
def test_minutes_read_as_hours_and_minutes(minutes: float, words: str) -> None:
    assert in_words(minutes) == words
