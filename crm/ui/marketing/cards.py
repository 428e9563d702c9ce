"""The numbers and cards of the marketing dashboard."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from crm.campaigns.reports.marketing_dashboard import MarketingBoard
from crm.campaigns.reports.marketing_formulas import formula
from crm.i18n import _, ngettext
from crm.ui.dashboards.cards import Card, formulas, show_wall
from crm.ui.dashboards.figures import Drawn, labels
from crm.ui.dashboards.numbers import Numbers
from crm.ui.frame.record_table import Said, record_table
from crm.ui.kit import formats, look
from crm.ui.kit.grid import Column
from crm.ui.kit.look import Explained
from crm.ui.kit.words import QUIET
from crm.ui.marketing.records import titles


def numbers(board: MarketingBoard) -> list[Explained]:
    """Leads, cost per lead, cost per won deal and response, ready to draw."""
    currency = board.book.currency
    leads, converted = board.total(board.sources, "leads"), board.total(board.sources, "converted")
    response = board.response
    ranged = ""
    if response.n:
        ranged = _("{low} to {high}").format(
            low=formats.percent(response.low, decimals=1), high=formats.percent(response.high, decimals=1)
        )
    number = Numbers("marketing", board.book.today, titles())
    became = ngettext("{n} became a contact", "{n} became contacts", converted)

    def shared(label: str, what: str, counted: str) -> Explained:
        each, cost, n = board.cost_per(what)
        text = _("{cost} ÷ {counted}").format(
            cost=formats.short_money(cost, currency), counted=counted.format(n=formats.number(n))
        )
        value = formats.short_money(each, currency) or "–"
        change = (text if n else "", None, QUIET)
        return number.one(label, value, change, said=formula("cost-per-lead"), n=n, n_text=counted, show=what)

    n = board.cost_per("leads")[2], board.cost_per("won")[2]
    return [
        number.one(
            _("Leads"), formats.short_number(leads), (became.format(n=formats.number(converted)), None, QUIET),
            said=formula("leads-by-source"), n=leads, n_text=ngettext("{n} lead", "{n} leads", leads), show="came",
        ),
        shared(_("Cost per lead"), "leads", ngettext("{n} lead naming one", "{n} leads naming one", n[0])),
        shared(_("Cost per won deal"), "won", ngettext("{n} deal naming one", "{n} deals naming one", n[1])),
        number.one(
            _("Response to messages"), formats.percent(response.share, decimals=1) if response.n else "–",
            (ranged, None, QUIET),
            said=formula("response-by-segment"), n=response.n,
            n_text=ngettext("{n} message", "{n} messages", response.n), show="messages",
        ),
    ]  # fmt: skip


def show_cards(drawn: dict[str, Drawn]) -> None:
    """Funnel, sources, cost, response and the calendar."""
    cards = (
        Card("funnel", _("From lead to won deal"), _("The same leads all the way, those of the period")),
        Card("leads", _("Where do leads come from?"), _("Leads by source, share that became a contact")),
        Card("rates", _("Which source wins?"), _("Won among closed deals of its leads. Bar: 95% range.")),
        Card("won", _("What did campaigns bring?"), _("Revenue of members with a message")),
        Card("lead_cost", _("What does a lead cost?"), _("Cost of the campaign by the leads that name it")),
        Card(
            "won_cost",
            _("What does a won deal cost?"),
            _("Cost of the campaign by the won deals that name it"),
        ),
        Card("segments", _("Which segment responds?"), _("Of those who got a message. Bar: 95% range.")),
        Card(
            "calendar",
            _("Campaigns and won value"),
            _("Above: campaigns. Below: won value by month."),
            span=2,
        ),
    )
    show_wall("marketing", cards, drawn)


def _worth(minor: int | None, currency: str) -> Said | None:
    return None if minor is None else Said(minor, formats.money(minor, currency, decimals=False))


def show_campaigns(board: MarketingBoard) -> None:
    """All campaigns of the period with their way from message to won deal; a click opens one."""
    rows = board.campaigns.iloc[::-1].reset_index(drop=True)
    if rows.empty:
        return
    note = _("Leads and deals are those that name it. Newest first. Click a row to open one.")
    look.section(_("From message to won deal"), note)
    currency = board.book.currency
    texts = {
        name: pd.Series([_worth(None if pd.isna(v) else int(v), currency) for v in rows[name]], dtype=object)
        for name in ("revenue_minor", "cost_minor", "cost_per_lead_minor", "cost_per_won_minor")
    }
    shown = rows[["name", "starts_on", "contacted", "responded", "converted"]].assign(
        revenue_minor=texts.pop("revenue_minor"), **{n: rows[n] for n in ("leads", "deals", "won")}, **texts
    )
    record_table(
        shown.assign(id=rows["id"]),
        [
            Column("name", _("Campaign"), width=200),
            Column("starts_on", _("Starts"), width=105),
            Column("contacted", _("Contacted"), "number", 88),
            Column("responded", _("Responded"), "number", 90),
            Column("converted", _("Converted"), "number", 90),
            Column("revenue_minor", _("Revenue"), "number", 90),
            Column("leads", _("Leads"), "number", 60),
            Column("deals", _("Deals"), "number", 60),
            Column("won", _("Won"), "number", 55),
            Column("cost_minor", _("Cost"), "number", 80),
            Column("cost_per_lead_minor", _("Cost per lead"), "number", 100),
            Column("cost_per_won_minor", _("Cost per won"), "number", 100),
        ],
        screen="campaign",
        key="marketing_campaigns",
        alt=_("Campaigns with their way from message to won deal"),
    )


def show_sources(board: MarketingBoard) -> None:
    """Every source with the way of its leads to won deals in figures."""
    rows = board.sources
    if rows.empty:
        return
    look.section(_("From lead to won deal, by source"), _("The same leads all the way."))
    currency = board.book.currency
    shown = rows[["source", "leads", "converted", "deals", "won"]].assign(
        source=labels(rows["source"], _("No source")),
        value=[formats.money(int(v), currency, decimals=False) for v in rows["won_value_minor"]],
    )
    columns = st.column_config
    look.table(
        shown, height="content" if len(shown) <= 12 else 468,
        alt=_("From lead to won deal, by source"),
        column_config={
            "source": columns.TextColumn(_("Source"), width=260),
            "leads": columns.NumberColumn(_("Leads"), format="localized", width=120),
            "converted": columns.NumberColumn(_("Became contacts"), format="localized", width=140),
            "deals": columns.NumberColumn(_("With a deal"), format="localized", width=120),
            "won": columns.NumberColumn(_("Won"), format="localized", width=120),
            "value": columns.TextColumn(_("Won value"), width=160, alignment="right"),
        },
    )  # fmt: skip


def show_formulas() -> None:
    """How each card is computed."""
    titles_of = {
        "funnel-by-source": _("From lead to won deal"),
        "leads-by-source": _("Leads by source"),
        "funnel-by-campaign": _("Campaigns"),
        "cost-per-lead": _("Cost"),
        "response-by-segment": _("Response"),
    }
    formulas(titles_of, formula)
