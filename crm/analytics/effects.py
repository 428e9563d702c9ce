"""What a message changed: shares and means against a control group, with intervals and corrected p-values.

Everything is computed from counts and sums, so that a campaign of any size needs no rows here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from scipy import stats

from crm.analytics.intervals import wilson

#: Below this expected number in a cell of the two-by-two table, Fisher's exact test takes the place of the score test.
SMALL_CELL = 5
#: Fewer members of an arm, or fewer values other than nought in both, are too few for the interval of a mean.
FEW_MEMBERS = 30
FEW_VALUES = 20
#: A difference rests on a single case where one value makes up more of its arm's total than the first, and without it
#: the difference of the means would be another by more than the second share.
HEAVY, MOVED = 0.10, 0.20
#: A draw, or its arm sizes, less likely than this is not believed to be by lot and as planned.
UNBELIEVABLE = 0.001


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums over the members of an arm; those without a value count as nought.

    ``total`` and ``squares`` (sum of squared values) are in one unit and its square; ``values`` counts those other than
    nought and ``largest`` is the largest, both None where nobody counted them.
    """

    n: int
    total: float
    squares: float
    values: int | None = None
    largest: float | None = None

    @property
    def mean(self) -> float:
        """Mean over all members, NaN without any."""
        return self.total / self.n if self.n else math.nan

    @property
    def variance(self) -> float:
        """Unbiased variance, never below nought by rounding; NaN for fewer than two members."""
        if self.n < 2:
            return math.nan
        around = self.squares - self.total * self.total / self.n
        # What is left of equal values by rounding is no spread.
        return 0.0 if around <= 1e-12 * self.squares else around / (self.n - 1)

    def __add__(self, other: Moments) -> Moments:
        known = self.values is not None and other.values is not None
        tops = [top for top in (self.largest, other.largest) if top is not None]
        return Moments(
            self.n + other.n,
            self.total + other.total,
            self.squares + other.squares,
            (self.values or 0) + (other.values or 0) if known else None,
            max(tops) if tops else None,
        )


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with the ends of its interval; NaN where it cannot be known."""

    mean: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Difference:
    """First minus second, with the ends of its interval and the chance of so much without any difference.

    ``relative`` is the difference as a share of the second, NaN where that is nought. ``method`` is ``score``,
    ``fisher`` or ``welch``; ``cautions`` holds ``few`` and ``heavy``.
    """

    value: float
    low: float
    high: float
    p: float
    relative: float
    method: str
    cautions: tuple[str, ...] = ()


def mean_of(sums: Moments, *, confidence: float = 0.95) -> Mean:
    """Mean with Student's interval; without ends for fewer than two members."""
    if sums.n < 2:
        return Mean(sums.mean, math.nan, math.nan, sums.n)
    half = float(stats.t.ppf(0.5 + confidence / 2, sums.n - 1)) * math.sqrt(sums.variance / sums.n)
    return Mean(sums.mean, sums.mean - half, sums.mean + half, sums.n)


def difference_of_shares(
    hits: int, n: int, base_hits: int, base_n: int, *, confidence: float = 0.95
) -> Difference:
    """Difference of two independent shares: Newcombe's hybrid score interval and the p-value of a test.

    Parameters
    ----------
    hits, n : int
        Members that count, and all members, of the arm.
    base_hits, base_n : int
        The same of what it is compared with.

    Notes
    -----
    Interval: d − √((p₁−l₁)² + (u₀−p₀)²) to d + √((u₁−p₁)² + (p₀−l₀)²) with l, u the ends of Wilson's intervals,
    method 10 of the reference, without continuity correction. The p-value is two-sided: of the score (pooled z,
    equal to Pearson's χ²) test, or of Fisher's exact test where a cell is expected below ``SMALL_CELL``. Near the
    limit interval and test may disagree.

    References
    ----------
    R. G. Newcombe (1998), Interval estimation for the difference between independent proportions: comparison of
    eleven methods, Statistics in Medicine 17, 873–890.
    """
    one, base = wilson(hits, n, confidence=confidence), wilson(base_hits, base_n, confidence=confidence)
    if not n or not base_n:
        return Difference(math.nan, math.nan, math.nan, math.nan, math.nan, "score", ("few",))
    value = one.share - base.share
    low = value - math.hypot(one.share - one.low, base.high - base.share)
    high = value + math.hypot(one.high - one.share, base.share - base.low)
    both = hits + base_hits
    rate = both / (n + base_n)
    smallest = min(n, base_n) * min(rate, 1 - rate)
    relative = value / base.share if base_hits else math.nan
    few = ("few",) if min(n, base_n) < FEW_MEMBERS or smallest < SMALL_CELL else ()
    if both in (0, n + base_n):
        return Difference(value, low, high, 1.0, relative, "fisher", few)
    if smallest < SMALL_CELL:
        table = [[hits, n - hits], [base_hits, base_n - base_hits]]
        return Difference(value, low, high, float(stats.fisher_exact(table)[1]), relative, "fisher", few)
    z = value / math.sqrt(rate * (1 - rate) * (1 / n + 1 / base_n))
    return Difference(value, low, high, float(2 * stats.norm.sf(abs(z))), relative, "score", few)


