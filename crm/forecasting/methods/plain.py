"""Methods so plain that they need no fitting: the yardsticks, and the answer where little is known."""

from __future__ import annotations

import numpy as np

from crm.forecasting.series.season import Floats

SBA_CONSTANT = 0.1
TSB_LEVEL = 0.1
TSB_CHANCE = 0.1


def seasonal_naive(values: Floats, *, season: int, horizon: int) -> Floats:
    """The last season again, or the last value where no full season is known; shape (horizon,)."""
    length = season if len(values) >= season else 1
    return values[len(values) - length + np.arange(horizon) % length]


def mean(values: Floats, *, season: int, horizon: int) -> Floats:
    """The mean of the last two seasons, at least of eight periods; shape (horizon,)."""
    return np.full(horizon, values[-max(8, 2 * season) :].mean())


def drift(values: Floats, *, season: int, horizon: int) -> Floats:
    """Half the average step onwards from the last value; shape (horizon,).

    Half, because trends of short series rarely last.
    """
    step = (values[-1] - values[0]) / max(1, len(values) - 1)
    return np.asarray(values[-1] + step / 2 * np.arange(1, horizon + 1))


def croston(values: Floats, *, season: int, horizon: int) -> Floats:
    """Croston's method with the correction of Syntetos and Boylan, for sparse demand; shape (horizon,).

    References
    ----------
    A. Syntetos, J. Boylan (2005), The accuracy of intermittent demand estimates, Int. J. of Forecasting 21.
    """
    where = np.flatnonzero(values)
    if not len(where):
        return np.zeros(horizon)
    size = float(values[where].mean())
    gap = float(np.diff(np.r_[-1, where]).mean())
    since = -1
    for place in where:
        size += SBA_CONSTANT * (values[place] - size)
        gap += SBA_CONSTANT * (place - since - gap)
        since = int(place)
    return np.full(horizon, (1 - SBA_CONSTANT / 2) * size / gap)


def tsb(values: Floats, *, season: int, horizon: int) -> Floats:
    """Chance of a sale times its size, both smoothed, so that a dying product fades; shape (horizon,).

    References
    ----------
    R. Teunter, A. Syntetos, M. Babai (2011), Intermittent demand: linking forecasting to inventory
    obsolescence, European J. of Operational Research 214, 606-615.
    """
    sold = values != 0
    if not sold.any():
        return np.zeros(horizon)
    chance, size = float(sold.mean()), float(values[sold].mean())
    for value in values:
        chance += TSB_CHANCE * (float(value != 0) - chance)
        if value != 0:
            size += TSB_LEVEL * (value - size)
    return np.full(horizon, chance * size)
