"""What makes a part wear faster: Weibull lives whose danger is multiplied by age, model and the like."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import chi2

from crm.analytics.survival import Floats, LifeData
from crm.analytics.survival_fit import FEWEST, NoFit, WeibullFit, fit_life
from crm.analytics.survival_likelihood import theta_of
from crm.i18n import _

#: Of a covariate in words, so many values get an effect of their own; the rest are one group with one effect.
MOST_GROUPS = 10
_STEPS = 60


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the design: a number less its mean in units of its deviation, or membership in a group.

    ``named`` are all groups of the covariate that are told apart, what they are compared with first; blank ``group``
    is then membership in none of them. A number has no ``named``.
    """

    covariate: str
    group: str
    mean: float
    deviation: float
    named: tuple[str, ...] = ()

    def members(self, labels: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Which labels belong to the column's group."""
        found: NDArray[np.bool_] = labels == self.group if self.group else ~_among(labels, self.named)
        return found


@dataclass(frozen=True, slots=True)
class Effect:
    """How the danger changes: ``ratio`` per unit of a number, or of a group against ``against``; 1 is no change.

    Blank ``group`` with an ``against`` stands for all others, those without an effect of their own.
    """

    covariate: str
    group: str
    against: str
    ratio: float
    low: float
    high: float
    p_value: float


@dataclass(frozen=True, slots=True)
class HazardFit:
    """S(t | z) = exp(−(t/alpha)^beta · exp(z·gamma)); ``alpha`` is that of an average life (z = 0).

    ``covariance`` is of (log alpha, log beta, gamma…); ``p_value`` is of all effects together, by likelihood ratio.
    """

    alpha: float
    beta: float
    gamma: Floats
    columns: tuple[Column, ...]
    effects: tuple[Effect, ...]
    log_likelihood: float
    aic: float
    n: int
    failures: int
    covariance: Floats
    p_value: float
    confidence: float
    note: str

    @property
    def theta(self) -> Floats:
        """The parameters on the scales of ``covariance``."""
        return np.concatenate([theta_of(self.alpha, self.beta, None), self.gamma])

    def design(self, numbers: Mapping[str, ArrayLike], groups: Mapping[str, ArrayLike], n: int) -> Floats:
        """The design rows of ``n`` lives; what is unknown of a life counts as average."""
        return _design(self.columns, numbers, groups, n)


def fit_hazards(
    life: LifeData,
    *,
    numbers: Mapping[str, ArrayLike] | None = None,
    groups: Mapping[str, ArrayLike] | None = None,
    plain: WeibullFit | NoFit | None = None,
    confidence: float = 0.95,
) -> HazardFit | NoFit:
    """Weibull lives with proportional hazards by maximum likelihood.

    Parameters
    ----------
    life : LifeData
        Lives; those of zero length are left out.
    numbers : mapping of name to array of length n
        Covariates that are numbers, such as age in years; NaN counts as the mean. One that does not vary is left out.
    groups : mapping of name to array of str of length n
        Covariates that are words, such as the model. The group with most failures is what the others are compared with;
        groups with fewer than five failures, and lives of no known group, are one group of others with its own effect.
    plain : WeibullFit or NoFit, optional
        What ``fit_life`` said of the same lives, where that is known already.

    Notes
    -----
    Without any failure among the others the largest likelihood is that of no danger at all: their lives then add
    nothing to log L, they are left out, and a unit of theirs counts as average.

    Newton's method on log L = Σ w [d·log h(t) − H(t) + H(entry)], log H = beta·log t + b + z·gamma, which is
    concave in (beta, b, gamma); intervals are Wald's on the log ratio.
    """
    plain = plain or fit_life(life, confidence=confidence)
    if isinstance(plain, NoFit):
        return plain
    kept = life.times > 0
    used = life.where(kept)
    given = {name: np.asarray(v, dtype=np.float64)[kept] for name, v in (numbers or {}).items()}
    named = {name: np.asarray(v, dtype=object)[kept] for name, v in (groups or {}).items()}
    safe = _safe(used, named)
    base = _newton(used, np.zeros((len(used.times), 0)), plain)
    used, given, named = (
        used.where(~safe), *({k: v[~safe] for k, v in of.items()} for of in (given, named))
    )  # fmt: skip
    columns = _columns(used, given, named)
    room = max(0, used.failures // FEWEST - 2)
    if not columns or len(columns) > room:
        text = (
            _("Nothing known of these units tells them apart.")
            if not columns
            else _("{d} failures are too few to tell what age and model do.").format(d=used.failures)
        )
        return NoFit(plain.n, plain.failures, text)
    found = _newton(used, _design(columns, given, named, len(used.times)), plain)
    if found is None or base is None:
        return NoFit(plain.n, plain.failures, _("The effects of age and model cannot be told apart here."))
    at, value, information, scale = found
    covariance = np.linalg.inv(information)
    # From (log beta, b, gamma) to (log alpha, log beta, gamma).
    beta = math.exp(at[0])
    log_alpha = -at[1] / beta
    k, dropped = len(at), int(safe.any())
    turn = np.eye(k)
    turn[0, :2] = (-log_alpha, -1 / beta)
    turn[1, :2] = (1.0, 0.0)
    covariance = turn @ covariance @ turn.T
    ratio = max(0.0, 2 * (value - base[1]))
    return HazardFit(
        alpha=math.exp(log_alpha) * scale,
        beta=beta,
        gamma=at[2:],
        columns=columns,
        effects=_effects(columns, at[2:], covariance[2:, 2:], confidence),
        log_likelihood=value,
        aic=2 * (k + dropped) - 2 * value,
        n=plain.n,
        failures=plain.failures,
        covariance=covariance,
        p_value=float(chi2.sf(ratio, len(columns) + dropped)),
        confidence=confidence,
        note=_("Weibull with proportional hazards; the effects multiply the danger at every age."),
    )


def _among(labels: NDArray[np.object_], named: tuple[str, ...]) -> NDArray[np.bool_]:
    return np.fromiter((label in named for label in labels.tolist()), np.bool_, len(labels))


def _told_apart(life: LifeData, labels: NDArray[np.object_]) -> tuple[str, ...]:
    """Groups with failures enough for an effect, most first; none where there is nothing to compare."""
    failed: dict[str, float] = {}
    for label, weight in zip(labels[life.observed], life.weights[life.observed], strict=True):
        if isinstance(label, str) and label:
            failed[label] = failed.get(label, 0.0) + float(weight)
    large = [label for label, d in sorted(failed.items(), key=lambda kv: (-kv[1], kv[0])) if d >= FEWEST]
    return tuple(large[: MOST_GROUPS + 1]) if len(large) > 1 else ()


def _safe(life: LifeData, groups: Mapping[str, NDArray[np.object_]]) -> NDArray[np.bool_]:
    """Lives of the others of a covariate that had no failure at all."""
    safe = np.zeros(len(life.times), dtype=np.bool_)
    for labels in groups.values():
        if named := _told_apart(life, labels):
            others = ~_among(labels, named)
            safe |= others & (not life.observed[others].any())
    return safe


def _columns(
    life: LifeData, numbers: Mapping[str, Floats], groups: Mapping[str, NDArray[np.object_]]
) -> tuple[Column, ...]:
    found: list[Column] = []
    for name, values in numbers.items():
        known = values[np.isfinite(values)]
        if known.size and float(known.std()) > 0:
            found.append(Column(name, "", float(known.mean()), float(known.std())))
    for name, labels in groups.items():
        named = _told_apart(life, labels)
        for label in (*named[1:], "") if named else ():
            column = Column(name, label, 0.0, 1.0, named)
            share = float(life.weights[column.members(labels)].sum() / life.weights.sum())
            if share:
                found.append(replace(column, mean=share))
    return tuple(found)


def _design(
    columns: tuple[Column, ...], numbers: Mapping[str, ArrayLike], groups: Mapping[str, ArrayLike], n: int
) -> Floats:
    z = np.zeros((n, len(columns)))
    others = {column.covariate for column in columns if column.named and not column.group}
    for place, column in enumerate(columns):
        if column.named:
            labels = np.asarray(groups.get(column.covariate, np.full(n, "")), dtype=object)
            known = _among(labels, column.named) | (column.covariate in others)
            z[:, place] = np.where(known, column.members(labels) - column.mean, 0.0)
        else:
            values = np.asarray(numbers.get(column.covariate, np.full(n, np.nan)), dtype=np.float64)
            z[:, place] = np.nan_to_num((values - column.mean) / column.deviation, nan=0.0)
    return z


def _newton(life: LifeData, z: Floats, plain: WeibullFit) -> tuple[Floats, float, Floats, float] | None:
    """The maximum over (log beta, b, gamma): place, value, information, and the unit that times were divided by."""
    scale = plain.alpha if math.isfinite(plain.alpha) else float(np.median(life.times))
    x = np.column_stack([np.ones(len(life.times)), z])
    log_t = np.log(life.times / scale)
    late = life.entry > 0
    log_e = np.log(np.where(late, life.entry, scale) / scale)
    d, w = life.observed.astype(np.float64), life.weights

    def value(at: Floats) -> float:
        beta, eta = np.exp(at[0]), x @ at[1:]
        with np.errstate(over="ignore"):
            ended = np.exp(beta * log_t + eta) - np.where(late, np.exp(beta * log_e + eta), 0.0)
        # The density is of t itself, not of t / scale: hence the last term.
        return float((w * (d * (at[0] + (beta - 1) * log_t + eta - math.log(scale)) - ended)).sum())

    at = np.zeros(x.shape[1] + 1)
    at[0] = math.log(plain.beta)
    best = value(at)
    for _step in range(_STEPS):
        beta, eta = np.exp(at[0]), x @ at[1:]
        ended = np.exp(beta * log_t + eta)
        begun = np.where(late, np.exp(beta * log_e + eta), 0.0)
        bt, be = beta * log_t, beta * log_e
        first = ended * bt - begun * be
        slope = np.concatenate([[(w * (d * (1 + bt) - first)).sum()], (w * (d - ended + begun)) @ x])
        curve = np.empty((len(at), len(at)))
        curve[0, 0] = -(w * (d * bt - ended * (bt * bt + bt) + begun * (be * be + be))).sum()
        curve[0, 1:] = curve[1:, 0] = (w * first) @ x
        curve[1:, 1:] = (x * (w * (ended - begun))[:, None]).T @ x
        try:
            move = np.linalg.solve(curve, slope)
        except np.linalg.LinAlgError:
            return None
        if slope @ move <= 0:
            move = slope / max(1.0, float(np.abs(slope).max()))
        length = 1.0
        while length > 1e-6 and not value(at + length * move) >= best:
            length /= 2
        gained = value(at + length * move) - best if length > 1e-6 else 0.0
        if length > 1e-6:
            at, best = at + length * move, best + gained
        if gained < 1e-9:
            good = bool(np.isfinite(curve).all()) and bool((np.linalg.eigvalsh(curve) > 0).all())
            return (at, best, curve, scale) if good and float(np.abs(at).max()) < 15 else None
    return None


def _effects(
    columns: tuple[Column, ...], gamma: Floats, covariance: Floats, confidence: float
) -> tuple[Effect, ...]:
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    made = []
    for column, value, variance in zip(columns, gamma.tolist(), np.diag(covariance).tolist(), strict=True):
        per = 1 / column.deviation
        half = z * math.sqrt(variance)
        made.append(
            Effect(
                covariate=column.covariate,
                group=column.group,
                against=column.named[0] if column.named else "",
                ratio=math.exp(value * per),
                low=math.exp((value - half) * per),
                high=math.exp((value + half) * per),
                p_value=math.erfc(abs(value) / math.sqrt(2 * variance)),
            )
        )
    return tuple(made)
