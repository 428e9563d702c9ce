"""The sum of the first months of a forecast, by numbers worked out by hand."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from crm.forecasting import outlook
from crm.forecasting.result import Candidate, Forecast, Point, Try
from crm.ui.forecast.proof import trend_of
from crm.ui.forecast.words import age, short_range, with_months


def tries(miss, *, count=8, months=3):
    """Tries that said 100 a month where 100 * (1 ± miss) came, turn by turn; inside means within 20."""
    rows = []
    for number in range(count):
        came = 100 * (1 + miss * (-1) ** number)
        for step in range(months):
            rows.append(
                Try(f"2024-{number + 1:02d}-01", f"2025-{step + 1:02d}-01", came, 100.0, 80.0, 120.0, "theta")
            )
    return tuple(rows)


def told(backtest=(), *, months=3):
    points = tuple(Point(f"2026-{n + 1:02d}-01", 100.0, 80.0, 130.0, 70.0, 150.0) for n in range(months))
    return Forecast(
        model="theta", frequency="MS", cutoff="2025-12-01", points=points, history=(("2025-12-01", 90.0),),
        candidates=(Candidate("theta", 0.8, 10.0, 0.8, 0.95, 8, True),), backtest=tuple(backtest), components=(),
        season_is_factor=False, parameters={}, notes=(),
    )  # fmt: skip


def test_one_month_keeps_its_own_range():
    said = outlook.outlook(told(tries(0.1)), months=1)

    assert (said.total, said.low, said.high) == (100, 80, 130)


def test_without_tries_the_ranges_add_up():
    said = outlook.outlook(told(), months=3)

    assert (said.total, said.low, said.high) == (300, 240, 390)
    assert (said.usual_error, said.tries) == (None, 0)


def test_small_misses_of_sums_narrow_the_range_as_far_as_independent_months():
    said = outlook.outlook(told(tries(0.001)), months=3)

    assert said.low == pytest.approx(300 - math.sqrt(3) * 20)
    assert said.high == pytest.approx(300 + math.sqrt(3) * 30)


def test_large_misses_of_sums_never_widen_it_beyond_all_months_together():
    said = outlook.outlook(told(tries(0.5)), months=3)

    assert (said.low, said.high) == (240, 390)


def test_the_usual_error_is_the_mean_miss_of_such_sums():
    said = outlook.outlook(told(tries(0.25)), months=3)

    # 300 said against 375 and 225 that came: a fifth too little, a third too much.
    assert said.usual_error == pytest.approx((0.2 + 1 / 3) / 2)
    assert (said.tries, said.error_months) == (8, 3)


def test_too_few_long_tries_fall_back_to_shorter_sums():
    short = tries(0.1, count=6, months=1)

    said = outlook.outlook(told(short), months=3)

    assert (said.error_months, said.tries) == (1, 6)
    assert (said.low, said.high) == (240, 390)


def test_the_chance_of_a_target_follows_the_range():
    forecast = told(tries(0.001))
    said = outlook.outlook(forecast, months=3)

    def chance(target):
        return outlook.chance_of(forecast.points, said, target=target)

    assert chance(300) == pytest.approx(0.5)
    assert chance(said.high) == pytest.approx(0.1)
    assert chance(said.low) == pytest.approx(0.9)


def test_a_certain_sum_reaches_its_target_or_not():
    flat = replace(told(), points=(Point("2026-01-01", 100.0, 100.0, 100.0, 100.0, 100.0),))
    said = outlook.outlook(flat, months=1)

    assert outlook.chance_of(flat.points, said, target=100) == 1
    assert outlook.chance_of(flat.points, said, target=101) == 0


def test_hits_and_first_months_are_counted():
    rows = tries(0.1, count=2) + tries(0.5, count=1)

    assert outlook.hits(rows) == 6
    assert len(outlook.one_ahead(tries(0.1))) == 8


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        (27_000_000_0, 290_000_000, "€2.7–2.9M"),
        (41_222_100, 121_514_000, "€0.4–1.2M"),
        (1_200_000, 34_500_000, "€12–345k"),
        (10_000, 90_000, "€100–€900"),
        (99_000_000, 99_990_000, "€1.0–1M"),
    ],
)
def test_a_range_names_its_unit_once(low, high, text):
    assert short_range(low, high, "EUR") == text


def test_days_of_the_engine_are_read_as_months():
    assert (
        with_months("From 2023-11-01 to 2026-10-01, not 2026-10-15.")
        == "From Nov 2023 to Oct 2026, not 2026-10-15."
    )


def test_the_age_of_a_forecast_in_words(at_noon):
    now = datetime(2026, 3, 10, 11, 5, tzinfo=UTC)

    assert age(now, today=now.date()).startswith("today at ")
    assert age(datetime(2026, 3, 9, 11, 5, tzinfo=UTC), today=now.date()) == "yesterday"


def test_beyond_what_was_tried_the_longest_tried_stretch_decides():
    said = outlook.outlook(told(tries(0.001, months=3), months=12), months=12)

    # Three months tried as independent need 1/√3 of their added ranges, so twelve are given as much.
    assert said.error_months == 3
    assert said.low == pytest.approx(1200 - 240 / math.sqrt(3))
    assert said.high == pytest.approx(1200 + 360 / math.sqrt(3))


class TestRunningMonth:
    """January of ``told``: 100 expected, 80 to 130 (70 to 150); half of each month's value comes on its last day."""

    PACE = outlook.pace_of(
        {date(2025, m, d): 50.0 for m, last in ((10, 31), (11, 30), (12, 31)) for d in (1, last)}
    )

    def standing(self, so_far, day):
        return outlook.as_of(told(tries(0.001)), so_far=so_far, pace=self.PACE, today=date(2026, 1, day))

    def test_the_pace_is_learned_from_the_end_of_the_months(self):
        assert (self.PACE[0], self.PACE[1], self.PACE[29], self.PACE[31]) == (0, 0.5, 0.5, 1)
        assert self.PACE[30] == pytest.approx(4 / 6)
        assert outlook.pace_of({date(2025, 1, 1): 5.0, date(2025, 2, 1): 5.0}) == []
        assert outlook.pace_of({date(2025, m, 1): -5.0 for m in range(1, 5)}) == []

    def test_it_is_what_came_and_the_rest(self):
        first, second, _third = self.standing(143.0, 15).points

        assert (first.yhat, first.sure) == (143 + 50, 143)
        assert first.lo80 == pytest.approx(193 - 20 * math.sqrt(0.5))
        assert first.hi80 == pytest.approx(193 + 30 * math.sqrt(0.5))
        assert second == told().points[1]

    def test_on_the_first_of_a_short_month_all_but_half_a_day_is_ahead(self):
        forecast = replace(told(), points=(Point("2026-02-01", 100.0, 80.0, 130.0, 70.0, 150.0),))
        even = outlook.pace_of({date(2025, m, d): 1.0 for m in (1, 3, 5) for d in range(1, 32)})

        first, *_rest = outlook.as_of(forecast, so_far=0.0, pace=even, today=date(2026, 2, 1)).points

        assert first.yhat == pytest.approx(100 * 27.5 / 28)

    def test_on_its_last_day_the_range_starts_at_what_came(self):
        first, *_rest = self.standing(143.0, 31).points

        assert first.yhat == 143 + 25
        assert first.lo95 >= 143

    def test_what_is_won_is_won(self):
        forecast = self.standing(143.0, 31)
        said = outlook.outlook(forecast, months=1)

        def chance(goal):
            return outlook.chance_of(forecast.points[:1], said, target=goal)

        assert (chance(126.0), chance(143.0)) == (1, 1)
        assert 0.5 < chance(160.0) < 1
        assert chance(168.0) == pytest.approx(0.5)
        assert chance(400.0) < 0.001

    def test_the_range_of_a_sum_is_that_of_what_is_still_open(self):
        sure, open_ = self.standing(1000.0, 31), self.standing(0.0, 31)

        wide = [outlook.outlook(one, months=3) for one in (sure, open_)]

        assert wide[0].high - wide[0].total == pytest.approx(wide[1].high - wide[1].total)

    def test_without_a_pace_the_days_decide(self):
        told_so = outlook.as_of(told(), so_far=10.0, pace=(), today=date(2026, 1, 15))

        assert told_so.points[0].yhat == pytest.approx(10 + 100 * 16.5 / 31)

    def test_a_forecast_that_begins_in_another_month_is_left(self):
        forecast = told()

        assert outlook.as_of(forecast, so_far=5.0, pace=(), today=date(2026, 2, 3)) is forecast


def test_the_trend_leads_where_the_answer_does():
    history = tuple((f"{2024 + n // 12}-{n % 12 + 1:02d}-01", 12.0 * n) for n in range(24))
    forecast = replace(told(), history=history)

    trend = trend_of(forecast, 2)

    assert trend[0] == (date(2024, 12, 1), 12 * 5.5)
    assert trend[-1] == (date(2026, 2, 1), pytest.approx((sum(12.0 * n for n in range(14, 24)) + 200) / 12))
    assert trend_of(replace(told(), history=history[:5]), 3) == []


def test_what_is_expected_is_no_trend_without_a_year_of_the_past():
    history = tuple((f"2025-{n:02d}-01", 12.0 * n) for n in range(2, 13))

    assert trend_of(replace(told(months=12), history=history), 12) == []
