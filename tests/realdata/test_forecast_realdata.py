"""Forecasts of published series against what really came after, and against last year's values."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from crm.forecasting.files import long_table
from tests.forecast_of import forecast

REALDATA = Path(os.environ.get("RAPPORT_SHARED_DATA", Path(__file__).parents[2].parent / "shared" / "data"))

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not REALDATA.is_dir(), reason=f"The published data is not at {REALDATA}."),
]


def monthly(path):
    frame = pd.read_csv(path)
    return pd.Series(frame["y"].to_numpy(dtype=float), index=pd.DatetimeIndex(frame["ds"]))


def superstore():
    frame = pd.read_csv(REALDATA / "superstore" / "superstore.csv", encoding="utf-8-sig")
    frame["month"] = long_table.dates(frame["Order Date"]).astype("datetime64[M]").astype("datetime64[s]")
    return frame


def percentage_errors(series, *, cut, horizon):
    """MAPE of the engine and of last year's values, fitted to all but what comes after ``cut``."""
    known, after = series.iloc[:cut], series.iloc[cut : cut + horizon].to_numpy()
    said = pd.DataFrame(forecast(known, freq="MS", horizon=horizon).points)
    last_year = known.iloc[-12:].to_numpy()[np.arange(len(after)) % 12]
    yhat = said["yhat"].to_numpy()[: len(after)]
    inside = (after >= said["lo80"].to_numpy()[: len(after)]) & (
        after <= said["hi80"].to_numpy()[: len(after)]
    )
    return (
        100 * np.mean(np.abs(after - yhat) / after),
        100 * np.mean(np.abs(after - last_year) / after),
        inside.mean(),
    )


def test_air_passengers_of_1960_are_forecast_within_four_percent():
    series = monthly(REALDATA / "series" / "example_air_passengers.csv")

    error, last_year, inside = percentage_errors(series, cut=132, horizon=12)

    assert last_year == pytest.approx(9.99, abs=0.01)
    assert error < 4.0
    assert inside >= 0.75


@pytest.mark.parametrize("years_back", [1, 2, 3, 5])
def test_retail_sales_beat_last_years_values(years_back):
    series = monthly(REALDATA / "series" / "example_retail_sales.csv")

    error, last_year, _inside = percentage_errors(series, cut=len(series) - 12 * years_back, horizon=12)

    assert error < last_year


def test_superstore_sales_beat_last_years_values_in_total():
    series = superstore().groupby("month")["Sales"].sum()

    error, last_year, _inside = percentage_errors(series, cut=36, horizon=12)

    assert error < last_year


def test_superstore_sales_beat_last_years_values_over_all_parts():
    frame = superstore()
    parts = [
        group.groupby("month")["Sales"].sum().asfreq("MS", fill_value=0.0)
        for column in ("Category", "Region", "Segment")
        for _value, group in frame.groupby(column)
    ]

    errors = np.array([percentage_errors(part, cut=cut, horizon=6) for part in parts for cut in (36, 42)])

    assert len(parts) == 10
    assert errors[:, 0].mean() < errors[:, 1].mean()
    assert (errors[:, 0] < errors[:, 1]).mean() >= 0.6
    assert 0.65 <= errors[:, 2].mean() <= 0.95
