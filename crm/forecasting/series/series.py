"""One series made regular: one value per period, in order, with a plain word on everything changed."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from crm.errors import Refused
from crm.forecasting.series.frequency import Dates, Frequency, parse
from crm.forecasting.series.season import Floats
from crm.i18n import _, ngettext

Gaps = Literal["zero", "interpolate", "auto"]

LONGEST = 1500
# Squares of values beyond these leave the range of floating-point numbers.
LARGEST = 1e100
SMALLEST = 1e-100
MOST_PERIODS = 200_000


@dataclass(frozen=True)
class History:
    """A regular history: ``values`` has shape (n,), ``first`` is the number of its first period."""

    values: Floats
    first: int
    frequency: Frequency
    notes: tuple[str, ...]

    def dates(self, *, horizon: int = 0) -> Dates:
        """Labels of the history and of ``horizon`` periods after it."""
        return self.frequency.dates(
            np.arange(self.first, self.first + len(self.values) + horizon, dtype=np.int64)
        )


def to_dates(labels: pd.Index | pd.Series) -> Dates:
    """Labels as datetime64 to the second, NaT where unreadable; years before 1677 are welcome."""
    if isinstance(labels, pd.PeriodIndex):
        labels = labels.to_timestamp()
    with warnings.catch_warnings():
        # pandas tells that it reads unusual forms one by one; that is what is wanted here.
        warnings.simplefilter("ignore")
        stamps = pd.to_datetime(pd.Series(np.asarray(labels)), errors="coerce", format="mixed")
    if getattr(stamps.dt, "tz", None) is not None:
        stamps = stamps.dt.tz_localize(None)
    return stamps.to_numpy().astype("datetime64[s]")


def iso(labels: Dates) -> list[str]:
    """Labels as ISO dates, with the time only where one is not midnight."""
    days = labels.astype("datetime64[D]")
    whole = bool((days.astype("datetime64[s]") == labels).all())
    return [str(text) for text in np.datetime_as_string(days if whole else labels)]


def _columns(y: pd.Series | pd.DataFrame) -> tuple[Dates, Floats]:
    if isinstance(y, pd.DataFrame):
        missing = [name for name in ("ds", "y") if name not in y.columns]
        if missing:
            raise Refused(_("The series has no column “{name}”.").format(name=missing[0]))
        numbers = y["y"]
        dates = to_dates(y["ds"])
    else:
        numbers = y
        dates = to_dates(y.index)
    values = pd.to_numeric(pd.Series(np.asarray(numbers)), errors="coerce").to_numpy(dtype=np.float64)
    if float(np.nanmax(np.abs(values), initial=0.0)) > LARGEST and not np.isinf(values).any():
        raise Refused(_("A value is too large to reckon with; check the unit of the values."))
    values = np.where(np.abs(values) < SMALLEST, 0.0, values)
    return dates, np.where(np.abs(values) <= LARGEST, values, np.nan)


def _without_open_period(
    dates: Dates, values: Floats, frequency: Frequency, today: date
) -> tuple[Dates, Floats, str | None]:
    now = np.array([np.datetime64(today, "s")])
    current = int(frequency.ordinals(now)[0])
    kept = frequency.ordinals(dates) < current
    if kept.all():
        return dates, values, None
    note = _("The period from {start} is not over and was left out.")
    start = frequency.period_starts(np.array([current]))[0]
    return dates[kept], values[kept], note.format(start=str(start)[:10])


def _fill(values: Floats, gaps: Gaps) -> tuple[Floats, str | None]:
    holes = np.isnan(values)
    count = int(holes.sum())
    if not count:
        return values, None
    seen = values[~holes]
    # A zero among values that never come near zero is a missing record, not a period without sales.
    steady = count < len(seen) / 4 and float(seen.min()) > max(0.0, 0.2 * float(np.median(seen)))
    if gaps == "zero" or (gaps == "auto" and not steady):
        note = ngettext(
            "{n} period without a value counts as 0.", "{n} periods without a value count as 0.", count
        )
        return np.where(holes, 0.0, values), note.format(n=count)
    place = np.arange(len(values))
    note = ngettext(
        "{n} missing period was drawn between its neighbours.",
        "{n} missing periods were drawn between their neighbours.",
        count,
    )
    return np.interp(place, place[~holes], seen), note.format(n=count)


def _before_the_start(values: Floats, season: int) -> int:
    """How many zeros stand before the first sale, if so many that the thing was not yet sold."""
    lead = int(np.argmax(values != 0)) if bool((values != 0).any()) else 0
    return lead if lead >= max(3, season // 2) and len(values) - lead >= 3 else 0


def regularise(
    y: pd.Series | pd.DataFrame, *, freq: str, today: date | None = None, gaps: Gaps = "zero"
) -> History:
    """One value per period, from the first to the last period with a value.

    Parameters
    ----------
    y : Series with dates as index, or DataFrame with ``ds`` and ``y``
        Any order; values of the same period are added up; missing values and unreadable dates are dropped.
    freq : str
        MS, ME, QS, QE, YS, YE, W, D or h.
    today : date, optional
        The period this day lies in is not over and is left out, as is everything later.
    gaps : {"zero", "interpolate", "auto"}
        What a period without a value is: nothing sold, or a missing record. "auto" decides for a missing
        record where few are missing and no value comes near zero.

    Raises
    ------
    Refused
        Columns are missing, no value can be used, or the dates are too far apart for the frequency.
    """
    frequency = parse(freq)
    notes: list[str] = []
    dates, values = _columns(y)
    usable = ~np.isnat(dates) & ~np.isnan(values)
    unread = int((np.isnat(dates) & ~np.isnan(values)).sum())
    if unread:
        text = ngettext(
            "{n} date could not be read and was left out.",
            "{n} dates could not be read and were left out.",
            unread,
        )
        notes.append(text.format(n=unread))
    dates, values = dates[usable], values[usable]
    frequency = frequency.anchored(dates)
    if today is not None and len(dates):
        dates, values, note = _without_open_period(dates, values, frequency, today)
        notes.extend([note] if note else [])
    if not len(values):
        raise Refused(_("There is no value to forecast from. Add at least 3 periods with a value."))
    ordinals = frequency.ordinals(dates)
    first, last = int(ordinals.min()), int(ordinals.max())
    if last - first + 1 > MOST_PERIODS:
        text = _("The dates span {n} periods, which is too many for this frequency.")
        raise Refused(text.format(n=last - first + 1))
    place = (ordinals - first).astype(np.intp)
    counts = np.bincount(place)
    if int(counts.max()) > 1:
        notes.append(_("Several values of the same period were added up."))
    whole = np.where(counts > 0, np.bincount(place, weights=values), np.nan)
    if len(whole) > LONGEST:
        notes.append(_("Only the last {n} periods were used.").format(n=LONGEST))
        first += len(whole) - LONGEST
        whole = whole[-LONGEST:]
        lead = int(np.argmax(~np.isnan(whole)))
        first, whole = first + lead, whole[lead:]
    filled, note = _fill(whole, gaps)
    notes.extend([note] if note else [])
    lead = _before_the_start(filled, frequency.season)
    if lead:
        text = ngettext(
            "The first period was empty and was left out.",
            "The first {n} periods were empty and were left out.",
            lead,
        )
        notes.append(text.format(n=lead))
        first, filled = first + lead, filled[lead:]
    return History(filled.astype(np.float64), first, frequency, tuple(notes))
