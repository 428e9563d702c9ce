"""The proof on the forecast screen: how right it was before, which methods were tried, trend and season."""

from __future__ import annotations

from datetime import date
from statistics import fmean

import pandas as pd
import streamlit as st

from crm import charts
from crm.clock import here
from crm.forecasting import outlook
from crm.forecasting.queries import Run, RunRow
from crm.forecasting.result import Forecast
from crm.i18n import _, ngettext
from crm.ui.forecast.words import method
from crm.ui.kit import look
from crm.ui.kit.formats import day, money_unit, month, month_name, number_unit, percent_unit, short_money

#: A forecast whose months differ less from their mean repeats no season worth a picture.
LEAST_SEASON = 0.05


def before_words(told: Forecast) -> str:
    """How many of the tries came out inside the range, in a sentence."""
    tries = outlook.one_ahead(told.backtest)
    if not tries:
        return _("The history is too short to try the method on its past.")
    said = ngettext(
        "Said one month ahead, {n} time. The truth fell inside the 80 % range {hits} times.",
        "Said one month ahead, {n} times. The truth fell inside the 80 % range {hits} times.",
        len(tries),
    ).format(n=len(tries), hits=outlook.hits(tries))
    return said


def all_words(told: Forecast) -> str:
    """The same over all months ahead."""
    return _("Over all months ahead: {hits} of {n} inside, {misses} missed.").format(
        hits=outlook.hits(told.backtest),
        n=len(told.backtest),
        misses=len(told.backtest) - outlook.hits(told.backtest),
    )


def show_before(run: Run) -> None:
    """What was said one month ahead and what came; content of a card."""
    tries = outlook.one_ahead(run.forecast.backtest)
    if not tries:
        return
    figure = charts.backtest(
        [date.fromisoformat(t.ds) for t in tries],
        [t.actual for t in tries],
        [t.yhat for t in tries],
        [t.lo80 for t in tries],
        [t.hi80 for t in tries],
        unit=money_unit(run.currency),
        when=month,
    )
    look.chart(
        figure, key="forecast_before", alt=before_words(run.forecast) + " " + _("Diamonds mark the misses.")
    )
    look.lines(all_words(run.forecast))


def trend_of(told: Forecast, months: int) -> list[tuple[date, float]]:
    """The mean of each twelve months with the one they end with, as far as is looked ahead: what the method that answers says.

    A trend of one method among others would lead where the forecast does not; less than a year of the past has none.
    """
    if len(told.history) < 12:
        return []
    values = [*told.history, *((point.ds, point.yhat) for point in told.points[:months])]
    return [
        (date.fromisoformat(ds), fmean(value for _ds, value in values[place - 11 : place + 1]))
        for place, (ds, _value) in enumerate(values)
        if place >= 11
    ]


def show_trend(run: Run, months: int) -> None:
    """Where twelve months at a time lead; content of a card."""
    trend = trend_of(run.forecast, months)
    if len(trend) <= 12:
        look.lines(_("This series has too little history for a trend to be told from chance."))
        return
    days = [ds for ds, _value in trend]
    figure = charts.trend(
        [month(ds) for ds in days],
        [value for _ds, value in trend],
        unit=money_unit(run.currency),
        name=_("Mean of twelve months"),
        height=190,
    )
    # Names of months would run into each other in a third of the page; years fit.
    januaries = [place for place, ds in enumerate(days) if ds.month == 1]
    figure.update_xaxes(tickvals=januaries, ticktext=[str(days[place].year) for place in januaries])
    now = next(value for ds, value in reversed(trend) if ds <= run.cutoff)
    look.chart(
        figure,
        key="forecast_trend",
        alt=_(
            "The mean of twelve months went from {first} to {now} by now and leads to {last} in {month}."
        ).format(
            first=short_money(trend[0][1], run.currency),
            now=short_money(now, run.currency),
            last=short_money(trend[-1][1], run.currency),
            month=month(days[-1]),
        ),
    )


def _season(run: Run) -> tuple[list[tuple[date, float]], bool]:
    """How far each month of a year lies above or below an ordinary one, and whether as a share of it.

    Prophet tells season from trend; where another method answers, it is what that one repeats.
    """
    told = run.forecast
    parts = told.components[-12:] if told.model == "prophet" else ()
    share = told.season_is_factor
    rows = [(date.fromisoformat(p.ds), p.season - 1 if share else p.season) for p in parts]
    if len(rows) == 12 and any(abs(value) > 1e-9 for _ds, value in rows):
        return rows, share
    # What the running month brought is no season.
    begin = int(run.so_far is not None)
    year = told.points[begin : begin + 12]
    usual = fmean(point.yhat for point in year)
    if len(year) < 12 or usual <= 0 or told.parameters.get("season") != 12:
        return [], True
    rows = [(date.fromisoformat(point.ds), point.yhat / usual - 1) for point in year]
    return (rows, True) if max(abs(value) for _ds, value in rows) > LEAST_SEASON else ([], True)


