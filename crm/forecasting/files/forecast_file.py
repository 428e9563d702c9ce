"""A file of many series in, a file of their forecasts out; the engine is that of the screen."""

from __future__ import annotations

import csv
import os
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from crm.errors import CrmError, Refused
from crm.forecasting.engine import check_horizon
from crm.forecasting.files import long_table
from crm.forecasting.methods.candidates import LABELS, PLAIN
from crm.forecasting.parallel import Outcome, Progress, Task, cores, forecast_many
from crm.forecasting.result import Point
from crm.forecasting.series.frequency import parse
from crm.forecasting.series.series import Gaps, History, iso, regularise
from crm.i18n import _

HEADER = ("unique_id", "ds", "yhat", "lo80", "hi80", "lo95", "hi95", "model")

# Half and double, and a quarter and fourfold: what a band can say where a series has one or two values.
GUESS = (0.5, 2.0, 0.25, 4.0)


@dataclass(frozen=True)
class FileReport:
    """What a run made: series read, forecasts written, who answered, and what went wrong with which series.

    A series named in ``errors`` still has a naive answer in the file unless it had no usable value at all.
    """

    series: int
    written: int
    rows: int
    models: dict[str, int]
    errors: tuple[tuple[str, str], ...]
    seconds: float
    workers: int

    def summary(self) -> str:
        """The report in a few lines, naming every series that could not be forecast."""
        models = ", ".join(f"{_(LABELS[name])}: {count}" for name, count in sorted(self.models.items()))
        text = _("{written} of {series} series written in {seconds} s on {workers} processes. {models}")
        head = text.format(
            written=self.written,
            series=self.series,
            seconds=self.seconds,
            workers=self.workers,
            models=models,
        )
        return "\n".join([head, *(f"{key}: {message}" for key, message in self.errors)])

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, dicts, strings and numbers, ready for JSON."""
        return {**asdict(self), "errors": [list(error) for error in self.errors]}


def forecast_file(
    in_csv: str | Path,
    out_csv: str | Path,
    *,
    freq: str,
    horizon: int,
    workers: int | None = None,
    progress: Progress | None = None,
    seed: int = 1,
    gaps: Gaps = "auto",
    nice: int = 0,
) -> FileReport:
    """Forecast every series of a long table, on all cores.

    Parameters
    ----------
    in_csv : path
        Columns ``unique_id, ds, y`` in any order and case, separated by comma, semicolon, tab or bar; rows in
        any order; dates ISO, compact (202001), quarters (2020Q1) or written with day, month, year.
    out_csv : path
        Gets ``unique_id, ds, yhat, lo80, hi80, lo95, hi95, model``, series in the order of the input.
        Written whole at the end, so a broken run leaves an older file as it was.
    freq, gaps
        See ``series.regularise``; gaps are by default judged series by series.
    horizon, seed
        See ``engine.from_history``.
    workers, nice, progress
        See ``parallel.forecast_many``.

    Raises
    ------
    NotFound
        The input file is not there.
    Refused
        A column is missing, the file has no rows, or frequency, horizon or output folder will not do.
    """
    begun = time.perf_counter()
    parse(freq)
    check_horizon(horizon)
    target = Path(out_csv)
    if not target.parent.is_dir():
        raise Refused(_("The folder {path} for the result is not there.").format(path=target.parent))
    histories, errors = _histories(Path(in_csv), freq, gaps)
    tasks = [Task(key, history, horizon, seed) for key, history in histories.items() if history]
    answers: dict[str, tuple[str, Sequence[Point]]] = {}
    for outcome in forecast_many(tasks, workers=workers, nice=nice, progress=progress):
        if outcome.forecast is None:
            errors[outcome.task.key] = outcome.error
            answers[outcome.task.key] = ("naive", _naive(outcome))
        else:
            answers[outcome.task.key] = (outcome.forecast.model, outcome.forecast.points)
    rows = _write(target, list(histories), answers)
    return FileReport(
        series=len(histories),
        written=len(answers),
        rows=rows,
        models=dict(Counter(model for model, _points in answers.values())),
        errors=tuple((key, errors[key]) for key in histories if key in errors),
        seconds=round(time.perf_counter() - begun, 3),
        workers=max(1, min(workers or cores(), len(tasks))),
    )


def _histories(path: Path, freq: str, gaps: Gaps) -> tuple[dict[str, History | None], dict[str, str]]:
    """Each series made regular, in the order of the file; None with an error where no value can be used."""
    table = long_table.read(path)
    if table.empty:
        raise Refused(_("The file has a header but no rows."))
    dates = long_table.dates(table["ds"])
    values = long_table.numbers(table["y"]).to_numpy(dtype=np.float64)
    histories: dict[str, History | None] = {}
    errors: dict[str, str] = {}
    for key, rows in table.groupby("unique_id", sort=False).indices.items():
        name = str(key)
        try:
            series = pd.DataFrame({"ds": dates[rows], "y": values[rows]})
            histories[name] = regularise(series, freq=freq, gaps=gaps)
        except CrmError as problem:
            histories[name] = None
            errors[name] = problem.message
    return histories, errors


def _naive(outcome: Outcome) -> list[Point]:
    """The last season or value again with a wide guess of a band, for a series that could not be forecast."""
    history, horizon = outcome.task.history, outcome.task.horizon
    values = history.values
    yhat = PLAIN["seasonal_naive"](values, season=history.frequency.season, horizon=horizon)
    spread = max(float(np.abs(np.diff(values)).max(initial=0.0)), 0.0)
    labels = iso(history.dates(horizon=horizon)[len(values) :])
    points = []
    for ds, value in zip(labels, yhat.tolist(), strict=True):
        low80, high80, low95, high95 = (
            value * factor if value > 0 else value + (factor - 1) * max(spread, abs(value))
            for factor in GUESS
        )
        points.append(Point(ds, value, low80, high80, low95, high95))
    return points


def _write(target: Path, order: list[str], answers: dict[str, tuple[str, Sequence[Point]]]) -> int:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    rows = 0
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(HEADER)
            for key in order:
                model, points = answers.get(key, ("", ()))
                for at in points:
                    writer.writerow((key, at.ds, at.yhat, at.lo80, at.hi80, at.lo95, at.hi95, model))
                    rows += 1
        # mkstemp gives the owner alone access; a result file should be as any other.
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return rows
