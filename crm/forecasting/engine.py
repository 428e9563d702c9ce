"""One forecast: clean the series, try the methods on its past, let the best answer, say what it rests on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from crm.errors import Refused
from crm.forecasting import words
from crm.forecasting.methods import backtest, bands, candidates, choice
from crm.forecasting.methods.bands import Band
from crm.forecasting.methods.candidates import Trials
from crm.forecasting.result import Candidate, Forecast, Part, Point, Try
from crm.forecasting.series.outliers import calmed
from crm.forecasting.series.season import Floats
from crm.forecasting.series.series import History, iso
from crm.i18n import _

FEWEST = 3
FARTHEST = 1000
SHOWN_TRIES = 8
EXTRA_PROPHET_ORIGINS = 8


def check_horizon(horizon: int) -> None:
    """Refuse to look ahead not at all or too far.

    Raises
    ------
    Refused
        The horizon lies outside 1 to ``FARTHEST`` periods.
    """
    if not 1 <= horizon <= FARTHEST:
        raise Refused(_("The horizon must lie between 1 and {most} periods.").format(most=FARTHEST))


def from_history(history: History, *, horizon: int, seed: int = 1) -> Forecast:
    """Forecast one regular series, with bands, back-test and the reasons.

    Parameters
    ----------
    horizon : int
        Periods to look ahead, 1 to 1000.
    seed : int
        Same series and seed give the same forecast, in every process.

    Raises
    ------
    Refused
        Fewer than three periods, or a horizon out of bounds; the message says what is missing.

    Notes
    -----
    CPU-bound and not safe in threads of one process beside other fits; run it in a job's process.
    """
    check_horizon(horizon)
    if len(history.values) < FEWEST:
        raise Refused(words.too_short(len(history.values), FEWEST))
    trials = candidates.run(calmed(history), horizon=horizon, seed=seed)
    values = trials.values
    actual = backtest.outcomes(values, origins=trials.origins, horizon=horizon)
    trials = replace(trials, said={name: choice.floored(said, values) for name, said in trials.said.items()})
    weight = choice.weights(trials, actual) if trials.kind == "regular" else {}
    trials = replace(trials, said=choice.with_combinations(trials.said, weight))
    scores = [choice.score(name, said, trials, actual) for name, said in trials.said.items()]
    chosen = choice.choose(scores, trials.kind)
    if chosen == "prophet":
        trials = _with_more_prophet(trials, horizon=horizon, seed=seed)
        scores = [each for each in scores if each.model != chosen]
        scores.append(choice.score(chosen, trials.said[chosen], trials, actual))
    return _told(trials, history.values, actual, scores, chosen, weight, seed)


def _with_more_prophet(trials: Trials, *, horizon: int, seed: int) -> Trials:
    """Prophet tried at more origins, so that its band rests on its own misses; only where it answers."""
    step = max(1, (len(trials.origins) - 1) // EXTRA_PROPHET_ORIGINS)
    rows = range(len(trials.origins) - 2, -1, -step)
    looked, _last = candidates.prophet_rows(
        trials.history, season=trials.season, origins=trials.origins, rows=rows, horizon=horizon, seed=seed
    )
    before = trials.said["prophet"]
    looked = np.where(np.isfinite(before), before, choice.floored(looked, trials.values))
    return replace(trials, said={**trials.said, "prophet": looked})


def _told(
    trials: Trials,
    original: Floats,
    actual: Floats,
    scores: list[choice.Score],
    chosen: str,
    weight: dict[str, float],
    seed: int,
) -> Forecast:
    values, said = trials.values, trials.said[chosen]
    horizon = said.shape[1]
    relative = choice.is_relative(values)
    tries = next(each.tries for each in scores if each.model == chosen)
    ordered = sorted(scores, key=lambda each: (not np.isfinite(each.mase), each.mase))
    labels = trials.history.dates(horizon=horizon)
    return Forecast(
        model=chosen,
        frequency=trials.history.frequency.name,
        cutoff=iso(labels[len(values) - 1 : len(values)])[0],
        points=_points(said[-1], _band(trials, actual, chosen, tries), iso(labels[len(values) :])),
        history=tuple(zip(iso(labels[: len(values)]), original.tolist(), strict=True)),
        candidates=_candidates(ordered, chosen),
        backtest=_tries(trials, original, chosen, tries, iso(labels)),
        components=_components(trials, iso(labels)),
        season_is_factor=trials.prophet is not None and trials.prophet.logged,
        parameters=_parameters(trials, weight, relative=relative, seed=seed, tries=tries),
        notes=words.notes(trials, chosen, weight, nearest=ordered[0].model, tries=tries, relative=relative),
    )


def _floor(values: Floats) -> float | None:
    return 0.0 if bool((values >= 0).all()) else None


def _band(trials: Trials, actual: Floats, chosen: str, tries: int) -> Band:
    """The band from the chosen method's misses or, for sparse series, from the values."""
    values, said = trials.values, trials.said[chosen]
    if trials.kind == "sparse":
        return _sparse_band(values, said[-1])
    relative = choice.is_relative(values)
    missed = np.abs(bands.misses(actual, said, relative=relative)[:-1])
    known = np.isfinite(missed)
    size = bands.sizes(np.where(known, missed, 0.0).sum(axis=0), known.sum(axis=0).astype(np.float64))
    if not np.isfinite(size).all():
        size = np.full(len(size), float(np.abs(np.diff(values)).mean()))
    return bands.around(said[-1], size, relative=relative, floor=_floor(values), widen=choice.widening(tries))


