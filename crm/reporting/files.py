"""A report as a file: its rows as CSV or XLSX, all of it as JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from crm.exchange.leaving.own import neutral
from crm.exchange.leaving.sheet import sheet


def report_parts(made: Mapping[str, Any], kind: str) -> Iterator[bytes]:
    """A report in JSON's form as a file of one kind, in parts; amounts in major units, beside them their currency."""
    if kind == "json":
        yield json.dumps(made, ensure_ascii=False, indent=2).encode() + b"\n"
        return
    rows: list[dict[str, Any]] = made["rows"]
    names = list(rows[0]) if rows else []
    if made["currency"] and rows and "currency" not in names:
        names.append("currency")
        rows = [{**row, "currency": made["currency"]} for row in rows]
    cells = [[_cell(row.get(name)) for name in names] for row in rows]
    if kind == "xlsx":
        yield from sheet(names, [cells], title=str(made["report"]))
        return
    text = io.StringIO()
    safe = ([neutral(cell) if isinstance(cell, str) else cell for cell in line] for line in cells)
    csv.writer(text, lineterminator="\r\n").writerows([names, *safe])
    yield "\ufeff".encode() + text.getvalue().encode()


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value
