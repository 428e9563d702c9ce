"""The sentences of the sales dashboard: which days are shown, with what they are compared, why others are not."""

from __future__ import annotations

from crm.i18n import _
from crm.periods import Period
from crm.pipeline.reports.report_dashboard import Dashboard
from crm.ui.kit import formats


def days(period: Period) -> str:
    """A period in words: 1 Oct 2017 to 31 Dec 2017."""
    if period.start is None or period.end is None:
        return _("All days")
    return _("{start} to {end}").format(
        start=formats.day(period.start, today=period.end), end=formats.day(period.end)
    )


def context(board: Dashboard) -> str:
    """The line under the title."""
    if board.before is None:
        return days(board.period)
    if board.then is None:
        return _("{days}; no deal was closed in the period before").format(days=days(board.period))
    return _("{days}, compared with {before}").format(days=days(board.period), before=days(board.before))


def moved_text(board: Dashboard) -> str:
    """Why older days are shown than were asked for."""
    if not board.moved or board.newest is None:
        return ""
    text = _("No deal was closed after {day}, so you see the newest period with closed deals.")
    return text.format(day=formats.day(board.newest))
