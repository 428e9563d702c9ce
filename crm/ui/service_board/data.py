"""Cached reads of the service dashboard, kept apart by what the person may see; as in ``crm.ui.sales.data``."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import streamlit as st

from crm.service.reports import service_dashboard as dashboard
from crm.service.reports import service_dashboard_records as records
from crm.service.reports.service_dashboard import ServiceBoard, ServiceChoices, ServiceQuestion
from crm.service.reports.service_dashboard_records import CaseRecords, Part
from crm.ui.sales.figures import Drawn
from crm.ui.service_board.figures import draw
from crm.work import Actor, reading


@st.cache_data(ttl="2m", max_entries=100, show_spinner=False)
def service_dashboard(scope_key: str, language: str, asked: ServiceQuestion, _actor: Actor) -> ServiceBoard:
    """All numbers of the service dashboard; at most two minutes old."""
    with reading(_actor) as session:
        return dashboard.service_dashboard(session, asked)


@st.cache_resource(ttl="2m", max_entries=30, show_spinner=False)
def service_figures(
    scope_key: str, language: str, asked: ServiceQuestion, as_of: datetime, _board: ServiceBoard
) -> dict[str, Drawn]:
    """The charts of one dashboard, built once. ``as_of`` is the board's."""
    return draw(_board)


@st.cache_data(ttl="2m", max_entries=50, show_spinner=False)
def service_choices(scope_key: str, _actor: Actor) -> ServiceChoices:
    """What the filters of the service dashboard offer."""
    with reading(_actor) as session:
        return dashboard.service_choices(session)


@st.cache_data(ttl="2m", max_entries=100, show_spinner=False)
def service_records(
    scope_key: str, asked: ServiceQuestion, parts: tuple[Part, ...], _actor: Actor
) -> CaseRecords:
    """The cases behind a number or a mark of the dashboard."""
    with reading(_actor) as session:
        return records.service_records(session, asked, parts)


@st.cache_data(ttl="2m", max_entries=20, show_spinner=False)
def service_visits(scope_key: str, asked: ServiceQuestion, _actor: Actor) -> pd.DataFrame:
    """The visits that are due."""
    with reading(_actor) as session:
        return records.visit_records(session, asked)
