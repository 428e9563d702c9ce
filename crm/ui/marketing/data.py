"""Cached reads of campaign results and the marketing dashboard, kept apart by what the person may see."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from crm.campaigns.reports.marketing_dashboard import (
    MarketingBoard,
    MarketingChoices,
    MarketingQuestion,
    marketing_board,
    marketing_choices,
)
from crm.campaigns.reports.marketing_records import marketing_records
from crm.campaigns.reports.result_members import Members, result_members
from crm.campaigns.reports.results import CampaignResult, campaign_result
from crm.work import Actor, reading


@st.cache_data(ttl="1m", max_entries=100, show_spinner=False)
def shown_result(scope_key: str, campaign_id: int, by: str, _actor: Actor) -> CampaignResult:
    """A campaign's result, at most a minute old."""
    with reading(_actor) as session:
        return campaign_result(session, campaign_id, by=by)


@st.cache_data(ttl="1m", max_entries=50, show_spinner=False)
def shown_members(scope_key: str, campaign_id: int, arm: str, only_responded: bool, _actor: Actor) -> Members:
    """The members behind a number of a result."""
    with reading(_actor) as session:
        return result_members(session, campaign_id, arm=arm, only_responded=only_responded)


@st.cache_data(ttl="2m", max_entries=60, show_spinner=False)
def shown_board(scope_key: str, language: str, asked: MarketingQuestion, _actor: Actor) -> MarketingBoard:
    """All numbers of the marketing dashboard; at most two minutes old."""
    with reading(_actor) as session:
        return marketing_board(session, asked)


@st.cache_data(ttl="2m", max_entries=50, show_spinner=False)
def shown_records(
    scope_key: str, asked: MarketingQuestion, what: str, _actor: Actor
) -> tuple[pd.DataFrame, int]:
    """The records behind a number of the dashboard."""
    with reading(_actor) as session:
        return marketing_records(session, asked, what)


@st.cache_data(ttl="2m", max_entries=50, show_spinner=False)
def shown_choices(scope_key: str, _actor: Actor) -> MarketingChoices:
    """What the filters of the marketing dashboard offer."""
    with reading(_actor) as session:
        return marketing_choices(session)
