"""How a delimited text is written: separator, quotation mark, escape sign. Decided on a sample.

The measure is that of CleverCSV (van den Burg, Nazábal and Sutton, 2019, Wrangling messy CSV files by
detecting row and type patterns): even rows times cells that look like something. Ours adds separators of
several signs, blanks, and lines above the header.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _csv import Reader as _Reader

# A sign that no text contains stands for a separator of several signs while the csv module reads.
STAND_IN = "\x1f"
_USUAL = (",", ";", "\t", "|")
_UNUSUAL = ("\x1f", "\x1e", "\x01", "~", "^", "¦", "§", "¤", "#", "*", "!", ":", "/", "\\", "=")
_SEVERAL = re.compile(r"([|~^:;,#*%$!¦§])\1+|\|~\||~\|~|<>|=>|->")
_SAMPLE_LINES = 200
_SAMPLE_SIGNS = 100_000
_EVEN_ENOUGH = 0.6
_LONGEST_NAME = 40

_NUMBER = r"[-+(]?\s?[$€£¥]?\s?[-+]?\d[\d.,'’\s\xa0\u202f]*(?:[eE][-+]?\d+)?\s?[%€$£]?\)?"
_DATE = r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[T ]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[-+]\d\d:?\d\d)?)?"
_TIME = r"\d{1,2}:\d\d(?::\d\d)?"
_MAIL = r"[^@\s;,|]+@[^@\s;,|]+\.[a-zA-Z]+"
_LINK = r"(?:https?://|www\.)[^\s;,|]+"
DATA_CELL = re.compile(rf"(?:{_NUMBER}|{_DATE}|{_TIME}|{_MAIL}|{_LINK})\Z")
_TEXT_CELL = re.compile(r"[\w.'’\"&()+/ -]{1,60}\Z")


@dataclass(frozen=True, slots=True)
class Dialect:
    """``separator`` "" means one column, " " any run of blanks, "  " two blanks or more."""

    separator: str
    quote: str = '"'
    escape: str = ""

    def records(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """Line of the first sign and cells of each record; a blank line comes as no cells."""
        yield from self.records_of(list(io.StringIO(text, newline="")), start=0)

    def records_of(self, lines: list[str], *, start: int) -> Iterator[tuple[int, list[str]]]:
        """As ``records``, over lines already parted, from the line at place ``start``."""
        if self.separator in ("", " ", "  "):
            yield from self._blank_records(lines, start)
            return
        several = len(self.separator) > 1
        source = (lines[at] for at in range(start, len(lines)))
        reader = self._reader(source, strict=False)
        before = 0
        for cells in reader:
            yield (
                start + before + 1,
                [cell.replace(STAND_IN, self.separator) for cell in cells] if several else cells,
            )
            before = reader.line_num

    def is_strict(self, lines: list[str]) -> bool:
        """Whether these lines are well formed: every quotation mark closed, and a separator behind it."""
        try:
            return all(True for _cells in self._reader(iter(lines), strict=True))
        except csv.Error:
            return False

    def _reader(self, lines: Iterator[str], *, strict: bool) -> _Reader:
        several = len(self.separator) > 1
        return csv.reader(
            (line.replace(self.separator, STAND_IN) for line in lines) if several else lines,
            delimiter=STAND_IN if several else self.separator,
            quotechar=self.quote or None,
            quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
            escapechar=self.escape or None,
            doublequote=not self.escape,
            # A blank before a quotation mark is no part of the cell; those around cells go later in any case.
            skipinitialspace=True,
            strict=strict,
        )

    def _blank_records(self, lines: list[str], start: int) -> Iterator[tuple[int, list[str]]]:
        quoted = re.compile(r'"((?:[^"]|"")*)"|(\S+)') if self.separator == " " else None
        for at in range(start, len(lines)):
            line = lines[at].strip()
            if not line:
                yield at + 1, []
            elif self.separator == "":
                bare = line[1:-1].replace('""', '"') if len(line) > 1 and line[0] == line[-1] == '"' else line
                yield at + 1, [bare]
            elif quoted is not None and '"' in line:
                yield at + 1, [a.replace('""', '"') or b for a, b in quoted.findall(line)]
            else:
                yield at + 1, line.split() if self.separator == " " else re.split(r"\s{2,}", line)


def sniff(text: str) -> Dialect:
    """The dialect that makes the sample most even; "one column" when nothing does."""
    sample = _sample(text)
    if not sample.strip():
        return Dialect(",")
    escapes = ("", "\\") if '\\"' in sample else ("",)
    quotes = ('"', "'") if re.search(r"(?:^|[^\w\s])'[^'\n]*'(?:[^\w\s]|$)", sample, re.M) else ('"',)
    best, best_score = Dialect(""), 0.0
    for separator in _candidates(sample):
        for quote in quotes:
            # A sign cannot part and escape at once; Python 3.13 refuses to try.
            for escape in (e for e in escapes if e != separator):
                dialect = Dialect(separator, quote, escape)
                usual = separator in _USUAL or len(separator) > 1
                score = _score(sample, dialect) * (1.0 if usual else 0.8 * _begins(sample, dialect))
                # A later candidate must be clearly better: the order is the order of how usual they are.
                if score > best_score * 1.02:
                    best, best_score = dialect, score
    if best.separator:
        return best
    if ragged := _ragged(sample):
        return Dialect(ragged)
    # Blanks only when nothing else parts the lines, because texts are full of them; two blanks or more are
    # the safer sign, unless they leave lines of different widths.
    blanks = {sign: _score(sample, Dialect(sign)) * _begins(sample, Dialect(sign)) for sign in ("  ", " ")}
    return Dialect(max(blanks, key=lambda separator: blanks[separator])) if any(blanks.values()) else best


def _begins(sample: str, dialect: Dialect) -> bool:
    """Whether the first line is parted as well: "ID" above "id#0" says that the sign belongs to the cells."""
    return next((len(cells) > 1 for _line, cells in dialect.records(sample) if any(cells)), False)


def _ragged(sample: str) -> str:
    """The usual separator that parts the column names and most lines, however uneven these are; "" if none does."""
    lines = [line for line in sample.splitlines() if line.strip()]
    for sign in _USUAL:
        names = lines[0].split(sign)
        short = all(0 < len(name.strip()) < _LONGEST_NAME for name in names)
        if len(names) > 1 and short and sum(sign in line for line in lines[1:]) * 2 > len(lines) - 1 > 0:
            return sign
    return ""


def _sample(text: str) -> str:
    head = text[:_SAMPLE_SIGNS]
    lines = head.splitlines(keepends=True)[:_SAMPLE_LINES]
    if len(text) > _SAMPLE_SIGNS and len(lines) < _SAMPLE_LINES:
        lines = lines[:-1] or lines
    return "".join(lines)


def _candidates(sample: str) -> list[str]:
    several = [
        part for part, n in Counter(hit[0] for hit in _SEVERAL.finditer(sample)).most_common(3) if n > 1
    ]
    present = [sign for sign in (*_USUAL, *_UNUSUAL) if sign in sample]
    return [*(sign for sign in present if sign in _USUAL), *several, *(s for s in present if s not in _USUAL)]


def _score(sample: str, dialect: Dialect) -> float:
    try:
        rows = [cells for _, cells in dialect.records(sample) if any(cell.strip() for cell in cells)]
    except csv.Error:
        return 0.0
    if not rows:
        return 0.0
    widths = Counter(map(len, rows))
    width, times = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
    if width < 2 or times < _EVEN_ENOUGH * (len(rows) - 3) or (times < 2 and len(rows) > 1):
        return 0.0
    pattern = sum(n * (size - 1) / size for size, n in widths.items()) / len(widths) / len(rows)
    cells = [cell.strip() for row in rows for cell in row]
    typed = sum(
        1.0 if not cell or DATA_CELL.match(cell) else 0.9 * bool(_TEXT_CELL.match(cell)) for cell in cells
    )
    return pattern * (typed / len(cells))
