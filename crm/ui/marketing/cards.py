"""The numbers and cards of the marketing dashboard."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd
import streamlit as st

from crm import charts
from crm.campaigns.reports.marketing_dashboard import MarketingBoard
from crm.campaigns.reports.marketing_formulas import formula
from crm.i18n import _, ngettext
from crm.ui.dashboards.numbers import explained
from crm.ui.frame.record_table import record_table
from crm.ui.kit import formats, look
from crm.ui.kit.look import Explained
from crm.ui.kit.words import QUIET
from crm.ui.marketing.records import titles

#: Rows of a ranking.
ROWS = 7
#: Runs of the calendar.
RUNS = 14


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
    became = ngettext("{n} became a contact", "{n} became contacts", converted)

    def shared(label: str, what: str, counted: str) -> Explained:
        each, cost, n = board.cost_per(what)
        text = _("{cost} ÷ {counted}").format(
            cost=formats.short_money(cost, currency), counted=counted.format(n=formats.number(n))
        )
        value = formats.short_money(each, currency) or "–"
        said = formula("cost-per-lead")
        return _number(board, label, value, text if n else "", said=said, n=n, n_text=counted, show=what)

    n = board.cost_per("leads")[2], board.cost_per("won")[2]
    return [
        _number(
            board, _("Leads"), formats.short_number(leads), became.format(n=formats.number(converted)),
            said=formula("leads-by-source"), n=leads, n_text=ngettext("{n} lead", "{n} leads", leads), show="came",
        ),
        shared(_("Cost per lead"), "leads", ngettext("{n} lead naming one", "{n} leads naming one", n[0])),
        shared(_("Cost per won deal"), "won", ngettext("{n} deal naming one", "{n} deals naming one", n[1])),
        _number(
            board, _("Response to messages"), formats.percent(response.share, decimals=1) if response.n else "–", ranged,
            said=formula("response-by-segment"), n=response.n,
            n_text=ngettext("{n} message", "{n} messages", response.n), show="messages",
        ),
    ]  # fmt: skip


def _number(
    board: MarketingBoard, label: str, value: str, text: str, *, said: str, n: int, n_text: str, show: str
) -> Explained:
    return explained(
        label, value, (text, None, QUIET), said=said, n=n, n_text=n_text, on=board.book.today, screen="marketing",
        show=titles()[show],
    )  # fmt: skip


def show_numbers(board: MarketingBoard) -> None:
    """Draw the numbers."""
    look.kpi_row(numbers(board))


def show_cards(board: MarketingBoard) -> None:
    """Funnel, sources, cost, response and the calendar."""
    card = look.wall(3, width=290)
    with card(_("From lead to won deal"), _("The same leads all the way, those of the period")):
        _funnel(board)
    with card(_("Where do leads come from?"), _("Leads by source, share that became a contact")):
        _bars(board.sources, "leads", _("No source"), _lead_texts(board.sources), key="marketing_leads")
    with card(_("Which source wins?"), _("Won among closed deals of its leads. Bar: 95% range.")):
        _win_rates(board.sources)
    with card(_("What did campaigns bring?"), _("Revenue of members with a message")):
        _campaign_bars(board, "revenue_minor", key="marketing_won")
    with card(_("What does a lead cost?"), _("Cost of the campaign by the leads that name it")):
        _campaign_bars(board, "cost_per_lead_minor", key="marketing_lead_cost")
    with card(_("What does a won deal cost?"), _("Cost of the campaign by the won deals that name it")):
        _campaign_bars(board, "cost_per_won_minor", key="marketing_won_cost")
    with card(_("Which segment responds?"), _("Of those who got a message. Bar: 95% range.")):
        _segments(board)
    with card(_("Campaigns and won value"), _("Above: campaigns. Below: won value by month."), span=2):
        _calendar(board)


def _funnel(board: MarketingBoard) -> None:
    names = {
        "leads": _("Leads"),
        "converted": _("Became contacts"),
        "deals": _("With a deal"),
        "won": _("Won"),
    }
    counts = [board.total(board.sources, column) for column in names]
    texts = [formats.number(count) for count in counts]
    said = ", ".join(f"{name} {text}" for name, text in zip(names.values(), texts, strict=True))
    look.chart(
        charts.funnel(list(names.values()), [float(n) for n in counts], texts),
        key="marketing_funnel",
        alt=said,
    )
    won = formats.short_money(board.total(board.sources, "won_value_minor"), board.book.currency)
    st.caption(look.plain(_("Their won deals are worth {value}").format(value=won)))


def _labels(names: Iterable[Any], none: str) -> list[str]:
    return [none if name is None or pd.isna(name) else str(name) for name in names]


def _lead_texts(rows: pd.DataFrame) -> list[str]:
    return [
        f"{formats.number(n)} · {formats.percent(share)}"
        for n, share in zip(rows["leads"], rows["conversion"], strict=True)
    ]


def _bars(rows: pd.DataFrame, column: str, none: str, texts: list[str], *, key: str) -> None:
    labels = _labels(rows[rows.columns[0]], none)
    values = [float(value) for value in rows[column]]
    figure = charts.hbars(labels, values, texts, most=ROWS)
    alt = _("{name} leads with {value}").format(name=labels[0], value=texts[0]) if labels else _("No data")
    look.chart(figure, key=key, alt=alt)
    if len(labels) > ROWS:
        st.caption(_("The {n} largest of {all}").format(n=ROWS, all=len(labels)))


def _win_rates(rows: pd.DataFrame) -> None:
    closed = rows[rows["won"] + rows["lost"] > 0]
    kept = closed.assign(closed=closed["won"] + closed["lost"]).nlargest(ROWS, "closed")
    kept = kept.sort_values("win_rate", ascending=False)
    labels = _labels(kept["source"], _("No source"))
    texts = [
        f"{formats.percent(share)} · {formats.number(n)}"
        for share, n in zip(kept["win_rate"], kept["closed"], strict=True)
    ]
    figure = charts.intervals(
        labels, kept["win_rate"].tolist(), kept["win_rate_low"].tolist(), kept["win_rate_high"].tolist(), texts,
        unit=formats.percent_unit(),
    )  # fmt: skip
    alt = _("{name} wins most often").format(name=labels[0]) if labels else _("No deal of a lead was closed")
    look.chart(figure, key="marketing_rates", alt=alt)


def _campaign_bars(board: MarketingBoard, column: str, *, key: str) -> None:
    rows = board.campaigns
    rows = rows[rows[column].notna() & (rows[column] != 0)]
    rows = rows.sort_values(column, ascending=False)
    money = formats.money_unit(board.book.currency).short
    _bars(rows[["name", column]], column, "–", [money(float(value)) for value in rows[column]], key=key)


def _segments(board: MarketingBoard) -> None:
    rows = board.segments
    for by in ("campaign", "contact"):
        named = rows[(rows["by"] == by) & rows["segment"].notna()]
        if len(named) > 1 or by == "contact":
            break
    kept = named.nlargest(ROWS, "members").sort_values("response", ascending=False)
    labels = _labels(kept["segment"], "–")
    texts = [
        f"{formats.percent(share, decimals=1)} · {formats.number(n)}"
        for share, n in zip(kept["response"], kept["members"], strict=True)
    ]
    figure = charts.intervals(
        labels, kept["response"].tolist(), kept["low"].tolist(), kept["high"].tolist(), texts,
        unit=formats.percent_unit(),
    )  # fmt: skip
    alt = _("{name} responds most often").format(name=labels[0]) if labels else _("Nobody got a message")
    look.chart(figure, key="marketing_segments", alt=alt)
    if labels:
        note = (
            _("Segments of the campaigns.") if by == "campaign" else _("Segments that stand on the contacts.")
        )
        st.caption(note)


def _run(row: dict[Any, Any], currency: str) -> charts.Span:
    """A campaign as a stretch of days; without a last day it is drawn as long as its first."""
    start = row["starts_on"]
    end = None if pd.isna(row["ends_on"]) else max(row["ends_on"], start)
    told = _("{start} to {end}, revenue {value}").format(
        start=formats.day(start),
        end=formats.day(end) or "…",
        value=formats.short_money(int(row["revenue_minor"]), currency),
    )
    return charts.Span(str(row["name"]), start, end or start, told)


def _calendar(board: MarketingBoard) -> None:
    months = board.months["month"].tolist()
    dated = board.campaigns[board.campaigns["starts_on"].notna()].tail(RUNS)
    currency = board.book.currency
    runs = [_run(row, currency) for row in dated.to_dict("records")]
    figure = charts.spans(
        runs,
        months,
        [float(value) for value in board.months["won_value_minor"]],
        unit=formats.money_unit(currency),
        when=formats.month,
    )
    alt = ngettext("{n} campaign over won value by month", "{n} campaigns over won value by month", len(runs))
    look.chart(figure, key="marketing_calendar", alt=alt.format(n=len(runs)))
    undated = len(board.campaigns) - len(dated)
    if undated:
        text = ngettext("{n} more campaign is not drawn.", "{n} more campaigns are not drawn.", undated)
        st.caption(text.format(n=undated))


def show_campaigns(board: MarketingBoard) -> None:
    """All campaigns of the period with their way from message to won deal; a click opens one."""
    rows = board.campaigns.iloc[::-1].reset_index(drop=True)
    if rows.empty:
        return
    note = _("Leads and deals are those that name it. Newest first. Click a row to open one.")
    look.section(_("From message to won deal"), note)
    currency = board.book.currency
    texts = {
        name: [formats.money(None if pd.isna(v) else int(v), currency, decimals=False) for v in rows[name]]
        for name in ("revenue_minor", "cost_minor", "cost_per_lead_minor", "cost_per_won_minor")
    }
    shown = rows[["name", "starts_on", "contacted", "responded", "converted"]].assign(
        revenue_minor=texts.pop("revenue_minor"), **{n: rows[n] for n in ("leads", "deals", "won")}, **texts
    )
    columns = st.column_config
    record_table(
        shown.assign(id=rows["id"]),
        {
            "name": columns.TextColumn(_("Campaign"), width=200),
            "starts_on": columns.DateColumn(_("Starts"), format="D MMM YYYY", width=105),
            "contacted": columns.NumberColumn(_("Contacted"), format="localized", width=88),
            "responded": columns.NumberColumn(_("Responded"), format="localized", width=90),
            "converted": columns.NumberColumn(_("Converted"), format="localized", width=90),
            "revenue_minor": columns.TextColumn(_("Revenue"), width=90, alignment="right"),
            "leads": columns.NumberColumn(_("Leads"), format="localized", width=60),
            "deals": columns.NumberColumn(_("Deals"), format="localized", width=60),
            "won": columns.NumberColumn(_("Won"), format="localized", width=55),
            "cost_minor": columns.TextColumn(_("Cost"), width=80, alignment="right"),
            "cost_per_lead_minor": columns.TextColumn(_("Cost per lead"), width=100, alignment="right"),
            "cost_per_won_minor": columns.TextColumn(_("Cost per won"), width=100, alignment="right"),
        },
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
        source=_labels(rows["source"], _("No source")),
        value=[formats.money(int(v), currency, decimals=False) for v in rows["won_value_minor"]],
    )
    columns = st.column_config
    st.dataframe(
        shown, hide_index=True, row_height=36, height="content" if len(shown) <= 12 else 468,
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
    cards = {
        "funnel-by-source": _("From lead to won deal"),
        "leads-by-source": _("Leads by source"),
        "funnel-by-campaign": _("Campaigns"),
        "cost-per-lead": _("Cost"),
        "response-by-segment": _("Response"),
    }
    with st.expander(_("How is this computed?"), icon=":material/calculate:"):
        look.lines(*(f"{title}: {formula(name)}" for name, title in cards.items()))
