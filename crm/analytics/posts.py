"""When and how do posts get a response? Typical values by group, and two groups compared, each with its interval.

Counts of responses are skewed: a few posts get most of them. Everything here is therefore reckoned on log(1 + x) and
turned back, so that one lucky post does not decide: the "typical" value is exp(mean of log(1 + x)) − 1.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

#: Fewer posts than this say nothing about a group.
LEAST = 5


@dataclass(frozen=True, slots=True)
class Typical:
    """The typical value of one group of posts; ``low`` and ``high`` are NaN where there are too few."""

    group: Hashable
    typical: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times the typical value of one group is that of another (1 + x each), with interval and chance."""

    ratio: float
    low: float
    high: float
    p_value: float
    n: int
    n_other: int

    @property
    def is_clear(self) -> bool:
        """True when the interval leaves out "no difference"."""
        return self.low > 1 or self.high < 1


def typical_by(
    posts: pd.DataFrame, by: str, measure: str, *, order: Sequence[Hashable] = (), confidence: float = 0.95
) -> list[Typical]:
    """The typical value of a measure for each group.

    Parameters
    ----------
    posts : DataFrame
        One row per post; the column ``measure`` holds values of 0 or more, NaN where nothing is known.
    by : str
        Column of the groups; posts without one are left out.
    order : sequence
        Groups in the order wanted; those without posts are left out. By default as sorted.

    Notes
    -----
    t interval of the mean on the log scale, turned back. Posts are taken as independent, which posts of one week are not
    quite.
    """
    known = posts[[by, measure]].dropna()
    groups: dict[Hashable, NDArray[np.float64]] = {
        key: part[measure].to_numpy(dtype=float) for key, part in known.groupby(by, sort=True)
    }
    return [_typical(key, groups[key], confidence) for key in (order or list(groups)) if key in groups]


def _typical(group: Hashable, values: NDArray[np.float64], confidence: float) -> Typical:
    from scipy import stats

    logs = np.log1p(values)
    n, mean = len(logs), float(logs.mean())
    if n < LEAST:
        return Typical(group, math.expm1(mean), math.nan, math.nan, n)
    half = float(stats.t.ppf(0.5 + confidence / 2, n - 1)) * float(logs.std(ddof=1)) / math.sqrt(n)
    # Counts are not below nothing, whatever the turned-back end says.
    return Typical(group, math.expm1(mean), max(0.0, math.expm1(mean - half)), math.expm1(mean + half), n)


def compare(values: Sequence[float], others: Sequence[float], *, confidence: float = 0.95) -> Ratio | None:
    """How many times more the first group gets than the second; None where either has too few posts.

    Parameters
    ----------
    values, others : sequences of float
        0 or more each; NaN is left out.

    Notes
    -----
    Welch's t test on log(1 + x): variances may differ. The ratio is exp(difference of means), its interval from the same
    t distribution with Welch and Satterthwaite's degrees of freedom.

    References
    ----------
    B. L. Welch (1947), The generalization of "Student's" problem when several different population variances are
    involved, Biometrika 34, 28–35.
    """
    from scipy import stats

    first, second = (np.log1p(_known(part)) for part in (values, others))
    n, m = len(first), len(second)
    if n < LEAST or m < LEAST:
        return None
    difference = float(first.mean() - second.mean())
    error_a, error_b = float(first.var(ddof=1)) / n, float(second.var(ddof=1)) / m
    error = math.sqrt(error_a + error_b)
    if error == 0:
        # Every post of a group got the same: there is nothing to measure doubt by.
        return None
    freedom = (error_a + error_b) ** 2 / (error_a**2 / (n - 1) + error_b**2 / (m - 1))
    half = float(stats.t.ppf(0.5 + confidence / 2, freedom)) * error
    p_value = 2 * float(stats.t.sf(abs(difference) / error, freedom))
    return Ratio(
        math.exp(difference), math.exp(difference - half), math.exp(difference + half), p_value, n, m
    )


def _known(values: Sequence[float]) -> NDArray[np.float64]:
    array: NDArray[np.float64] = np.asarray(values, dtype=float)
    kept: NDArray[np.float64] = array[~np.isnan(array)]
    return kept
