"""What a forecast says about the sum of its first months: range, usual error, chance of a target. No database."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import accumulate, groupby
from statistics import NormalDist, fmean

from crm.forecasting.result import Forecast, Point, Try
from crm.periods import month_end, month_start

#: Fewer tries than this say nothing about how far a sum goes wrong.
FEWEST_TRIES = 4
#: Fewer months than this say nothing about when in a month values come.
FEWEST_MONTHS = 3
INSIDE_80 = NormalDist().inv_cdf(0.9)
#: A normal error is within 80 % at 1.28 deviations and has a mean size of 0.80 of one.
REACH_80 = INSIDE_80 / math.sqrt(2 / math.pi)


@dataclass(frozen=True, slots=True)
class Outlook:
    """The sum of the first ``months`` months with the range that holds 8 outcomes in 10.

    ``usual_error`` is the mean miss of such sums in the back-test as a share of what came, over ``tries`` tries; None
    where there are too few. ``error_months`` says over how many months those tried sums went.
    """

    months: int
    total: float
    low: float
    high: float
    usual_error: float | None
    error_months: int
    tries: int


def outlook(forecast: Forecast, *, months: int) -> Outlook:
    """The sum of the first months of a forecast.

    Notes
    -----
    The months' ranges cannot be added up: that would suppose all months to miss on the same side. Nor can they be
    joined as if independent: a wrong trend misses all of them. How far sums of so many months missed in the
    back-test decides between these two ends; where too few tries reach so far, the longest stretch that enough of
    them reach decides. With one month or without tries the ranges are added up, which errs on the wide side.
    """
    points = forecast.points[:months]
    total = sum(point.yhat for point in points)
    reach, missed = _longest(forecast.backtest, months)
    share = _share(points[:reach], missed)
    return Outlook(
        months=len(points),
        total=total,
        low=total - share * sum(point.yhat - point.lo80 for point in points),
        high=total + share * sum(point.hi80 - point.yhat for point in points),
        usual_error=fmean(abs(said / came - 1) for said, came in missed) if missed else None,
        error_months=reach,
        tries=len(missed),
    )


def _share(points: Sequence[Point], missed: Sequence[tuple[float, float]]) -> float:
    """How much of their added ranges the sum of some months needs, by the misses of such sums."""
    down, up = [p.yhat - p.lo80 for p in points], [p.hi80 - p.yhat for p in points]
    together = (sum(down) + sum(up)) / 2
    if len(missed) < FEWEST_TRIES or together <= 0:
        return 1.0
    alone = (math.hypot(*down) + math.hypot(*up)) / 2
    reached = (
        fmean(abs(said / came - 1) for said, came in missed) * REACH_80 * sum(p.yhat - p.sure for p in points)
    )
    return min(1.0, max(alone, reached) / together)


def _longest(tries: Sequence[Try], months: int) -> tuple[int, list[tuple[float, float]]]:
    """The longest stretch up to ``months`` that enough tries reach, and how its sums missed."""
    for reach in range(months, 0, -1):
        missed = sum_misses(tries, months=reach)
        if len(missed) >= FEWEST_TRIES:
            return reach, missed
    return 1, sum_misses(tries, months=1)


def sum_misses(tries: Sequence[Try], *, months: int) -> list[tuple[float, float]]:
    """What was said and what came for the sum of the first months, for each try whose months are all known."""
    found = []
    for _origin, rows in groupby(tries, key=lambda each: each.origin):
        first = list(rows)[:months]
        came = sum(each.actual for each in first)
        if len(first) == months and came > 0:
            found.append((sum(each.yhat for each in first), came))
    return found


def one_ahead(tries: Sequence[Try]) -> list[Try]:
    """The first month after each origin of the back-test."""
    return [next(rows) for _origin, rows in groupby(tries, key=lambda each: each.origin)]


def hits(tries: Sequence[Try]) -> int:
    """How many outcomes fell inside the 80 % range said beforehand."""
    return sum(each.lo80 <= each.actual <= each.hi80 for each in tries)


def chance_of(points: Sequence[Point], said: Outlook, *, target: float) -> float:
    """The chance, 0 to 1, that the sum of these months reaches a target.

    ``said`` is the outlook of the same months; its range is taken for that of a normal error on each side.
    """
    total = sum(point.yhat for point in points)
    if 0 < target <= sum(point.sure for point in points):
        return 1.0
    side = said.high - total if target >= total else total - said.low
    if side <= 0:
        return 1.0 if total >= target else 0.0
    return 1 - NormalDist().cdf((target - total) / side * INSIDE_80)


def pace_of(days: Mapping[date, float]) -> list[float]:
    """Which share of a month came within its last 0, 1, … 31 days, over all these days; empty where they tell none."""
    total = sum(days.values())
    if total <= 0 or len({month_start(day) for day in days}) < FEWEST_MONTHS:
        return []
    last = [0.0] * 32
    for day, value in days.items():
        last[month_end(day).day - day.day + 1] += value
    return [min(1.0, max(0.0, share / total)) for share in accumulate(last)]


def as_of(forecast: Forecast, *, so_far: float, pace: Sequence[float], today: date) -> Forecast:
    """The forecast with its running month as it stands: what has come already and the rest that is still expected.

    Of the day itself half is taken to be over. The rest keeps the range of its share of the month, as a sum of
    many single values has it. A forecast that does not begin with the running month is left as it is.
    """
    if not forecast.points or forecast.points[0].ds != month_start(today).isoformat():
        return forecast
    whole, left = month_end(today).day, month_end(today).day - today.day
    # The first days of long months are no days of a short one.
    share = (pace[left] + pace[left + 1]) / 2 / (pace[whole] or 1.0) if pace else (left + 0.5) / whole
    point = forecast.points[0]
    rest, width = share * point.yhat, math.sqrt(share)
    floor = 0.0 if point.lo95 >= 0 else -math.inf

    def end(value: float) -> float:
        return so_far + max(floor, rest + width * (value - point.yhat))

    lo80, hi80, lo95, hi95 = map(end, (point.lo80, point.hi80, point.lo95, point.hi95))
    now = Point(point.ds, so_far + rest, lo80, hi80, lo95, hi95, sure=so_far if floor == 0 else 0.0)
    return replace(forecast, points=(now, *forecast.points[1:]))
