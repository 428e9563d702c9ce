"""The different texts of a column, and the values they become."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm.records.fields import Field, Kind

#: What says nothing in a file of ours.
BLANK = frozenset({""})
#: Texts that programs write for "nothing", in any column …
EMPTY = frozenset({"", "NULL", "null", "\\N", "(null)", "<null>", "#N/A", "#N/A N/A", "#NULL!", "<NA>"})
#: … and only where no such word is expected.
_NOTHING = EMPTY | {
    "N/A",
    "n/a",
    "NA",
    "na",
    "-",
    "--",
    "---",
    "—",
    "–",
    "none",
    "None",
    "nan",
    "NaN",
    "?",
    ".",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a profile or a person says about reading a column; empty: found out.

    ``values`` maps texts of the file to values of the field; ``zone`` is that of times without
    one; ``scale`` multiplies numbers ("in millions": 1e6). ``own``: the file is our own, and every text says what it says.
    """

    date_order: str = ""
    decimal: str = ""
    currency: str = "EUR"
    region: str = "DE"
    zone: str = "UTC"
    scale: float = 1.0
    near: bool = True
    own: bool = False
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """Different texts of a column (a text of an exact cell differs from the same text typed by hand)."""

    places: NDArray[np.intp]
    texts: list[str]
    exact: list[bool]
    counts: NDArray[np.intp]

    def spread(
        self, values: Sequence[Any], problems: Mapping[int, str]
    ) -> tuple[NDArray[np.object_], dict[int, str]]:
        """Values and complaints of the different texts, laid out on the rows."""
        filled = np.empty(len(values) + 1, dtype=object)
        filled[: len(values)] = _objects(values)
        rows: NDArray[np.object_] = filled[self.places]
        wrong: dict[int, str] = {}
        if problems:
            bad = np.zeros(len(values) + 1, dtype=bool)
            bad[list(problems)] = True
            wrong = {int(row): problems[int(self.places[row])] for row in np.flatnonzero(bad[self.places])}
        return rows, wrong


def _objects(values: Sequence[Any]) -> NDArray[np.object_]:
    made = np.empty(len(values), dtype=object)
    for at, value in enumerate(values):
        made[at] = value
    return made


@dataclass
class Made:
    """Values of the different texts, in their order."""

    values: list[Any]
    problems: dict[int, str] = field(default_factory=dict)
    ambiguous: bool = False
    found: str = ""
    order: str = ""
    mark: str = ""
    currencies: list[str] | None = None
    shared: list[str] | None = None
    rounded: list[int] = field(default_factory=list)
    blanks: list[int] = field(default_factory=list)


def different_texts(
    about: Field, cells: pd.Series[str], exact: NDArray[np.bool_] | None, *, own: bool = False
) -> Column:
    """The different texts of the cells; words that mean "nothing" in a column of this kind count as empty."""
    known = exact if exact is not None and exact.any() else None
    keyed = cells if known is None else cells + np.where(known, "\x01", "\x02")
    places, different = pd.factorize(keyed)
    plain: list[str] = different.tolist()
    typed = [False] * len(plain)
    if known is not None:
        typed = [text.endswith("\x01") for text in plain]
        plain = [text[:-1] for text in plain]
    worded = about.kind in (Kind.TEXT, Kind.LONGTEXT, Kind.TAGS)
    nothing = BLANK if own else EMPTY if worded else _NOTHING
    if about.kind is Kind.CHOICE and not own:
        nothing = _NOTHING - {name for c in about.choices for name in (c.value, c.label)}
    empty = np.array([text in nothing for text in plain] or [True], dtype=bool)
    counts = np.bincount(places, minlength=len(plain))
    if not empty[: len(plain)].any():
        return Column(places, plain, typed, counts)
    # Empty cells all point behind the last text, where None stands.
    places = np.where(empty[places], -1, places) if len(places) else places
    kept = [at for at, gone in enumerate(empty[: len(plain)]) if not gone]
    renumber = np.full(len(plain) + 1, len(kept), dtype=np.intp)
    renumber[kept] = np.arange(len(kept))
    return Column(renumber[places], [plain[at] for at in kept], [typed[at] for at in kept], counts[kept])
