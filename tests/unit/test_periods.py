"""Periods and what they are compared with."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as some

from crm.periods import KINDS, Calendar, add_months, month_end, months_between, period_before, period_of

TODAY = date(2026, 11, 24)
DAYS = some.dates(date(2000, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("kind", "year_start", "today", "start", "before"),
    [
        ("month", 1, TODAY, date(2026, 11, 1), (date(2026, 10, 1), date(2026, 10, 24))),
        ("quarter", 1, TODAY, date(2026, 10, 1), (date(2026, 7, 1), date(2026, 8, 24))),
        ("year", 1, TODAY, date(2026, 1, 1), (date(2025, 1, 1), date(2025, 11, 24))),
        ("12months", 1, TODAY, date(2025, 12, 1), (date(2024, 12, 1), date(2025, 11, 24))),
        ("year", 4, date(2026, 3, 31), date(2025, 4, 1), (date(2024, 4, 1), date(2025, 3, 31))),
        ("year", 4, date(2026, 4, 1), date(2026, 4, 1), (date(2025, 4, 1), date(2025, 4, 1))),
        ("quarter", 4, date(2026, 2, 9), date(2026, 1, 1), (date(2025, 10, 1), date(2025, 11, 9))),
        ("month", 4, date(2026, 2, 9), date(2026, 2, 1), (date(2026, 1, 1), date(2026, 1, 9))),
    ],
)
def test_a_period_ends_today_and_is_compared_with_as_many_days(kind, year_start, today, start, before):
    period = period_of(kind, today, today=today, calendar=Calendar(year_start))

    earlier = period_before(period)

    # The last day of a financial year ends it.
    assert (period.start, period.end, period.running) == (start, today, (today.month, today.day) != (3, 31))
    assert (earlier.start, earlier.end) == before


@pytest.mark.parametrize(
    ("kind", "today", "start", "end"),
    [
        ("quarter", date(2026, 11, 30), date(2026, 7, 1), date(2026, 8, 31)),
        ("year", date(2024, 2, 29), date(2023, 1, 1), date(2023, 2, 28)),
        ("year", date(2025, 2, 28), date(2024, 1, 1), date(2024, 2, 29)),
        ("month", date(2026, 11, 30), date(2026, 10, 1), date(2026, 10, 31)),
    ],
)
def test_the_end_of_a_month_is_compared_with_the_end_of_a_month(kind, today, start, end):
    earlier = period_before(period_of(kind, today, today=today))

    assert (earlier.start, earlier.end) == (start, end)


def test_a_finished_quarter_is_compared_with_the_whole_one_before():
    period = period_of("quarter", date(2026, 5, 10), today=TODAY)

    earlier = period_before(period)

    assert (period.start, period.end, period.running) == (date(2026, 4, 1), date(2026, 6, 30), False)
    assert (earlier.start, earlier.end) == (date(2026, 1, 1), date(2026, 3, 31))


def test_a_long_running_month_is_not_compared_past_the_end_of_a_short_one():
    period = period_of("month", date(2026, 3, 30), today=date(2026, 3, 30))

    assert period_before(period).end == date(2026, 2, 28)


def test_custom_days_are_compared_with_those_right_before():
    period = period_of("custom", TODAY, today=TODAY, start=date(2026, 3, 10), end=date(2026, 3, 1))

    earlier = period_before(period)

    assert (period.start, period.end) == (date(2026, 3, 1), date(2026, 3, 10))
    assert (earlier.start, earlier.end) == (date(2026, 2, 19), date(2026, 2, 28))


def test_everything_has_no_before():
    assert period_before(period_of("all", TODAY, today=TODAY)) is None


@given(some.sampled_from(KINDS), DAYS, DAYS)
def test_a_period_holds_its_anchor_and_never_overlaps_the_one_before(kind, anchor, today):
    period = period_of(kind, anchor, today=today, start=anchor, end=anchor)
    earlier = period_before(period)

    if period.start is not None:
        assert period.start <= anchor
        assert anchor <= period.end or period.running
        assert earlier.start <= earlier.end < period.start
        assert earlier.days() <= max(period.days(), 366 if kind in ("year", "12months") else 92)


@given(DAYS, some.integers(-300, 300))
def test_months_go_there_and_back(day, months):
    first = add_months(day, months)

    assert first.day == 1
    assert add_months(first, -months) == day.replace(day=1)
    assert month_end(first) + timedelta(days=1) == add_months(first, 1)


@given(DAYS, some.integers(0, 60))
def test_months_between_are_all_and_each_once(day, months):
    found = months_between(day, add_months(day, months))

    assert len(found) == len(set(found)) == months + 1
    assert found == sorted(found)


class TestCalendar:
    APRIL = Calendar(year_start=4, week_start=6)

    def test_a_quarter_may_lie_across_two_calendar_years(self):
        assert Calendar(12).stretch("quarter", date(2026, 1, 15)) == (date(2025, 12, 1), date(2026, 2, 28))

    @pytest.mark.parametrize(
        ("day", "year", "quarter"),
        [
            (date(2026, 3, 31), "2025/26", "2025/26-Q4"),
            (date(2026, 4, 1), "2026/27", "2026/27-Q1"),
            (date(2099, 12, 31), "2099/00", "2099/00-Q3"),
        ],
    )
    def test_a_year_in_two_is_called_by_both(self, day, year, quarter):
        assert (self.APRIL.year_name(self.APRIL.year_of(day)), self.APRIL.quarter_name(day)) == (
            year,
            quarter,
        )
        assert (Calendar().year_name(day.year), Calendar().quarter_name(date(2026, 5, 1))) == (
            str(day.year),
            "2026-Q2",
        )

    @pytest.mark.parametrize(
        ("week_start", "first", "number"),
        [(0, date(2026, 12, 28), 53), (6, date(2026, 12, 27), 1), (5, date(2026, 12, 26), 1)],
    )
    def test_weeks_are_those_of_the_firm(self, week_start, first, number):
        weeks = Calendar(week_start=week_start)

        assert weeks.week(date(2027, 1, 1)) == first
        assert weeks.week_number(date(2027, 1, 1)) == number
        assert pd.Period(date(2027, 1, 1), weeks.week_unit).start_time.date() == first
        assert weeks.days_in_order()[0] == week_start

    @given(some.integers(1, 12), some.integers(0, 6), DAYS)
    def test_every_day_lies_in_one_year_quarter_and_week(self, year_start, week_start, day):
        calendar = Calendar(year_start, week_start)
        for kind, days in (("month", 31), ("quarter", 92), ("year", 366)):
            first, last = calendar.stretch(kind, day)
            assert first <= day <= last
            assert (last - first).days < days
            assert calendar.stretch(kind, last + timedelta(days=1))[0] == last + timedelta(days=1)
        assert 0 <= (day - calendar.week(day)).days < 7
        assert 1 <= calendar.week_number(day) <= 53