def show_season(run: Run, year_start: int) -> None:
    """Which months of the year are strong; content of a card."""
    found, share = _season(run)
    if not found:
        look.lines(_("No month of the year could be told from chance."))
        return
    rows = sorted(found, key=lambda row: (row[0].month - year_start) % 12)
    best = max(rows, key=lambda row: row[1])
    worst = min(rows, key=lambda row: row[1])
    labels = [month_name(ds) for ds, _value in rows]
    look.chart(
        charts.columns(
            labels,
            [value for _ds, value in rows],
            unit=percent_unit(decimals=0) if share else money_unit(run.currency),
            height=190,
        ),
        key="forecast_season",
        alt=_("{best} is the strongest month of the year, {worst} the weakest.").format(
            best=month_name(best[0]), worst=month_name(worst[0])
        ),
    )


def show_methods_chart(told: Forecast) -> None:
    """Each method's back-test error; content of a card."""
    rows = [c for c in told.candidates if c.mase is not None]
    if not rows:
        look.lines(_("Too little history to compare methods."))
        return
    none = [float("nan")] * len(rows)
    figure = charts.intervals(
        [method(c.model) for c in rows],
        [c.mase or 0.0 for c in rows],
        none,
        none,
        [f"{c.mase:.2f}" + (f" · {_('answers')}" if c.chosen else "") for c in rows],
        unit=number_unit(decimals=2),
        colours=[charts.ACCENT if c.chosen else charts.MUTED for c in rows],
    )
    chosen = next((c for c in rows if c.chosen), rows[0])
    look.chart(
        figure,
        key="forecast_methods",
        alt=_("{method} answers with an error of {mase:.2f} usual steps.").format(
            method=method(chosen.model), mase=chosen.mase or 0.0
        ),
    )


def show_methods_table(told: Forecast) -> None:
    """All methods with their errors and how often their ranges held."""
    look.section(
        _("Which method answers?"),
        _("Each was tried on the past. MASE counts its misses in usual steps from season to season."),
    )
    frame = pd.DataFrame(
        {
            "method": [("✓ " if c.chosen else "") + method(c.model) for c in told.candidates],
            "mase": [c.mase for c in told.candidates],
            "smape": [c.smape for c in told.candidates],
            "in80": [None if c.coverage80 is None else c.coverage80 * 100 for c in told.candidates],
            "in95": [None if c.coverage95 is None else c.coverage95 * 100 for c in told.candidates],
            "tries": [c.tries for c in told.candidates],
        }
    )
    number = st.column_config.NumberColumn
    look.table(
        frame,
        placeholder="–",
        column_config={
            "method": st.column_config.TextColumn(
                _("Method"), width=230, help=_("✓ marks the one that answers.")
            ),
            "mase": number(
                "MASE", format="%.2f", width=80, help=_("Mean error in mean steps from season to season.")
            ),
            "smape": number(
                "sMAPE", format="%.1f %%", width=90, help=_("Mean error as a share of size, 0 to 200 %.")
            ),
            "in80": number(
                _("In 80 %"), format="%.0f %%", width=80, help=_("Outcomes inside the 80 % range.")
            ),
            "in95": number(
                _("In 95 %"), format="%.0f %%", width=80, help=_("Outcomes inside the 95 % range.")
            ),
            "tries": number(_("Tries"), width=60, help=_("Points in the past at which it was tried.")),
        },
        alt=_("Methods with their back-test errors, best first"),
    )


def show_earlier(runs: list[RunRow], currency: str) -> None:
    """What was said before: the stored forecasts of this series."""
    frame = pd.DataFrame(
        {
            "made": [day(here(row.made_at).date()) for row in runs],
            "cutoff": [month(row.cutoff) if row.cutoff else "" for row in runs],
            "method": [method(row.model) for row in runs],
            "expected": [short_money(row.expected, currency) for row in runs],
        }
    )
    text = st.column_config.TextColumn
    look.table(
        frame,
        column_config={
            "made": text(_("Computed"), width=110),
            "cutoff": text(_("Known until"), width=110),
            "method": text(_("Method"), width=230),
            "expected": text(_("12 months ahead"), width=130),
        },
        alt=_("Stored forecasts of this series, newest first"),
    )
