"""Faults that return: rate per time with interval, mean number of repairs by age, repeats, gaps between failures."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from crm.analytics.intervals import Share, wilson
from crm.analytics.survival import Floats
from crm.errors import Refused
from crm.i18n import _


@dataclass(frozen=True, slots=True)
class Rate:
    """Events per unit of exposure with the ends of its interval; NaN where nothing was watched."""

    rate: float
    low: float
    high: float
    events: int
    exposure: float


def poisson_rate(events: int, exposure: float, *, confidence: float = 0.95) -> Rate:
    """Events over exposure with the exact interval of a Poisson count.

    Notes
    -----
    χ²(α/2; 2d)/2 and χ²(1 − α/2; 2d + 2)/2 over the exposure; without any event the lower end is 0.

    References
    ----------
    F. Garwood (1936), Fiducial limits for the Poisson distribution, Biometrika 28, 437–442.
    """
    if events < 0 or not 0 < confidence < 1:
        raise ValueError(f"{events} events at {confidence} are no rate.")
    if not exposure > 0:
        return Rate(math.nan, math.nan, math.nan, events, 0.0)
    tail = (1 - confidence) / 2
    low = float(chi2.ppf(tail, 2 * events)) / 2 if events else 0.0
    high = float(chi2.isf(tail, 2 * events + 2)) / 2
    return Rate(events / exposure, low / exposure, high / exposure, events, exposure)


@dataclass(frozen=True, slots=True)
class Repairs:
    """Mean number of repairs per unit up to each age with a repair, with its band."""

    times: Floats
    mean: Floats
    low: Floats
    high: Floats
    at_risk: NDArray[np.int64]
    units: int
    repairs: int
    confidence: float


def mean_cumulative(
    systems: ArrayLike, times: ArrayLike, repaired: ArrayLike, *, confidence: float = 0.95
) -> Repairs:
    """How many repairs a unit has had on average by each age, whatever law its repairs follow.

    Parameters
    ----------
    systems : array, length n
        Which unit.
    times : array of numbers, length n
        Age of the unit at each repair, and at the last look at it.
    repaired : array of 0/1, length n
        1: a repair. 0: the last look; a unit without one was watched up to its last repair.

    Notes
    -----
    M(t) = Σ dⱼ/nⱼ with dⱼ repairs at age tⱼ among nⱼ units watched then. The variance sums, over units, the square of
    Σ (yᵢⱼ/nⱼ)(dᵢⱼ − dⱼ/nⱼ), so that units may differ; the band is M·exp(±z·√V/M).

    References
    ----------
    J. F. Lawless, C. Nadeau (1995), Some simple robust methods for the analysis of recurrent events,
    Technometrics 37, 158–168.
    """
    names, unit = np.unique(np.asarray(systems), return_inverse=True)
    ages = np.asarray(times, dtype=np.float64)
    flags = np.asarray(repaired, dtype=np.float64)
    if not len(unit) == len(ages) == len(flags):
        raise Refused(_("Units, times and repairs must be lists of the same length."))
    if not (np.isfinite(ages).all() and (ages >= 0).all() and np.isin(flags, (0.0, 1.0)).all()):
        raise Refused(
            _("Repair histories need times of 0 or more, and 1 for a repair or 0 for the last look.")
        )
    last = np.full(len(names), -np.inf)
    np.maximum.at(last, unit, ages)
    events = flags == 1
    marks, place = np.unique(ages[events], return_inverse=True)
    repairs = np.bincount(place, minlength=len(marks)).astype(np.float64)
    at_risk = len(last) - np.searchsorted(np.sort(last), marks, side="left")
    step = repairs / at_risk
    mean = np.cumsum(step)
    spread = np.sqrt(_variance(unit[events], place, last, marks, at_risk, step))
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    factor = np.exp(z * spread / mean)
    return Repairs(
        marks, mean, mean / factor, mean * factor, at_risk.astype(np.int64), len(names), int(events.sum()), confidence
    )  # fmt: skip


def _variance(
    unit: NDArray[np.intp],
    place: NDArray[np.intp],
    last: Floats,
    marks: Floats,
    at_risk: NDArray[np.intp],
    step: Floats,
) -> Floats:
    """Robust variance of the mean at each mark, without a table of units by marks.

    A unit's sum is what its own repairs add less what the average would; the square of the sum is kept up as the
    marks are walked through, changing only for units with a repair and, by one term, for all that are watched.
    """
    own = np.zeros(len(last))
    average = np.concatenate([[0.0], np.cumsum(step / at_risk)])
    watched = np.searchsorted(marks, last, side="right")
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(len(marks) + 1))
    # Σ own², Σ own over units still watched; Σ (own − average)² of those gone.
    squares, sums, gone = 0.0, 0.0, 0.0
    leaving = np.argsort(watched, kind="stable")
    left_at = np.searchsorted(watched[leaving], np.arange(len(marks) + 1), side="left")
    variance = np.empty(len(marks))
    alive = len(last)
    for j in range(len(marks)):
        for i in leaving[left_at[j] : left_at[j + 1]].tolist():
            # Watched for j marks only: from here on its sum stands still.
            squares, sums, alive = squares - own[i] ** 2, sums - own[i], alive - 1
            gone += (own[i] - average[j]) ** 2
        for i in unit[order[starts[j] : starts[j + 1]]].tolist():
            squares += (own[i] + 1 / at_risk[j]) ** 2 - own[i] ** 2
            own[i] += 1 / at_risk[j]
            sums += 1 / at_risk[j]
        now = average[j + 1]
        variance[j] = gone + squares - 2 * now * sums + alive * now * now
    return np.maximum(variance, 0.0)


def gaps(units: ArrayLike, moments: ArrayLike) -> Floats:
    """Days between one failure of a unit and its next, for all pairs of neighbours.

    ``moments`` are days as numbers. Two failures at one moment are 0 days apart.
    """
    who, when = np.asarray(units), np.asarray(moments, dtype=np.float64)
    order = np.lexsort((when, who))
    same = who[order][1:] == who[order][:-1]
    found: Floats = np.diff(when[order])[same]
    return found


def repeats(units: ArrayLike, moments: ArrayLike, *, within: float = 30.0) -> Share:
    """Share of failures that the same unit (and part, where ``units`` tells parts apart) repeats within some days."""
    between = gaps(units, moments)
    return wilson(int((between <= within).sum()), len(np.asarray(units)))
