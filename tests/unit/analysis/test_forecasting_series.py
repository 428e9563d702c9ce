"""A series as people deliver it becomes one value per period."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from crm.errors import Refused
from crm.forecasting.series.season import additive_indices, has_season, moving_average
from crm.forecasting.series.series import regularise


def labels(history, horizon=0):
    return [str(day)[:10] for day in history.dates(horizon=horizon)]


def frame(*rows):
    return pd.DataFrame(rows, columns=["ds", "y"])


def test_values_of_one_month_are_added_up_in_order():
    history = regularise(frame(("2024-02-20", 5), ("2024-01-03", 1), ("2024-01-31", 2)), freq="MS")

    assert history.values.tolist() == [3.0, 5.0]
    assert labels(history, horizon=1) == ["2024-01-01", "2024-02-01", "2024-03-01"]


def test_a_gap_in_sums_is_zero_and_is_told():
    history = regularise(frame(("2024-01-01", 1), ("2024-04-01", 4)), freq="MS")

    assert history.values.tolist() == [1.0, 0.0, 0.0, 4.0]
    assert "2 periods without a value count as 0." in history.notes


def test_a_gap_in_a_steady_series_is_drawn_between_its_neighbours_when_judged():
    rows = [(f"2024-{month:02d}-01", 100.0 + month) for month in range(1, 13) if month != 6]

    history = regularise(frame(*rows), freq="MS", gaps="auto")

    assert history.values[5] == pytest.approx(106.0)


def test_a_gap_among_values_near_zero_stays_zero_when_judged():
    rows = [(f"2024-{month:02d}-01", float(month)) for month in range(1, 13) if month != 6]

    history = regularise(frame(*rows), freq="MS", gaps="auto")

    assert history.values[5] == 0.0


def test_the_month_that_is_not_over_is_left_out():
    rows = [("2024-01-01", 10), ("2024-02-01", 11), ("2024-03-01", 2)]

    history = regularise(frame(*rows), freq="MS", today=date(2024, 3, 9))

    assert labels(history) == ["2024-01-01", "2024-02-01"]
    assert "The period from 2024-03-01 is not over and was left out." in history.notes


def test_a_month_that_is_over_stays():
    rows = [("2024-01-01", 10), ("2024-02-01", 11), ("2024-03-01", 2)]

    history = regularise(frame(*rows), freq="MS", today=date(2024, 4, 1))

    assert len(history.values) == 3


@pytest.mark.parametrize(
    ("freq", "pandas_freq", "start"),
    [
        ("MS", "MS", "2020-02-01"),
        ("ME", "ME", "2020-02-29"),
        ("QS", "QS-FEB", "2020-02-01"),
        ("QE", "QE-DEC", "2020-03-31"),
        ("YS", "YS", "2020-01-01"),
        ("YE", "YE", "2020-12-31"),
        ("W", "W-TUE", "2020-02-04"),
        ("D", "D", "2020-02-27"),
        ("h", "h", "2020-02-28 22:00"),
    ],
)
def test_every_rhythm_goes_on_with_its_own_labels(freq, pandas_freq, start):
    index = pd.date_range(start, periods=12, freq=pandas_freq)

    history = regularise(pd.Series(np.arange(9.0) + 1, index=index[:9]), freq=freq)

    assert history.values.tolist() == (np.arange(9.0) + 1).tolist()
    assert (pd.DatetimeIndex(history.dates(horizon=3)) == index).all()


def test_single_sales_fall_into_calendar_quarters_and_weeks_from_monday():
    rows = frame(("2024-02-14", 1), ("2024-05-02", 2), ("2024-12-24", 3))

    quarters = regularise(rows, freq="QS")
    weeks = regularise(rows, freq="W")

    assert labels(quarters) == ["2024-01-01", "2024-04-01", "2024-07-01", "2024-10-01"]
    assert pd.Timestamp(labels(weeks)[0]).day_name() == "Monday"


def test_years_before_any_calendar_of_pandas_are_fine():
    history = regularise(frame(("0001-02-01", 2), ("0001-01-01", 1)), freq="MS")

    assert labels(history, horizon=1) == ["0001-01-01", "0001-02-01", "0001-03-01"]


def test_empty_months_before_the_first_sale_are_left_out():
    values = [0.0] * 12 + [5.0, 6.0, 0.0, 7.0]
    index = pd.date_range("2020-01-01", periods=16, freq="MS")

    history = regularise(pd.Series(values, index=index), freq="MS")

    assert history.values.tolist() == [5.0, 6.0, 0.0, 7.0]
    assert labels(history)[0] == "2021-01-01"


@pytest.mark.parametrize(
    ("rows", "freq", "said"),
    [
        (frame(("2024-01-01", None)), "MS", "no value"),
        (frame(("someday", 1)), "MS", "no value"),
        (frame(("2024-01-01", 1)), "fortnight", "not known"),
        (frame(("2024-01-01", 1e200)), "MS", "too large"),
        (frame(("0001-01-01", 1), ("2024-01-01", 1)), "D", "too many"),
        (pd.DataFrame({"ds": ["2024-01-01"]}), "MS", "“y”"),
    ],
)
def test_what_cannot_be_forecast_is_refused_with_the_reason(rows, freq, said):
    with pytest.raises(Refused, match=said):
        regularise(rows, freq=freq)


def test_a_season_is_found_where_there_is_one_and_not_in_noise():
    months = np.arange(60)
    noise = np.random.default_rng(3).normal(size=60)

    assert has_season(10 * np.sin(months * np.pi / 6) + noise, 12)
    assert not has_season(np.cumsum(noise), 12)
    assert not has_season(10 * np.sin(months[:23] * np.pi / 6), 12)
    assert not has_season(np.full(60, 3.0), 12)


def test_a_year_of_weeks_is_found():
    weeks = np.arange(160)
    noise = np.random.default_rng(3).normal(size=160)

    assert has_season(10 * np.sin(weeks * 2 * np.pi / 52) + noise, 52)
    assert not has_season(noise, 52)


def test_seasonal_indices_come_back_and_shrink_with_noise():
    pattern = np.array([4.0, -2.0, 1.0, -3.0])
    clean = np.tile(pattern, 8) + np.arange(32)
    noisy = np.random.default_rng(5).normal(size=32)
    beside = noisy - moving_average(noisy, 4)
    means = np.array([np.nanmean(beside[at::4]) for at in range(4)])

    assert additive_indices(clean, 4) == pytest.approx(pattern)
    assert np.abs(additive_indices(noisy, 4)).max() < np.abs(means - means.mean()).max()
