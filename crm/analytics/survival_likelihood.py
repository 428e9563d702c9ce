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
