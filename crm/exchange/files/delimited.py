"""The rows of a delimited text, with the lines they stand on and the lines that are no rows."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from crm.errors import Refused
from crm.exchange.files.bounds import LONGEST_CELL, narrow
from crm.exchange.files.dialect import Dialect, sniff
from crm.exchange.files.header import Arranged, BadLine, Head, Layout, find_head
from crm.i18n import _

_BLOCK = 50_000
_LONGEST_CELL_LINES = 500
_LONGEST_BAD_TEXT = 2_000
_BLANKS = " \t\r\n\xa0\u2007\u202f\ufeff\u200b"
#: The names of the columns of our own exports, the last one of rows that failed before in words.
_OUR_NAMES = re.compile(r"id([,;\t])(?:[a-z][a-z0-9_]*\1)*(?:[a-z][a-z0-9_]*|[^\W\d_][\w ]*)[ ]*\r?\n")
_PLAIN_BLANKS = " \t\r\n"
# The mark of a whole file that leaves empty cells off the end, not of single broken lines.
_OFTEN_SHORT = 0.2
# How programs keep Excel from taking noughts off a number.
_AS_TEXT = re.compile(r'\A="([^"]*)"\Z')

csv.field_size_limit(2**31 - 1)


def arrange(
    text: str,
    layout: Layout,
    *,
    separator: str | None,
    quote: str | None,
    escape: str | None,
    header_line: int | None,
    pad: bool,
    max_rows: int,
) -> Arranged:
    """Read the text into columns; ``separator``, ``quote``, ``escape`` are obeyed where given, else found."""
    text = text.replace("\0", "")
    as_found = separator is None and quote is None and escape is None and header_line is None
    if as_found and (ours := _ours(text, layout, max_rows)) is not None:
        return _unwrapped(ours, text)
    told, text = _told_separator(text)
    if separator is None and told:
        separator = told
    found = Dialect(separator) if separator is not None else sniff(text)
    dialect = Dialect(
        found.separator,
        found.quote if quote is None else quote,
        found.escape if escape is None else escape,
    )
    lines = list(io.StringIO(text, newline=""))
    shift = 1 if told else 0
    first_records = list(islice(narrow(dialect.records_of(lines, start=0)), 200))
    head = find_head(first_records, header_line=header_line - shift if header_line else header_line)
    layout = replace(
        layout,
        separator=dialect.separator,
        quote=dialect.quote,
        escape=dialect.escape,
        header_line=head.line + shift if head.line else 0,
    )
    arranged = _columns(dialect, lines, head, layout, shift=shift, pad=pad, max_rows=max_rows)
    return _unwrapped(arranged, text)


def _unwrapped(arranged: Arranged, text: str) -> Arranged:
    if '="' not in text:
        return arranged
    bare = {name: arranged.texts[name].str.replace(_AS_TEXT, r"\1", regex=True) for name in arranged.texts}
    return replace(arranged, texts=pd.DataFrame(bare))


def _ours(text: str, layout: Layout, max_rows: int) -> Arranged | None:
    """A text as our own exports are written, by its first line and well formed to its end; else None.

    Nothing has to be found out, so nothing that its cells hold is taken for anything else.
    """
    first = _OUR_NAMES.match(text)
    if first is None:
        return None
    names = first[0].strip().split(first[1])
    if len(set(names)) < len(names):
        return None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=first[1], strict=True)
    blocks: list[list[pa.Array]] = []
    good: list[list[str]] = []
    places: list[int] = []
    next(reader)
    before = reader.line_num
    try:
        for cells in reader:
            if len(cells) == len(names):
                good.append(cells)
                places.append(before + 1)
            elif cells:
                return None
            before = reader.line_num
            if len(good) >= _BLOCK:
                blocks.append(_block(good, len(names), blanks=_PLAIN_BLANKS))
                good = []
                if len(places) > max_rows:
                    raise _too_many(max_rows)
    except csv.Error:
        return None
    blocks.append(_block(good, len(names), blanks=_PLAIN_BLANKS))
    layout = replace(layout, separator=first[1], quote='"', header_line=1)
    return Arranged(_frame(blocks, tuple(names)), np.asarray(places, dtype=np.int64), (), layout)


def _told_separator(text: str) -> tuple[str, str]:
    """Excel writes ``sep=;`` as the first line and does not show it."""
    first, _end, rest = text.partition("\n")
    first = first.strip("\r\"' ")
    return (first[4:], rest) if first.lower().startswith("sep=") and 5 <= len(first) <= 8 else ("", text)


def _safe_records(
    dialect: Dialect, lines: list[str], start: int, *, width: int
) -> Iterator[tuple[int, list[str] | None]]:
    """Records with their lines; no cells for a line whose quotation mark is never closed.

    Such a mark swallows the lines below it, up to the next mark or the end of the file. Only its first line
    is wrong, the rest is read again.
    """
    at = start
    while at < len(lines):
        broken = 0
        waiting: tuple[int, list[str]] | None = None
        for line, cells in chain(dialect.records_of(lines, start=at), [(len(lines) + 1, [])]):
            if waiting is not None:
                spread = line - waiting[0]
                if (
                    width
                    and spread > 1
                    and _swallowed(dialect, lines[waiting[0] - 1 : line - 1], waiting[1], width)
                ):
                    broken = waiting[0]
                    break
                yield waiting
            waiting = (line, cells)
        if not broken:
            return
        yield broken, None
        at = broken


def _swallowed(dialect: Dialect, spread: list[str], cells: list[str], width: int) -> bool:
    """Whether a record over several lines is a row with an unclosed mark and the rows below it."""
    if len(cells) != width or len(spread) > _LONGEST_CELL_LINES or not dialect.is_strict(spread):
        return True
    inner = [len(row) == width for _line, row in dialect.records_of(spread[1:-1], start=0)]
    return width > 2 and bool(inner) and all(inner)


def _columns(
    dialect: Dialect, lines: list[str], head: Head, layout: Layout, *, shift: int, pad: bool, max_rows: int
) -> Arranged:
    width = len(head.names)
    first_data = next(islice(dialect.records_of(lines, start=0), head.first, None), None)
    start = first_data[0] - 1 if first_data else len(lines)
    good: list[list[str]] = []
    places: list[int] = []
    blocks: list[list[pa.Array]] = []
    uneven: list[tuple[int, list[str]]] = []
    bad: list[BadLine] = []
    blank = 0
    # Lines below a blank one that no row follows are notes below the table, not rows with cells left off.
    below = 0
    for line, cells in narrow(_safe_records(dialect, lines, start, width=width)):
        if cells is None:
            bad.append(_bad(lines, line, shift, _("A quotation mark is opened and not closed.")))
        elif len(cells) == width:
            good.append(cells)
            places.append(line)
            below = 0
        elif not cells or not any(cell.strip() for cell in cells):
            blank += 1
            below = below or line
        else:
            uneven.append((line, cells))
        if len(good) >= _BLOCK:
            blocks.append(_block(good, width))
            good = []
            if len(places) > max_rows:
                raise _too_many(max_rows)
    blocks.append(_block(good, width))
    texts = _frame(blocks, head.names)
    notes = {line for line, _cells in uneven if line > below > 0}
    short = [(line, cells) for line, cells in uneven if len(cells) < width and line not in notes]
    pad = pad or len(short) > _OFTEN_SHORT * (len(places) + len(short))
    extra: list[tuple[int, list[str]]] = []
    for line, cells in uneven:
        if len(cells) > width and not any(cell.strip() for cell in cells[width:]) and cells[0].strip():
            extra.append((line, cells[:width]))
        elif len(cells) < width and pad and line not in notes:
            extra.append((line, [*cells, *[""] * (width - len(cells))]))
        else:
            reason = _("The line has {found} cells, the header {wanted}.").format(
                found=len(cells), wanted=width
            )
            bad.append(_bad(lines, line, shift, reason))
    if extra:
        texts = pd.concat([texts, _frame([_block([cells for _line, cells in extra], width)], head.names)])
        places += [line for line, _cells in extra]
    numbers = np.asarray(places, dtype=np.int64)
    if extra:
        order = np.argsort(numbers, kind="stable")
        texts, numbers = texts.iloc[order].reset_index(drop=True), numbers[order]
    empty = (texts == "").all(axis=1).to_numpy() if width else np.zeros(0, dtype=bool)
    if empty.any():
        blank += int(empty.sum())
        texts, numbers = texts[~empty].reset_index(drop=True), numbers[~empty]
    unnamed = [
        n for at, n in enumerate(head.names, 1) if n == _("Column {number}").format(number=at) and head.line
    ]
    texts = texts.drop(columns=[name for name in unnamed if (texts[name] == "").all()])
    return Arranged(
        texts,
        numbers + shift,
        tuple(sorted(bad, key=lambda wrong: wrong.line)),
        replace(layout, blank_lines=blank),
    )


def _bad(lines: list[str], line: int, shift: int, reason: str) -> BadLine:
    return BadLine(line + shift, lines[line - 1].rstrip("\r\n")[:_LONGEST_BAD_TEXT], reason)


def _too_many(limit: int) -> Refused:
    text = _("The file has more than {limit:,} rows. Split it, or ask an administrator.")
    return Refused(text.format(limit=limit))


def _block(rows: list[list[str]], width: int, *, blanks: str = _BLANKS) -> list[pa.Array]:
    columns = zip(*rows, strict=True) if rows else ([] for _ in range(width))
    made = [pc.utf8_trim(pa.array(column, pa.large_string()), characters=blanks) for column in columns]
    if any((pc.max(pc.binary_length(cells)).as_py() or 0) > LONGEST_CELL for cells in made):
        raise Refused(
            _("A cell is longer than {longest:,} bytes. Shorten it and try again.").format(
                longest=LONGEST_CELL
            )
        )
    return made


def _frame(blocks: list[list[pa.Array]], names: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series(pd.array(pa.chunked_array([block[at] for block in blocks]), dtype="str"))
            for at, name in enumerate(names)
        }
    )
