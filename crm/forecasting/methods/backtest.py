"""How far off each method was at origins in the past: MASE, sMAPE, coverage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from crm.forecasting.methods import bands
from crm.forecasting.series.season import Floats


def outcomes(values: Floats, *, origins: Sequence[int], horizon: int) -> Floats:
    """What came after each origin, shape (origins, horizon), NaN beyond the end of the history."""
    padded = np.r_[values, np.full(horizon, np.nan)]
    return np.vstack([padded[origin : origin + horizon] for origin in origins])


def naive_scale(values: Floats, season: int) -> float:
    """Mean absolute step from season to season within the history, the unit of MASE; 0 for a constant.

    References
    ----------
    R. Hyndman, A. Koehler (2006), Another look at measures of forecast accuracy, Int. J. of Forecasting 22.
    """
    length = season if len(values) > season else 1
    step = float(np.abs(values[length:] - values[:-length]).mean())
    return step if step > 0 else float(np.abs(np.diff(values)).mean())


def mean_error(actual: Floats, said: Floats, rows: Sequence[int]) -> float:
    """Mean absolute error over some origins, each origin counting the same whatever its reach.

    NaN where the method was not tried at all of them.
    """
    per_origin = []
    for row in rows:
        known = np.isfinite(actual[row])
        per_origin.append(np.abs(actual[row, known] - said[row, known]).mean())
    return float(np.mean(per_origin)) if per_origin else float("nan")


def smape(actual: Floats, said: Floats) -> float:
    """Symmetric mean absolute percentage error, 0 to 200, over all pairs that are known; NaN for none."""
    known = np.isfinite(actual) & np.isfinite(said)
    if not known.any():
        return float("nan")
    size = np.abs(actual[known]) + np.abs(said[known])
    return float(200 * np.mean(np.abs(actual[known] - said[known]) / np.where(size > 0, size, 1.0)))


def sizes_without_own(missed: Floats) -> Floats:
    """For each origin the usual miss per horizon judged by all other origins, shape (origins, horizon).

    So the outcome that a band is judged by has no part in its width.
    """
    known = np.isfinite(missed)
    size = np.where(known, np.abs(missed), 0.0)
    return bands.sizes(size.sum(axis=0) - size, (known.sum(axis=0) - known).astype(np.float64))


def coverage(missed: Floats, reach: float, widen: float) -> float:
    """Share of outcomes inside the band of this reach; NaN where fewer than two origins are known."""
    width = sizes_without_own(missed) * reach * widen
    judged = np.isfinite(missed) & np.isfinite(width)
    return float((np.abs(missed[judged]) <= width[judged]).mean()) if judged.any() else float("nan")
