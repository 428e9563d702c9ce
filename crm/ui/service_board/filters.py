"""The filter row of the service dashboard, every part of it in the address."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.i18n import _
from crm.service.reports.service_dashboard import ServiceChoices, ServiceQuestion
from crm.service.reports.service_reports import priority_names
from crm.service.reports.service_reports_facts import ServiceFilter
from crm.ui.dashboards.filters import any_of, choose_days, choose_period, keys_of
from crm.ui.kit import look

#: Queues stand open as pills as long as they are few.
OPEN_QUEUES = 5


def service_question(choices: ServiceChoices, *, today: date) -> ServiceQuestion:
    """Draw the filters and give what they ask."""
    priorities = priority_names()
    with look.toolbar():
        kind = choose_period("service", default="quarter")
        few = list(choices.queues.values()) if 1 < len(choices.queues) <= OPEN_QUEUES else []
        picked = (
            look.filters(_("Queues"), {name: look.plain(name) for name in few}, key="service_queue")
            if few
            else []
        )
        with st.popover(_("More filters"), type="tertiary", icon=":material/tune:"):
            if not few:
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
