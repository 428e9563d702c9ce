"""What a forecast costs beside Prophet alone, and how long five hundred take on two cores."""

import io
import logging
import time
from contextlib import redirect_stderr, redirect_stdout
from datetime import date

import numpy as np
import pandas as pd

from crm.forecasting.parallel import Task, forecast_many
from crm.forecasting.series.series import regularise
from tests.forecast_of import forecast
from tests.load.figures import Figure, median

HORIZON = 18
MONTHS = 72


def _series(number: int) -> pd.Series:
    """Six years of monthly sales with growth, a season and noise."""
    rng = np.random.default_rng(number)
    month = np.arange(MONTHS)
    season = 1 + rng.uniform(0.05, 0.35) * np.sin(2 * np.pi * (month + rng.integers(12)) / 12)
    level = rng.uniform(1e3, 1e5) * (1 + rng.uniform(-0.004, 0.012)) ** month
    days = pd.date_range("2019-01-01", periods=MONTHS, freq="MS")
    return pd.Series(level * season * rng.lognormal(0, 0.08, MONTHS), index=days)


def _prophet_alone(series: pd.Series) -> float:
    from prophet import Prophet

    begun = time.perf_counter()
    model = Prophet()
    model.fit(pd.DataFrame({"ds": series.index, "y": series.to_numpy()}))
    model.predict(model.make_future_dataframe(periods=HORIZON, freq="MS"))
    return time.perf_counter() - begun


def _ours(series: pd.Series) -> float:
    begun = time.perf_counter()
    forecast(series, freq="MS", horizon=HORIZON, today=date(2025, 1, 15))
    return time.perf_counter() - begun


def measure_forecasts(count: int = 500) -> list[Figure]:
    """One forecast with back-test, bands and all candidates against one fit of Prophet as it comes."""
    for name in ("cmdstanpy", "prophet"):
        logging.getLogger(name).disabled = True
    alone, ours = [], []
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        for number in range(8):
            series = _series(number)
            for seconds, measure in ((alone, _prophet_alone), (ours, _ours)):
                seconds.append(measure(series))
    # The first of each loads modules.
    ratio = median(ours[1:]) / median(alone[1:])
    note = f"{median(ours[1:]) * 1000:.0f} ms against {median(alone[1:]) * 1000:.0f} ms, back-test included"
    figures = [Figure("one forecast / bare Prophet", ratio, "×", most=1.3, note=note)]
    tasks = [
        Task(f"series {n}", regularise(_series(n), freq="MS", today=date(2025, 1, 15)), HORIZON, 1)
        for n in range(count)
    ]
    begun = time.perf_counter()
    failed = sum(outcome.forecast is None for outcome in forecast_many(tasks, workers=2))
    taken = time.perf_counter() - begun
    note = f"{taken / count * 1000:.0f} ms a series" + (f", {failed} FAILED" if failed else "")
    return [*figures, Figure(f"{count} forecasts on two cores", taken, "s", most=60 * count / 500, note=note)]
