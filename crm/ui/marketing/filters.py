"""The filter row of the marketing dashboard, every part of it in the address."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.campaigns.reports.marketing_dashboard import MarketingChoices, MarketingQuestion
from crm.i18n import _
from crm.reporting.report import SalesFilter
from crm.ui.dashboards.filters import any_of, any_source, choose_days, choose_period, keys_of
from crm.ui.kit import look


def marketing_question(choices: MarketingChoices, *, today: date) -> MarketingQuestion:
    """Draw the filters and give what they ask."""
    with look.toolbar():
        kind = choose_period("marketing", default="12months", without=["month"])
        with st.popover(_("More filters"), type="tertiary", icon=":material/tune:"):
            campaigns = any_of(_("Campaigns"), choices.campaigns.values(), "marketing_campaign")
            sources = any_source(choices.sources, "marketing_source")
            teams = any_of(_("Teams"), choices.teams.values(), "marketing_team")
            owners = any_of(_("Owners"), choices.owners.values(), "marketing_owner")
    start, end = choose_days("marketing", kind, today=today)
    chosen = SalesFilter(
        teams=keys_of(choices.teams, teams),
        owners=keys_of(choices.owners, owners),
        campaigns=keys_of(choices.campaigns, campaigns),
        sources=sources,
    )
    return MarketingQuestion(kind, today, start, end, chosen)
