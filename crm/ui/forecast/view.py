"""The upper half of the forecast screen: numbers, the chart of what comes next, what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import streamlit as st
from streamlit.navigation.page import Page

from crm import charts
from crm.forecasting import outlook
from crm.forecasting.chosen import WON
from crm.forecasting.outlook import Outlook
from crm.forecasting.queries import Run
from crm.i18n import _, ngettext
from crm.periods import add_months, month_end
from crm.ui.forecast.data import Asked, Beside, Seen
from crm.ui.forecast.words import age, method, month_of, short_range, with_months
from crm.ui.frame import routes
from crm.ui.kit import look
from crm.ui.kit.formats import money, money_unit, month, number, percent, short_money
from crm.ui.kit.look import Explained
from crm.ui.pipeline.view import TABLE, VIEW, views

#: At most so many months of history are drawn; the forecast rests on all of them.
DRAWN = 36


def context(asked: Asked, seen: Seen) -> str:
    """The grey line below the title: which series, when computed, from what."""
    names = {True: _("Won value per month"), False: _("Sales per month")}
    text = f"{names[asked.choice.kind == WON]}, {asked.part or _('everything you can see')}."
    if seen.run is None:
        return text
    said = _("Computed {when} from {n} until {month}.")
    return f"{text} " + said.format(
        when=age(seen.run.made_at, today=seen.today), n=counted(asked, seen.run), month=month(seen.run.cutoff)
    )


def counted(asked: Asked, run: Run) -> str:
    """How many records the forecast rests on, in words."""
    if asked.choice.kind == WON:
        return ngettext("{n} won deal", "{n} won deals", run.rows).format(n=number(run.rows))
    return ngettext("{n} sales line", "{n} sales lines", run.rows).format(n=number(run.rows))


def deals_page(asked: Asked) -> Page | None:
    """The deal table, where it can show just the deals of the series: it knows teams but no categories."""
    fits = asked.choice.category_id is None and "pipeline" in routes.screens()
    return routes.page("pipeline") if fits else None


def deals_link(asked: Asked, **filters: str) -> dict[str, str]:
    """The address of the deal table with filters; a bound filter writes what people read."""
    named = {**filters, "team_id": asked.team} if asked.team else filters
    return {VIEW: views()[TABLE], **{f"deals_{name}": value for name, value in named.items()}}


def open_deals_link(asked: Asked, months: Sequence[date]) -> dict[str, str]:
    """The address of the open deals that are expected to close in these months."""
    start, end = months[0].isoformat(), month_end(months[-1]).isoformat()
    return deals_link(asked, status=_("Open"), expected_close_on_from=start, expected_close_on_to=end)


def show_numbers(asked: Asked, run: Run, near: Beside | None) -> None:
    """Expected sum, range, chance of the target or the deals in hand, usual error."""
    said = outlook.outlook(run.forecast, months=asked.months)
    numbers = [
        _expected(asked, run, said),
        _between(run, said),
        _chance(asked, run, near) or _in_hand(asked, run, near),
        _error(said),
    ]
    look.kpi_row(numbers)


def _between(run: Run, said: Outlook) -> Explained:
    return Explained(
        label=_("Between"),
        value=short_range(said.low, said.high, run.currency),
        change=_("8 times in 10"),
        formula=_(
            "From {low} to {high}: the 80 % ranges of the months, joined by how far sums of several months missed"
            " in the back-test. One time in ten it is less, one time in ten more."
        ).format(
            low=money(said.low, run.currency, decimals=False),
            high=money(said.high, run.currency, decimals=False),
        ),
    )


def _expected(asked: Asked, run: Run, said: Outlook) -> Explained:
    points = run.forecast.points[: asked.months]
    past = dict(run.forecast.history)
    before = [past.get(add_months(date.fromisoformat(p.ds), -12).isoformat()) for p in points]
    known = [value for value in before if value is not None]
    change, moved = "", 0.0
    if len(known) == len(points) and sum(known) > 0:
        moved = round(said.total / sum(known) - 1, 2)
        change = _("{share} on last year").format(share=percent(abs(moved))) if moved else _("as last year")
    return Explained(
        label=ngettext("Expected, {n} month", "Expected, {n} months", said.months).format(n=said.months),
        value=short_money(said.total, run.currency),
        change=change,
        arrow=None if not moved else "up" if moved > 0 else "down",
        tone=look.QUIET if not moved else look.GOOD if moved > 0 else look.BAD,
        formula=_("Sum of what is expected for {first} to {last}: {total}. Method: {method}.").format(
            first=month_of(points[0].ds),
            last=month_of(points[-1].ds),
            total=money(said.total, run.currency, decimals=False),
            method=method(run.forecast.model),
        )
        + running(run),
        n=run.rows,
        n_text=counted(asked, run),
        as_of=month(run.cutoff),
        records=deals_page(asked) if asked.choice.kind == WON else None,
        query=deals_link(asked, status=_("Won"), closed_on_to=month_end(run.cutoff).isoformat()),
    )


def running(run: Run) -> str:
    """What of the running month has come already, in a sentence of its own; nothing where none runs."""
    if run.so_far is None:
        return ""
    point = run.forecast.points[0]
    return " " + _("{month}: {sum} came until today, {rest} more is expected by its end.").format(
        month=month_of(point.ds),
        sum=money(run.so_far, run.currency, decimals=False),
        rest=money(point.yhat - run.so_far, run.currency, decimals=False),
    )


def _chance(asked: Asked, run: Run, near: Beside | None) -> Explained | None:
    """The chance of the targets ahead; None where none are set for the first months or in another currency."""
    if near is None or near.currency != run.currency:
        return None
    points = []
    for point in run.forecast.points[: asked.months]:
        if date.fromisoformat(point.ds) not in near.targets:
            break
        points.append(point)
    if not points:
        return None
    goal = sum(near.targets[date.fromisoformat(point.ds)] for point in points)
    said = outlook.outlook(run.forecast, months=len(points))
    span = (
        month_of(points[0].ds)
        if len(points) == 1
        else f"{month_of(points[0].ds)} – {month_of(points[-1].ds)}"
    )
    return Explained(
        label=_("Chance of target"),
        value=percent(outlook.chance_of(points, said, target=goal)),
        change=_("{goal} by {month}").format(
            goal=short_money(goal, run.currency), month=month_of(points[-1].ds)
        ),
        formula=_(
            "How much of the range of the sum lies at or above the target of {goal} for {span}; expected is {total}."
            " Months without a target do not count."
        ).format(
            goal=money(goal, run.currency),
            span=span,
            total=money(said.total, run.currency, decimals=False),
        )
        + running(run),
        n=len(points),
        n_text=ngettext("{n} target", "{n} targets", len(points)).format(n=len(points)),
        records=routes.page("sales") if "sales" in routes.screens() else None,
    )


def _in_hand(asked: Asked, run: Run, near: Beside | None) -> Explained:
    months = [date.fromisoformat(p.ds) for p in run.forecast.points[: asked.months]]
    if near is None:
        return Explained(label=_("Deals in hand"), value="–", change=_("not for you to see"))
    due = [near.deals.months[m] for m in months if m in near.deals.months]
    count = sum(d.deals for d in due)
    return Explained(
        label=_("Deals in hand"),
        value=short_money(sum(d.weighted_minor for d in due), near.currency),
        change=_("weighted by chance"),
        formula=_(
            "Amounts of open deals expected to close in these months, times the chance of their stage."
        ),
        n=count,
        n_text=ngettext("{n} open deal", "{n} open deals", count).format(n=number(count)),
        records=deals_page(asked),
        query=open_deals_link(asked, months),
    )


def _error(said: Outlook) -> Explained:
    text = ngettext("last {n} try", "last {n} tries", said.tries).format(n=said.tries)
    return Explained(
        label=_("Usual error"),
        value=percent(said.usual_error) or "–",
        change=text if said.tries else _("never tried"),
        formula=_(
            "At {tries} points in the past, what would have been said about the sum of the next {months} months"
            " was compared with what came; this is the mean miss as a share of what came."
        ).format(tries=said.tries, months=said.error_months),
    )


def show_band(asked: Asked, run: Run, near: Beside | None) -> None:
    """History and forecast with both ranges."""
    told = run.forecast
    points = told.points[: asked.months]
    # Fewer for a short look ahead, so that it keeps a third of the picture.
    past = told.history[-min(DRAWN, 12 + 3 * asked.months) :]
    targets = near.targets if near is not None and near.currency == run.currency else {}
    days = [date.fromisoformat(point.ds) for point in points]
    figure = charts.band(
        [date.fromisoformat(ds) for ds, _value in past],
        [value for _ds, value in past],
        charts.Band(
            days=days,
            expected=[p.yhat for p in points],
            low80=[p.lo80 for p in points],
            high80=[p.hi80 for p in points],
            low95=[p.lo95 for p in points],
            high95=[p.hi95 for p in points],
        ),
        unit=money_unit(run.currency),
        when=month,
        target=[targets.get(day) for day in days] if targets else None,
        until=_("Today"),
        height=270,
    )
    last = points[-1]
    note = _(
        "Solid: what happened. Dashed: what is expected. The darker tint holds 8 outcomes in 10, the lighter 19 in 20."
    )
    with look.card(_("What comes next?"), note):
        look.chart(
            figure,
            key="forecast_band",
            alt=_(
                "From {start} on {first} is expected in {month}, 8 times in 10 between {low} and {high}."
            ).format(
                start=short_money(past[-1][1], run.currency),
                first=short_money(last.yhat, run.currency),
                month=month_of(last.ds),
                low=short_money(last.lo80, run.currency),
                high=short_money(last.hi80, run.currency),
            ),
        )


def rests_on(run: Run, near: Beside | None) -> None:
    """What the forecast supposes, and what it does not know."""
    look.lines(*map(with_months, run.forecast.notes), *filter(None, [running(run).strip()]))
    missing = _("Price changes, campaigns, people who come or leave: nothing planned is in it.")
    if near is not None:
        total = sum(due.weighted_minor for due in near.deals.months.values())
        missing = _("Open deals ({sum} by their chance) and plans such as prices, campaigns, people.").format(
            sum=short_money(total, near.currency)
        )
    st.markdown(f":orange[:material/warning:] :small[**{_('Not in here:')}** {look.plain(missing)}]")
