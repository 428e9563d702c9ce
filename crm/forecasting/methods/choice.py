"""Who answers: the combination of the methods, scores in the back-test, and the choice between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from crm.forecasting.methods import backtest, bands
from crm.forecasting.methods.candidates import MOST_ORIGINS, PRIOR_WEIGHT, Trials
from crm.forecasting.series.season import Floats

# Another method answers only where its error was under this share of the combination's. Measured on M3, M1
# and tourism: choosing the smallest error outright costs 0.3 points of sMAPE, because it picks noise.
CLEARLY_BETTER = 0.7
USUAL = {"regular": "weighted", "sparse": "tsb", "short": "mean", "constant": "constant"}
RELATIVE_FLOOR = 0.05
NEIGHBOURS = 13

# Added to errors relative to the worst, so that a lucky hit in two tries does not decide alone.
MODESTY = 0.3


@dataclass(frozen=True)
class Score:
    """One method in the back-test; errors over the origins common to all methods, NaN where unknown."""

    model: str
    mase: float
    smape: float
    rmse: float
    coverage80: float
    coverage95: float
    tries: int


def is_relative(values: Floats) -> bool:
    """Whether misses are measured as ratios: only where no value is next to nothing among its neighbours."""
    if float(values.min()) <= 0:
        return False
    width = min(NEIGHBOURS, len(values))
    near = np.median(np.lib.stride_tricks.sliding_window_view(values, width), axis=1)
    usual = np.pad(near, (width // 2, (width - 1) // 2), mode="edge")
    return bool((values > RELATIVE_FLOOR * usual).all())


def floored(said: Floats, values: Floats) -> Floats:
    """Forecasts of a positive series stay positive, of one without negative values at zero or above."""
    if is_relative(values):
        return np.maximum(said, 0.01 * float(values.min()))
    return np.maximum(said, 0.0) if bool((values >= 0).all()) else said


def weights(trials: Trials, actual: Floats) -> dict[str, float]:
    """How much each part of the combination counts, adding up to 1: by the inverse square of its error."""
    ends = {name: said[-1] for name, said in trials.said.items()}
    parts = [name for name in PRIOR_WEIGHT if name in ends and np.isfinite(ends[name]).all()]
    errors = {name: backtest.mean_error(actual, trials.said[name], trials.common) for name in parts}
    if not all(np.isfinite(error) for error in errors.values()):
        errors = dict.fromkeys(parts, 1.0)
    unit = max(max(errors.values()), 1e-300)
    raw = {name: PRIOR_WEIGHT[name] / (errors[name] / unit + MODESTY) ** 2 for name in parts}
    total = sum(raw.values())
    return {name: value / total for name, value in raw.items()}


def with_combinations(said: dict[str, Floats], weight: dict[str, float]) -> dict[str, Floats]:
    """The methods, plus median and weighted mean of those parts that were tried at each origin."""
    if len(weight) < 2:
        return said
    stack = np.stack([said[name] for name in weight])
    share = np.array(list(weight.values()))[:, None, None] * np.isfinite(stack)
    mixed = (share * np.nan_to_num(stack)).sum(axis=0) / share.sum(axis=0)
    return {**said, "median": np.nanmedian(stack, axis=0), "weighted": mixed}


def widening(tries: int) -> float:
    """Factor on the band for the number of origins behind it: few tries say little about large misses.

    Measured on histories cut to 10 to 40 months; 1 at the 36 origins of a long history.
    """
    return 1.0 + float(np.sqrt(max(0.0, 1 / max(tries, 1) - 1 / MOST_ORIGINS)))


def score(name: str, said: Floats, trials: Trials, actual: Floats) -> Score:
    """The method's errors at the common origins, and its coverage at all origins it was tried at."""
    rows = np.array(trials.common, dtype=np.intp)
    unit = backtest.naive_scale(trials.values, trials.season)
    error = backtest.mean_error(actual, said, trials.common)
    missed = bands.misses(actual, said, relative=is_relative(trials.values))[:-1]
    tries = int(np.isfinite(missed).any(axis=1).sum())
    widen = widening(tries)
    return Score(
        name,
        error / unit if unit > 0 else float("nan"),
        backtest.smape(actual[rows], said[rows]),
        float(np.sqrt(np.nanmean((actual[rows] - said[rows]) ** 2))),
        backtest.coverage(missed, bands.REACH_80, widen),
        backtest.coverage(missed, bands.REACH_95, widen),
        tries,
    )


def choose(scores: list[Score], kind: str) -> str:
    """The method that answers.

    The usual one, which is the combination, unless another was clearly better. Sparse series are judged by
    squared errors, because by absolute ones it is best to promise nothing at all.
    """
    errors = {each.model: each.rmse if kind == "sparse" else each.mase for each in scores}
    usual = USUAL[kind]
    known = {name: error for name, error in errors.items() if np.isfinite(error)}
    best = min(known, key=lambda name: known[name], default=usual)
    return best if usual not in errors or known.get(best, 0.0) < CLEARLY_BETTER * errors[usual] else usual
