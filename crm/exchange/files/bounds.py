"""How large a foreign file and its parts may be; told by what the file declares, before anything is built from it."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from crm.errors import Refused
from crm.i18n import _

Cells = TypeVar("Cells", bound="list[str] | None")

MOST_COLUMNS = 2_000
LONGEST_CELL = 1_000_000
#: Bytes of a line; a cell may go on over several.
LONGEST_LINE = 4_000_000
#: A spreadsheet is a packed archive: a small file can unpack to gigabytes.
_LARGEST_UNPACKED = 12
#: XML packs to a tenth or a twentieth; only a file made for it packs further, and only large ones hurt.
_BELIEVABLE_RATIO, _HARMLESS = 150, 20_000_000
_MOST_MEMBERS = 20_000


def unpacked_size(path: Path, *, name: str, limit: int) -> int:
    """Bytes that an archive says it unpacks to.

    Raises
    ------
    Refused
        Damaged, no spreadsheet, or larger unpacked than is believable or allowed.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            parts = packed.infolist()
    # NotImplementedError: it needs a later version of ZIP than Python knows, or says so because it is damaged.
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise Refused(_("{name} is damaged. Save it anew and try again.").format(name=name)) from error
    unpacked = sum(part.file_size for part in parts)
    bomb = any(p.file_size > max(_HARMLESS, _BELIEVABLE_RATIO * p.compress_size) for p in parts)
    if bomb or unpacked > limit * _LARGEST_UNPACKED or len(parts) > _MOST_MEMBERS:
        raise Refused(
            _("{name} unpacks to more than is allowed. Save it as CSV and try again.").format(name=name)
        )
    if not {part.filename for part in parts} & {"[Content_Types].xml", "content.xml"}:
        raise Refused(_("{name} is an archive, not a spreadsheet. Unpack it first.").format(name=name))
    return unpacked


def refuse_long_lines(data: bytes, *, name: str) -> None:
    """Refuse a text that is no table because a line of it is as long as a book.

    Raises
    ------
    Refused
        The line is named.
    """
    at = 0
    while len(data) - at > LONGEST_LINE:
        ends = at + LONGEST_LINE
        end = data.rfind(b"\n", at, ends)
        end = data.rfind(b"\r", at, ends) if end < 0 else end
        if end < 0:
            line = data.count(b"\n", 0, at) + 1
            raise Refused(
                _(
                    "Line {line} of {name} is longer than {most:,} bytes. This is not a table with rows."
                ).format(name=name, line=line, most=LONGEST_LINE)
            )
        at = end + 1


def narrow(records: Iterable[tuple[int, Cells]]) -> Iterator[tuple[int, Cells]]:
    """The same records, until one has more columns than any table.

    Raises
    ------
    Refused
        The line is named.
    """
    for line, cells in records:
        if cells is not None and len(cells) > MOST_COLUMNS:
            raise Refused(
                _(
                    "Line {line} has {n:,} columns, {most:,} are allowed. Save the table alone and try again."
                ).format(line=line, n=len(cells), most=MOST_COLUMNS)
            )
        yield line, cells
