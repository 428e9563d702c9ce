"""What a forecast says, in a form that can be stored as JSON and read by a screen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd
from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Point:
    """One period ahead; ``ds`` is an ISO date. ``sure``: what of the running one has come already."""

    ds: str
    yhat: float
    lo80: float
    hi80: float
    lo95: float
    hi95: float
    sure: float = 0.0


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

    def candidate_table(self) -> pd.DataFrame:
        """Columns model, mase, smape, coverage80, coverage95, tries, chosen; best first."""
        return pd.DataFrame(list(self.candidates))

    def to_dict(self) -> dict[str, Any]:
        """Plain tuples, dicts, strings and numbers, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Forecast:
        """The forecast that ``to_dict`` was called on."""
        return _READ.validate_python(plain)


_READ = TypeAdapter(Forecast)
