"""Columns as a spreadsheet, row by row: memory does not grow with the rows. A text stays a text, and nothing is a formula."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from crm.errors import Refused
from crm.exchange.leaving.own import neutral
from crm.i18n import _

#: What a sheet holds: rows with the names of the columns, and UTF-16 units in a cell.
MOST_ROWS, LONGEST = 1_048_576, 32_767
#: Numbers of more digits than a sheet keeps stand there as texts.
_DIGITS = 15
#: A day before it is none to a spreadsheet, or another one.
_FIRST_YEAR = 1901
_PART = 1 << 20


def sheet(
    names: Sequence[str],
    blocks: Iterable[Iterable[Sequence[Any]]],
    *,
    title: str = "",
    widths: Sequence[int] = (),
) -> Iterator[bytes]:
    """Rows as XLSX, in parts; the file lies on disk until the last part left or nobody wants any more.

    Cells may be texts, whole and other numbers, yes and no, days, moments without zone, or None.

    Raises
    ------
    Refused
        More rows than a sheet has, or a longer text than a cell takes. Nothing has left then.
    """
    with tempfile.TemporaryDirectory(prefix="rapport-sheet-") as folder:
        path = Path(folder) / "rows.xlsx"
        _write(path, folder, names, blocks, title, widths)
        with path.open("rb") as file:
            while part := file.read(_PART):
                yield part


def _write(
    path: Path,
    folder: str,
    names: Sequence[str],
    blocks: Iterable[Iterable[Sequence[Any]]],
    title: str,
    widths: Sequence[int],
) -> None:
    import xlsxwriter

    options = {
        "constant_memory": True,
        "tmpdir": folder,
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    book = xlsxwriter.Workbook(str(path), options)
    page = book.add_worksheet(title[:31] or None)
    day, moment = (
        book.add_format({"num_format": "yyyy-mm-dd"}),
        book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
    )
    for at in range(len(names)):
        page.set_column(at, at, widths[at] if at < len(widths) else 18)
    page.freeze_panes(1, 0)
    write: dict[type, Callable[[int, int, Any], Any]] = {
        bool: page.write_boolean, int: page.write_number, float: page.write_number,
        date: lambda row, at, value: page.write_datetime(row, at, datetime(value.year, value.month, value.day), day),  # noqa: DTZ001
        datetime: lambda row, at, value: page.write_datetime(row, at, value, moment),
    }  # fmt: skip
    bold = book.add_format({"bold": True})
    for at, name in enumerate(names):
        page.write_string(0, at, name, bold)
    place = 0
    for rows in blocks:
        for cells in rows:
            place += 1
            if place >= MOST_ROWS:
                text = _("A sheet holds {n:,} rows. Narrow the list, or take CSV.")
                raise Refused(text.format(n=MOST_ROWS - 1))
            for at, cell in enumerate(cells):
                if cell is None or cell == "":
                    continue
                plain = _plain(cell)
                if isinstance(plain, str):
                    page.write_string(place, at, _fitting(plain, names[at]))
                else:
                    write[type(plain)](place, at, plain)
    book.close()


def _fitting(text: str, name: str) -> str:
    text = neutral(text)
    if len(text) > LONGEST // 2 and len(text.encode("utf-16-le")) // 2 > LONGEST:
        told = _("A text of “{column}” is longer than the {n:,} signs of a sheet's cell. Take CSV.")
        raise Refused(told.format(column=name, n=LONGEST))
    return text


def _plain(cell: Any) -> Any:
    """The value as a sheet can hold it exactly, else as text."""
    match cell:
        case bool() | str():
            return cell
        case Decimal():
            return float(cell) if len(cell.as_tuple().digits) <= _DIGITS else f"{cell:f}"
        case int():
            return cell if abs(cell) < 10**_DIGITS else str(cell)
        case float():
            return cell if float(f"{cell:.16G}") == cell else repr(cell)
        case datetime():
            whole = cell.microsecond == 0 and cell.tzinfo is None and cell.year >= _FIRST_YEAR
            return cell if whole else cell.isoformat(" ")
        case date():
            return cell if cell.year >= _FIRST_YEAR else cell.isoformat()
        case _:
            return str(cell)
