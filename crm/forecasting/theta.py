"""The Theta method, at many origins in one pass."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crm.forecasting.season import Floats, additive_indices, has_season

ALPHAS = np.linspace(0.02, 0.99, 49)


LONGEST = 500


def _last_level(values: Floats) -> float:
    """The level that simple exponential smoothing ends at, with the constant that fitted best."""
    levels = np.full(len(ALPHAS), values[0])
    errors = np.zeros(len(ALPHAS))
    for value in values:
        miss = value - levels
        levels = levels + ALPHAS * miss
        errors += miss * miss
    return float(levels[errors.argmin()])


def at_origin(values: Floats, *, season: int, horizon: int) -> Floats:
    """Theta forecast after the last value, shape (horizon,).

    Notes
    -----
    The equal mix of the straight line through the history and simple exponential smoothing of the line
    with doubled curvature, which is smoothing with half the line's slope as drift. A season is taken out
    beforehand: by ratios where all values are positive, by differences elsewhere.

    References
    ----------
    R. Hyndman, B. Billah (2003), Unmasking the Theta method, Int. J. of Forecasting 19, 287-290.
    """
    # A line through years of days says little, and the older values cost time.
    values = values[-LONGEST:]
    count = len(values)
    seasonal = has_season(values, season)
    ratios = seasonal and bool((values > 0).all())
    indices = np.zeros(max(season, 1))
    base = np.log(values) if ratios else values
    if seasonal:
        indices = additive_indices(base, season)
        base = base - indices[np.arange(count) % season]
    flat = np.exp(base) if ratios else base
    time = np.arange(count, dtype=np.float64)
    centred = time - time.mean()
    slope = float(centred @ flat) / max(float(centred @ centred), 1.0)
    line = flat.mean() + slope * centred
    curved = 2 * flat - line
    ahead = np.arange(1, horizon + 1, dtype=np.float64)
    straight = flat.mean() + slope * (count - 1 + ahead - time.mean())
    forecast = (straight + _last_level(curved)) / 2
    if seasonal:
        future = indices[(count + np.arange(horizon)) % season]
        forecast = forecast * np.exp(future) if ratios else forecast + future
    return np.asarray(forecast)


def at_origins(values: Floats, *, season: int, origins: Sequence[int], horizon: int) -> Floats:
    """Theta forecasts, shape (origins, horizon), each from the values before its origin only."""
    return np.vstack([at_origin(values[:origin], season=season, horizon=horizon) for origin in origins])
