"""Is there a season, and how large is it: the test and the indices that the methods share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Above this length the lag test fails even on clean waves, because the neighbouring lags are as high.
LONGEST_LAG = 24
BLOCKS = 13
ALIKE = 0.5

# One-sided 90 %. The usual 1.645 finds too few seasons in three years; too many do little harm, because the
# indices are drawn towards zero by their noise. Measured on M3, M1 and tourism, whole and cut to three years.
TEST_QUANTILE = 1.2816


def has_season(values: Floats, length: int) -> bool:
    """Whether the autocorrelation at the season's lag stands out at the 90 % level.

    Parameters
    ----------
    values : array, shape (n,)
        The history, in any unit.
    length : int
        Periods in a season, 12 for months.

    Notes
    -----
    Bartlett's error of the autocorrelation, each lag divided by its pairs. Under two full seasons the
    answer is always no, because nothing has been seen to repeat. Seasons of more than 24 periods are
    judged by how alike they are.

    References
    ----------
    V. Assimakopoulos, K. Nikolopoulos (2000), The theta model, Int. J. of Forecasting 16, 521-530.
    """
    count = len(values)
    if length < 2 or count < 2 * length:
        return False
    if length > LONGEST_LAG:
        return _years_alike(values, length)
    centred = values - values.mean()
    power = float(centred @ centred)
    if power <= 1e-12 * max(1.0, float(values @ values)):
        return False
    lags = np.array(
        [float(centred[lag:] @ centred[:-lag]) / (count - lag) for lag in range(1, length + 1)]
    ) / (power / count)
    error = np.sqrt((1 + 2 * float(lags[:-1] @ lags[:-1])) / count)
    return bool(lags[-1] > TEST_QUANTILE * error)


def _years_alike(values: Floats, length: int) -> bool:
    """Whether seasons resemble the one before, judged by means over a thirteenth of a season each."""
    block = length // BLOCKS
    whole = len(values) // block * block
    means = values[len(values) - whole :].reshape(-1, block).mean(axis=1)
    time = np.arange(len(means), dtype=np.float64) - (len(means) - 1) / 2
    level = means - means.mean() - time * float(time @ means) / float(time @ time)
    lag = round(length / block)
    now, before = level[lag:], level[:-lag]
    size = float(np.sqrt((now @ now) * (before @ before)))
    return size > 1e-9 * max(1.0, float(means @ means)) and float(now @ before) / size > ALIKE


def moving_average(values: Floats, length: int) -> Floats:
    """Centred moving average over one season, shape (n,), NaN where the window does not fit."""
    weights = np.ones(length) / length if length % 2 else np.r_[0.5, np.ones(length - 1), 0.5] / length
    out = np.full(len(values), np.nan)
    half = len(weights) // 2
    if len(values) >= len(weights):
        out[half : len(values) - half] = np.convolve(values, weights, mode="valid")
    return out


def additive_indices(values: Floats, length: int) -> Floats:
    """Seasonal index of each position in the season, shape (length,), adding up to zero.

    The indices are drawn towards zero by as much as their noise suggests (James-Stein).

    Parameters
    ----------
    values : array, shape (n,)
        The history; take logarithms first for a multiplicative season.
    length : int
        Periods in a season. Position 0 is that of the first value.

    References
    ----------
    D. Miller, D. Williams (2003), Shrinkage estimators of time series seasonal factors and their effect
    on forecasting accuracy, Int. J. of Forecasting 19, 669-684.
    """
    detrended = values - moving_average(values, length)
    padded = np.full(-(-len(values) // length) * length, np.nan)
    padded[: len(values)] = detrended
    by_position = padded.reshape(-1, length)
    counts = np.sum(~np.isnan(by_position), axis=0)
    filled = np.where(np.isnan(by_position), 0.0, by_position)
    indices = filled.sum(axis=0) / np.maximum(counts, 1)
    spread = np.where(np.isnan(by_position), 0.0, by_position - indices)
    indices = indices - indices.mean()
    if length > 3:
        freedom = max(1, int(counts.sum()) - length)
        noise = float((spread**2).sum()) / freedom / max(1.0, float(counts.mean()))
        power = float(indices @ indices)
        keep = max(0.0, 1 - (length - 3) * noise / power) if power > 0 else 0.0
        indices = indices * keep
    return np.asarray(indices, dtype=np.float64)
