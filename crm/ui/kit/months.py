"""What the calendars of all screens share: the month in the address, the way to others, its days by shade, the day chosen."""

from __future__ import annotations

from calendar import Calendar as Weeks
from collections.abc import Mapping, Sequence
from datetime import date

import streamlit as st
from babel.dates import get_day_names

from crm import charts
from crm.charts import Unit
from crm.clock import today
from crm.firm.firm import firm
from crm.i18n import _, language
from crm.periods import Calendar, add_months, month_start
from crm.ui.kit import look
from crm.ui.kit.formats import day
from crm.work import Actor, reading


def firm_calendar(actor: Actor) -> Calendar:
    """When the firm's year and weeks begin."""
    with reading(actor) as session:
        return firm(session).calendar


def shown_month(key: str) -> date:
    """The first day of the month in the address, or of this one."""
    try:
        return month_start(date.fromisoformat(f"{st.query_params.get(f'{key}_month', '')}-01"))
    except ValueError:
        return month_start(today())


def month_steps(key: str, first: date, *, months: int = 1) -> None:
    """The buttons to so many months earlier and later."""
    said = (_("Previous month"), _("Next month")) if months == 1 else (_("Earlier"), _("Later"))
    for name, icon, by, text in (("back", "left", -months, said[0]), ("next", "right", months, said[1])):
        st.button(
            "", key=f"{key}_month_{name}", icon=f":material/chevron_{icon}:", help=text,
            on_click=_step, args=(key, first, by),
        )  # fmt: skip


def _step(key: str, first: date, months: int) -> None:
    st.query_params[f"{key}_month"] = add_months(first, months).strftime("%Y-%m")


def month_heat(
    key: str,
    first: date,
    values: Mapping[int, int],
    *,
    weeks: Calendar,
    unit: Unit,
    alt: str,
    deepest: int = 0,
) -> None:
    """The month with its weeks in rows; the shade is the value of each day by its number.

    Below ``deepest`` no day is drawn in the deepest shade, so that a little stays pale in every month.
    """
    names = get_day_names("abbreviated", locale=language())
    rows = Weeks(weeks.week_start).monthdayscalendar(first.year, first.month)
    figure = charts.heat(
        [[values.get(n) or 0 if n else None for n in week] for week in rows],
        columns=[names[n] for n in weeks.days_in_order()],
        rows=[_week(first, week, weeks) for week in rows],
        unit=unit,
        height=60 * len(rows) + 24,
    )

    def said(n: int) -> str:
        return f"{n}<br><b>{unit.short(values[n])}</b>" if values.get(n) else str(n or "")

    # Each day carries its number, also where there is nothing.
    figure.update_traces(text=[[said(n) for n in week] for week in rows])
    if deepest:
        figure.update_traces(zmin=0, zmax=max([deepest, *values.values()]))
    look.chart(figure, key=f"{key}_calendar_{first:%Y%m}", alt=alt)


def _week(first: date, week: list[int], weeks: Calendar) -> str:
    """The week's number, as offices write it."""
    inside = first.replace(day=next(n for n in week if n))
    return _("W{n}").format(n=weeks.week_number(inside))


def choose_day(key: str, first: date, days: Sequence[date]) -> date | None:
    """One of these days of the month; None for the whole of it."""
    chosen: date | None = st.selectbox(
        _("Day"),
        list(days),
        index=None,
        format_func=lambda d: day(d, today=first),
        key=f"{key}_day_{first:%Y%m}",
        placeholder=_("Whole month"),
        width=180,
    )
    return chosen
