"""What the service dashboard is asked, every filter in the address, what it reads, and of which days that is."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.i18n import _
from crm.periods import Calendar
from crm.service.reports.service_dashboard import (
    ServiceBoard,
    ServiceChoices,
    ServiceQuestion,
    service_choices,
    service_dashboard,
)
from crm.service.reports.service_dashboard_records import service_records, visit_records
from crm.service.reports.service_reports import priority_names
from crm.service.reports.service_reports_facts import ServiceFilter
from crm.ui.dashboards.figures import kept_figures
from crm.ui.dashboards.filters import any_of, any_of_few, choose_days, choose_period, compared
from crm.ui.kit import formats, look
from crm.ui.kit.kept import Kept
from crm.ui.service_board.figures import draw

choices, board = Kept(service_choices, most=50), Kept(service_dashboard)
records, visits = Kept(service_records), Kept(visit_records, most=20)
figures = kept_figures(draw)


def ask(offered: ServiceChoices, *, today: date, calendar: Calendar) -> ServiceQuestion:
    """Draw the filters and give what they ask."""
    with look.toolbar():
        kind = choose_period("service", default="quarter")
        queues = any_of_few(_("Queues"), offered.queues, "service_queue", least=2)
        with st.popover(_("More filters"), type="tertiary", icon=":material/tune:"):
            chosen = ServiceFilter(
                queues=any_of(_("Queues"), offered.queues, "service_queue") if queues is None else queues,
                teams=any_of(_("Teams"), offered.teams, "service_team"),
                priorities=any_of(_("Priorities"), priority_names(), "service_priority"),
                products=any_of(_("Products"), offered.products, "service_product"),
            )
    start, end = choose_days("service", kind, today=today)
    return ServiceQuestion(kind, today, start, end, chosen, calendar)


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
