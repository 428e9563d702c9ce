"""When maintenance falls due."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.service.visits.plan_rules import Due, PlanFacts, Usage, next_due, usage_of

BEGUN = date(2026, 1, 10)


def test_by_time_it_returns_so_many_days_after_it_was_done():
    plan = PlanFacts(BEGUN, every_days=180, last_done_on=date(2026, 3, 1))

    assert next_due(plan, None) == Due(date(2026, 8, 28), "time")


def test_work_never_done_counts_from_the_beginning():
    assert next_due(PlanFacts(BEGUN, every_days=10), None).on == date(2026, 1, 20)


def test_by_usage_it_falls_due_when_the_meter_is_expected_to_reach_the_mark():
    plan = PlanFacts(BEGUN, every_usage=10_000, last_done_meter=200_000)

    # 4,000 left at 300 a day: 13.3 days, so on the 14th day.
    assert next_due(plan, Usage(206_000, date(2026, 6, 1), 300.0)) == Due(date(2026, 6, 15), "usage")


def test_a_mark_that_is_passed_is_due_on_the_day_of_the_reading():
    plan = PlanFacts(BEGUN, every_usage=1000)

    assert next_due(plan, Usage(1000, date(2026, 6, 1))) == Due(date(2026, 6, 1), "usage")


def test_whichever_comes_first_decides():
    plan = PlanFacts(BEGUN, every_days=30, every_usage=1000)

    assert next_due(plan, Usage(900, BEGUN, 100.0)).by == "usage"
    assert next_due(plan, Usage(0, BEGUN, 1.0)).by == "time"


def test_without_a_rate_of_use_nothing_can_be_said_by_usage():
    plan = PlanFacts(BEGUN, every_usage=1000)

    assert next_due(plan, None) == Due(None)
    assert next_due(plan, Usage(10, BEGUN, None)) == Due(None)
    assert next_due(plan, Usage(10, BEGUN, 0.0)) == Due(None)


def test_a_rate_so_small_that_the_day_would_leave_the_calendar_gives_none():
    assert next_due(PlanFacts(BEGUN, every_usage=1e12), Usage(0, BEGUN, 1e-9)).on is None


def test_the_rate_is_growth_over_days():
    readings = [(BEGUN, 100.0), (BEGUN + timedelta(days=20), 500.0)]

    assert usage_of(readings) == Usage(500.0, BEGUN + timedelta(days=20), 20.0)


def test_the_rate_leaves_out_what_is_older_than_a_year():
    newest = BEGUN + timedelta(days=700)
    readings = [(BEGUN, 0.0), (newest - timedelta(days=100), 10_000.0), (newest, 10_100.0)]

    assert usage_of(readings) == Usage(10_100.0, newest, 1.0)


def test_readings_of_one_week_give_no_rate():
    assert usage_of([(BEGUN, 0.0), (BEGUN + timedelta(days=6), 60.0)]) == Usage(
        60.0, BEGUN + timedelta(days=6), None
    )
    assert usage_of([]) is None


def test_after_a_new_meter_only_its_own_readings_are_measured():
    days = [BEGUN + timedelta(days=10 * n) for n in range(4)]
    readings = list(zip(days, (900.0, 1000.0, 0.0, 50.0), strict=True))

    assert usage_of(readings) == Usage(50.0, days[3], 5.0)


@given(
    values=st.lists(st.floats(0, 1e9), min_size=1, max_size=12),
    gaps=st.lists(st.integers(0, 200), min_size=12, max_size=12),
)
def test_a_rate_is_never_negative(values, gaps):
    days = [BEGUN + timedelta(days=sum(gaps[:n])) for n in range(len(values))]

    usage = usage_of(list(zip(days, values, strict=True)))

    assert usage is not None
    assert usage.per_day is None or usage.per_day >= 0


@pytest.mark.parametrize(
    ("done", "months", "due"),
    [
        (date(2026, 3, 1), 6, date(2026, 9, 1)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2026, 12, 15), 24, date(2028, 12, 15)),
    ],
)
def test_by_months_it_is_the_same_day_or_the_last_of_a_short_month(done, months, due):
    assert next_due(PlanFacts(BEGUN, every_months=months, last_done_on=done), None).on == due


def test_of_months_and_days_the_earlier_one_counts():
    plan = PlanFacts(BEGUN, every_days=100, every_months=3, last_done_on=date(2026, 3, 1))

    assert next_due(plan, None).on == date(2026, 6, 1)
