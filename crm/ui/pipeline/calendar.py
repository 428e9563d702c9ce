"""The pipeline by expected close: a month at a glance, and the deals of the month or of one day beside it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from itertools import groupby

import streamlit as st

from crm.i18n import _
from crm.periods import month_end
from crm.pipeline.board import PipelineFilters
from crm.pipeline.closing import MOST_IN_MONTH, Closing, Closings, closing_calendar
from crm.ui.frame.guard import current_actor, showing_problems
from crm.ui.kit import look, months
from crm.ui.kit.formats import day as day_text
from crm.ui.kit.formats import money_unit, percent, short_money, worth_text
from crm.ui.kit.formats import month as month_text
from crm.ui.pipeline.view import without
from crm.ui.records.drawers import go_to
from crm.work import reading

#: Deals listed beside the month; the table has the rest.
LISTED = 40


def show_calendar(filters: PipelineFilters) -> None:
    """A month of expected closings, with the months before and after."""
    actor = current_actor()
    first = months.shown_month("pipeline")
    with showing_problems():
        with reading(actor) as session:
            found = closing_calendar(
                session, filters, first=first, last=month_end(first), now=datetime.now(UTC)
            )
            deals = found.deals
        main, aside = look.split()
        with main:
            _head(first, found)
            picked = _month(first, deals, found.currency)
        with aside:
            _list(
                [d for d in deals if picked in (None, d.day)],
                picked or first,
                picked is not None,
                filters,
            )


def _head(first: date, found: Closings) -> None:
    with look.row():
        months.month_steps("pipeline", first)
        deals, total = found.deals, sum(d.own_minor for d in found.deals)
        text = _("{n} open deals should close, {total}")
        if len(deals) == MOST_IN_MONTH:
            text = _("The first {n} open deals that should close: {total}; the table has them all")
        said = text.format(n=len(deals), total=short_money(total, found.currency))
        more = [without({code for deal in deals for code in deal.missing}), *found.notes]
        look.two_lines(month_text(first), why=". ".join(filter(None, (said, " ".join(filter(None, more))))))


def _month(first: date, deals: list[Closing], currency: str) -> date | None:
    """The month by the value that should close on each day. Gives the day that was clicked."""
    sums: Counter[int] = Counter()
    for deal in deals:
        sums[deal.day.day] += deal.own_minor
    said = _("Value of open deals by the day they should close")
    weeks = months.firm_calendar(current_actor())
    months.month_heat("pipeline", first, sums, weeks=weeks, unit=money_unit(currency), alt=said)
    days = sorted({d.day for d in deals})
    return months.choose_day("pipeline", first, days) if days else None


def _list(deals: list[Closing], start: date, one_day: bool, filters: PipelineFilters) -> None:
    title = day_text(start, today=filters.today) if one_day else month_text(start)
    with look.card(title, _("What should close")):
        if not deals:
            st.caption(_("Nothing is expected to close then."))
            return
        for when, group in groupby(deals[:LISTED], key=lambda d: d.day):
            st.caption(day_text(when, today=filters.today) + (_(", passed") if when < filters.today else ""))
            for row in group:
                with look.row():
                    look.two_lines(
                        row.organisation or row.title,
                        worth_text(short_money(row.value_minor or None, row.currency), row.beside),
                        f"{row.title} · {row.stage}, {percent(row.probability)}",
                    )
                    if look.icon_button(
                        "arrow_forward",
                        _("Open {title}").format(title=row.title),
                        key=f"pipeline_open_{row.id}",
                    ):
                        go_to("deal", row.id)
        if len(deals) > LISTED:
            st.caption(_("and {n} more; the table has them all").format(n=len(deals) - LISTED))
