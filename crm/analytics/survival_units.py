"""What a law of wear says of single units that still run: chance of failure ahead, and time left."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike

from crm.analytics.survival import Floats
from crm.analytics.survival_fit import WeibullFit
from crm.analytics.survival_hazards import HazardFit
from crm.analytics.survival_likelihood import delta_deviation

HORIZONS = (30.0, 90.0, 365.0)
#: Time left is not told beyond this many times the longest age seen: the law was never watched there.
FAR = 1e6


@dataclass(frozen=True, slots=True)
class Outlook:
    """For each of n units, in the unit of the times.

    Attributes
    ----------
    risks : array of shape (n, h)
        Chance of failure within each horizon, given survival so far.
    median, low, high : array of shape (n,)
        Half of such units fail within ``median`` more; the ends are its confidence interval. NaN where half of them
        never fail.
    """

    risks: Floats
    median: Floats
    low: Floats
    high: Floats


def outlook(
    fit: WeibullFit | HazardFit,
    ages: ArrayLike,
    *,
    design: Floats | None = None,
    horizons: tuple[float, ...] = HORIZONS,
) -> Outlook:
    """What the law says of units that have reached given ages.

    Parameters
    ----------
    ages : array of float, length n
        How long each unit has run since its part was new, 0 or more.
    design : array of shape (n, k), optional
        ``HazardFit.design`` of the units; a plain law takes none.
    horizons : tuple of float
        How far ahead.

    Notes
    -----
    Risk = 1 − S(t + h)/S(t); time left m solves S(t + m) = S(t)/2. The interval of m is by the delta method on log m
    from the covariance of the parameters: it says how well the middle is known, not how long one single unit lasts.
    """
    reached = np.maximum(np.atleast_1d(np.asarray(ages, dtype=np.float64)), 0.0)
    theta = fit.theta
    law = _Law(reached, design if isinstance(fit, HazardFit) else None, limited=_limited(fit))
    now = law.log_survival(theta, reached)
    risks = np.column_stack([-np.expm1(law.log_survival(theta, reached + ahead) - now) for ahead in horizons])
    log_left = law.log_left(theta)
    deviation = delta_deviation(law.log_left, theta, fit.covariance)
    half = NormalDist().inv_cdf(0.5 + fit.confidence / 2) * deviation
    known = np.isfinite(log_left) & np.isfinite(half) & (log_left < math.log(FAR))
    with np.errstate(over="ignore", invalid="ignore"):
        median, low, high = (np.where(known, np.exp(log_left + sign * half), np.nan) for sign in (0, -1, 1))
    return Outlook(np.clip(risks, 0.0, 1.0), median, low, high)


def _limited(fit: WeibullFit | HazardFit) -> bool:
    return isinstance(fit, WeibullFit) and fit.is_limited


@dataclass(frozen=True, slots=True)
class _Law:
    """The law as a function of its uncertain parameters, for units of given ages."""

    ages: Floats
    design: Floats | None
    limited: bool

    def hazard(self, theta: Floats, ages: Floats) -> Floats:
        """Cumulative hazard of those that can fail."""
        with np.errstate(divide="ignore", over="ignore"):
            log_hazard = np.exp(theta[1]) * (np.log(ages) - theta[0])
            if self.design is not None:
                log_hazard = log_hazard + self.design @ theta[2:]
            result: Floats = np.exp(log_hazard)
        return result

    def share(self, theta: Floats) -> float:
        """How many can fail."""
        return 1 / (1 + math.exp(-float(theta[2]))) if self.limited else 1.0

    def log_survival(self, theta: Floats, ages: Floats) -> Floats:
        """log S at ages."""
        hazard = self.hazard(theta, ages)
        if not self.limited:
            return -hazard
        result: Floats = np.log1p(self.share(theta) * np.expm1(-hazard))
        return result

    def log_left(self, theta: Floats) -> Floats:
        """log of the median time left."""
        hazard, share = self.hazard(theta, self.ages), self.share(theta)
        if self.limited:
            alive = (1 - share) + share * np.exp(-hazard)
            running = (alive / 2 - (1 - share)) / share
            with np.errstate(invalid="ignore", divide="ignore"):
                then = -np.log(np.where(running > 0, running, np.nan))
        else:
            then = hazard + math.log(2)
        with np.errstate(invalid="ignore", divide="ignore"):
            log_age = np.log(then)
            if self.design is not None:
                log_age = log_age - self.design @ theta[2:]
            left: Floats = np.exp(theta[0] + log_age / np.exp(theta[1])) - self.ages
            result: Floats = np.log(np.where(left > 0, left, np.nan))
        return result
