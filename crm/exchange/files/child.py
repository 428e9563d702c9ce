"""The process that reads a foreign file for its server, and may run out of memory or time in its stead.

It is run as a script and starts with nothing but the reader of spreadsheets, which takes a twentieth of a second. A
spreadsheet leaves it as blocks of columns of text, a delimited text as one table.
"""

from __future__ import annotations

import contextlib
import json
import marshal
import os
import pickle
import sys
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

#: Cells that leave in one block.
_BLOCK_CELLS = 250_000
#: Rows by which a sheet is judged, and the head of the table is found.
LOOKED_AT = 200
#: Rows of a sheet in the programs that write OpenDocument.
_MOST_REPEATS = 1_048_576


class _Stop(Exception):
    """The file is refused; a name of the reason and its values, for the server to say."""


def main() -> None:
    """Read what the request on the command line names, and write what was found to standard output."""
    request = json.loads(sys.argv[1])
    _bound(request["memory"])
    # Libraries that print must not disturb the answer, so this keeps the real output for itself.
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        if request["kind"] == "text":
            _read_text(request, out)
            return
        try:
            for message in _read_sheets(request):
                marshal.dump(message, out)
        except MemoryError:
            marshal.dump(("refused", "reach", {}), out)
        except _Stop as reason:
            marshal.dump(("refused", *reason.args), out)


def _bound(most: int) -> None:
    """No more memory than this; and where memory is short, this process goes first."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # not on Windows, where the server is safe and memory is not bounded

        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _read_text(request: dict[str, Any], out: BinaryIO) -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    from crm.errors import Refused
    from crm.exchange.files.reading import ReadOptions, read_text
    from crm.i18n import set_language

    set_language(request["language"])
    try:
        data = Path(request["path"]).read_bytes()
        found: Any = read_text(data, name=request["name"], chosen=ReadOptions(**request["options"]))
    except Refused as refused:
        found = refused.message
    except MemoryError:
        found = None
    pickle.dump(found, out, protocol=5)


def _read_sheets(request: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    import python_calamine

    wanted = request["sheet"]
    try:
        _refuse_repeats(request["path"])
        with open(request["path"], "rb") as file:
            book = python_calamine.CalamineWorkbook.from_filelike(file)
            names = book.sheet_names
            if wanted and wanted not in names:
                raise _Stop("no sheet", {"sheets": ", ".join(names[:20])})
            chosen, first = names[-1] if names else "", None
            for name in (wanted,) if wanted else names:
                sheet = book.get_sheet_by_name(name)
                rows = _filled(sheet)
                head = [row for _at, row in zip(range(LOOKED_AT), rows, strict=False)]
                is_table = sum(sum(cell not in (None, "") for cell in row) > 1 for _line, row in head) > 1
                if wanted or is_table or (head and first is None):
                    chosen, first = name, chain(head, rows)
                if wanted or is_table:
                    break
            yield "sheets", chosen, names, _bare_formulas(request["path"], chosen)
            for block in _blocks(first or iter(()), request):
                yield "block", *block
            yield ("end",)
    except python_calamine.PasswordError:
        raise _Stop("locked", {}) from None
    except (python_calamine.CalamineError, OSError, ValueError):
        raise _Stop("damaged", {}) from None


def _refuse_repeats(path: str) -> None:
    """Refuse an OpenDocument sheet that says of a row or cell that it stands more often than any sheet has room."""
    with open(path, "rb") as file:
        if file.read(2) != b"PK":
            return
    import lzma
    import re
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(path) as packed:
            if "content.xml" not in packed.namelist():
                return
            with packed.open("content.xml") as part:
                before = b""
                while block := part.read(1_000_000):
                    for hit in re.finditer(rb'-repeated="([0-9]{7,})"', before + block):
                        if int(hit[1][:12]) > _MOST_REPEATS:
                            raise _Stop("reach", {})
                    before = block[-60:]
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError):
        # The last one: packed in a way that this Python does not know.
        raise _Stop("damaged", {}) from None
    except RuntimeError:
        raise _Stop("locked", {}) from None  # so zipfile asks for a password


def _bare_formulas(path: str, sheet: str) -> int:
    """How many cells of an XLSX sheet hold a formula whose result nobody has counted, as programs write that count nothing."""
    import html
    import re
    import zipfile
    import zlib

    try:
        with zipfile.ZipFile(path) as packed:
            book = packed.read("xl/workbook.xml").decode("utf-8", "replace")
            links = packed.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
            sheets = [
                dict(re.findall(r'([\w:]{1,20})="([^"]*)"', tag))
                for tag in re.findall(r"<sheet\b[^<>]*>", book)
            ]
            place = {html.unescape(one["name"]): one["r:id"] for one in sheets}[sheet]
            tags = [tag for tag in re.findall(r"<Relationship\b[^<>]*>", links) if f'Id="{place}"' in tag]
            target = re.search(r'Target="([^"]*)"', tags[0])
            part = target[1].lstrip("/") if target else ""
            count, before = 0, b""
            bare = re.compile(rb"<f\b[^<>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
            with packed.open(part if part.startswith("xl/") else f"xl/{part}") as cells:
                while block := cells.read(1_000_000):
                    held = before + block
                    cut = held.rfind(b"<c ") if len(block) == 1_000_000 else len(held)
                    count += sum(1 for _hit in bare.finditer(held, 0, cut if cut > 0 else len(held)))
                    before = held[cut:] if cut > 0 else b""
            return count
    # No XLSX, or one that its reader has the say about: damaged, without the parts that are looked for, or, which both
    # come as RuntimeError, locked or packed in a way that this Python does not know.
    except (zipfile.BadZipFile, zlib.error, EOFError, LookupError, OSError, RuntimeError, ValueError):
        return 0


def _filled(sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """Number and cells of each row that is not blank, from the sheet's first column on."""
    left = [""] * (sheet.start[1] if sheet.start else 0)
    blank = [""] * sheet.width
    for line, row in enumerate(sheet.iter_rows(), start=1):
        if row != blank:
            yield line, left + row


def _blocks(
    rows: Iterator[tuple[int, list[Any]]], request: dict[str, Any]
) -> Iterator[tuple[list[int], list[Any]]]:
    seen = 0
    lines: list[int] = []
    cells: list[list[Any]] = []
    for line, row in rows:
        lines.append(line)
        cells.append(row)
        if len(lines) * len(row) >= _BLOCK_CELLS:
            seen += len(lines)
            yield lines, _columns(lines, cells, request)
            lines, cells = [], []
            if seen > request["max_rows"] + LOOKED_AT:
                raise _Stop("rows", {})
    if lines:
        yield lines, _columns(lines, cells, request)


def _columns(lines: list[int], rows: list[list[Any]], request: dict[str, Any]) -> list[Any]:
    """For each column its texts, and which of them the sheet itself knew the type of; None for an empty one."""
    made: list[Any] = []
    for column in zip(*rows, strict=True):
        texts = [_text(cell) for cell in column]
        longest = max(map(len, texts))
        if longest > request["longest_cell"]:
            raise _Stop("cell", {"line": lines[max(range(len(texts)), key=lambda at: len(texts[at]))]})
        exact = bytes(not isinstance(cell, str) and cell is not None for cell in column)
        made.append((texts, exact) if longest or 1 in exact else None)
    if sum(column is not None for column in made) > request["most_columns"]:
        raise _Stop("columns", {})
    return made


def _text(cell: Any) -> str:
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


if __name__ == "__main__":
    main()
