"""The filter row of the marketing dashboard, every part of it in the address."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.campaigns.marketing_dashboard import MarketingChoices, MarketingQuestion
from crm.i18n import _
from crm.pipeline.report_basis import SalesFilter
from crm.ui import look


def marketing_question(choices: MarketingChoices, *, today: date) -> MarketingQuestion:
    """Draw the filters and give what they ask."""
    start = end = None
    kinds = {
        "quarter": _("Quarter"),
        "year": _("Year"),
        "12months": _("12 months"),
        "all": _("All"),
        "custom": _("Days"),
    }
    with look.toolbar():
        kind = look.switch(_("Period"), kinds, key="marketing_period", default="12months")
        with st.popover(_("More filters"), type="tertiary", icon=":material/tune:"):
            none_given = _("No source")
            campaigns = _many(_("Campaigns"), list(choices.campaigns.values()), "marketing_campaign")
            sources = _many(_("Sources"), [*choices.sources, none_given], "marketing_source")
            teams = _many(_("Teams"), list(choices.teams.values()), "marketing_team")
            owners = _many(_("Owners"), list(choices.owners.values()), "marketing_owner")
    if kind == "custom":
        with look.toolbar():
            start = st.date_input(
                _("From"), value=today.replace(day=1), key="marketing_from", bind="query-params", width=160
            )
            end = st.date_input(_("To"), value=today, key="marketing_to", bind="query-params", width=160)
    chosen = SalesFilter(
        teams=_ids(choices.teams, teams),
        owners=_ids(choices.owners, owners),
        campaigns=_ids(choices.campaigns, campaigns),
        sources=tuple("" if name == none_given else name for name in sources),
    )
    return MarketingQuestion(kind, today, start, end, chosen)


def _many(label: str, names: list[str], key: str) -> list[str]:
    """Any of many, by name: a name in the address can be read, a number cannot."""
    return list(
        st.multiselect(label, list(dict.fromkeys(names)), key=key, bind="query-params", placeholder=_("All"))
    )


def _ids(options: dict[int, str], names: list[str]) -> tuple[int, ...]:
    return tuple(key for key, name in options.items() if name in names)