def difference_of_means(sums: Moments, base: Moments, *, confidence: float = 0.95) -> Difference:
    """Difference of two means with unequal spread, by Welch, from sums alone.

    Notes
    -----
    t = d / √(s₁²/n₁ + s₀²/n₀) with the degrees of freedom of Welch and Satterthwaite. With neither side spread,
    only equality can be told; the ends and the p-value of unequal ones are NaN. ``few`` is said below
    ``FEW_MEMBERS`` members on a side or ``FEW_VALUES`` values other than nought on both, ``heavy`` where one value
    makes up more than ``HEAVY`` of its side's total and ``MOVED`` of the difference.

    References
    ----------
    B. L. Welch (1947), The generalization of "Student's" problem when several different population variances are
    involved, Biometrika 34, 28–35.
    """
    value = sums.mean - base.mean
    relative = value / base.mean if base.n and base.mean else math.nan
    cautions = _cautions(sums, base)
    if min(sums.n, base.n) < 2:
        return Difference(value, math.nan, math.nan, math.nan, relative, "welch", cautions)
    own, other = sums.variance / sums.n, base.variance / base.n
    error = math.sqrt(own + other)
    if error == 0:
        same = math.isclose(sums.mean, base.mean, rel_tol=1e-12)
        end, p = (0.0, 1.0) if same else (math.nan, math.nan)
        return Difference(0.0 if same else value, end, end, p, relative, "welch", cautions)
    free = (own + other) ** 2 / (own**2 / (sums.n - 1) + other**2 / (base.n - 1))
    half = float(stats.t.ppf(0.5 + confidence / 2, free)) * error
    p = float(2 * stats.t.sf(abs(value) / error, free))
    return Difference(value, value - half, value + half, p, relative, "welch", cautions)


def _cautions(*sides: Moments) -> tuple[str, ...]:
    found = []
    values = [side.values for side in sides if side.values is not None]
    if min(side.n for side in sides) < FEW_MEMBERS or (values and sum(values) < FEW_VALUES):
        found.append("few")
    moved = MOVED * abs(sides[0].mean - sides[-1].mean)
    if any(
        side.largest and side.largest > HEAVY * abs(side.total) and side.largest / side.n > moved
        for side in sides
    ):
        found.append("heavy")
    return tuple(found)


def holm(chances: Sequence[float]) -> list[float]:
    """P-values corrected for how many there are, by Holm: none is believed only because many were looked at.

    Notes
    -----
    NaN stays NaN and does not count.

    References
    ----------
    S. Holm (1979), A simple sequentially rejective multiple test procedure,
    Scandinavian Journal of Statistics 6, 65–70.
    """
    order = sorted((p, at) for at, p in enumerate(chances) if not math.isnan(p))
    corrected, highest = [math.nan] * len(chances), 0.0
    for rank, (p, at) in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - rank) * p))
        corrected[at] = highest
    return corrected


def size_mismatch(sizes: Sequence[int], shares: Sequence[float]) -> float:
    """P-value of arms of these sizes under the planned shares (χ²); NaN where there is nothing to compare.

    Below ``UNBELIEVABLE`` members were lost or added in some arms only, and the arms no longer compare.
    """
    planned, total = sum(shares), sum(sizes)
    if len(sizes) < 2 or total == 0 or planned <= 0 or min(shares) <= 0:
        return math.nan
    expected = [total * share / planned for share in shares]
    return float(stats.chisquare(sizes, expected).pvalue)


def imbalance(counts: Sequence[Sequence[int]]) -> float:
    """P-value of such different mixtures (rows: groups, columns: arms) under a fair draw (χ² of independence).

    NaN where fewer than two groups or arms have members.
    """
    table = np.asarray(counts, dtype=float)
    if table.ndim != 2:
        return math.nan
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape) < 2:
        return math.nan
    return float(stats.chi2_contingency(table, correction=False)[1])


def sample_size(base: float, rate: float, *, power: float = 0.8, alpha: float = 0.05, arms: int = 1) -> int:
    """Members that each arm and the control group need so that ``rate`` is told from ``base``.

    Parameters
    ----------
    base, rate : float
        Shares expected without and with the message, 0 to 1 and different.
    power : float
        Chance of finding the difference when it is there.
    arms : int
        Versions compared with the control group; ``alpha`` is shared among them.

    Raises
    ------
    ValueError
        The shares are equal or lie outside 0 to 1, or ``power``, ``alpha`` or ``arms`` make no sense.

    Notes
    -----
    n = (z_α √(2 p̄(1−p̄)) + z_β √(p₀(1−p₀) + p₁(1−p₁)))² / (p₁−p₀)², rounded up, as in the reference without
    continuity correction.

    References
    ----------
    J. L. Fleiss, B. Levin, M. C. Paik (2003), Statistical methods for rates and proportions, 3rd ed., section 4.2.
    """
    if not (0 <= base <= 1 and 0 < power < 1 and 0 < alpha < 1 and arms >= 1):
        raise ValueError(f"No test with share {base}, power {power}, alpha {alpha} and {arms} arms.")
    if not 0 <= rate <= 1 or rate == base:
        raise ValueError(f"{rate} against {base} is no difference of shares.")
    normal, middle = NormalDist(), (base + rate) / 2
    found = normal.inv_cdf(1 - alpha / arms / 2) * math.sqrt(2 * middle * (1 - middle))
    missed = normal.inv_cdf(power) * math.sqrt(base * (1 - base) + rate * (1 - rate))
    return max(2, math.ceil(((found + missed) / (rate - base)) ** 2))


def return_on_cost(extra: float, cost: float) -> float:
    """What came back for each unit of cost beyond the cost itself: (extra − cost) / cost; NaN without a cost."""
    return (extra - cost) / cost if cost > 0 else math.nan
