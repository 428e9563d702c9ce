"""The Weibull law of a part's life by maximum likelihood, plain or with a share of units that can fail at all.

surpyval finds the maximum; log-likelihood and information are computed here from the formulas, so that each fit is
checked against a second computation and its intervals rest on the same numbers everywhere.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from crm.analytics.survival import Floats, LifeData
from crm.analytics.survival_likelihood import (
    delta_deviation,
    log_likelihood,
    log_survival,
    second_derivatives,
    theta_of,
)
from crm.i18n import _, ngettext

#: Below this many failures nothing is fitted: two or three parameters would rest on next to nothing.
FEWEST = 5
#: Above this p-value of the likelihood ratio the plain law stays.
DOUBT = 0.05


@dataclass(frozen=True, slots=True)
class Candidate:
    """One law that was tried: ``plain`` or ``limited``, its maximum, and how sure that is.

    ``covariance`` and ``intervals`` are as in ``WeibullFit``; None and empty where the likelihood is too flat for them.
    """

    name: str
    alpha: float
    beta: float
    share: float
    log_likelihood: float
    aic: float
    covariance: Floats | None
    intervals: dict[str, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class WeibullFit:
    """A fitted law S(t) = 1 − share · (1 − exp(−(t/alpha)^beta)).

    Attributes
    ----------
    alpha : float
        Scale, in the unit of the times: at this age 63.2 % of the units that can fail have failed.
    beta : float
        Shape: above 1 the danger grows with age (wear), below 1 it falls (early faults), 1 is chance alone.
    share : float
        Share of units that can fail at all; 1.0 in a plain Weibull.
    covariance : array of shape (k, k)
        Of (log alpha, log beta) and, with a share below 1, logit share: the inverse of the observed information.
    intervals : dict of name to (low, high)
        Of ``alpha``, ``beta``, ``share`` at ``confidence``, taken on those scales.
    candidates : tuple of Candidate
        What was compared; the chosen one is the fit itself.
    p_value : float or None
        Of the likelihood ratio between plain and limited; None where the limited law was not tried or not found.
    """

    alpha: float
    beta: float
    share: float
    log_likelihood: float
    aic: float
    n: int
    failures: int
    covariance: Floats
    intervals: dict[str, tuple[float, float]]
    candidates: tuple[Candidate, ...]
    p_value: float | None
    confidence: float
    method: str
    note: str

    @property
    def is_limited(self) -> bool:
        """True when a part of the units is taken never to fail."""
        return self.share < 1

    @property
    def theta(self) -> Floats:
        """The parameters on the scales of ``covariance``."""
        return theta_of(self.alpha, self.beta, self.share if self.is_limited else None)

    def survival(self, ages: ArrayLike) -> Floats:
        """Share that lives longer than each age."""
        return np.exp(log_survival(self.theta, np.asarray(ages, dtype=np.float64)))

    def quantile(self, failed: float) -> float | None:
        """Age at which this share has failed; None when so many never will."""
        if failed >= self.share:
            return None
        return float(self.alpha * (-math.log1p(-failed / self.share)) ** (1 / self.beta))

    def median(self) -> tuple[float, float, float] | None:
        """Age at which half have failed, with its interval; None when half or fewer ever fail."""
        middle = self.quantile(0.5)
        if middle is None:
            return None

        def log_median(theta: Floats) -> Floats:
            share = 1.0 if len(theta) == 2 else 1 / (1 + math.exp(-theta[2]))
            inside = 0.5 / share
            age = math.log(-math.log1p(-inside)) / math.exp(theta[1]) if inside < 1 else math.nan
            return np.array([theta[0] + age])

        half = self.z * float(delta_deviation(log_median, self.theta, self.covariance)[0])
        if not math.isfinite(half):
            return None
        return middle, middle * math.exp(-half), middle * math.exp(half)

    @property
    def z(self) -> float:
        """The normal quantile of ``confidence``."""
        return NormalDist().inv_cdf(0.5 + self.confidence / 2)


@dataclass(frozen=True, slots=True)
class NoFit:
    """No law is given, and why."""

    n: int
    failures: int
    note: str


def fit_life(life: LifeData, *, confidence: float = 0.95) -> WeibullFit | NoFit:
    """The Weibull law of checked lives, plain or limited-failure, whichever the data support.

    Notes
    -----
    log L = Σ w [d (log f(t)) + (1 − d) log S(t) − log S(entry)]. The limited law is taken when its AIC is lower and
    the likelihood ratio is beyond doubt: on the edge share = 1 the ratio is half a χ² with one degree of freedom
    (S. G. Self, K.-Y. Liang, 1987, JASA 82, 605–610). Zero times are left out and said.
    """
    whole, life = life, life.positive()
    if refusal := _too_little(whole, life):
        return NoFit(whole.n, whole.failures, refusal)
    plain = _maximum(life, limited=False, confidence=confidence)
    limited = _maximum(life, limited=True, confidence=confidence)
    if plain is None and limited is None:
        note = _("{failures} failures among {n}: no Weibull law fits them, its likelihood has no maximum.")
        return NoFit(whole.n, whole.failures, note.format(failures=life.failures, n=life.n))
    p_value = None
    if plain is not None and limited is not None:
        ratio = max(0.0, 2 * (limited.log_likelihood - plain.log_likelihood))
        p_value = 0.5 * math.erfc(math.sqrt(ratio / 2))
    better = plain is None or (
        limited is not None and p_value is not None and p_value < DOUBT and limited.aic < plain.aic
    )
    chosen = limited if better else plain
    assert chosen is not None
    if chosen.covariance is None:
        note = _("{failures} failures among {n}: the Weibull law cannot be told apart from its neighbours.")
        return NoFit(whole.n, whole.failures, note.format(failures=life.failures, n=life.n))
    return WeibullFit(
        alpha=chosen.alpha,
        beta=chosen.beta,
        share=chosen.share,
        log_likelihood=chosen.log_likelihood,
        aic=chosen.aic,
        n=life.n,
        failures=life.failures,
        covariance=chosen.covariance,
        intervals=chosen.intervals,
        candidates=tuple(c for c in (plain, limited) if c is not None),
        p_value=p_value,
        confidence=confidence,
        method="limited" if better else "plain",
        note=" ".join(part for part in (_why(plain, limited, p_value, better), _left_out(whole)) if part),
    )


def _too_little(whole: LifeData, life: LifeData) -> str:
    """Why nothing can be fitted; empty when it can."""
    if life.failures < FEWEST:
        if not life.failures:
            text = ngettext(
                "None of {n} life ended in a failure: nothing can be said of wear.",
                "None of {n} lives ended in a failure: nothing can be said of wear.",
                life.n,
            )
            return " ".join(part for part in (text.format(n=life.n), _left_out(whole)) if part)
        text = ngettext(
            "{d} failure among {n} is too few for a Weibull law; {least} are needed.",
            "{d} failures among {n} are too few for a Weibull law; {least} are needed.",
            life.failures,
        ).format(d=life.failures, n=life.n, least=FEWEST)
        return " ".join(part for part in (text, _left_out(whole)) if part)
    if len(np.unique(life.times[life.observed])) < 2:
        return _("All {d} failures happened at one age: a law of wear needs different ages.").format(
            d=life.failures
        )
    return ""


def _left_out(whole: LifeData) -> str:
    n = whole.zero_failures
    text = ngettext(
        "{n} failure at time 0 is left out of the law; the counted curve holds it.",
        "{n} failures at time 0 are left out of the law; the counted curve holds them.",
        n,
    )
    return text.format(n=n) if n else ""


def _why(plain: Candidate | None, limited: Candidate | None, p_value: float | None, better: bool) -> str:
    if plain is None:
        return _("A plain Weibull has no maximum here; only a share of the units can fail.")
    if limited is None or p_value is None:
        return _("Plain Weibull; a law with a share that never fails has no maximum here.")
    gain = limited.log_likelihood - plain.log_likelihood
    chance = "< 0.001" if p_value < 0.001 else f"= {p_value:.2g}"
    if better:
        text = _("Only a share of the units can fail: the log-likelihood is better by {gain:,.1f} (p {p}).")
        return text.format(gain=gain, p=chance)
    if gain < 0.01:
        return _("Plain Weibull; a share that never fails would explain nothing more.")
    text = _("Plain Weibull; a share that never fails is not supported (better by only {gain:.2f}, p {p}).")
    return text.format(gain=gain, p=chance)


def _maximum(life: LifeData, *, limited: bool, confidence: float) -> Candidate | None:
    """Where the likelihood is highest, by surpyval; None where there is no such place."""
    import surpyval

    scale = float(np.median(life.times))
    given: dict[str, Floats] = {} if not life.entry.any() else {"tl": life.entry / scale}
    try:
        # surpyval warns where the likelihood has no maximum; such a fit is no answer.
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("error", UserWarning)
            warnings.simplefilter("ignore", RuntimeWarning)
            found: Any = surpyval.Weibull.fit(  # type: ignore[attr-defined]  # its package names no exports
                x=life.times / scale,
                c=(~life.observed).astype(int),
                n=life.weights,
                lfp=limited,
                **given,
            )
    except (ValueError, ArithmeticError, UserWarning):
        return None
    alpha, beta = float(found.alpha) * scale, float(found.beta)
    share = float(found.lfp_p) if limited else 1.0
    if not all(math.isfinite(v) and v > 0 for v in (alpha, beta, share)) or share > 1 or beta > 1e3:
        return None
    theta = theta_of(alpha, beta, share if share < 1 else None)
    value = log_likelihood(theta, life)
    covariance = _covariance(theta, life)
    return Candidate(
        name="limited" if limited else "plain",
        alpha=alpha,
        beta=beta,
        share=share,
        log_likelihood=value,
        aic=2 * (3 if limited else 2) - 2 * value,
        covariance=covariance,
        intervals={} if covariance is None else _intervals(alpha, beta, share, covariance, confidence),
    )


def _covariance(theta: Floats, life: LifeData) -> Floats | None:
    """Inverse of the observed information; None where it is none."""
    information = -second_derivatives(lambda at: log_likelihood(at, life), theta)
    try:
        covariance: Floats = np.linalg.inv(information)
    except np.linalg.LinAlgError:
        return None
    # A parameter uncertain by a factor of e^100 is not known at all.
    good = (np.linalg.eigvalsh(information) > 0).all() and (np.diag(covariance) > 0).all()
    good = good and (np.diag(covariance) < 50**2).all()
    return covariance if good else None


def _intervals(
    alpha: float, beta: float, share: float, covariance: Floats, confidence: float
) -> dict[str, tuple[float, float]]:
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    half = (z * np.sqrt(np.diag(covariance))).tolist()
    bounds = {
        "alpha": (alpha * math.exp(-half[0]), alpha * math.exp(half[0])),
        "beta": (beta * math.exp(-half[1]), beta * math.exp(half[1])),
    }
    if share < 1:
        odds = share / (1 - share)
        bounds["share"] = (1 / (1 + math.exp(half[2]) / odds), 1 / (1 + math.exp(-half[2]) / odds))
    return bounds
