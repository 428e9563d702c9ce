"""A stored forecast as a file to take along."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

from crm.exchange.leaving.own import neutral
from crm.forecasting.chosen import SeriesChoice
from crm.forecasting.queries import Run
from crm.money import exponent

COLUMNS = (
    "month",
    "expected",
    "low80",
    "high80",
    "low95",
    "high95",
    "currency",
    "model",
    "known_until",
    "series",
)


@dataclass(frozen=True, slots=True)
class Exported:
    """The rows in major units, and the same as CSV bytes."""

    columns: tuple[str, ...]
    table: list[list[Any]]
    data: bytes


def forecast_csv(run: Run, *, choice: SeriesChoice, months: int) -> Exported:
    """The first months of a stored forecast, amounts in major units; safe to open in a spreadsheet.

    UTF-8 with BOM, so that every spreadsheet reads the accents of a region's name.
    """
    places = exponent(run.currency)

    def major(minor: float) -> float:
        return float(round(minor / 10**places, places))

    table: list[list[Any]] = [
        [
            point.ds[:7],
            *(major(value) for value in (point.yhat, point.lo80, point.hi80, point.lo95, point.hi95)),
            run.currency,
            run.forecast.model,
            f"{run.cutoff:%Y-%m}",
            choice.name,
        ]
        for point in run.forecast.points[:months]
    ]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in table:
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return Exported(COLUMNS, table, b"\xef\xbb\xbf" + out.getvalue().encode())
