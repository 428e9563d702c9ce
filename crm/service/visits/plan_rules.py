"""When maintenance falls due: by days, by what the meter will show, whichever comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil
from typing import Literal

from crm.periods import months_later

#: Readings older than this before the newest say little about today's use.
LOOK_BACK_DAYS = 365
#: Two readings closer together than this give no rate.
LEAST_DAYS = 7
#: A due day further ahead than this is as good as none.
FURTHEST_DAYS = 36_525


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What a plan asks for. ``begun_on`` counts where the work was never done: the installation, or the day of the plan."""

    begun_on: date
    every_days: int | None = None
    every_usage: float | None = None
    last_done_on: date | None = None
    last_done_meter: float | None = None
    every_months: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What the meter showed last, on which day, and by how much it grows a day; None where it is not known."""

    value: float
    on: date
    per_day: float | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """The day on which work falls due and what decides it; ``on`` is None where nothing can be said yet."""

    on: date | None
    by: Literal["time", "usage", ""] = ""


def next_due(plan: PlanFacts, usage: Usage | None) -> Due:
    """The earlier of the day by time and the day on which the meter is expected to reach its mark.

    By usage: days from the newest reading = (last done at + every - value now) / growth a day, rounded up; a mark that is
    passed already is due on the day of that reading. Without a rate of use only a passed mark counts.
    """
    found = []
    if plan.every_days:
        found.append(Due((plan.last_done_on or plan.begun_on) + timedelta(days=plan.every_days), "time"))
    if plan.every_months:
        found.append(Due(months_later(plan.last_done_on or plan.begun_on, plan.every_months), "time"))
    if plan.every_usage and usage is not None:
        left = (plan.last_done_meter or 0.0) + plan.every_usage - usage.value
        if left <= 0:
            found.append(Due(usage.on, "usage"))
        elif usage.per_day is not None and usage.per_day > 0 and left / usage.per_day <= FURTHEST_DAYS:
            found.append(Due(usage.on + timedelta(days=ceil(left / usage.per_day)), "usage"))
    return min(found, key=lambda d: d.on or date.max, default=Due(None))


def usage_of(readings: Sequence[tuple[date, float]]) -> Usage | None:
    """The newest reading with the growth a day before it.

    Parameters
    ----------
    readings : sequence of (day, value), oldest first
        After a drop the meter was replaced or set back: only what follows it is measured. The rate is the growth from the
        first reading of the last 365 days to the newest one, over the days between them, at least seven.
    """
    if not readings:
        return None
    start = 0
    for place in range(1, len(readings)):
        if readings[place][1] < readings[place - 1][1]:
            start = place
    newest_day, newest = readings[-1]
    recent = [r for r in readings[start:] if (newest_day - r[0]).days <= LOOK_BACK_DAYS]
    first_day, first = recent[0]
    days = (newest_day - first_day).days
    return Usage(newest, newest_day, (newest - first) / days if days >= LEAST_DAYS else None)
