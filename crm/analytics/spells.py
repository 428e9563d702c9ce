"""From the records of units to lives: spans between renewals of a part, the last of them still running.

All moments are days as numbers, from any common origin. A failure or a change of a part starts its clock anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from crm.analytics.survival import Floats, LifeData

#: Records are taken to begin late, or to have ended, when so many would be expected in the silence, and none is there.
EXPECTED = 8.0
#: A silence shorter than this proves nothing.
SILENCE_DAYS = 30.0
MONTH_DAYS = 365.25 / 12
YEAR_DAYS = 365.25


@dataclass(frozen=True, slots=True)
class Watch:
    """When records were kept: ``start`` is NaN where that is as long as the units run; ``ended`` when they broke off."""

    start: float
    end: float
    ended: bool


def watch_of(begins: Floats, ends: Floats, failures: Floats, records: Floats, *, now: float) -> Watch:
    """From when to when the firm kept records, judged by silences that chance does not explain.

    Parameters
    ----------
    begins, ends : array of float, length of the units
        When each unit began to run and when it was retired (``now`` where it runs).
    failures, records : array of float
        Moments of failures, and of records of any kind; those after ``now`` must have been left out.
    now : float
        Today.

    Notes
    -----
    With r records per day that a unit ran between the first and the last one, a silence during which units ran U days
    should hold r·U of them. None where 8 or more are expected happens by chance once in 3,000 times.
    """
    if not len(records):
        return Watch(math.nan, now, False)
    last = float(records.max())

    def expected(moments: Floats, start: float, end: float) -> float:
        inside = _unit_days(begins, ends, float(moments.min()), float(moments.max()))
        return len(moments) / inside * _unit_days(begins, ends, start, end) if inside > 0 else 0.0

    ended = now - last > SILENCE_DAYS and expected(records, last, now) >= EXPECTED
    start = math.nan
    if len(failures) > 1:
        first, earliest = float(failures.min()), float(np.nanmin(begins))
        if first - earliest > SILENCE_DAYS and expected(failures, earliest, first) >= EXPECTED:
            start = first
    return Watch(start, last if ended else now, ended)


def _unit_days(begins: Floats, ends: Floats, start: float, end: float) -> float:
    return float(np.clip(np.minimum(ends, end) - np.maximum(begins, start), 0, None).sum())


@dataclass(frozen=True)
class Spells:
    """Lives of one part (or of units between failures).

    Attributes
    ----------
    lives : DataFrame
        One row per span under observation, columns ``unit, start, end, observed, entry``: moments in days;
        ``entry`` is the age at which it came under observation.
    running : DataFrame
        One row per unit that runs now, columns ``unit, start, age``: since when its part runs, and how long.
    """

    lives: pd.DataFrame
    running: pd.DataFrame

    @property
    def life(self) -> LifeData:
        """The lives as checked arrays, in days."""
        frame = self.lives
        times = (frame["end"] - frame["start"]).to_numpy(dtype=np.float64)
        return LifeData(
            times,
            frame["observed"].to_numpy(dtype=bool),
            np.ones(len(frame)),
            frame["entry"].to_numpy(dtype=np.float64),
        )

    def of(self, units: NDArray[np.int64]) -> Spells:
        """Those of some units only."""
        return Spells(
            self.lives[self.lives["unit"].isin(units)], self.running[self.running["unit"].isin(units)]
        )


_BEGIN, _FAILED, _CHANGED, _END = range(4)


def spells(units: pd.DataFrame, failures: pd.DataFrame, changes: pd.DataFrame) -> Spells:
    """Spans between renewals.

    Parameters
    ----------
    units : DataFrame
        Columns ``unit`` (int), ``origin``, ``since``, ``end`` (days) and ``runs`` (bool). The clock starts at ``origin``
        unless a failure or change is known from before; what ends before ``since`` was not under observation.
    failures, changes : DataFrame
        Columns ``unit, at`` of one part; those of other units, or after a unit's end, are passed over.

    Notes
    -----
    A change without failure censors the part that was taken out. A failure and a change at the same moment are one
    renewal.
    """
    frame = pd.concat(
        [
            pd.DataFrame({"unit": units["unit"], "at": units["origin"], "kind": _BEGIN}),
            pd.DataFrame({"unit": failures["unit"], "at": failures["at"], "kind": _FAILED}),
            pd.DataFrame({"unit": changes["unit"], "at": changes["at"], "kind": _CHANGED}),
            pd.DataFrame({"unit": units["unit"], "at": units["end"], "kind": _END}),
        ],
        ignore_index=True,
    ).astype({"unit": np.int64, "at": np.float64, "kind": np.int8})
    known = units.set_index("unit")[["since", "end", "runs"]]
    frame = frame.join(known, on="unit", how="inner")
    frame = frame[(frame["kind"] == _END) | (frame["at"] <= frame["end"])]
    frame = frame.sort_values(["unit", "at", "kind"], kind="stable", ignore_index=True)
    # What happened before the clock would start tells the part's true age.
    happened = frame["kind"].isin((_FAILED, _CHANGED))
    first = frame["at"].where(happened).groupby(frame["unit"]).transform("min")
    frame = frame[(frame["kind"] != _BEGIN) | ~(first <= frame["at"])].reset_index(drop=True)
    following = frame[["unit", "at", "kind"]].shift(-1).add_suffix("_next")
    pairs = pd.concat([frame, following], axis=1)
    pairs = pairs[(pairs["unit"] == pairs["unit_next"]) & (pairs["kind"] != _END)]
    since = pairs["since"].fillna(-np.inf)
    lives = pd.DataFrame(
        {
            "unit": pairs["unit"],
            "start": pairs["at"],
            "end": pairs["at_next"],
            "observed": pairs["kind_next"] == _FAILED,
            "entry": np.clip(since - pairs["at"], 0.0, None),
        }
    )
    lives = lives[(lives["end"] > lives["start"]) & (lives["end"] > since)]
    last = pairs[(pairs["kind_next"] == _END) & pairs["runs"]]
    running = pd.DataFrame({"unit": last["unit"], "start": last["at"], "age": last["at_next"] - last["at"]})
    return Spells(lives.reset_index(drop=True), running.reset_index(drop=True))
