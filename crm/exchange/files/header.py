"""Where the rows of a table begin and what its columns are called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm.exchange.files.dialect import DATA_CELL
from crm.i18n import _

_LOOKED_AT = 60


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no row: where, what stands there, why not."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file was read, for people to check; ``header_line`` is 0 when the file names no columns.

    ``doubtful`` holds words that would have other letters in another encoding that fits as well; ``bare_formulas`` counts cells
    whose formula has no result.
    """

    encoding: str = ""
    separator: str = ""
    quote: str = ""
    escape: str = ""
    header_line: int = 0
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    repaired: int = 0
    blank_lines: int = 0
    doubtful: tuple[str, ...] = ()
    bare_formulas: int = 0


@dataclass(frozen=True)
class Arranged:
    """Rows in columns, before they get the file's name."""

    texts: pd.DataFrame
    lines: NDArray[np.int64]
    bad: tuple[BadLine, ...]
    layout: Layout
    exact: dict[str, NDArray[np.bool_]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Head:
    """``first`` is the place of the first row of data among the records, ``line`` that of the names or 0."""

    names: tuple[str, ...]
    first: int
    line: int


def find_head(records: Sequence[tuple[int, list[str]]], *, header_line: int | None) -> Head:
    """Names of the columns from the first records (blank ones included, as no cells).

    Lines above the header (titles, dates of export) have other widths than the rows below; a first row that
    holds numbers, dates or addresses where the rows below do is data, not a header.
    """
    filled = [(at, line, cells) for at, (line, cells) in enumerate(records) if any(c.strip() for c in cells)]
    filled = filled[:_LOOKED_AT]
    if not filled:
        return Head((), 0, 0)
    widths = Counter(len(cells) for *_rest, cells in filled)
    # Where every line is as long as it pleases, the first says how many columns have names.
    first_width = len(filled[0][2]) if len(filled[0][2]) > 1 else 0
    width = max(widths.items(), key=lambda item: (item[1], item[0] == first_width, item[0]))[0]
    # Programs write separators for columns that nothing stands in; those columns prove nothing.
    used = {place for *_rest, cells in filled for place, cell in enumerate(cells) if cell.strip()}
    if header_line:
        at, line, cells = next((r for r in filled if r[1] >= header_line), filled[0])
        return Head(_names(cells, max(width, len(cells)), filled), at + 1, line)
    first = next(
        at for at, row in enumerate(filled) if _could_begin(row[2], width, used, after=len(filled) - at > 1)
    )
    place, line, cells = filled[first]
    below = [row[2] for row in filled[first + 1 :]]
    if header_line == 0 or _is_data(cells, below):
        return Head(tuple(_numbered(number) for number in range(1, width + 1)), place, 0)
    return Head(_names(cells, width, filled[first + 1 :]), place + 1, line)


def _could_begin(cells: list[str], width: int, used: set[int], *, after: bool) -> bool:
    given = sum(bool(cell.strip()) for cell in cells)
    wanted = min(width, max(used) + 1)
    # A header one short of the rows leaves out the name of the row numbers, as R writes it.
    wide_enough = len(cells) >= wanted - 1 if wanted > 2 else len(cells) >= wanted
    return not after or (wide_enough and given * 2 > min(width, len(used)))


def _is_data(cells: list[str], below: list[list[str]]) -> bool:
    looks = [at for at, cell in enumerate(cells) if DATA_CELL.match(cell.strip())]
    if not looks:
        return False
    if not below:
        return len(looks) * 2 >= len(cells)
    # Years may be column names ("2023", "2024"), but then other names stand beside them.
    years = all(cells[at].strip().isdigit() and 1900 <= int(cells[at]) <= 2100 for at in looks)
    if years and len(looks) < len(cells):
        return False
    same = sum(any(DATA_CELL.match(row[at].strip()) for row in below[:10] if at < len(row)) for at in looks)
    return same * 2 > len(looks)


def _names(cells: list[str], width: int, below: list[tuple[int, int, list[str]]]) -> tuple[str, ...]:
    given = [" ".join(cell.replace("\ufeff", "").split()) for cell in cells]
    missing = width - len(given)
    if missing == 1 and any(row[-1].strip() for *_rest, row in below if len(row) == width):
        given = ["", *given]
    given += [""] * (width - len(given))
    names: list[str] = []
    taken: set[str] = set()
    for number, name in enumerate(given, start=1):
        wanted = name or _numbered(number)
        unique, again = wanted, 2
        while unique.casefold() in taken:
            unique, again = f"{wanted} ({again})", again + 1
        taken.add(unique.casefold())
        names.append(unique)
    return tuple(names)


def _numbered(number: int) -> str:
    return _("Column {number}").format(number=number)
