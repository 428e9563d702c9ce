"""Life data from a file: which column holds what, the counted curve, the laws, and repair histories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from crm.analytics.recurrence import mean_cumulative
from crm.analytics.survival import Curve, Floats, LifeData, kaplan_meier, life_data, life_table
from crm.analytics.survival_fit import Candidate, NoFit, WeibullFit, fit_life
from crm.errors import NotFound, Problem, Refused
from crm.exchange.numbers import decide, take_apart, value_of
from crm.exchange.reading import SourceTable, read_table
from crm.i18n import _

#: Age bands of the life table.
_BANDS = 10
_NAMES: Mapping[str, tuple[str, ...]] = {
    "time": (
        "time", "times", "t", "duration", "age", "hours", "hrs", "km", "miles", "mileage", "kilometers", "kilometres",
        "days", "weeks", "months", "years", "cycles", "life", "lifetime", "life time", "lifespan", "ttf", "tte",
        "time to failure", "time to event", "failure time", "survival time", "time in service", "usage", "distance",
        "shots", "operating hours", "run time", "runtime", "tenure", "stop", "end", "exit", "x",
    ),
    "observed": (
        "observed", "event", "failed", "failure", "fail", "failures", "died", "death", "dead", "status", "event observed",
        "is failed", "is failure", "delta", "broken", "outcome", "state", "fault", "churn", "churned", "arrest",
    ),
    "censored": (
        "censored", "cens", "censor", "censoring", "right censored", "is censored", "suspended", "suspension", "running",
        "alive", "survived", "still running", "censored flag", "c",
    ),
    "quantity": ("quantity", "qty", "n", "count", "freq", "frequency", "weight", "weights", "number", "units", "cases"),
    "entry": (
        "entry", "entry age", "age at entry", "entry time", "left truncation", "truncation", "delayed entry", "tl", "start",
    ),
    "system": ("system", "unit", "machine", "id", "system id", "unit id", "serial", "asset", "equipment"),
    "repair": ("repair", "repairs", "repaired", "repair event", "is repair", "recurrence"),
}  # fmt: skip
_FAILED = {
    "1", "f", "failed", "failure", "fail", "true", "t", "yes", "y", "dead", "died", "event", "observed", "broken", "defect",
    "defective", "x",
}  # fmt: skip
_RUNS = {
    "0", "s", "c", "r", "suspended", "suspension", "censored", "running", "false", "f0", "no", "n", "alive", "survived",
    "ok", "working", "operating", "in service", "right censored", "right", "+",
}  # fmt: skip


@dataclass(frozen=True)
class LifeFile:
    """What a file of lives says; ``columns`` tells which column was taken for what."""

    name: str
    columns: dict[str, str]
    life: LifeData
    curve: Curve
    fit: WeibullFit | NoFit

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        curve, fit = self.curve, self.fit
        told: dict[str, Any] = {
            "file": self.name,
            "columns": self.columns,
            "n": self.life.n,
            "failures": self.life.failures,
            "censored": self.life.n - self.life.failures,
            "zero_failures": self.life.zero_failures,
            "kaplan_meier": {
                "median": curve.median,
                "median_low": curve.median_low,
                "median_high": curve.median_high,
                "confidence": curve.confidence,
                "curve": [
                    dict(zip(("time", "survival", "low", "high", "at_risk", "failed"), row, strict=True))
                    for row in zip(
                        *(
                            getattr(curve, name).tolist()
                            for name in ("times", "survival", "low", "high", "at_risk", "failed")
                        ),
                        strict=True,
                    )
                ],
            },
        }
        if not self.life.entry.any() and curve.last > 0:
            # The last band closes just beyond the longest life, which belongs to it.
            edges = np.linspace(0, np.nextafter(curve.last, np.inf), _BANDS + 1)
            told["life_table"] = [asdict(row) for row in life_table(self.life, edges)]
        if isinstance(fit, NoFit):
            return told | {"weibull": {}, "chosen": None, "why": fit.note}
        median = fit.median()
        return told | {
            "weibull": {one.name: _law(one) for one in fit.candidates},
            "chosen": fit.method,
            "p_value": fit.p_value,
            "why": fit.note,
            "median": None if median is None else dict(zip(("median", "low", "high"), median, strict=True)),
        }


def _law(one: Candidate) -> dict[str, Any]:
    told = asdict(one)
    del told["name"], told["covariance"]
    told["intervals"] = {name: list(ends) for name, ends in one.intervals.items()}
    return told


@dataclass(frozen=True)
class RepairFile:
    """What a file of repair histories says."""

    name: str
    columns: dict[str, str]
    units: int
    repairs: int
    steps: list[dict[str, float]]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "file": self.name, "columns": self.columns, "units": self.units, "repairs": self.repairs,
            "mean_cumulative": self.steps,
        }  # fmt: skip


def read_life_file(path: Path, *, chosen: Mapping[str, str] | None = None) -> LifeFile | RepairFile:
    """Read a file of lives, or of repair histories, and study it.

    Parameters
    ----------
    path : Path
        CSV or other delimited text, or a spreadsheet, with column names.
    chosen : mapping of role to column name, optional
        ``time, observed, censored, quantity, entry, system, repair``; what is left out is guessed by name.

    Raises
    ------
    NotFound
        There is no such file, or it has no column of a chosen name.
    Refused
        No column of times is found, or cells cannot be read; the message names columns and lines.
    """
    if not path.is_file():
        raise NotFound(_("The file {path} is not there.").format(path=path))
    table = read_table(path)
    columns = _roles(table, {role: name for role, name in (chosen or {}).items() if name})
    times = _numbers(table, columns["time"])
    if "system" in columns and "repair" in columns:
        repaired = _flags(table, columns["repair"], inverted=False)
        found = mean_cumulative(table.texts[columns["system"]], times, repaired)
        names = ("time", "mean", "low", "high")
        series = zip(
            found.times.tolist(), found.mean.tolist(), found.low.tolist(), found.high.tolist(), strict=True
        )
        steps = [dict(zip(names, row, strict=True)) for row in series]
        return RepairFile(path.name, columns, found.units, found.repairs, steps)
    columns = {role: name for role, name in columns.items() if role not in ("system", "repair")}
    flags: Floats | None = None
    if "observed" in columns:
        flags = _flags(table, columns["observed"], inverted=False)
    elif "censored" in columns:
        flags = _flags(table, columns["censored"], inverted=True)
    life = life_data(
        times,
        flags,
        weights=_numbers(table, columns["quantity"]) if "quantity" in columns else None,
        entry=_numbers(table, columns["entry"], blank=0.0) if "entry" in columns else None,
    )
    curve = kaplan_meier(life.times, life.observed, life.weights, entry=life.entry)
    return LifeFile(path.name, columns, life, curve, fit_life(life))


def _plain(name: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in name).casefold().split())


def _roles(table: SourceTable, chosen: Mapping[str, str]) -> dict[str, str]:
    """Which column holds what: as chosen, else by its name; ``observed`` goes before ``censored``."""
    by_name = {_plain(name): name for name in table.columns}
    columns: dict[str, str] = {}
    for role, asked in chosen.items():
        if _plain(asked) not in by_name:
            text = _("The file has no column “{name}”. It has: {found}.")
            raise NotFound(text.format(name=asked, found=", ".join(table.columns)))
        columns[role] = by_name[_plain(asked)]
    for role, names in _NAMES.items():
        free = {plain: name for plain, name in by_name.items() if name not in columns.values()}
        hit = next((free[name] for name in names if name in free), None)
        # "Time (hours)" and "failure flag" are named by their first or last word.
        hit = hit or next(
            (whole for name in names if len(name) > 2 for plain, whole in free.items() if name in plain.split()),
            None,
        )  # fmt: skip
        if role not in columns and hit is not None:
            columns[role] = hit
    if "observed" in chosen or ("observed" in columns and "censored" not in chosen):
        columns.pop("censored", None)
    elif "censored" in columns:
        columns.pop("observed", None)
    if "time" not in columns:
        text = _("No column of times is found. Name it with --time. The file has: {found}.")
        raise Refused(
            text.format(found=", ".join(table.columns)), problems=[Problem("time", _("Name the column."))]
        )
    return columns


def _numbers(table: SourceTable, column: str, *, blank: float | None = None) -> Floats:
    """A column as numbers; a blank cell is refused unless it means something."""
    cells = table.texts[column].tolist()
    written = [take_apart(cell) if cell else None for cell in cells]
    decision = decide(((number, 1) for number in written if number is not None), thousands=False)
    values = np.full(len(cells), np.nan if blank is None else blank)
    bad: list[int] = []
    for row, (cell, number) in enumerate(zip(cells, written, strict=True)):
        value = None if number is None else value_of(number, decision)
        if value is not None:
            values[row] = float(value)
        elif cell or blank is None:
            bad.append(row)
    if bad:
        raise Refused(
            _("Column “{column}” must hold numbers.").format(column=column),
            problems=[_problem(table, column, row, cells[row]) for row in bad[:5]],
        )
    return values


def _problem(table: SourceTable, column: str, row: int, cell: str) -> Problem:
    line = int(table.lines[row])
    if not cell:
        return Problem(column, _("Line {line} has no value.").format(line=line))
    return Problem(column, _("Line {line}: “{cell}” cannot be read.").format(line=line, cell=cell[:40]))


def _flags(table: SourceTable, column: str, *, inverted: bool) -> Floats:
    """A column of failed or running as 1 or 0. Beside words it knows 0/1, and 1/2 as censored/failed."""
    cells = [cell.strip().casefold() for cell in table.texts[column].tolist()]
    known = {cell.removesuffix(".0") for cell in cells}
    if known <= {"1", "2"} and "2" in known:
        read = {"1": 0.0, "2": 1.0}
    elif inverted:
        # In a column called “censored” a yes means that the unit still ran.
        yes = (_FAILED | _RUNS) - {"0", "false", "no", "n", "f", "failed", "failure", "fail", "dead", "died"}
        read = {word: 0.0 if word in yes else 1.0 for word in _FAILED | _RUNS | {"0"}}
    else:
        read = dict.fromkeys(_FAILED, 1.0) | dict.fromkeys(_RUNS - _FAILED, 0.0)
        if known <= {"t", "f"} or known <= {"true", "false", "t", "f"}:
            # Beside T the letter F is false, elsewhere it is failed.
            read |= {"f": 0.0}
    values = np.empty(len(cells))
    bad: list[int] = []
    for row, cell in enumerate(cells):
        value = read.get(cell.removesuffix(".0"))
        if value is None:
            bad.append(row)
        else:
            values[row] = value
    if bad:
        raise Refused(
            _("Column “{column}” must say failed or running, as 1 and 0.").format(column=column),
            problems=[_problem(table, column, row, cells[row]) for row in bad[:5]],
        )
    return values
