"""All methods that may answer, run at every origin of the back-test and at the end of the history."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from crm.forecasting.methods import ets, plain, prophet_model, theta
from crm.forecasting.series.season import Floats
from crm.forecasting.series.series import History
from crm.i18n import N_

log = logging.getLogger(__name__)

PROPHET_FEWEST = 10
PLAIN_BELOW = 8
SPARSE_SHARE = 0.4
MOST_ORIGINS = 36
MOST_ORIGINS_LONG = 24
LONG = 400
RANGE_WIDTHS = 2.0
MOST_GROWTH = 20.0
GROWTH_SLACK = 1.3

# How much each part of the combination counts before the back-test has its say.
PRIOR_WEIGHT = {"prophet": 1.0, "theta": 1.0, "ets": 2.0}

LABELS = {
    "prophet": N_("Prophet"),
    "theta": N_("Theta"),
    "ets": N_("Exponential smoothing"),
    "seasonal_naive": N_("Same as a season ago"),
    "median": N_("Median of Prophet, Theta and exponential smoothing"),
    "weighted": N_("Weighted combination"),
    "naive": N_("Same as the last value"),
    "mean": N_("Recent mean"),
    "drift": N_("Last value with half the trend"),
    "tsb": N_("Chance of a sale times its size"),
    "croston": N_("Croston's method"),
    "constant": N_("Always the same value"),
}

PlainMethod = Callable[..., Floats]
PLAIN: dict[str, PlainMethod] = {
    "seasonal_naive": plain.seasonal_naive,
    "naive": plain.seasonal_naive,
    "mean": plain.mean,
    "drift": plain.drift,
    "croston": plain.croston,
    "tsb": plain.tsb,
}


@dataclass(frozen=True)
class Trials:
    """What each method said at each origin.

    ``said`` maps a method to shape (origins, horizon), NaN rows where it was not tried; ``origins`` counts
    the values known, and its last entry is the whole history. ``common`` are the rows where all were tried.
    """

    history: History
    season: int
    origins: tuple[int, ...]
    common: tuple[int, ...]
    said: dict[str, Floats]
    kind: str
    prophet: prophet_model.Fit | None

    @property
    def values(self) -> Floats:
        return self.history.values


def kind_of(values: Floats) -> str:
    """Which family of methods fits: constant, sparse, short or regular."""
    if bool((values == values[0]).all()):
        return "constant"
    if bool((values >= 0).all()) and float((values == 0).mean()) >= SPARSE_SHARE:
        return "sparse"
    return "short" if len(values) < PLAIN_BELOW else "regular"


def _origins(count: int, *, season: int, horizon: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Origins of the back-test with the end of the history last, and the two where Prophet is tried too."""
    first = 2 * season if season > 1 and count >= 3 * season else max(2, count // 2)
    span = min(count - first, max(MOST_ORIGINS, horizon + season))
    most = MOST_ORIGINS if count <= LONG else MOST_ORIGINS_LONG
    back = {round(step) for step in np.linspace(1, span, min(span, most))}
    far = min(span, max(min(12, max(season, 6)), round(2 * horizon / 3)))
    common = {far, max(1, far // 2)}
    origins = tuple(sorted(count - step for step in back | common | {0}))
    return origins, tuple(origins.index(count - step) for step in sorted(common, reverse=True))


def _fastest_growth(values: Floats, horizon: int) -> float:
    """Largest factor by which a positive series grew over as many periods; 1 where it cannot be told."""
    reach = min(horizon, len(values) // 2)
    if reach < 1 or not bool((values > 0).all()):
        return 1.0
    # Means over a quarter of the reach, so that one odd value does not count as growth.
    width = max(1, reach // 4)
    means = np.convolve(values, np.ones(width) / width, mode="valid")
    fastest = float((means[reach:] / means[:-reach]).max(initial=1.0))
    return float(min(fastest ** (horizon / reach), MOST_GROWTH))


def _tame(said: Floats, instead: Floats, values: Floats, origins: Sequence[int]) -> Floats:
    """Rows that leave the known range by two widths, and outgrow all known growth, are replaced."""
    out = said.copy()
    for row, origin in enumerate(origins):
        known = values[:origin]
        low, high = float(known.min()), float(known.max())
        slack = RANGE_WIDTHS * (high - low)
        grown = _fastest_growth(known, said.shape[1])
        ceiling = max(high + slack, GROWTH_SLACK * grown * float(known[-3:].mean()))
        lowest, highest = float(said[row].min()), float(said[row].max())
        # Written so that a NaN counts as wild.
        if not (lowest >= low - slack and highest <= ceiling):
            out[row] = instead[row]
    return out


def prophet_rows(
    history: History, *, season: int, origins: Sequence[int], rows: Sequence[int], horizon: int, seed: int
) -> tuple[Floats, prophet_model.Fit | None]:
    """Prophet at some of the origins: shape (origins, horizon) with NaN elsewhere, and the last fit."""
    frequency = history.frequency
    said = np.full((len(origins), horizon), np.nan)
    last: prophet_model.Fit | None = None
    for row in rows:
        known = origins[row]
        if known < PROPHET_FEWEST:
            continue
        ordinals = np.arange(history.first, history.first + known + horizon, dtype=np.int64)
        try:
            last = prophet_model.fit(
                history.values[:known],
                dates=frequency.period_starts(ordinals),
                season=season if known >= 2 * season else 1,
                of_the_year=frequency.of_the_year,
                seed=seed,
            )
        except (RuntimeError, ValueError, OSError):
            # Stan's optimiser gives up on some series; the other methods answer those.
            log.warning("Prophet could not be fitted to %s periods", known, exc_info=True)
            return np.full((len(origins), horizon), np.nan), None
        said[row] = last.yhat
    return said, last


def run(history: History, *, horizon: int, seed: int) -> Trials:
    """Try every fitting method at the end of the history and at origins before it.

    Parameters
    ----------
    history : History
        At least three values.
    horizon : int
        Periods to look ahead.
    seed : int
        For Prophet.
    """
    values = history.values
    count = len(values)
    season = history.frequency.season if count >= 2 * history.frequency.season else 1
    kind = kind_of(values)
    origins, common = _origins(count, season=season, horizon=horizon)
    names = {
        "constant": ["constant"],
        "sparse": ["tsb", "croston", "mean", "seasonal_naive"],
        "short": ["naive", "mean", "drift"],
        "regular": ["seasonal_naive"],
    }[kind]
    methods = {"constant": plain.seasonal_naive, **PLAIN}
    said = {
        name: np.vstack([methods[name](values[:k], season=season, horizon=horizon) for k in origins])
        for name in names
    }
    trials = Trials(history, season, origins, common, said, kind, None)
    if kind != "regular":
        return trials
    said["theta"] = theta.at_origins(values, season=season, origins=origins, horizon=horizon)
    raw = ets.at_origins(values, season=season, origins=origins, horizon=horizon)
    said["ets"] = _tame(raw, said["theta"], values, origins)
    # What cannot be tried on the past does not answer.
    if origins[common[0]] < PROPHET_FEWEST:
        return trials
    rows = (*common, len(origins) - 1)
    looked, last = prophet_rows(
        history, season=season, origins=origins, rows=rows, horizon=horizon, seed=seed
    )
    if last is not None:
        said["prophet"] = np.where(np.isfinite(looked), _tame(looked, said["theta"], values, origins), np.nan)
    return replace(trials, prophet=last)
