"""Life data with units that still run: checked arrays, the Kaplan-Meier curve with its band, the life table.

A life is a span up to a failure (observed) or up to the last look at a unit that still ran (censored). A unit that came
under observation at some age enters the counting at that age only (left truncation).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from crm.errors import Problem, Refused
from crm.i18n import _, ngettext

#: Any float array; numpy's own stubs widen most results to this.
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class LifeData:
    """Checked lives, arrays of one length.

    Attributes
    ----------
    times : array of float
        Length of each life, in any one unit; 0 or more.
    observed : array of bool
        True: the life ended in a failure. False: the unit still ran (censored).
    weights : array of float
        How many such lives; 1 for most data.
    entry : array of float
        Age at which the life came under observation; 0 for most data, always below ``times``.
    """

    times: Floats
    observed: NDArray[np.bool_]
    weights: Floats
    entry: Floats

    @property
    def n(self) -> int:
        """How many lives."""
        return round(float(self.weights.sum()))

    @property
    def failures(self) -> int:
        """How many of them ended in a failure."""
        return round(float(self.weights[self.observed].sum()))

    @property
    def zero_failures(self) -> int:
        """Failures at time zero: dead on arrival, outside every distribution of wear."""
        return round(float(self.weights[self.observed & (self.times == 0)].sum()))

    def positive(self) -> LifeData:
        """The lives longer than zero; one that was seen for no time tells nothing about wear."""
        if self.times.size == 0 or float(self.times.min()) > 0:
            return self
        return self.where(self.times > 0)

    def where(self, kept: NDArray[np.bool_]) -> LifeData:
        """The lives that ``kept`` marks."""
        return LifeData(self.times[kept], self.observed[kept], self.weights[kept], self.entry[kept])


def life_data(
    times: ArrayLike,
    observed: ArrayLike | None = None,
    *,
    weights: ArrayLike | None = None,
    entry: ArrayLike | None = None,
) -> LifeData:
    """Lives as arrays, checked.

    Parameters
    ----------
    times : array of numbers, length n
        Length of each life, 0 or more.
    observed : array of 0/1 or bool, length n, optional
        1: failed at that time. 0: still running then. By default all failed.
    weights : array of whole numbers, length n, optional
        How many lives each row stands for; a row of weight 0 is left out.
    entry : array of numbers, length n, optional
        Age at which a life came under observation, below its time; blank (NaN) is 0.

    Raises
    ------
    Refused
        Lengths differ, or a value is missing, negative or no flag; the message counts them.
    """
    try:
        spans = np.atleast_1d(np.asarray(times, dtype=np.float64))
        flags = np.ones(len(spans)) if observed is None else np.atleast_1d(np.asarray(observed, np.float64))
        sizes = np.ones(len(spans)) if weights is None else np.atleast_1d(np.asarray(weights, np.float64))
        since = np.zeros(len(spans)) if entry is None else np.atleast_1d(np.asarray(entry, np.float64))
    except (TypeError, ValueError) as error:
        raise Refused(_("Life data must be numbers: times, and 1 for failed or 0 for running.")) from error
    if len({spans.shape, flags.shape, sizes.shape, since.shape}) != 1 or spans.ndim != 1:
        raise Refused(_("Times and flags must be two lists of the same length."))
    since = np.where(np.isnan(since), 0.0, since)
    problems = [
        *_wrong("time", ~np.isfinite(spans), _("A time is missing or endless."), _("Enter how long it ran.")),
        *_wrong("time", spans < 0, _("A time is negative."), _("A life cannot end before it begins.")),
        *_wrong(
            "observed",
            ~np.isin(flags, (0.0, 1.0)),
            _("It is not said whether the unit failed."),
            _("Write 1 for failed, 0 for still running."),
        ),
        *_wrong(
            "quantity",
            ~(np.isfinite(sizes) & (sizes >= 0) & (np.floor(sizes) == sizes)),
            _("A quantity is missing, negative or no whole number."),
            _("Enter how many lives the row stands for."),
        ),
        *_wrong("entry", ~np.isfinite(since) | (since < 0), _("An age at entry is negative or endless."), ""),
    ]
    if problems:
        raise Refused(_("These are no life data."), problems=problems)
    late = (since > 0) & (since >= spans)
    if problems := _wrong("entry", late, _("A unit came under observation after its end."), ""):
        raise Refused(_("These are no life data."), problems=problems)
    kept = sizes > 0
    return LifeData(spans[kept], flags[kept] == 1, sizes[kept], since[kept])


def _wrong(field: str, bad: NDArray[np.bool_], what: str, remedy: str) -> list[Problem]:
    n = int(bad.sum())
    if not n:
        return []
    rows = ", ".join(str(place + 1) for place in np.flatnonzero(bad)[:5].tolist()) + (", …" if n > 5 else "")
    where = ngettext("In {n} row ({rows}).", "In {n} rows ({rows}).", n).format(n=n, rows=rows)
    return [Problem(field, " ".join(part for part in (what, where, remedy) if part))]


@dataclass(frozen=True, slots=True)
class Curve:
    """A survival curve: for each time with a failure what share is expected to live longer, with its band.

    ``times`` has no zero unless something failed at zero: the curve starts at 1 by itself. ``median`` and its ends are
    None where the curve (or its band) does not come down to a half.
    """

    times: Floats
    survival: Floats
    low: Floats
    high: Floats
    at_risk: Floats
    failed: Floats
    confidence: float
    n: int
    failures: int
    last: float
    median: float | None
    median_low: float | None
    median_high: float | None

    def at(self, ages: ArrayLike) -> Floats:
        """Survival at given ages; NaN beyond the last look."""
        asked = np.atleast_1d(np.asarray(ages, dtype=np.float64))
        places = np.searchsorted(self.times, asked, side="right")
        steps = np.concatenate([[1.0], self.survival])
        return np.where(asked <= self.last, steps[places], np.nan)


def kaplan_meier(
    times: ArrayLike,
    observed: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    *,
    entry: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Curve:
    """What share lives longer than each age, counted without assuming a law, with its band.

    Parameters are those of ``life_data``; ``confidence`` is the probability of the band at each single time.

    Notes
    -----
    S(t) = Π (1 − dᵢ/nᵢ) over failure times tᵢ ≤ t, with dᵢ failures among nᵢ at risk; a unit censored at tᵢ
    counts as at risk there, and one entering at tᵢ does not. The band is Greenwood's variance
    V = Σ dᵢ/(nᵢ(nᵢ − dᵢ)) on the scale log(−log S), which keeps it within 0 and 1:
    S^exp(±z·√V/|log S|). Where S is 0 the variance has no value: the band reaches from 0 to its last upper end.
    The ends of the median are those times at which the band comes down to a half.

    References
    ----------
    E. L. Kaplan, P. Meier (1958), JASA 53, 457–481. R. Brookmeyer, J. Crowley (1982), Biometrics 38, 29–41.
    """
    life = life_data(times, observed, weights=weights, entry=entry)
    ages, at_risk, failed = _at_risk(life)
    share = 1 - failed / at_risk
    survival: Floats = np.cumprod(share)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(failed / (at_risk * (at_risk - failed)))
        power = NormalDist().inv_cdf(0.5 + confidence / 2) * np.sqrt(variance) / np.abs(np.log(survival))
        low, high = survival ** np.exp(power), survival ** np.exp(-power)
    gone = survival <= 0
    if gone.any():
        first = int(np.argmax(gone))
        low[first:], high[first:] = 0.0, high[first - 1] if first else 1.0
    return Curve(
        times=ages,
        survival=survival,
        low=low,
        high=high,
        at_risk=at_risk,
        failed=failed,
        confidence=confidence,
        n=life.n,
        failures=life.failures,
        last=float(life.times.max()) if life.times.size else 0.0,
        median=_down_to_half(ages, survival),
        median_low=_down_to_half(ages, low),
        median_high=_down_to_half(ages, high),
    )


def _at_risk(life: LifeData) -> tuple[Floats, Floats, Floats]:
    """Distinct failure times, how many were at risk just before each, how many failed."""
    ages, places = np.unique(life.times[life.observed], return_inverse=True)
    failed = np.bincount(places, weights=life.weights[life.observed], minlength=len(ages)).astype(np.float64)
    order = np.argsort(life.times, kind="stable")
    ended = np.concatenate([[0.0], np.cumsum(life.weights[order])])
    before = ended[np.searchsorted(life.times[order], ages, side="left")]
    begun = np.argsort(life.entry, kind="stable")
    entered = np.concatenate([[0.0], np.cumsum(life.weights[begun])])
    # Someone who is there from the beginning is at risk at time zero too.
    inside = np.where(life.entry[begun] > 0, life.entry[begun], -1.0)
    at_risk: Floats = entered[np.searchsorted(inside, ages, side="left")] - before
    return ages, at_risk, failed


def _down_to_half(ages: Floats, values: Floats) -> float | None:
    # A hair of rounding must not move the median to the next failure.
    below = np.flatnonzero(values <= 0.5 + 1e-12)
    return float(ages[below[0]]) if below.size else None


def number_at_risk(life: LifeData, ages: ArrayLike) -> list[int]:
    """How many lives were under observation at given ages, for the line below a survival chart."""
    asked = np.atleast_1d(np.asarray(ages, dtype=np.float64))
    return [
        round(float(life.weights[(life.times >= age) & ((life.entry < age) | (life.entry == 0))].sum()))
        for age in asked
    ]


@dataclass(frozen=True, slots=True)
class LifeTableRow:
    """One age band of a life table: who entered, failed, was censored in it, and who lives to its end."""

    start: float
    end: float
    entered: int
    failed: int
    censored: int
    exposed: float
    survival: float


def life_table(life: LifeData, edges: ArrayLike) -> list[LifeTableRow]:
    """The actuarial table by age bands.

    Parameters
    ----------
    life : LifeData
        Lives that are seen from their beginning.
    edges : array of float, ascending
        Ends of the age bands, each closed below and open above; lives beyond the last edge count as running there.

    Notes
    -----
    Who is censored within a band counts half: exposed = entered − censored/2, survival falls by failed/exposed.
    """
    marks = np.asarray(edges, dtype=np.float64)
    rows: list[LifeTableRow] = []
    survival = 1.0
    for start, end in zip(marks[:-1].tolist(), marks[1:].tolist(), strict=True):
        inside = (life.times >= start) & (life.times < end)
        entered = float(life.weights[life.times >= start].sum())
        failed = float(life.weights[inside & life.observed].sum())
        censored = float(life.weights[inside & ~life.observed].sum())
        exposed = entered - censored / 2
        survival = survival * (1 - failed / exposed) if exposed > 0 else math.nan
        rows.append(
            LifeTableRow(start, end, round(entered), round(failed), round(censored), exposed, survival)
        )
    return rows
