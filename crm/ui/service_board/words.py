"""The sentences of the service dashboard: which days are shown, and why others are not."""

from __future__ import annotations

from crm.i18n import _
from crm.service.reports.service_dashboard import ServiceBoard
from crm.ui.dashboards.words import compared
from crm.ui.kit import formats


def context(board: ServiceBoard) -> str:
    """The line under the title."""
    nothing = "" if board.then else _("{days}; nothing happened in the period before")
    return compared(board.period, board.before, nothing=nothing)


def notes(board: ServiceBoard) -> list[str]:
    """What a reader must know: why older days are shown, and that nothing was promised."""
    found = []
    if board.moved and board.newest is not None:
        text = _("Nothing happened after {day}, so you see the newest period with cases.")
        found.append(text.format(day=formats.day(board.newest)))
    if not board.now.response.n and not board.now.resolution.n:
        found.append(
            _(
                "No promise was due in these days, so nothing can be said about time. Imported cases have no promise."
            )
        )
    return found
