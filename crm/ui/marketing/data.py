"""What the marketing dashboard is asked, every filter in the address, what it reads, and of which days that is."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.campaigns.reports.marketing_dashboard import (
    MarketingBoard,
    MarketingChoices,
    MarketingQuestion,
    marketing_board,
    marketing_choices,
)
from crm.campaigns.reports.marketing_records import marketing_records
from crm.i18n import _, ngettext
from crm.periods import Calendar
from crm.reporting.report import SalesFilter
from crm.ui.dashboards.figures import kept_figures
from crm.ui.dashboards.filters import any_of, any_source, choose_days, choose_period
from crm.ui.kit import formats, look
from crm.ui.kit.kept import Kept
from crm.ui.marketing.figures import draw

choices, board = Kept(marketing_choices, most=50), Kept(marketing_board, most=60)
records = Kept(marketing_records, most=50)
figures = kept_figures(draw)


def ask(offered: MarketingChoices, *, today: date, calendar: Calendar) -> MarketingQuestion:
    """Draw the filters and give what they ask."""
    with look.toolbar():
        kind = choose_period("marketing", default="12months", without=["month"])
        with st.popover(_("More filters"), type="tertiary", icon=":material/tune:"):
            chosen = SalesFilter(
                campaigns=any_of(_("Campaigns"), offered.campaigns, "marketing_campaign"),
                sources=any_source(offered.sources, "marketing_source"),
                teams=any_of(_("Teams"), offered.teams, "marketing_team"),
                owners=any_of(_("Owners"), offered.owners, "marketing_owner"),
            )
    start, end = choose_days("marketing", kind, today=today)
    return MarketingQuestion(kind, today, start, end, chosen, calendar)


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
