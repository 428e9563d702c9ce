"""Exponential smoothing with level, trend and season, over many settings at once.

Each setting (smoothing constants, damping, form) is one lane of an array. One pass over the history runs
all lanes, and because a lane never looks ahead the same pass serves every origin of a back-test. The
forecast is the mean of the lanes, weighted by how well each fits for its number of parameters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from crm.forecasting.series.season import Floats, additive_indices

LANES_PER_FORM = 48
LEVEL_HEAD = 10

# Indices drawn towards zero use up less freedom than free ones. Measured on M3, M1, tourism and histories cut
# to three years: counting them whole hides seasons from histories of three years.
SEASON_COST = 0.5


@dataclass(frozen=True)
class Lanes:
    """Smoothing settings, each array of shape (lanes,); ``cost`` counts parameters without the season's."""

    alpha: Floats
    beta: Floats
    gamma: Floats
    damping: Floats
    trended: NDArray[np.bool_]
    seasonal: NDArray[np.bool_]
    cost: Floats


def _even_spread(count: int, base: int) -> Floats:
    """Numbers between 0 and 1 that fill the gap evenly (van der Corput), the same ones every time."""
    out = np.zeros(count)
    for number in range(count):
        rest, part = number + 1, 1.0
        while rest:
            part /= base
            out[number] += part * (rest % base)
            rest //= base
    return out


@cache
def lanes(*, seasonal: bool) -> Lanes:
    """All settings tried: level alone, damped trend and straight trend, each without and with a season."""
    count = LANES_PER_FORM
    first, second, third, fourth = (_even_spread(count, base) for base in (2, 3, 5, 7))
    # The powers make small constants likelier, as they are in real series.
    alpha = 0.02 + 0.96 * first**1.3
    beta = alpha * 0.3 * second**2
    gamma = 0.5 * third**1.5 * (1 - alpha)
    none, full = np.zeros(count), np.ones(count)
    forms = [
        (alpha, slope, gamma * with_season, damping, full * trended, full * with_season, full * cost)
        for with_season in ((0, 1) if seasonal else (0,))
        for slope, damping, trended, cost in (
            (none, none, 0, 2), (beta, 0.8 + 0.18 * fourth, 1, 5), (beta, full, 1, 4),
        )
    ]  # fmt: skip
    alpha, beta, gamma, damping, trended, with_a_season, cost = (
        np.concatenate([form[part] for form in forms]) for part in range(7)
    )
    return Lanes(alpha, beta, gamma, damping, trended > 0, with_a_season > 0, cost)


def _start(known: Floats, setting: Lanes, length: int) -> tuple[Floats, Floats, Floats]:
    """Level and trend before the first value, shape (lanes,), and season, shape (length, lanes)."""
    indices = additive_indices(known, length) if length > 1 else np.zeros(1)
    flat = known - indices[np.arange(len(known)) % length]
    head = min(len(known), 2 * length if length > 1 else LEVEL_HEAD)
    time = np.arange(head, dtype=np.float64)
    centred = time - time.mean()
    slope = float(centred @ flat[:head]) / max(float(centred @ centred), 1.0)
    mean = np.where(setting.seasonal, flat[:head].mean(), known[:head].mean())
    level = mean - np.where(setting.trended, slope * (time.mean() + 1), 0.0)
    season = np.where(setting.seasonal, indices[:, None], 0.0)
    return level, np.where(setting.trended, slope, 0.0), season


def _run(
    values: Floats, *, length: int, origins: Sequence[int], horizon: int, logged: bool
) -> tuple[Floats, Floats]:
    """Forecasts, shape (origins, lanes, horizon), and their AICc, shape (origins, lanes)."""
    setting = lanes(seasonal=length > 1)
    target = np.log(values) if logged else values
    known = target[: origins[0]]
    level, trend, season = _start(known, setting, length)
    parameters = setting.cost + np.where(setting.seasonal, SEASON_COST * (length - 1), 0)
    reach = np.cumsum(setting.damping[:, None] ** np.arange(1, horizon + 1), axis=1)
    floor = 1e-12 * float(known @ known) / len(known) + 1e-300
    wanted = {origin: number for number, origin in enumerate(origins)}
    said = np.empty((len(origins), len(level), horizon))
    fitted = np.empty((len(origins), len(level)))
    squares = np.zeros(len(level))
    stretch = 0.0
    for step in range(origins[-1]):
        place = step % length
        carried = setting.damping * trend
        base = level + carried
        miss = target[step] - base - season[place]
        level = base + setting.alpha * miss
        trend = carried + setting.beta * miss
        season[place] += setting.gamma * miss
        squares += miss * miss
        # The likelihood of the values themselves, so that lanes with and without logarithms compare.
        stretch += target[step] if logged else 0.0
        number = wanted.get(step + 1)
        if number is not None:
            seen = step + 1
            ahead = season[(seen + np.arange(horizon)) % length].T
            said[number] = level[:, None] + trend[:, None] * reach + ahead
            penalty = 2 * parameters * seen / np.maximum(seen - parameters - 1, 1)
            fitted[number] = seen * np.log(squares / seen + floor) + 2 * stretch + penalty
    return (np.exp(np.minimum(said, 700.0)) if logged else said), fitted


def at_origins(values: Floats, *, season: int, origins: Sequence[int], horizon: int) -> Floats:
    """Forecasts from each origin, shape (origins, horizon), using only the values before it.

    Parameters
    ----------
    values : array, shape (n,)
        The history, no gaps.
    season : int
        Periods in a season; 1 for none. Origins before two full seasons are forecast without one.
    origins : sequence of int, ascending
        How many values are known at each origin; the last may be n.
    horizon : int
        Periods to look ahead.

    Notes
    -----
    Additive forms on the values and, where all are positive, on their logarithms. Weights are Akaike
    weights of the corrected criterion, which keep a lucky setting from deciding alone.

    References
    ----------
    R. Hyndman, A. Koehler, J. Ord, R. Snyder (2008), Forecasting with Exponential Smoothing, Springer.
    """
    early = [origin for origin in origins if season > 1 and origin < 2 * season]
    late = [origin for origin in origins if origin not in set(early)]
    blocks = []
    for group, length in ((early, 1), (late, max(season, 1))):
        if not group:
            continue
        runs = [
            _run(values, length=length, origins=group, horizon=horizon, logged=logged)
            for logged in ((False, True) if bool((values > 0).all()) else (False,))
        ]
        said = np.concatenate([run[0] for run in runs], axis=1)
        fitted = np.concatenate([run[1] for run in runs], axis=1)
        weights = np.exp((fitted.min(axis=1, keepdims=True) - fitted) / 2)
        weights /= weights.sum(axis=1, keepdims=True)
        blocks.append(np.einsum("ol,olh->oh", weights, said))
    return np.vstack(blocks)
