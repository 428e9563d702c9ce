"""What the sales dashboard is asked, every filter in the address, what it reads, and of which days that is."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.i18n import _
from crm.periods import Calendar
from crm.pipeline.reports.report_dashboard import Choices, Dashboard, Question, sales_choices, sales_dashboard
from crm.pipeline.reports.report_records import deal_records
from crm.reporting.report import SalesFilter
from crm.ui.dashboards.figures import kept_figures
from crm.ui.dashboards.filters import any_of, any_of_few, any_source, choose_days, choose_period, compared
from crm.ui.kit import formats, look
from crm.ui.kit.kept import Kept
from crm.ui.sales.figures import draw

choices, board, records = Kept(sales_choices, most=50), Kept(sales_dashboard), Kept(deal_records)
figures = kept_figures(draw)


def clear() -> None:
    """Forget the dashboard's numbers after a write that changes them."""
    for kept in (choices, board, records):
        kept.clear()


def ask(offered: Choices, *, today: date, calendar: Calendar) -> Question:
    """Draw the filters and give what they ask."""
    with look.toolbar():
        kind = choose_period("sales", default="quarter")
        teams = any_of_few(_("Teams"), offered.teams, "sales_team")
        with st.popover(_("More filters"), type="tertiary", icon=":material/tune:"):
            chosen = SalesFilter(
                teams=any_of(_("Teams"), offered.teams, "sales_team") if teams is None else teams,
                owners=any_of(_("Owners"), offered.owners, "sales_owner"),
                products=any_of(_("Products"), offered.products, "sales_product"),
                pipelines=any_of(_("Pipelines"), offered.pipelines, "sales_pipeline"),
                sources=any_source(offered.sources, "sales_source"),
            )
    start, end = choose_days("sales", kind, today=today)
    return Question(kind, today, start, end, chosen, calendar)


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
