"""What a forecast says, in a form that can be stored as JSON and read by a screen."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any

import pandas as pd


@dataclass(frozen=True, slots=True)
class Point:
    """One period ahead; ``ds`` is an ISO date."""

    ds: str
    yhat: float
    lo80: float
    hi80: float
    lo95: float
    hi95: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """How one method did in the back-test; coverage is the share of outcomes inside its 80 and 95 % band.

    MASE counts errors in those of the seasonal naive method within the history: below 1 is better than it.
    sMAPE is in percent. None where it could not be measured.
    """

    model: str
    mase: float | None
    smape: float | None
    coverage80: float | None
    coverage95: float | None
    tries: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Try:
    """One outcome of the back-test of the chosen method: what it said at ``origin`` about ``ds``."""

    origin: str
    ds: str
    actual: float
    yhat: float
    lo80: float
    hi80: float
    model: str


@dataclass(frozen=True, slots=True)
class Part:
    """Trend in the unit of the series; season as factor or amount, see ``Forecast.season_is_factor``."""

    ds: str
    trend: float
    season: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """A forecast with everything it rests on.

    ``history`` holds the regular series used as (ISO date, value). ``cutoff`` is the last period known.
    """

    model: str
    frequency: str
    cutoff: str
    points: tuple[Point, ...]
    history: tuple[tuple[str, float], ...]
    candidates: tuple[Candidate, ...]
    backtest: tuple[Try, ...]
    components: tuple[Part, ...]
    season_is_factor: bool
    parameters: dict[str, Any]
    notes: tuple[str, ...]

    def table(self) -> pd.DataFrame:
        """Columns ds, yhat, lo80, hi80, lo95, hi95; one row per period ahead."""
        return _frame(self.points, Point)

    def candidate_table(self) -> pd.DataFrame:
        """Columns model, mase, smape, coverage80, coverage95, tries, chosen; best first."""
        return _frame(self.candidates, Candidate)

    def backtest_table(self) -> pd.DataFrame:
        """Columns origin, ds, actual, yhat, lo80, hi80, model; by origin, then ds."""
        return _frame(self.backtest, Try)

    def component_table(self) -> pd.DataFrame:
        """Columns ds, trend, season over history and future; empty where no components are known."""
        return _frame(self.components, Part)

    def history_table(self) -> pd.DataFrame:
        """Columns ds, y."""
        return pd.DataFrame(list(self.history), columns=["ds", "y"])

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, dicts, strings and numbers, ready for JSON."""
        plain = asdict(self)
        for name in ("points", "candidates", "backtest", "components", "notes"):
            plain[name] = list(plain[name])
        plain["history"] = [list(pair) for pair in self.history]
        return plain

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Forecast:
        """The forecast that ``to_dict`` was called on."""
        return cls(
            **{
                **plain,
                "points": tuple(Point(**row) for row in plain["points"]),
                "candidates": tuple(Candidate(**row) for row in plain["candidates"]),
                "backtest": tuple(Try(**row) for row in plain["backtest"]),
                "components": tuple(Part(**row) for row in plain["components"]),
                "history": tuple((ds, value) for ds, value in plain["history"]),
                "notes": tuple(plain["notes"]),
            }
        )


def _frame(rows: tuple[Any, ...], kind: type) -> pd.DataFrame:
    names = [field.name for field in fields(kind)]
    return pd.DataFrame([[getattr(row, name) for name in names] for row in rows], columns=names)
