"""The filter row of the service dashboard, every part of it in the address."""

from __future__ import annotations

from datetime import date
from typing import TypeVar

import streamlit as st

from crm.i18n import _
from crm.service.service_dashboard import ServiceChoices, ServiceQuestion
from crm.service.service_reports import priority_names
from crm.service.service_reports_facts import ServiceFilter
from crm.ui import look

K = TypeVar("K", int, str)

#: Queues stand open as pills as long as they are few.
OPEN_QUEUES = 5


def service_question(choices: ServiceChoices, *, today: date) -> ServiceQuestion:
    """Draw the filters and give what they ask."""
    start = end = None
    priorities = priority_names()
    with look.toolbar():
        kind = look.switch(
            _("Period"),
            {
                "month": _("Month"),
                "quarter": _("Quarter"),
                "year": _("Year"),
                "12months": _("12 months"),
                "all": _("All"),
                "custom": _("Days"),
            },
            key="service_period",
            default="quarter",
        )
        few = list(choices.queues.values()) if 1 < len(choices.queues) <= OPEN_QUEUES else []
        picked = (
            look.filters(_("Queues"), {name: look.plain(name) for name in few}, key="service_queue")
            if few
            else []
        )
        with st.popover(_("More filters"), type="tertiary", icon=":material/tune:"):
            if not few:
                picked = _many(_("Queues"), choices.queues, "service_queue")
            teams = _many(_("Teams"), choices.teams, "service_team")
            urgent = _many(_("Priorities"), priorities, "service_priority")
            products = _many(_("Products"), choices.products, "service_product")
    if kind == "custom":
        with look.toolbar():
            start = st.date_input(
                _("From"), value=today.replace(day=1), key="service_from", bind="query-params", width=160
            )
            end = st.date_input(_("To"), value=today, key="service_to", bind="query-params", width=160)
    chosen = ServiceFilter(
        teams=_keys(choices.teams, teams),
        products=_keys(choices.products, products),
        queues=_keys(choices.queues, picked),
        priorities=_keys(priorities, urgent),
    )
    return ServiceQuestion(kind, today, start, end, chosen)


def _many(label: str, options: dict[K, str], key: str) -> list[str]:
    """Any of many, by name: a name in the address can be read, a number cannot."""
    names = list(dict.fromkeys(options.values()))
    return list(st.multiselect(label, names, key=key, bind="query-params", placeholder=_("All")))


def _keys(options: dict[K, str], names: list[str]) -> tuple[K, ...]:
    return tuple(key for key, name in options.items() if name in names)
