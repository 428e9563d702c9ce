"""Beside the forecast: open deals by expected month, all numbers, export and a link to share."""

from __future__ import annotations

from datetime import date
from urllib.parse import urljoin

import pandas as pd
import streamlit as st

from crm import charts
from crm.forecasting.files.export import forecast_csv
from crm.forecasting.queries import Run
from crm.i18n import _, ngettext
from crm.pipeline.expected import Due
from crm.ui.forecast.data import Asked, Beside
from crm.ui.forecast.view import deals_page, open_deals_link
from crm.ui.forecast.words import month_of
from crm.ui.frame import routes
from crm.ui.kit import look
from crm.ui.kit.formats import money_unit, month_name, short_money
from crm.work import Actor
from db.scope import EXPORT


def show_open_deals(asked: Asked, run: Run, near: Beside) -> None:
    """Open deals by the month they are expected to close; content of a card."""
    months = [date.fromisoformat(point.ds) for point in run.forecast.points[: asked.months]]
    due = [near.deals.months.get(m, Due()) for m in months]
    whole = sum(due, Due())
    if not whole.deals:
        look.lines(_("No open deal is expected to close in these months."))
    else:
        figure = charts.stacked(
            [month_name(m) for m in months],
            [
                (_("By their chance"), [d.weighted_minor for d in due]),
                (_("If all are won"), [d.value_minor - d.weighted_minor for d in due]),
            ],
            unit=money_unit(near.currency),
            height=190,
        )
        alt = ngettext(
            "{n} open deal worth {sum}, {weighted} by its chance.",
            "{n} open deals worth {sum}, {weighted} by their chance.",
            whole.deals,
        ).format(
            n=whole.deals,
            sum=short_money(whole.value_minor, near.currency),
            weighted=short_money(whole.weighted_minor, near.currency),
        )
        look.chart(figure, key="forecast_deals", alt=alt)
        look.lines(alt)
    for text in _elsewhere(near):
        look.lines(text)
    if (table := deals_page(asked)) is not None:
        look.onward(table, _("Open these deals"), query_params=open_deals_link(asked, months))


def _elsewhere(near: Beside) -> list[str]:
    """Open deals that no bar shows."""
    late, undated = near.deals.late, near.deals.undated
    passed = ngettext(
        "{n} deal ({sum}) should have closed in an earlier month.",
        "{n} deals ({sum}) should have closed in an earlier month.",
        late.deals,
    )
    open_end = ngettext(
        "{n} deal ({sum}) has no expected day.", "{n} deals ({sum}) have no expected day.", undated.deals
    )
    return [
        text.format(n=due.deals, sum=short_money(due.value_minor, near.currency))
        for due, text in ((late, passed), (undated, open_end))
        if due.deals
    ]


def show_all_numbers(actor: Actor, asked: Asked, run: Run) -> None:
    """Every month with its ranges, to take along."""
    points = run.forecast.points[: asked.months]
    unit = run.currency
    rows = forecast_csv(run, choice=asked.choice, months=asked.months)
    frame = pd.DataFrame(rows.table, columns=list(rows.columns))[
        ["expected", "low80", "high80", "low95", "high95"]
    ]
    frame.insert(0, "month", [month_of(point.ds) for point in points])
    number = st.column_config.NumberColumn
    look.section(_("All numbers"), _("In {currency}; 80 % and 95 % ranges").format(currency=unit))
    look.table(
        frame,
        column_config={
            "month": st.column_config.TextColumn(_("Month"), width=90),
            "expected": number(_("Expected"), format="%,d", width=105),
            "low80": number(_("From, 80 %"), format="%,d", width=105),
            "high80": number(_("To, 80 %"), format="%,d", width=105),
            "low95": number(_("From, 95 %"), format="%,d", width=105),
            "high95": number(_("To, 95 %"), format="%,d", width=105),
        },
        alt=_("Forecast per month with its ranges"),
    )
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        if actor.may(asked.choice.entity, EXPORT):
            st.download_button(
                _("Export CSV"),
                rows.data,
                file_name=f"forecast-{asked.choice.kind}-{run.cutoff:%Y-%m}.csv",
                mime="text/csv",
                icon=":material/download:",
                key="forecast_export",
            )
        with st.popover(_("Share"), icon=":material/link:"):
            st.caption(_("Whoever opens this address sees the forecast of what they may see."))
            st.code(_address(), language=None, wrap_lines=True)


def _address() -> str:
    """This view's address with its filters, whole where the browser told where we are."""
    path = routes.address("forecast", **st.query_params.to_dict())
    here = st.context.url
    return urljoin(here, path) if isinstance(here, str) else path
