"""The sentences of the sales dashboard: which days are shown, and why others are not."""

from __future__ import annotations

from crm.i18n import _
from crm.pipeline.reports.report_dashboard import Dashboard
from crm.ui.dashboards.words import compared
from crm.ui.kit import formats


def context(board: Dashboard) -> str:
    """The line under the title."""
    nothing = "" if board.then else _("{days}; no deal was closed in the period before")
    return compared(board.period, board.before, nothing=nothing)


def moved_text(board: Dashboard) -> str:
    """Why older days are shown than were asked for."""
    if not board.moved or board.newest is None:
        return ""
    text = _("No deal was closed after {day}, so you see the newest period with closed deals.")
    return text.format(day=formats.day(board.newest))
