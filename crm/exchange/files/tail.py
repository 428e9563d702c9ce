"""What programs write below and between the rows of a table: totals, notes, names again. They are no records, and are told."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from crm.exchange.files.header import Arranged, BadLine
from crm.i18n import _

_LOOKED_AT = 12
_LONGEST_TEXT = 2_000
_SHORTEST_NOTE = 20
#: A table this narrow has rows with a single cell that are rows.
_NARROW = 3
_TOTAL = re.compile(
    r"(?:(?P<sure>grand total|overall total|gesamtsumme|total general|total général|celkový součet)|"
    r"totals?|sub-?total|sum|summe|gesamt|insgesamt|celkem|součet|skupaj|vsota|i alt|totalt|summa|"
    r"totale|suma|razem|итого|всего|spolu|ukupno|yhteensä|összesen|kabuuan)"
    r"(?:\s*\(?\d+ (?:rows?|records?)\)?)?\s*:?",
    re.IGNORECASE,
)


_KIND_OF = re.compile(
    r"\(?(?:text|string|str|(?:var)?char(?:\(\d+\))?|number|numeric|int(?:eger)?|float|double|decimal|money|currency|"
    r"date(?:time)?|time(?:stamp)?|bool(?:ean)?|e-?mail|phone|url|id|required|optional|mandatory)\)?|"
    r"[(\[][^()\[\]]{1,12}[)\]]",
    re.IGNORECASE,
)


def without_headers(arranged: Arranged) -> Arranged:
    """The table without further lines of column names: kinds or units below them, or the names again in between."""
    texts = arranged.texts
    if not len(texts) or not arranged.layout.header_line or not texts.shape[1]:
        return arranged
    again = np.ones(len(texts), dtype=bool)
    for name in texts.columns:
        again &= (texts[name].str.casefold() == str(name).casefold()).to_numpy(dtype=bool)
        if not again.any():
            break
    first = [str(cell) for cell in texts.iloc[0] if cell]
    again[0] |= texts.shape[1] > 1 and len(first) > 1 and all(_KIND_OF.fullmatch(cell) for cell in first)
    if not again.any():
        return arranged
    reason = _("A further line of column names is not a record.")
    bad = [
        BadLine(int(arranged.lines[at]), "  ".join(map(str, texts.iloc[at]))[:_LONGEST_TEXT], reason)
        for at in np.flatnonzero(again)
    ]
    return replace(
        arranged,
        texts=texts[~again].reset_index(drop=True),
        lines=arranged.lines[~again],
        exact={name: known[~again] for name, known in arranged.exact.items()},
        bad=tuple(sorted((*arranged.bad, *bad), key=lambda wrong: wrong.line)),
    )


def without_tail(arranged: Arranged) -> Arranged:
    """The table without the totals and notes at its end; these are among the lines that are no rows.

    A total begins with a word for it and fills fewer cells than the rows do. A note is a sentence that stands alone
    in its row.
    """
    texts = arranged.texts
    size = len(texts)
    first = max(1, size - _LOOKED_AT)
    last = texts.iloc[first:].to_numpy(dtype=object)
    filled = (texts.iloc[max(0, first - 200) : first] != "").sum(axis=1)
    if not len(last) or texts.shape[1] < 2:
        return arranged
    usual = float(np.median(filled))
    found: list[tuple[int, str]] = []
    for place in range(size - 1, first - 1, -1):
        cells = [str(cell) for cell in last[place - first] if cell]
        reason = _reason(cells, usual)
        if not reason:
            break
        found.append((place, reason))
    if not found:
        return arranged
    bad = [
        BadLine(int(arranged.lines[at]), "  ".join(c for c in last[at - first] if c)[:_LONGEST_TEXT], reason)
        for at, reason in found
    ]
    kept = size - len(found)
    return replace(
        arranged,
        texts=texts.iloc[:kept].reset_index(drop=True),
        lines=arranged.lines[:kept],
        exact={name: known[:kept] for name, known in arranged.exact.items()},
        bad=tuple(sorted((*arranged.bad, *bad), key=lambda wrong: wrong.line)),
    )


def _reason(cells: list[str], usual: float) -> str:
    hit = _TOTAL.fullmatch(cells[0])
    if hit is not None and (hit["sure"] or len(cells) < usual):
        return _("A total below the table is not a record.")
    alone = len(cells) == 1 and usual >= _NARROW
    if alone and len(cells[0]) >= _SHORTEST_NOTE and len(cells[0].split()) >= _NARROW:
        return _("A note below the table is not a record.")
    return ""
