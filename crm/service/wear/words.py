"""Chances and times left as people say them."""

from __future__ import annotations

import math

from crm.analytics.spells import MONTH_DAYS, YEAR_DAYS
from crm.i18n import _, ngettext


def span_words(days: float) -> str:
    """A span in the unit people would use: 9 days, 14 months, 3.5 years."""
    if days < 2 * MONTH_DAYS:
        n = max(0, round(days))
        return ngettext("{n} day", "{n} days", n).format(n=n)
    if days < 2 * YEAR_DAYS:
        n = round(days / MONTH_DAYS)
        return ngettext("{n} month", "{n} months", n).format(n=n)
    years = days / YEAR_DAYS
    if years > 100:
        return _("more than 100 years")
    return _("{n} years").format(n=f"{years:.1f}" if years < 10 else f"{years:.0f}")


def bare(days: float, like: float) -> str:
    """The number of a span in the unit that ``span_words`` gives to ``like``."""
    if like < 2 * MONTH_DAYS:
        return f"{max(0, round(days))}"
    if like < 2 * YEAR_DAYS:
        return f"{round(days / MONTH_DAYS)}"
    years = days / YEAR_DAYS
    return f"{years:.1f}" if years < 10 else f"{min(years, 999):.0f}"


def range_words(middle: float, low: float | None, high: float | None) -> str:
    """A span with its range: 14 months (11 to 18), or (11 or more) where the upper end is not known."""
    if low is not None and high is None:
        return _("{span} ({low} or more)").format(span=span_words(middle), low=bare(low, middle))
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        return span_words(middle)
    return _("{span} ({low} to {high})").format(
        span=span_words(middle), low=bare(low, middle), high=bare(high, middle)
    )


def left_words(median: float | None, low: float | None, high: float | None) -> str:
    """The median time left in a sentence's part; empty where half of such units never fail."""
    if median is None:
        return ""
    return _("half fail within {span}").format(span=range_words(median, low, high))


def sober(risk: float) -> float:
    """A chance as it is shown: 99.97 % must not read as certainty."""
    return min(risk, 0.994)


def share_words(share: float) -> str:
    """A chance as so many in ten or a hundred, never more certain than it is."""
    if share >= 0.995:
        return _("nearly all")
    if share < 0.005:
        return _("hardly any")
    if 0.15 <= share <= 0.95 and abs(share * 10 - round(share * 10)) < 0.15:
        return _("{n} in 10").format(n=round(share * 10))
    return _("{n} in 100").format(n=round(share * 100))
