"""Life data from a file: the counted curve, the laws, and repair histories."""

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
from crm.exchange.files.reading import read_table
from crm.i18n import _
from crm.service.wear.life_columns import flags, lives, numbers, roles

#: Age bands of the life table.
_BANDS = 10


@dataclass(frozen=True)
class LifeFile:
    """What a file of lives says; ``columns`` tells which column was taken for what, ``notes`` what was assumed."""

    name: str
    columns: dict[str, str]
    life: LifeData
    curve: Curve
    fit: WeibullFit | NoFit
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        curve, fit = self.curve, self.fit
        told: dict[str, Any] = {
            "file": self.name,
            "columns": self.columns,
            "notes": list(self.notes),
            "n": self.life.n,
            "failures": self.life.failures,
            "censored": self.life.n - self.life.failures,
            "zero_failures": self.life.zero_failures,
            "kaplan_meier": {
                "median": curve.median,
                "median_low": curve.median_low,
                "median_high": curve.median_high,
                "confidence": curve.confidence,
                "curve": _rows(
                    time=curve.times,
                    survival=curve.survival,
                    low=curve.low,
                    high=curve.high,
                    at_risk=curve.at_risk,
                    failed=curve.failed,
                ),
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


def _rows(**columns: Floats) -> list[dict[str, float]]:
    """Columns as the rows of a list of objects."""
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


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
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "file": self.name, "columns": self.columns, "notes": list(self.notes), "units": self.units,
            "repairs": self.repairs, "mean_cumulative": self.steps,
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
    notes = [
        _("Line {line} is left out. {reason}").format(line=bad.line, reason=bad.reason) for bad in table.bad
    ]
    columns = roles(table, {role: name for role, name in (chosen or {}).items() if name})
    if "system" in columns and "repair" in columns:
        times = numbers(table, columns["time"])
        repaired = flags(table, columns["repair"], inverted=False)
        found = mean_cumulative(table.texts[columns["system"]], times, repaired)
        steps = _rows(time=found.times, mean=found.mean, low=found.low, high=found.high)
        return RepairFile(path.name, columns, found.units, found.repairs, steps, tuple(notes))
    columns = {role: name for role, name in columns.items() if role not in ("system", "repair")}
    times, observed = lives(table, columns)
    if observed is None:
        notes.append(
            _("No column says what failed, so all count as failed. Name one with --observed or --censored.")
        )
    life = life_data(
        times,
        observed,
        weights=numbers(table, columns["quantity"]) if "quantity" in columns else None,
        entry=numbers(table, columns["entry"], blank=0.0) if "entry" in columns else None,
    )
    if not life.n:
        message = _("{name} holds no life: every quantity is 0.").format(name=path.name)
        raise Refused(message, problems=[Problem("quantity", message)])
    curve = kaplan_meier(life.times, life.observed, life.weights, entry=life.entry)
    return LifeFile(path.name, columns, life, curve, fit_life(life), tuple(notes))
