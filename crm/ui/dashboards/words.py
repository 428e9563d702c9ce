"""Which days a dashboard shows, and with what they are compared."""

from __future__ import annotations

from crm.i18n import _
from crm.periods import Period
from crm.ui.kit import formats


def days(period: Period) -> str:
    """A period in words: 1 Oct 2017 to 31 Dec 2017."""
    if period.start is None or period.end is None:
        return _("All days")
    return _("{start} to {end}").format(
        start=formats.day(period.start, today=period.end), end=formats.day(period.end)
    )


def compared(period: Period, before: Period | None, *, nothing: str = "") -> str:
    """The line under the title; ``nothing`` says of ``{days}`` that the period before has nothing to compare with."""
    if before is None:
        return days(period)
    text = nothing or _("{days}, compared with {before}")
    return text.format(days=days(period), before=days(before))
