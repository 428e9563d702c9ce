"""Rhythms a series can have, and the whole numbers that stand for their periods."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from crm.errors import Refused
from crm.i18n import _

Ordinals = NDArray[np.int64]
Dates = NDArray[np.datetime64]
Unit = Literal["M", "D", "h"]

# The first of January 1970, where numpy counts from, was a Thursday.
MONDAY = 4
KNOWN = "MS, ME, QS, QE, YS, YE, W, D, h"
_FORMS: dict[str, tuple[Unit, int, int]] = {
    "M": ("M", 1, 12),
    "Q": ("M", 3, 4),
    "Y": ("M", 12, 1),
    "W": ("D", 7, 52),
    "D": ("D", 1, 7),
    "H": ("h", 1, 24),
}


@dataclass(frozen=True)
class Frequency:
    """A rhythm: ``step`` units per period, ``season`` periods per season, ``at_end`` for last-day labels.

    ``phase`` shifts where periods begin, in units: which month a quarter, which weekday a week starts on.
    """

    name: str
    unit: Unit
    step: int
    season: int
    at_end: bool = False
    phase: int = 0

    @property
    def of_the_year(self) -> bool:
        """Whether one season is one year."""
        return self.unit == "M" or self.season == 52

    def anchored(self, dates: Dates) -> Frequency:
        """The same rhythm with periods that begin where all of these dates lie.

        Dates that lie anywhere, such as those of single sales, get calendar quarters, calendar years and
        weeks from Monday.
        """
        if self.step == 1 or not len(dates):
            return self
        units = dates.astype(f"datetime64[{self.unit}]").astype(np.int64) + int(self.at_end)
        phases = np.unique(units % self.step)
        usual = MONDAY if self.unit == "D" else 0
        return replace(self, phase=int(phases[0]) if len(phases) == 1 else usual)

    def ordinals(self, dates: Dates) -> Ordinals:
        """Number of the period each date lies in, counted from 1970."""
        units = dates.astype(f"datetime64[{self.unit}]").astype(np.int64)
        return (units - self.phase) // self.step

    def dates(self, ordinals: Ordinals) -> Dates:
        """The label of each period, to the second: its first moment, or its last day for ``at_end``."""
        if not self.at_end:
            return self.period_starts(ordinals)
        return self.period_starts(ordinals + 1) - np.timedelta64(1, "D")

    def period_starts(self, ordinals: Ordinals) -> Dates:
        """First moment of each period whatever its label is."""
        return (ordinals * self.step + self.phase).astype(f"datetime64[{self.unit}]").astype("datetime64[s]")


def parse(name: str) -> Frequency:
    """The rhythm a pandas-like name stands for.

    Raises
    ------
    Refused
        The name is not one of those known; the message lists them.
    """
    found = re.fullmatch(r"(M|Q|Y|A|W|D|H)(S|E)?(-[A-Z]{3})?", name.strip().upper())
    if not found or (found[2] and found[1] in "WDH"):
        text = _("The frequency “{name}” is not known. Use one of {known}.")
        raise Refused(text.format(name=name, known=KNOWN))
    letter = found[1].replace("A", "Y")
    unit, step, season = _FORMS[letter]
    at_end = unit == "M" and (found[2] == "E" or (found[2] is None and letter in "MQY"))
    return Frequency(name.strip(), unit, step, season, at_end=at_end)
