"""The rows of a spreadsheet. Dates stay dates, whole numbers stay whole."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import TypeAlias

import numpy as np
import pandas as pd
import python_calamine

from crm.errors import Refused
from crm.exchange.files.header import Arranged, Layout, find_head
from crm.i18n import _

Cell: TypeAlias = int | float | str | bool | time | date | datetime | timedelta | None

# A spreadsheet is a packed archive: a small file can unpack to gigabytes.
_LARGEST_UNPACKED = 12


def read_rows(data: bytes, *, name: str, sheet: str, limit: int) -> tuple[list[list[Cell]], Layout]:
    """All rows of one sheet, from its first row on, and what sheets there are."""
    named = name or _("The file")
    if data.startswith(b"PK"):
        _refuse_bomb(data, named, limit)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = tuple(book.sheet_names)
        if sheet and sheet not in names:
            raise Refused(
                _("{name} has no sheet {sheet}; it has {sheets}.").format(
                    name=named, sheet=sheet, sheets=", ".join(names)
                )
            )
        wanted = ""
        rows: list[list[Cell]] = []
        for candidate in (sheet,) if sheet else names:
            found: list[list[Cell]] = book.get_sheet_by_name(candidate).to_python(skip_empty_area=False)  # type: ignore[assignment]
            if not rows or _is_table(found):
                wanted, rows = candidate, found
            if sheet or _is_table(found):
                break
        if not rows and not sheet:
            raise Refused(_("{name} has no rows to import.").format(name=named))
    except python_calamine.PasswordError as error:
        raise Refused(
            _("{name} is locked with a password. Save it without and try again.").format(name=named)
        ) from error
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise Refused(
            _("{name} cannot be read as a spreadsheet. Save it anew as XLSX or CSV.").format(name=named)
        ) from error
    return rows, Layout(sheet=wanted, sheets=names)


def _is_table(rows: Sequence[Sequence[object]]) -> bool:
    """Whether a sheet holds at least a header and a row; a cover sheet does not."""
    return sum(sum(cell not in (None, "") for cell in row) > 1 for row in rows[:200]) > 1


def arrange(rows: list[list[Cell]], layout: Layout, *, header_line: int | None) -> Arranged:
    """The rows in columns; ``exact`` marks the cells whose type the sheet itself knew."""
    texts = [[_text(cell) for cell in row] for row in rows]
    head = find_head(list(enumerate(texts[:200], start=1)), header_line=header_line)
    width = len(head.names)
    kept = [at for at in range(head.first, len(texts)) if any(texts[at])]
    columns: dict[str, pd.Series[str]] = {}
    exact = {}
    for at, name in enumerate(head.names):
        cells = [texts[row][at] if at < len(texts[row]) else "" for row in kept]
        if head.line and not any(cells) and not texts[head.first - 1][at]:
            continue
        columns[name] = pd.Series(cells, dtype="str")
        exact[name] = np.array(
            [
                at < len(rows[row]) and not isinstance(rows[row][at], str) and rows[row][at] is not None
                for row in kept
            ],
            dtype=bool,
        )
    blank = len(texts) - head.first - len(kept)
    lines = np.asarray(kept, dtype=np.int64) + 1
    found = replace(layout, header_line=head.line, blank_lines=blank)
    return Arranged(pd.DataFrame(columns) if width else pd.DataFrame(), lines, (), found, exact)


def _text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case str():
            return cell.strip(" \t\r\n\xa0\ufeff")
        case bool():
            return "true" if cell else "false"
        case float():
            return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
        case datetime():
            return cell.date().isoformat() if cell.time() == time.min else cell.isoformat(sep=" ")
        case timedelta():
            return str(cell)
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)


def _refuse_bomb(data: bytes, name: str, limit: int) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            unpacked = sum(part.file_size for part in packed.infolist())
            members = set(packed.namelist())
    except zipfile.BadZipFile as error:
        raise Refused(_("{name} is damaged. Save it anew and try again.").format(name=name)) from error
    if unpacked > limit * _LARGEST_UNPACKED:
        raise Refused(
            _("{name} unpacks to more than is allowed. Save it as CSV and try again.").format(name=name)
        )
    if not members & {"[Content_Types].xml", "content.xml"}:
        raise Refused(_("{name} is an archive, not a spreadsheet. Unpack it first.").format(name=name))
