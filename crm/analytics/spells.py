"""From the records of units to lives: spans between renewals of a part, the last of them still running.

All moments are days as numbers, from any common origin. A failure or a change of a part starts its clock anew.
"""

from __future__ import annotations

import itertools
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
#: Rates are compared at like ages, in so many bands.
_AGE_BANDS = 20


@dataclass(frozen=True, slots=True)
class Watch:
    """When records were kept: ``start`` is NaN where that is as long as the units run; ``ended`` when they broke off."""

    start: float
    end: float
    ended: bool


def watch_of(
    begins: Floats,
    ends: Floats,
    known: NDArray[np.bool_],
    failures: Floats,
    ages: Floats,
    records: Floats,
    *,
    now: float,
) -> Watch:
    """From when to when the firm kept records, judged by silences that chance does not explain.

    Parameters
    ----------
    begins, ends : arrays of float, length of the units
        When each unit began to run and when it was retired (``now`` where it runs).
    known : array of bool, length of the units
        Whether ``begins`` is the day it was new; else only its first record.
    failures, ages : arrays of float, one length
        Moments of failures, and the failed unit's age then.
    records : array of float
        Moments of records of any kind; those after ``now`` must have been left out.
    now : float
        Today.

    Notes
    -----
    At the end: with r records per day that a unit ran between the first and the last one, a silence during which units
    ran U days should hold r·U of them. At the beginning the rate is that of the same age, seen later in younger units:
    a new fleet has no failures for a while because it is new. None where 8 or more are expected happens by chance once
    in 3,000 times.
    """
    if not len(records):
        return Watch(math.nan, now, False)
    last = float(records.max())
    inside = _unit_days(begins, ends, float(records.min()), last)
    expected = len(records) / inside * _unit_days(begins, ends, last, now) if inside > 0 else 0.0
    ended = now - last > SILENCE_DAYS and expected >= EXPECTED
    start = math.nan
    if len(failures) > 1:
        first = float(failures.min())
        silent = first - float(begins.min())
        if silent > SILENCE_DAYS and _expected_before(begins, ends, known, ages, first, last) >= EXPECTED:
            start = first
    return Watch(start, last if ended else now, ended)


def _unit_days(begins: Floats, ends: Floats, start: float, end: float) -> float:
    return float(np.clip(np.minimum(ends, end) - np.maximum(begins, start), 0, None).sum())


def _expected_before(
    begins: Floats, ends: Floats, known: NDArray[np.bool_], ages: Floats, first: float, last: float
) -> float:
    """How many failures should have happened before the first one, at the rates seen from then on."""
    after = _unit_days(begins, ends, first, last)
    whole = len(ages) / after if after > 0 else 0.0
    expected = whole * _unit_days(begins[~known], ends[~known], -math.inf, first)
    start, end = begins[known], np.minimum(ends[known], last)
    if not len(start):
        return expected
    # Ages below the youngest one seen from then on have no rate to compare with.
    youngest = float(np.clip(first - start, 0, None).min())
    oldest = float((end - start).max())
    if oldest <= youngest:
        return expected
    edges = np.linspace(youngest, oldest, _AGE_BANDS + 1)
    for low, high in itertools.pairwise(edges.tolist()):
        young, old = start + low, np.minimum(start + high, end)
        seen = float(np.clip(old - np.maximum(young, first), 0, None).sum())
        unseen = float(np.clip(np.minimum(old, first) - young, 0, None).sum())
        if seen > 0:
            expected += float(((ages >= low) & (ages < high)).sum()) / seen * unseen
    return expected


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
    frame = frame.merge(units[["unit", "since", "end", "runs"]], on="unit")
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
