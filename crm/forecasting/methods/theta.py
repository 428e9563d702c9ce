"""The Theta method, at many origins in one pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from crm.forecasting.series.season import Floats, additive_indices, has_season

ALPHAS = np.linspace(0.02, 0.99, 49)

# A line through years of days says little, and the older values cost time.
LONGEST = 500


@dataclass(frozen=True)
class _Lines:
    """One origin: the line with doubled curvature, the straight line ahead, and the season ahead."""

    curved: Floats
    straight: Floats
    season: Floats
    ratios: bool


def _lines(values: Floats, season: int, horizon: int) -> _Lines:
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
    ahead = np.arange(count, count + horizon)
    return _Lines(
        curved=2 * flat - (flat.mean() + slope * centred),
        straight=flat.mean() + slope * (ahead - time.mean()),
        season=indices[ahead % len(indices)],
        ratios=ratios,
    )


def _last_levels(lines: Sequence[_Lines]) -> Floats:
    """Where simple exponential smoothing ends with the constant that fits best, shape (origins,)."""
    lengths = np.array([len(line.curved) for line in lines])
    order = np.argsort(lengths, kind="stable")
    padded = np.zeros((len(lines), int(lengths.max())))
    for row, place in enumerate(order):
        padded[row, : lengths[place]] = lines[place].curved
    levels = np.repeat(padded[:, :1], len(ALPHAS), axis=1)
    errors = np.zeros_like(levels)
    # Rows are sorted by length, so those still running at a step are the last ones.
    running = np.searchsorted(lengths[order], np.arange(padded.shape[1]), side="right")
    for step, start in enumerate(running):
        miss = padded[start:, step, None] - levels[start:]
        levels[start:] += ALPHAS * miss
        errors[start:] += miss * miss
    ends = np.empty(len(lines))
    ends[order] = levels[np.arange(len(lines)), errors.argmin(axis=1)]
    return ends


def at_origins(values: Floats, *, season: int, origins: Sequence[int], horizon: int) -> Floats:
    """Theta forecasts, shape (origins, horizon), each from the values before its origin only.

    Notes
    -----
    The equal mix of the straight line through the history and simple exponential smoothing of the line
    with doubled curvature, which is smoothing with half the line's slope as drift. A season is taken out
    beforehand: by ratios where all values are positive, by differences elsewhere.

    References
    ----------
    R. Hyndman, B. Billah (2003), Unmasking the Theta method, Int. J. of Forecasting 19, 287-290.
    """
    lines = [_lines(values[max(0, origin - LONGEST) : origin], season, horizon) for origin in origins]
    said = []
    for line, level in zip(lines, _last_levels(lines), strict=True):
        mix = (line.straight + level) / 2
        said.append(mix * np.exp(line.season) if line.ratios else mix + line.season)
    return np.vstack(said)
