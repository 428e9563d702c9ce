"""Files as tables of text: what every later step of an import starts from."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm.errors import Refused
from crm.exchange.files import apart, cards, delimited, sheets
from crm.exchange.files.bounds import refuse_long_lines
from crm.exchange.files.encoding import decode
from crm.exchange.files.header import Arranged, BadLine, Layout
from crm.exchange.files.tail import without_headers, without_tail
from crm.i18n import _

SPREADSHEET_MARKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
#: Texts up to this size are read in this process: their table is there before another has started.
_SMALL = 8_000_000


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read a file; what is left empty is found out.

    Attributes
    ----------
    separator : str or None
        One or several signs; " " for any run of blanks, "  " for two blanks or more.
    header_line : int or None
        Line of the column names, counted from 1; 0 for a file without names.
    sheet : str
        Name of the sheet of a spreadsheet; the first one with rows when empty.
    short_lines : "fail" or "pad"
        What a line with too few cells means. "fail" still pads when more than a fifth of the lines are short,
        because then the program that wrote the file leaves empty cells off.
    max_bytes, max_rows : int
        Refused beyond.
    """

    encoding: str | None = None
    separator: str | None = None
    quote: str | None = None
    escape: str | None = None
    header_line: int | None = None
    sheet: str = ""
    short_lines: str = "fail"
    max_bytes: int = 200_000_000
    max_rows: int = 1_000_000


@dataclass(frozen=True)
class SourceTable:
    """A file as read.

    Attributes
    ----------
    texts : DataFrame, shape (rows, columns)
        Every cell as trimmed text, "" where empty; columns named as in the file, made unique.
    lines : array of int, shape (rows,)
        Line of the file, or row of the sheet, where the row begins, counted from 1.
    exact : dict of column to array of bool
        True where the file itself said what the cell is (spreadsheets): a number is written with a decimal
        point, a date as ISO 8601, and neither takes part in guessing.
    bad : tuple of BadLine
        Lines that could not be read as a row.
    beyond : int
        About how many further rows the file has, where this is only its first part.
    """

    name: str
    texts: pd.DataFrame
    lines: NDArray[np.int64]
    exact: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    bad: tuple[BadLine, ...] = ()
    layout: Layout = field(default_factory=Layout)
    beyond: int = 0

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in the order of the file."""
        return tuple(map(str, self.texts.columns))

    def __len__(self) -> int:
        return len(self.texts)


def read_table(source: Path | bytes, *, name: str = "", options: ReadOptions | None = None) -> SourceTable:
    """Read a CSV or other delimited text, vCards, XLSX, XLS or ODS.

    Raises
    ------
    Refused
        Too large, empty, locked with a password, or not a table at all; the message says what to do.
    """
    chosen = options or ReadOptions()
    name = name or (source.name if isinstance(source, Path) else "")
    named = name or _("The file")
    size = _size(source, name=named, limit=chosen.max_bytes)
    with _as_file(source) as path:
        with path.open("rb") as file:
            head = file.read(512)
        if head.startswith(SPREADSHEET_MARKS):
            table = sheets.read_sheet(
                path, name=named, sheet=chosen.sheet, header_line=chosen.header_line, max_bytes=chosen.max_bytes,
                max_rows=chosen.max_rows,
            )  # fmt: skip
        elif size > _SMALL:
            table = apart.text_table(path, name=name, size=size, options=chosen)
        else:
            table = read_text(path.read_bytes(), name=name, chosen=chosen)
    if len(table.lines) > chosen.max_rows:
        raise Refused(
            _(
                "{name} has more than {limit:,} rows. Split it, or ask an administrator to raise the limit."
            ).format(name=name or _("The file"), limit=chosen.max_rows)
        )
    if table.texts.shape[1] == 0 or (len(table.lines) == 0 and not table.bad):
        raise Refused(_("{name} has no rows to import.").format(name=name or _("The file")))
    table = without_headers(without_tail(table))
    return SourceTable(name, table.texts, table.lines, table.exact, table.bad, table.layout)


def read_text(data: bytes, *, name: str, chosen: ReadOptions) -> Arranged:
    """A delimited text as columns, in this process.

    Raises
    ------
    Refused
        Another format, or lines or rows longer than a table has.
    """
    _refuse_other_formats(data, name)
    refuse_long_lines(data, name=name or _("The file"))
    decoded = decode(data, encoding=chosen.encoding)
    layout = Layout(encoding=decoded.encoding, repaired=decoded.repaired, doubtful=decoded.doubtful)
    if cards.is_cards(decoded.text):
        return cards.arrange(decoded.text, layout)
    return delimited.arrange(
        decoded.text,
        layout,
        separator=chosen.separator,
        quote=chosen.quote,
        escape=chosen.escape,
        header_line=chosen.header_line,
        pad=chosen.short_lines == "pad",
        max_rows=chosen.max_rows,
    )


@contextmanager
def _as_file(source: Path | bytes) -> Iterator[Path]:
    if isinstance(source, Path):
        yield source
        return
    handle, name = tempfile.mkstemp(prefix="rapport-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(source)
        yield Path(name)
    finally:
        os.unlink(name)


def _size(source: Path | bytes, *, name: str, limit: int) -> int:
    if isinstance(source, Path):
        try:
            size = source.stat().st_size
        except OSError as error:
            raise Refused(_("There is no file {name}.").format(name=source)) from error
    else:
        size = len(source)
    if size > limit:
        raise Refused(
            _(
                "{name} has {size:.1f} MB, {limit:.0f} MB are allowed. Split it, or ask an administrator."
            ).format(name=name, size=size / 1e6, limit=limit / 1e6)
        )
    if size == 0:
        raise Refused(_("{name} is empty.").format(name=name))
    return size


def _refuse_other_formats(data: bytes, name: str) -> None:
    head = data[:512].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    kinds = (
        (b"%pdf", "PDF"),
        (b"<!doctype html", "HTML"),
        (b"<html", "HTML"),
        (b"<?xml", "XML"),
        (b"\x1f\x8b", "gzip"),
    )
    for mark, kind in kinds:
        if head.startswith(mark):
            raise Refused(
                _("{name} is {kind}, not a table. Save it as CSV or XLSX and try again.").format(
                    name=name or _("The file"), kind=kind
                )
            )
