"""How sure a share or a duration is: Wilson's interval, and quantiles of counted values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np


@dataclass(frozen=True, slots=True)
class Share:
    """A share of ``n`` cases with the ends of its interval, all 0 to 1; NaN where there is no case."""

    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Spread:
    """How values lie: mean, quartiles, median, number; NaN where there is no value."""

    mean: float
    low_quartile: float
    median: float
    high_quartile: float
    n: int


def wilson(hits: int, n: int, *, confidence: float = 0.95) -> Share:
    """Share of hits with its score interval, which stays within 0 and 1 and is honest for few cases.

    Parameters
    ----------
    hits, n : int
        Cases that count, and all cases; ``0 <= hits <= n``.
    confidence : float
        Probability with which the interval covers the true share, such as 0.95.

    Raises
    ------
    ValueError
        ``hits`` lies outside 0 to ``n``, or ``confidence`` outside 0 to 1.

    Notes
    -----
    With p = hits / n and z the normal quantile: centre (p + z²/2n) / (1 + z²/n), half width
    z / (1 + z²/n) · √(p(1 − p)/n + z²/4n²). Cases are taken as independent; deals of one customer are not
    quite.

    References
    ----------
    E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference,
    JASA 22, 209–212.
    """
    if not 0 <= hits <= n or not 0 < confidence < 1:
        raise ValueError(f"{hits} of {n} at {confidence} is no share.")
    if n == 0:
        return Share(math.nan, math.nan, math.nan, 0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    p = hits / n
    shrink = 1 + z * z / n
    centre = (p + z * z / (2 * n)) / shrink
    half = z / shrink * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # At the ends the formula gives exactly 0 or 1, which rounding would miss by a hair.
    low = 0.0 if hits == 0 else centre - half
    high = 1.0 if hits == n else centre + half
    return Share(p, low, high, n)


def spread_of(values: Sequence[float], counts: Sequence[int]) -> Spread:
    """Mean and quartiles of values that occur so many times each.

    Parameters
    ----------
    values : sequence of float, length k
        The different values, in any order.
    counts : sequence of int, length k
        How often each occurs.

    Notes
    -----
    Quantiles interpolate linearly between neighbours (definition 7 of Hyndman and Fan), as spreadsheets do.

    References
    ----------
    R. J. Hyndman, Y. Fan (1996), Sample quantiles in statistical packages,
    The American Statistician 50, 361–365.
    """
    n = int(sum(counts))
    if n == 0:
        return Spread(math.nan, math.nan, math.nan, math.nan, 0)
    order = np.argsort(np.asarray(values, dtype=float), kind="stable")
    sizes = np.asarray(values, dtype=float)[order]
    often = np.asarray(counts, dtype=np.int64)[order]
    ends = np.cumsum(often)

    def quantile(share: float) -> float:
        place = share * (n - 1)
        below = math.floor(place)
        low, high = (
            sizes[np.searchsorted(ends, rank, side="right")] for rank in (below, min(below + 1, n - 1))
        )
        return float(low + (place - below) * (high - low))

    mean = float((sizes * often).sum() / n)
    return Spread(mean, quantile(0.25), quantile(0.5), quantile(0.75), n)
