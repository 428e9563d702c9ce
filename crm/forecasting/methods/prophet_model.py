"""Prophet as Rapport runs it: logarithms, fewer bends, a yearly season only where one is found."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm.forecasting.series.season import Floats, has_season

CHANGEPOINTS = 12
CHANGEPOINT_RANGE = 0.9
CHANGEPOINT_PRIOR = 0.05
YEARLY_ORDER = 6
WEEKLY_ORDER = 3
DAILY_ORDER = 4
DAYS_OF_YEAR = 365


@dataclass(frozen=True)
class Fit:
    """What Prophet says: ``yhat`` ahead, and trend and season over history and future on the fitted scale."""

    yhat: Floats
    trend: Floats
    season: Floats
    logged: bool


@contextmanager
def _quiet() -> Iterator[None]:
    """cmdstanpy logs two lines per fit, and the libraries below Prophet warn about their own future."""
    for name in ("cmdstanpy", "prophet", "prophet.plot", "prophet.models"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
        logger.setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _stand_in_dates(dates: NDArray[np.datetime64]) -> pd.DatetimeIndex:
    """The dates moved by whole years near the present, because labels such as year 1 do not fit Prophet.

    Whole multiples of 28 years keep months, leap days and weekdays where they were.
    """
    year = int(dates[-1].astype("datetime64[Y]").astype(int)) + 1970
    turns = round((2020 - year) / 28)
    if turns == 0 or 1700 < year < 2200:
        return pd.DatetimeIndex(dates.astype("datetime64[ns]"))
    months = dates.astype("datetime64[M]")
    rest = dates.astype("datetime64[s]") - months.astype("datetime64[s]")
    moved = (months + np.timedelta64(turns * 28 * 12, "M")).astype("datetime64[s]") + rest
    return pd.DatetimeIndex(moved.astype("datetime64[ns]"))


def fit(values: Floats, *, dates: NDArray[np.datetime64], season: int, of_the_year: bool, seed: int) -> Fit:
    """Fit Prophet to the history and look ahead.

    Parameters
    ----------
    values : array, shape (n,)
        The history, one value per period, no gaps.
    dates : array of datetime64, shape (n + horizon,)
        Period starts of history and future.
    season : int
        Periods in a season: 12 for months, 7 for days, 1 where none may be fitted.
    of_the_year : bool
        Whether that season is the year. Days get a yearly season beside the weekly one from two years on.
    seed : int
        Handed to the optimiser.

    Notes
    -----
    Settings chosen on 120 series of the M3 competition and checked on 240 others. L-BFGS, because Prophet
    would take Newton's method below 100 points, which needs three times as long for the same accuracy.
    """
    with _quiet():
        from prophet import Prophet

        count = len(values)
        logged = bool((values > 0).all())
        target = np.log(values) if logged else values
        found = has_season(target, season)
        yearly = found if of_the_year else season == 7 and has_season(target, DAYS_OF_YEAR)
        order = min(YEARLY_ORDER, season // 2) if of_the_year else YEARLY_ORDER
        stand_in = _stand_in_dates(dates)
        model = Prophet(
            n_changepoints=min(CHANGEPOINTS, count // 3),
            changepoint_range=CHANGEPOINT_RANGE,
            changepoint_prior_scale=CHANGEPOINT_PRIOR,
            yearly_seasonality=order if yearly else False,
            weekly_seasonality=WEEKLY_ORDER if season == 7 and found else False,
            daily_seasonality=DAILY_ORDER if season == 24 and found else False,
            uncertainty_samples=0,
        )
        model.fit(pd.DataFrame({"ds": stand_in[:count], "y": target}), algorithm="LBFGS", seed=seed)
        trend, repeating = _predict(model, stand_in)
    ahead = (trend + repeating)[count:]
    return Fit(np.exp(np.minimum(ahead, 700.0)) if logged else ahead, trend, repeating, logged)


def _predict(model: Any, dates: pd.DatetimeIndex) -> tuple[Floats, Floats]:
    """Trend and season at some dates, the same numbers as ``model.predict`` in a tenth of its time."""
    time = ((dates - model.start) / model.t_scale).to_numpy(dtype=np.float64)
    fitted = {name: np.asarray(value).mean(axis=0) for name, value in model.params.items()}
    trend = model.piecewise_linear(time, fitted["delta"], fitted["k"], fitted["m"], model.changepoints_t)
    series = pd.Series(dates)
    waves = [
        model.fourier_series(series, each["period"], each["fourier_order"])
        for each in model.seasonalities.values()
    ]
    season = np.hstack(waves) @ fitted["beta"] if waves else np.zeros(len(dates))
    return (
        np.asarray(trend * model.y_scale + model.y_min, dtype=np.float64),
        np.asarray(season * model.y_scale, dtype=np.float64),
    )
