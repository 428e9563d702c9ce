"""The filter row of the sales dashboard, every part of it in the address."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.i18n import _
from crm.pipeline.report_basis import SalesFilter
from crm.pipeline.report_dashboard import Choices, Question
from crm.ui import look

#: Teams stand open as pills as long as they are few.
OPEN_TEAMS = 5


def sales_question(choices: Choices, *, today: date) -> Question:
    """Draw the filters and give what they ask."""
    start = end = None
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
            key="sales_period",
            default="quarter",
        )
        few = {name: key for key, name in choices.teams.items()} if len(choices.teams) <= OPEN_TEAMS else {}
        picked = (
            look.filters(_("Teams"), {name: look.plain(name) for name in few}, key="sales_team")
            if few
            else []
        )
        with st.popover(_("More filters"), type="tertiary", icon=":material/tune:"):
            if not few:
                picked = _many(_("Teams"), choices.teams, "sales_team")
            owners = _many(_("Owners"), choices.owners, "sales_owner")
            products = _many(_("Products"), choices.products, "sales_product")
            pipelines = _many(_("Pipelines"), choices.pipelines, "sales_pipeline")
            none_given = _("No source")
            sources = _many(_("Sources"), dict(enumerate([*choices.sources, none_given])), "sales_source")
    if kind == "custom":
        with look.toolbar():
            start = st.date_input(
                _("From"), value=today.replace(day=1), key="sales_from", bind="query-params", width=160
            )
            end = st.date_input(_("To"), value=today, key="sales_to", bind="query-params", width=160)
    chosen = SalesFilter(
        teams=_ids(choices.teams, picked),
        owners=_ids(choices.owners, owners),
        products=_ids(choices.products, products),
        pipelines=_ids(choices.pipelines, pipelines),
        sources=tuple("" if name == none_given else name for name in sources),
    )
    return Question(kind, today, start, end, chosen)


def _many(label: str, options: dict[int, str], key: str) -> list[str]:
    """Any of many, by name: a name in the address can be read, a number cannot."""
    names = list(dict.fromkeys(options.values()))
    return list(st.multiselect(label, names, key=key, bind="query-params", placeholder=_("All")))


def _ids(options: dict[int, str], names: list[str]) -> tuple[int, ...]:
    return tuple(key for key, name in options.items() if name in names)
