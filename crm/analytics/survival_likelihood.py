"""The likelihood of a Weibull law over lives, and what its curvature says of the parameters' uncertainty."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from crm.analytics.survival import Floats, LifeData


def theta_of(alpha: float, beta: float, share: float | None) -> Floats:
    """The parameters as (log alpha, log beta[, logit share]), scales on which they are free."""
    given = [math.log(alpha), math.log(beta)]
    return np.array(given if share is None else [*given, math.log(share) - math.log1p(-share)])


def log_survival(theta: Floats, ages: Floats) -> Floats:
    """log S at ages, for (log alpha, log beta[, logit share])."""
    with np.errstate(divide="ignore", over="ignore"):
        hazard: Floats = np.exp(np.exp(theta[1]) * (np.log(ages) - theta[0]))
    if len(theta) == 2:
        return -hazard
    share = 1 / (1 + np.exp(-theta[2]))
    result: Floats = np.log1p(share * np.expm1(-hazard))
    return result


def log_likelihood(theta: Floats, life: LifeData) -> float:
    """Of lives longer than zero under the law with these parameters."""
    beta = np.exp(theta[1])
    failed = life.times[life.observed]
    with np.errstate(over="ignore"):
        place = np.log(failed) - theta[0]
        density = theta[1] - theta[0] + (beta - 1) * place - np.exp(beta * place)
        if len(theta) == 3:
            density = density - np.log1p(np.exp(-theta[2]))
        value = float((life.weights[life.observed] * density).sum())
        running = ~life.observed
        value += float((life.weights[running] * log_survival(theta, life.times[running])).sum())
        late = life.entry > 0
        if late.any():
            value -= float((life.weights[late] * log_survival(theta, life.entry[late])).sum())
    return value


def plain_maximum(life: LifeData) -> tuple[float, float]:
    """Scale and shape where the likelihood of a plain Weibull law is highest.

    Notes
    -----
    At its best scale, alpha^beta = Σ w t^beta / d, the derivative by beta is
    d/beta + Σ d log t − d Σ w t^beta log t / Σ w t^beta. It falls from +∞ to below 0 as soon as two failures differ in
    age, so there is one root. Lives that enter late are not for this road: their derivative need not fall.
    """
    from scipy.optimize import brentq

    unit = float(life.times.max())
    logs = np.log(life.times / unit)
    failed = float(life.weights[life.observed].sum())
    mean_log = float((life.weights * logs)[life.observed].sum()) / failed

    def slope(log_beta: float) -> float:
        powers = life.weights * np.exp(np.exp(log_beta) * logs)
        return float(np.exp(-log_beta) + mean_log - (powers * logs).sum() / powers.sum())

    beta = math.exp(brentq(slope, math.log(1e-6), math.log(1e6), xtol=1e-12))
    total = float((life.weights * np.exp(beta * logs)).sum())
    return unit * (total / failed) ** (1 / beta), beta


def second_derivatives(function: Callable[[Floats], float], at: Floats, step: float = 1e-4) -> Floats:
    """The matrix of second derivatives by central differences."""
    k = len(at)
    steps = np.eye(k) * step
    matrix = np.empty((k, k))
    for i in range(k):
        for j in range(i, k):
            up = function(at + steps[i] + steps[j]) + function(at - steps[i] - steps[j])
            down = function(at + steps[i] - steps[j]) + function(at - steps[i] + steps[j])
            matrix[i, j] = matrix[j, i] = (up - down) / (4 * step * step)
    return matrix


def delta_deviation(function: Callable[[Floats], Floats], at: Floats, covariance: Floats) -> Floats:
    """Standard deviations of values that depend smoothly on uncertain parameters (delta method, central differences)."""
    step = 1e-5
    steps = np.eye(len(at)) * step
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        gradient = np.stack(
            [(function(at + one) - function(at - one)) / (2 * step) for one in steps], axis=-1
        )
        spread: Floats = np.sqrt(np.einsum("...i,ij,...j->...", gradient, covariance, gradient))
    return spread
