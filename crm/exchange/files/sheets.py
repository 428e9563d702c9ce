"""The rows of a spreadsheet. Dates stay dates, whole numbers stay whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from crm.errors import Refused
from crm.exchange.files.apart import sheet_blocks
from crm.exchange.files.bounds import unpacked_size
from crm.exchange.files.child import LOOKED_AT
from crm.exchange.files.header import Arranged, Layout, find_head
from crm.i18n import _


def read_sheet(
    path: Path, *, name: str, sheet: str, header_line: int | None, max_bytes: int, max_rows: int
) -> Arranged:
    """One sheet as columns of text; ``exact`` marks the cells whose type the sheet itself knew.

    Without ``sheet`` the first one that holds a header and a row: a cover sheet does not.
    """
    with path.open("rb") as file:
        is_packed = file.read(2) == b"PK"
    size = unpacked_size(path, name=name, limit=max_bytes) if is_packed else path.stat().st_size
    answers = sheet_blocks(path, name=name, size=size, sheet=sheet, max_rows=max_rows)
    chosen, names, bare = next(answers)
    lines: list[int] = []
    head: list[tuple[int, list[str]]] = []
    texts: list[list[pa.Array]] = []
    masks: list[list[NDArray[np.bool_]]] = []
    for places, columns in answers:
        head += _head(places, columns, after=len(head))
        lines += places
        for at, column in enumerate(columns):
            if at == len(texts):
                texts.append([])
                masks.append([])
            cells, exact = column or ([""] * len(places), bytes(len(places)))
            texts[at].append(pa.array(cells, pa.large_string()))
            masks[at].append(np.frombuffer(exact, dtype=bool))
    if not lines and not sheet:
        raise Refused(_("{name} has no rows to import.").format(name=name))
    layout = Layout(sheet=chosen, sheets=tuple(names), bare_formulas=bare)
    return _arranged(np.asarray(lines, dtype=np.int64), head, texts, masks, layout, header_line)


def _head(places: list[int], columns: list[Any], *, after: int) -> list[tuple[int, list[str]]]:
    """The first rows of the sheet, blank ones included."""
    made: list[tuple[int, list[str]]] = []
    for row, line in enumerate(places):
        if line > LOOKED_AT:
            break
        made += [(blank, []) for blank in range(after + len(made) + 1, line)]
        made.append((line, [column[0][row] if column else "" for column in columns]))
    return made


def _arranged(
    lines: NDArray[np.int64],
    rows: list[tuple[int, list[str]]],
    texts: list[list[pa.Array]],
    masks: list[list[NDArray[np.bool_]]],
    layout: Layout,
    header_line: int | None,
) -> Arranged:
    head = find_head(rows, header_line=header_line)
    kept = int(np.searchsorted(lines, head.first, side="right"))
    columns: dict[str, pd.Series[str]] = {}
    exact = {}
    for at, name in enumerate(head.names):
        cells = (
            pa.chunked_array(texts[at]).slice(kept) if at < len(texts) else pa.array([], pa.large_string())
        )
        named = bool(head.line) and at < len(rows[head.first - 1][1]) and bool(rows[head.first - 1][1][at])
        made = pd.Series(pd.array(cells, dtype="str"))
        if head.line and not named and not (made != "").any():
            continue
        columns[name] = made
        exact[name] = np.concatenate(masks[at])[kept:] if at < len(masks) else np.zeros(0, dtype=bool)
    last = int(lines[-1]) if len(lines) else 0
    blank = max(0, last - head.first - (len(lines) - kept))
    found = replace(layout, header_line=head.line, blank_lines=blank)
    return Arranged(pd.DataFrame(columns) if columns else pd.DataFrame(), lines[kept:], (), found, exact)
