"""The filter row of the service dashboard, every part of it in the address."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.i18n import _
from crm.service.reports.service_dashboard import ServiceChoices, ServiceQuestion
from crm.service.reports.service_reports import priority_names
from crm.service.reports.service_reports_facts import ServiceFilter
from crm.ui.dashboards.filters import any_of, any_of_few, choose_days, choose_period, keys_of
from crm.ui.kit import look


def service_question(choices: ServiceChoices, *, today: date) -> ServiceQuestion:
    """Draw the filters and give what they ask."""
    priorities = priority_names()
    with look.toolbar():
        kind = choose_period("service", default="quarter")
        picked = any_of_few(_("Queues"), choices.queues.values(), "service_queue", least=2)
        with st.popover(_("More filters"), type="tertiary", icon=":material/tune:"):
            if picked is None:
                picked = any_of(_("Queues"), choices.queues.values(), "service_queue")
            teams = any_of(_("Teams"), choices.teams.values(), "service_team")
            urgent = any_of(_("Priorities"), priorities.values(), "service_priority")
            products = any_of(_("Products"), choices.products.values(), "service_product")
    start, end = choose_days("service", kind, today=today)
    chosen = ServiceFilter(
        teams=keys_of(choices.teams, teams),
        products=keys_of(choices.products, products),
        queues=keys_of(choices.queues, picked),
        priorities=keys_of(priorities, urgent),
    )
    return ServiceQuestion(kind, today, start, end, chosen)
