"""Sentences of the marketing dashboard."""

from __future__ import annotations

from crm.campaigns.reports.marketing_dashboard import MarketingBoard
from crm.i18n import _, ngettext
from crm.ui.kit import formats


def context(board: MarketingBoard) -> str:
    """What is counted: how many campaigns and leads, since when."""
    period, campaigns = board.period, len(board.campaigns)
    leads = board.total(board.sources, "leads")
    parts = [
        ngettext("{n} campaign", "{n} campaigns", campaigns).format(n=formats.number(campaigns)),
        ngettext("{n} lead", "{n} leads", leads).format(n=formats.number(leads)),
    ]
    if period.start and period.end:
        parts.append(
            _("{start} to {end}").format(start=formats.day(period.start), end=formats.day(period.end))
        )
    return ", ".join(parts)


def notes(board: MarketingBoard) -> list[str]:
    """What a reader must know: why older days are shown, and what the source does not limit."""
    found = []
    if board.moved and board.newest is not None:
        text = _("Nothing happened after {day}, so you see the newest period with leads or campaigns.")
        found.append(text.format(day=formats.day(board.newest)))
    if board.asked.sources:
        found.append(
            _("The source limits leads and what was won by month; campaigns have none and all count.")
        )
    return found
