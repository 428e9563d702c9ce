"""Bands from a method's own misses: how far off was it before, one period ahead, two periods ahead, …"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm.forecasting.series.season import Floats

# How many mean misses wide a band is each way. Measured on 1,000 public monthly series (M3 and M1
# competitions, tourism) at horizons 1 to 18; a normal distribution would give 1.61 and 2.46.
REACH_80 = 1.54
REACH_95 = 2.75

# The misses of few tries scatter, so their growth with the horizon leans towards this power of it.
USUAL_GROWTH = 0.4
LEAN = 2.0


@dataclass(frozen=True)
class Band:
    """Lower and upper bounds, each of the shape of the forecast they belong to."""

    lo80: Floats
    hi80: Floats
    lo95: Floats
    hi95: Floats


def misses(actual: Floats, forecast: Floats, *, relative: bool) -> Floats:
    """Actual against forecast: as logarithm of the ratio, or as difference."""
    if relative:
        return np.asarray(np.log(np.maximum(actual, 1e-300)) - np.log(np.maximum(forecast, 1e-300)))
    return np.asarray(actual - forecast)


def sizes(total: Floats, count: Floats) -> Floats:
    """Usual size of a miss at each horizon, never shrinking as the horizon grows.

    Parameters
    ----------
    total, count : arrays, shape (..., horizon)
        Sum of absolute misses and how many there were, per horizon.

    Returns
    -------
    array, shape (..., horizon)
        A power of the horizon fitted to the means, weighted by the counts. NaN where nothing is known.
    """
    known = count > 0
    means = np.where(known, total / np.where(known, count, 1), 0.0)
    top = means.max(axis=-1, keepdims=True)
    logs = np.log(np.maximum(means, 1e-6 * top + 1e-300))
    ahead = np.broadcast_to(np.log(np.arange(1, total.shape[-1] + 1)), total.shape)
    weight = count.sum(axis=-1, keepdims=True)
    share = np.where(known, count, 0) / np.where(weight > 0, weight, 1)
    centre = (share * ahead).sum(axis=-1, keepdims=True)
    height = (share * logs).sum(axis=-1, keepdims=True)
    spread = (share * (ahead - centre) ** 2).sum(axis=-1, keepdims=True)
    rise = (share * (ahead - centre) * (logs - height)).sum(axis=-1, keepdims=True)
    growth = np.clip((rise + LEAN / 3 * USUAL_GROWTH) / (spread + LEAN / 3), 0.0, 1.0)
    fitted = np.exp(height + growth * (ahead - centre))
    return np.where(weight > 0, np.where(top > 0, fitted, 0.0), np.nan)


def around(
    forecast: Floats, size: Floats, *, relative: bool, floor: float | None, widen: float = 1.0
) -> Band:
    """The band around a forecast for misses of this usual size.

    Parameters
    ----------
    forecast, size : arrays, shape (horizon,)
        Forecast in the unit of the series; size as ``misses`` measures it.
    relative : bool
        Whether size is that of logarithms, which keeps a positive series positive.
    floor : float or None
        Bounds never fall below it.
    widen : float
        Factor on the width for the small number of tries behind the size.
    """
    bounds = []
    for reach in (-REACH_80, REACH_80, -REACH_95, REACH_95):
        step = reach * widen * size
        bound = forecast * np.exp(np.clip(step, -50, 50)) if relative else forecast + step
        bounds.append(bound if floor is None else np.maximum(bound, floor))
    return Band(bounds[0], bounds[1], bounds[2], bounds[3])
