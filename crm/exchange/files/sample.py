"""The first rows of a file, read once and kept: what guesses, previews and problems are judged by, whatever its size."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from crm.exchange.files.encoding import decode
from crm.exchange.files.reading import SPREADSHEET_MARKS, ReadOptions, SourceTable, read_table

#: Rows that are looked at before an import; the check reads all of them.
ROWS = 2_000
_PART = 2_000_000
#: Lines with other letters than ASCII from the rest of the file, by which its encoding is judged.
_STRANGE = 65_536


def sample(path: Path, name: str, options: ReadOptions) -> SourceTable:
    """The first rows of a file as it is now; read again only when it or the way it is read has changed."""
    return _read(path, name, options, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _read(path: Path, name: str, options: ReadOptions, _changed: int) -> SourceTable:
    with path.open("rb") as file:
        part = file.read(_PART)
        end = part.rfind(b"\n") + 1
        whole = len(part) < _PART or not end or b"\0" in part or part.startswith(SPREADSHEET_MARKS)
        if whole:
            return _first(read_table(path, name=name, options=options), 0)
        part, beyond, strange = part[:end], 0, b""
        file.seek(end)
        for line in file:
            beyond += 1
            if len(strange) < _STRANGE and not line.isascii():
                strange += line
    if options.encoding is None and strange:
        options = replace(options, encoding=decode(part + strange).encoding)
    return _first(read_table(part, name=name, options=options), beyond)


def _first(table: SourceTable, beyond: int) -> SourceTable:
    if len(table) <= ROWS:
        return replace(table, beyond=beyond)
    return replace(
        table,
        texts=table.texts.head(ROWS),
        lines=table.lines[:ROWS],
        exact={name: known[:ROWS] for name, known in table.exact.items()},
        bad=tuple(wrong for wrong in table.bad if wrong.line <= table.lines[ROWS - 1]),
        beyond=beyond + len(table) - ROWS,
    )
