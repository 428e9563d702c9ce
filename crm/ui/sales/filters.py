"""The filter row of the sales dashboard, every part of it in the address."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.i18n import _
from crm.pipeline.reports.report_dashboard import Choices, Question
from crm.reporting.report import SalesFilter
from crm.ui.dashboards.filters import any_of, any_of_few, any_source, choose_days, choose_period, keys_of
from crm.ui.kit import look


def sales_question(choices: Choices, *, today: date) -> Question:
    """Draw the filters and give what they ask."""
    with look.toolbar():
        kind = choose_period("sales", default="quarter")
        picked = any_of_few(_("Teams"), choices.teams.values(), "sales_team")
        with st.popover(_("More filters"), type="tertiary", icon=":material/tune:"):
            if picked is None:
                picked = any_of(_("Teams"), choices.teams.values(), "sales_team")
            owners = any_of(_("Owners"), choices.owners.values(), "sales_owner")
            products = any_of(_("Products"), choices.products.values(), "sales_product")
            pipelines = any_of(_("Pipelines"), choices.pipelines.values(), "sales_pipeline")
            sources = any_source(choices.sources, "sales_source")
    start, end = choose_days("sales", kind, today=today)
    chosen = SalesFilter(
        teams=keys_of(choices.teams, picked),
        owners=keys_of(choices.owners, owners),
        products=keys_of(choices.products, products),
        pipelines=keys_of(choices.pipelines, pipelines),
        sources=sources,
    )
    return Question(kind, today, start, end, chosen)
