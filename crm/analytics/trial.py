"""A campaign as an experiment: its arms compared with the control group and with each other, measure by measure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from scipy import stats

from crm.analytics.effects import (
    Difference,
    Moments,
    difference_of_means,
    difference_of_shares,
    holm,
    mean_of,
)
from crm.analytics.intervals import wilson

RESPONSE, CONVERSION, REVENUE = "response", "conversion", "revenue"
MEASURES = (RESPONSE, CONVERSION, REVENUE)
ALPHA = 0.05
#: What a comparison allows to say: clearly more or less, may be chance, too few cases, resting on single large values.
GAIN, LOSS, CHANCE, FEW, FRAGILE = "gain", "loss", "chance", "few", "fragile"


@dataclass(frozen=True, slots=True)
class Arm:
    """A version or the control group: members, how many responded and converted, sums of revenue in minor units.

    ``unpriced`` members bought in a currency without a rate: nobody can say for how much, and the mean leaves them out.
    """

    name: str
    is_control: bool
    responded: int
    converted: int
    revenue: Moments
    unpriced: int = 0

    @property
    def n(self) -> int:
        """All members, whether a message reached them or not."""
        return self.revenue.n + self.unpriced

    def counted(self, measure: str) -> int:
        """Members that a share or mean of the measure is divided by."""
        return self.revenue.n if measure == REVENUE else self.n

    def hits(self, measure: str) -> int:
        """Members that count for a measure; for revenue those with any."""
        if measure == REVENUE:
            return self.revenue.values or 0
        return self.responded if measure == RESPONSE else self.converted

    def __add__(self, other: Arm) -> Arm:
        return replace(
            self,
            responded=self.responded + other.responded,
            converted=self.converted + other.converted,
            revenue=self.revenue + other.revenue,
            unpriced=self.unpriced + other.unpriced,
        )


@dataclass(frozen=True, slots=True)
class Range:
    """A value with the ends of its 95 % interval; NaN where unknown."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> Range:
        """The value and its ends multiplied."""
        return Range(self.value * factor, self.low * factor, self.high * factor)


@dataclass(frozen=True, slots=True)
class Lift:
    """An arm against another: per member, in all, and what it allows to say.

    ``difference`` is in shares, or in minor units per member for revenue. ``extra`` is the difference times the arm's
    members: so many more, or so much more money, than with the other. ``p_corrected`` is corrected by Holm for the
    comparisons of the same measure.
    """

    arm: str
    against: str
    measure: str
    difference: Difference
    p_corrected: float
    verdict: str
    extra: Range
    group: str = ""


def level(arm: Arm, measure: str) -> Range:
    """The share of members that responded or converted (Wilson), or their mean revenue in minor units (Student)."""
    if measure == REVENUE:
        mean = mean_of(arm.revenue)
        return Range(mean.mean, mean.low, mean.high)
    found = wilson(arm.hits(measure), arm.n)
    return Range(found.share, found.low, found.high)


def measured(arms: Sequence[Arm]) -> tuple[str, ...]:
    """The measures of which anything was counted; all where nothing was."""
    found = tuple(name for name in MEASURES if any(arm.hits(name) for arm in arms))
    return found or MEASURES


def control_of(arms: Sequence[Arm]) -> Arm | None:
    """The control group, None without one or with an empty one."""
    return next((arm for arm in arms if arm.is_control and arm.n), None)


def lifts(arms: Sequence[Arm], measure: str) -> tuple[Lift, ...]:
    """Every arm against the control group, corrected for their number; empty without a control group."""
    control = control_of(arms)
    if control is None:
        return ()
    return _compared([(arm, control) for arm in arms if not arm.is_control and arm.n], measure)


def versions(arms: Sequence[Arm], measure: str) -> tuple[Lift, ...]:
    """Every two arms that got a message, the better one first, corrected for the number of pairs."""
    treated = sorted((a for a in arms if not a.is_control and a.n), key=lambda a: -level(a, measure).value)
    return _compared(list(combinations(treated, 2)), measure)


def together(arms: Sequence[Arm], measure: str) -> Lift | None:
    """All arms with a message taken together against the control group; None where there is no such comparison."""
    control, treated = control_of(arms), [arm for arm in arms if not arm.is_control and arm.n]
    if control is None or not treated:
        return None
    pooled = treated[0]
    for arm in treated[1:]:
        pooled = pooled + arm
    return _compared([(replace(pooled, name=""), control)], measure)[0]


def by_group(groups: Sequence[tuple[str, Sequence[Arm]]], measure: str) -> tuple[Lift, ...]:
    """Every arm against the control group within each group of members, corrected for all these comparisons.

    Where nobody is in the control group of a group, it is left out.
    """
    pairs, names = [], []
    for name, arms in groups:
        control = control_of(arms)
        for arm in arms:
            if control is not None and not arm.is_control and arm.n:
                pairs.append((arm, control))
                names.append(name)
    found = _compared(pairs, measure)
    return tuple(replace(lift, group=name) for lift, name in zip(found, names, strict=True))


def groups_differ(found: Sequence[Lift]) -> float:
    """P-value of differences that vary so much between groups if the true one were the same in all; NaN for one group.

    Notes
    -----
    Cochran's Q with weights from the half widths of the intervals, which for shares are not quite symmetric.
    """
    parts = [
        (lift.difference.value, (lift.difference.high - lift.difference.low) / 2 / 1.959964) for lift in found
    ]
    parts = [(value, error) for value, error in parts if error > 0]
    if len(parts) < 2:
        return math.nan
    weights = [1 / error**2 for _value, error in parts]
    mean = sum(w * value for w, (value, _e) in zip(weights, parts, strict=True)) / sum(weights)
    q = sum(w * (value - mean) ** 2 for w, (value, _e) in zip(weights, parts, strict=True))
    return float(stats.chi2.sf(q, len(parts) - 1))


def _compared(pairs: Sequence[tuple[Arm, Arm]], measure: str) -> tuple[Lift, ...]:
    differences = [_difference(arm, other, measure) for arm, other in pairs]
    corrected = holm([difference.p for difference in differences])
    return tuple(
        Lift(
            arm.name,
            other.name,
            measure,
            difference,
            p,
            _verdict(difference, p, measure),
            Range(difference.value, difference.low, difference.high).times(arm.counted(measure)),
        )
        for (arm, other), difference, p in zip(pairs, differences, corrected, strict=True)
    )


def _difference(arm: Arm, other: Arm, measure: str) -> Difference:
    if measure == REVENUE:
        return difference_of_means(arm.revenue, other.revenue)
    return difference_of_shares(arm.hits(measure), arm.n, other.hits(measure), other.n)


def _verdict(found: Difference, p_corrected: float, measure: str) -> str:
    """Clear only where the corrected test and the interval agree, and the test may be believed for such data."""
    if math.isnan(p_corrected) or (measure == REVENUE and "few" in found.cautions):
        return FEW
    if p_corrected < ALPHA and (found.low > 0 or found.high < 0):
        if "heavy" in found.cautions:
            return FRAGILE
        return GAIN if found.value > 0 else LOSS
    return FEW if "few" in found.cautions else CHANCE
