"""Cached reads of the screens: plain frames and frozen values, kept apart by what the person may see.

``scope_key`` is among the arguments of each, because the cache is shared by everybody; ``_actor`` only opens the
session and is no part of the key.
"""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from crm.pipeline.reports import report_dashboard
from crm.pipeline.reports.report_dashboard import Choices, Dashboard, Question
from crm.pipeline.reports.report_records import Narrowed, Records, deal_records
from crm.reporting.report import SalesFilter
from crm.ui.sales.figures import Drawn, draw
from crm.work import Actor, reading


@st.cache_data(ttl="2m", max_entries=100, show_spinner=False)
def sales_dashboard(scope_key: str, language: str, asked: Question, _actor: Actor) -> Dashboard:
    """All numbers of the sales dashboard; at most two minutes old."""
    with reading(_actor) as session:
        return report_dashboard.sales_dashboard(session, asked)


@st.cache_resource(ttl="2m", max_entries=30, show_spinner=False)
def sales_figures(
    scope_key: str, language: str, asked: Question, as_of: datetime, _board: Dashboard
) -> dict[str, Drawn]:
    """The charts of one dashboard, built once: that takes longer than everything else. ``as_of`` is the board's."""
    return draw(_board)


@st.cache_data(ttl="2m", max_entries=50, show_spinner=False)
def sales_choices(scope_key: str, _actor: Actor) -> Choices:
    """What the filters of the sales dashboard offer."""
    with reading(_actor) as session:
        return report_dashboard.sales_choices(session)


@st.cache_data(ttl="2m", max_entries=100, show_spinner=False)
def sales_records(scope_key: str, chosen: SalesFilter, wanted: Narrowed, _actor: Actor) -> Records:
    """The deals behind a number of the dashboard."""
    with reading(_actor) as session:
        return deal_records(session, chosen, wanted)


def clear_sales() -> None:
    """Forget the dashboard's numbers after a write that changes them; other servers follow within two minutes."""
    sales_dashboard.clear()
    sales_choices.clear()
    sales_records.clear()
