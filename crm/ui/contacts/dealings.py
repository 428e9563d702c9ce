"""What goes on with somebody or with a product: key figures, deals, sales by year."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from crm import charts
from crm.clock import here, today
from crm.contacts.dealings import LastTalk
from crm.contacts.sums import DealSums, Sales
from crm.i18n import _, ngettext
from crm.records.view import RecordView
from crm.reporting.measures import beside
from crm.ui.frame import routes
from crm.ui.frame.record_table import record_table
from crm.ui.kit import look
from crm.ui.kit.formats import ago, day, money, money_unit, short_money, worth_text
from crm.ui.kit.grid import Column
from crm.ui.records.to_do import late


def deal_kpis(view: RecordView, sums: DealSums) -> list[look.Explained]:
    """Open and won value, each explained and opening the deals behind it."""
    open_formula = _("Sum of the open deals, converted at today's rates to {currency}. A deal without amount counts "
                     "with its lines or main product at list price.")  # fmt: skip
    won_formula = _("Sum of the won deals, each converted to {currency} at the rate of the day it was won. "
                    "{lost} were lost.")  # fmt: skip
    return [
        look.Explained(
            label,
            short_money(minor, sums.currency),
            formula=f"{formula.format(currency=sums.currency, lost=sums.lost_count)} {sums.note}".rstrip(),
            n=count,
            n_text=ngettext("{n} deal", "{n} deals", count).format(n=count),
            records=routes.page(view.entity),
            query={"id": str(view.id), "tab": "deals"},
        )
        for label, minor, count, formula in (
            (_("Open deals"), sums.open_minor, sums.open_count, open_formula),
            (_("Won"), sums.won_minor, sums.won_count, won_formula),
        )
    ]


def talk_kpis(view: RecordView, talk: LastTalk, tasks: Sequence[Mapping[str, Any]]) -> list[look.Explained]:
    """When somebody last talked with them, and what is due next."""
    there, query = routes.page(view.entity), {"id": str(view.id)}
    first = tasks[0] if tasks else None
    due = first["due_on"] if first else None
    return [
        look.Explained(
            _("Last talk"),
            day(here(talk.at).date(), today=today()) if talk.at else _("Never"),
            ago(here(talk.at).date(), today=today()) if talk.at else "",
            formula=_(
                "The newest call, meeting, e-mail or other talk; notes do not count. Counted are those of the "
                "last 90 days."
            ),
            n=talk.recent,
            n_text=_("{n} in 90 days").format(n=talk.recent),
            records=there,
            query={**query, "tab": "timeline"},
        ),
        look.Explained(
            _("Next task"),
            day(due, today=today()) if due else (_("No date") if first else _("None")),
            late(due) if due else "",
            tone=look.BAD if due and due < today() else look.QUIET,
            formula=first["title"] if first else _("No task is open here."),
            n=len(tasks),
            n_text=ngettext("{n} open task", "{n} open tasks", len(tasks)).format(n=len(tasks)),
            records=there,
            query={**query, "tab": "tasks"},
        ),
    ]


def show_deals(deals: pd.DataFrame, *, count: int, empty_text: str) -> None:
    """Deals as a table; a click opens one."""
    if deals.empty:
        st.caption(look.plain(empty_text))
        return
    if count > len(deals):
        st.caption(_("The first {n} of {all}, open ones first.").format(n=len(deals), all=count))
    status = {"open": _("Open"), "won": _("Won"), "lost": _("Lost")}
    shown = pd.DataFrame(
        {
            "title": deals["title"],
            "stage": deals["stage"],
            "status": [[status.get(s, s)] for s in deals["status"]],
            "value": [
                worth_text(money(v, c), beside(m, c))
                for v, c, m in zip(deals["value_minor"], deals["currency"], deals["missing"], strict=True)
            ],
            "close": [
                c if pd.notna(c) else e
                for c, e in zip(deals["closed_on"], deals["expected_close_on"], strict=True)
            ],
            "owner": deals["owner"],
        }
    )
    record_table(
        shown.assign(id=deals["id"]),
        [
            Column("title", _("Deal"), width=230),
            Column("stage", _("Stage"), width=110),
            Column("status", _("Status"), "chips", 80),
            Column("value", _("Value"), "number", 90),
            Column("close", _("Close"), width=100),
            Column("owner", _("Owner"), width=120),
        ],
        screen="deal",
        key="record_deals",
        alt=_("Deals with stage, value and closing day; click one to open it"),
    )


def sales_card(sales: Sales, *, title: str) -> None:
    """Sales lines by year as bars; nothing when there are none."""
    if sales.years.empty:
        return
    total = money(sales.total_minor, sales.currency, decimals=False)
    note = _("{total} in {n} lines").format(total=total, n=f"{int(sales.years['lines'].sum()):,}")
    with look.card(title, f"{note}. {sales.note}" if sales.note else note):
        years = sales.years.tail(6)
        figure = charts.columns(
            [sales.calendar.year_name(y) for y in years["year"]],
            list(years["amount_minor"]),
            unit=money_unit(sales.currency),
            unfinished=int(years["year"].iloc[-1]) == sales.calendar.year_of(today()),
            height=160,
        )
        look.chart(figure, key="record_sales", alt=_("Sales by year, {total} in all").format(total=total))
