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