def _sparse_band(values: Floats, forecast: Floats) -> Band:
    """Where most periods are empty the values themselves are the outcomes to expect."""
    recent = values[-candidates.MOST_ORIGINS :]
    low95, low80, high80, high95 = np.quantile(recent, [0.025, 0.1, 0.9, 0.975], method="higher")
    return Band(
        np.minimum(low80, forecast), np.maximum(high80, forecast),
        np.minimum(low95, forecast), np.maximum(high95, forecast),
    )  # fmt: skip


def _points(yhat: Floats, band: Band, labels: list[str]) -> tuple[Point, ...]:
    columns = (yhat, band.lo80, band.hi80, band.lo95, band.hi95)
    return tuple(Point(ds, *map(float, row)) for ds, *row in zip(labels, *columns, strict=True))


def _candidates(ordered: list[choice.Score], chosen: str) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(
            model=each.model,
            mase=_known(each.mase),
            smape=_known(each.smape),
            coverage80=_known(each.coverage80),
            coverage95=_known(each.coverage95),
            tries=each.tries,
            chosen=each.model == chosen,
        )
        for each in ordered
    )


def _tries(trials: Trials, original: Floats, chosen: str, tries: int, labels: list[str]) -> tuple[Try, ...]:
    """What the chosen method said at up to eight origins, each with a band from the other origins' misses."""
    said, relative = trials.said[chosen], choice.is_relative(trials.values)
    actual = backtest.outcomes(original, origins=trials.origins, horizon=said.shape[1])
    widths = backtest.sizes_without_own(bands.misses(actual, said, relative=relative)[:-1])
    tried = np.flatnonzero(np.isfinite(said[:-1]).all(axis=1))
    shown = set(trials.common) & set(tried.tolist())
    if len(tried):
        spread = np.linspace(0, len(tried) - 1, min(len(tried), SHOWN_TRIES))
        shown |= set(tried[np.round(spread).astype(np.intp)].tolist())
    rows = []
    for row in sorted(shown):
        origin = trials.origins[row]
        size = np.where(np.isfinite(widths[row]), widths[row], 0.0)
        band = bands.around(
            said[row], size, relative=relative, floor=_floor(trials.values), widen=choice.widening(tries)
        )
        for step in np.flatnonzero(np.isfinite(actual[row])):
            actually, expected = float(actual[row, step]), float(said[row, step])
            low, high = float(band.lo80[step]), float(band.hi80[step])
            rows.append(Try(labels[origin - 1], labels[origin + step], actually, expected, low, high, chosen))
    return tuple(rows)


def _components(trials: Trials, labels: list[str]) -> tuple[Part, ...]:
    fit = trials.prophet
    if fit is None:
        return ()
    trend = np.exp(np.minimum(fit.trend, 700.0)) if fit.logged else fit.trend
    season = np.exp(fit.season) if fit.logged else fit.season
    return tuple(Part(ds, float(t), float(s)) for ds, t, s in zip(labels, trend, season, strict=True))


def _parameters(
    trials: Trials, weight: dict[str, float], *, relative: bool, seed: int, tries: int
) -> dict[str, Any]:
    return {
        "seed": seed,
        "season": trials.season,
        "kind": trials.kind,
        "weights": {name: round(value, 4) for name, value in weight.items()},
        "relative_band": relative,
        "tries": tries,
        "first_origin": trials.origins[0],
    }


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
