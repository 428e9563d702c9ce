"""The cards of the sales dashboard: eleven questions, each with its chart; a click on a bar narrows the deals below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from crm import charts
from crm.i18n import _, ngettext
from crm.pipeline.report_dashboard import Dashboard
from crm.pipeline.report_records import Narrowed
from crm.ui import formats, look

#: Rows of a card; what is beyond goes into "others" or is left out with a word.
ROWS = 6
HEIGHT = 228
RATES = 5


@dataclass
class Clicked:
    """What was clicked in the charts: how people read it, and the filter it means."""

    names: list[str] = field(default_factory=list)
    fields: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    lost: bool = False

    def add(self, name: str, labels: list[str], found: dict[str, list[Any]]) -> None:
        """Remember the picked labels of one chart; ``found`` gives the values of a label."""
        values = tuple(value for label in labels for value in found.get(label, []))
        if values:
            self.names += labels
            kept = self.fields.get(name)
            self.fields[name] = tuple(v for v in kept if v in values) if kept else values

    def narrowed(self) -> Narrowed | None:
        """The deals that all clicks together mean; None when nothing was clicked."""
        if not self.fields:
            return None
        return Narrowed(statuses=("lost",) if self.lost else ("won",), **self.fields)


def show_cards(board: Dashboard) -> Clicked:
    """Draw all cards and give what was clicked."""
    clicked = Clicked()
    card = look.wall(3, width=290)
    with card(_("How much was won each month?"), _months_note(board), span=2):
        _months(board, clicked)
    with card(_("Are we on target?"), _targets_note(board)):
        _targets(board)
    with card(_("Who won most?"), _("Won value by owner. Click a bar.")):
        _ranking(
            board, board.agents, "agents", _("No owner"), clicked, meaning="owners", values=lambda key: [key]
        )
    with card(_("Which manager's people win?"), _("Won value by the owners' manager. Click a bar.")):
        under = _reports(board)
        _ranking(
            board,
            board.managers,
            "managers",
            _("No manager"),
            clicked,
            meaning="owners",
            values=lambda key: under.get(key, []),
        )
    with card(_("Which team wins?"), _("Won value by team. Click a bar.")):
        _ranking(
            board, board.teams, "teams", _("No team"), clicked, meaning="teams", values=lambda key: [key]
        )
    with card(_("What sells?"), _("Won value by product. Click a bar.")):
        _ranking(
            board,
            board.products,
            "products",
            _("No product"),
            clicked,
            meaning="products",
            values=lambda key: [key],
        )
    with card(_("Where do deals drop out?"), _("Opened in the period, share of the stage before")):
        _funnel(board)
    with card(_("How long until yes?"), _cycle_note(board)):
        _cycle(board)
    with card(_("Which source pays off?"), _("Win rate. Bars: 95% range.")):
        _rates(board, board.source_rates, "sources", _("No source"))
    with card(_("Which product wins?"), _("Win rate by main product. Bars: 95% range.")):
        _rates(board, board.product_rates, "product_rates", _("No product"))
    with card(_("Why do we lose?"), _("Lost deals by reason. Click a bar.")):
        _reasons(board, clicked)
    return clicked


def _months_note(board: Dashboard) -> str:
    if board.months["target_minor"].notna().any():
        return _("Won value by month of closing; lines: target. Click a column.")
    return _("Won value by month of closing. Click a column.")


def _months(board: Dashboard, clicked: Clicked) -> None:
    rows = board.months
    names = [formats.month(month) for month in rows["month"]]
    unit = formats.money_unit(board.book.currency)
    goals = [None if goal is None or pd.isna(goal) else float(goal) for goal in rows["target_minor"]]
    best = int(rows["won_minor"].to_numpy().argmax()) if len(rows) else 0
    figure = charts.columns(
        [formats.month_name(month) for month in rows["month"]],
        rows["won_minor"].tolist(),
        unit=unit,
        target=goals if any(goal is not None for goal in goals) else None,
        unfinished=board.period.running,
        names=names,
        height=HEIGHT,
    )
    alt = _("Won value by month; most in {month} with {value}").format(
        month=names[best], value=unit.full(float(rows["won_minor"].iloc[best]))
    )
    picked = look.chart(figure, key="sales_months", alt=alt, on_select="rerun")
    clicked.add("months", picked, {name: [month] for name, month in zip(names, rows["month"], strict=True)})


def _targets_note(board: Dashboard) -> str:
    return (
        _("Won against target. Amber: under 80%.")
        if len(board.targets)
        else _("No target is entered for this period.")
    )


def _targets(board: Dashboard) -> None:
    rows = board.targets.head(ROWS)
    money = formats.money_unit(board.book.currency).short
    figure = charts.hbars(
        [str(name) for name in rows["name"]],
        [float(value) for value in rows["actual_minor"]],
        [
            f"{money(a)} · {formats.percent(s)}"
            for a, s in zip(rows["actual_minor"], rows["share"], strict=True)
        ],
        target=[float(value) for value in rows["target_minor"]],
        highlight=[share < 0.8 for share in rows["share"]],
        most=ROWS,
        height=HEIGHT,
    )
    behind = int((board.targets["share"] < 0.8).sum())
    alt = ngettext("{n} is under 80% of the target", "{n} are under 80% of the target", behind).format(
        n=behind
    )
    look.chart(figure, key="sales_targets", alt=alt)


def _bars(board: Dashboard, rows: pd.DataFrame, key: str, none: str) -> tuple[list[str], list[str]]:
    """Draw a ranking; gives the labels in order and those picked."""
    labels = [none if name is None or pd.isna(name) else str(name) for name in rows["name"]]
    money = formats.money_unit(board.book.currency).short
    rest = rows["value_minor"].iloc[ROWS:]
    others = ngettext("{n} other", "{n} others", len(rest)).format(n=len(rest))
    figure = charts.hbars(
        labels,
        [float(amount) for amount in rows["value_minor"]],
        [
            f"{money(v)} · {formats.number(n)}"
            for v, n in zip(rows["value_minor"], rows["deals"], strict=True)
        ],
        most=ROWS,
        others=(others, money(float(rest.sum()))) if len(rest) else None,
        height=HEIGHT,
    )
    alt = (
        _("{name} leads with {value}").format(name=labels[0], value=money(float(rows["value_minor"].iloc[0])))
        if labels
        else none
    )
    picked = look.chart(figure, key=f"sales_{key}", alt=alt, on_select="rerun")
    return labels, picked


def _reports(board: Dashboard) -> dict[Any, list[Any]]:
    """Owners by manager; owners without one, and deals without an owner, come under None."""
    found: dict[Any, list[Any]] = {None: [None]}
    for key, person in board.known.users.items():
        found.setdefault(person.manager_id, []).append(key)
    return found


def _ranking(
    board: Dashboard,
    rows: pd.DataFrame,
    key: str,
    none: str,
    clicked: Clicked,
    *,
    meaning: str,
    values: Callable[[Any], list[Any]],
) -> None:
    """A ranking whose bars narrow the deals below to the ``values`` that their row stands for."""
    labels, picked = _bars(board, rows, key, none)
    found: dict[str, list[Any]] = {}
    for label, one in zip(labels, rows["id"], strict=True):
        found.setdefault(label, []).extend(values(one))
    clicked.add(meaning, picked, found)


def _funnel(board: Dashboard) -> None:
    rows = board.funnel
    texts = [
        formats.number(n)
        + (f" · {formats.percent(share)}" if share is not None and not pd.isna(share) else "")
        for n, share in zip(rows["deals"], rows["share"], strict=True)
    ]
    stages = [str(stage) for stage in rows["stage"]]
    figure = charts.funnel(stages, [float(n) for n in rows["deals"]], texts, height=HEIGHT)
    said = ", ".join(f"{stage} {text}" for stage, text in zip(stages, texts, strict=True))
    look.chart(figure, key="sales_funnel", alt=said or _("No deal was opened in this period"))


def _cycle_note(board: Dashboard) -> str:
    if not board.spread.n:
        return _("Days from opening to closing of won deals")
    low, high = (formats.number(v) for v in (board.spread.low_quartile, board.spread.high_quartile))
    return _("Days to close; half of the deals: {low} to {high}").format(low=low, high=high)


def _cycle(board: Dashboard) -> None:
    days = [
        float(d) for d, n in zip(board.cycle["days"], board.cycle["deals"], strict=True) for _n in range(n)
    ]
    figure = charts.histogram(days, unit=formats.number_unit(), height=HEIGHT)
    spread = board.spread
    alt = (
        _("Half of the won deals closed within {n} days").format(n=formats.number(spread.median))
        if spread.n
        else _("No won deal has both an opening and a closing day")
    )
    look.chart(figure, key="sales_cycle", alt=alt)


def _rates(board: Dashboard, rows: pd.DataFrame, key: str, none: str) -> None:
    """Win rates with their ranges: the groups with most closed deals, best first."""
    most = (rows["won"] + rows["lost"]).nlargest(RATES).index
    rows = rows[rows.index.isin(most)]
    labels = [none if name is None or pd.isna(name) else str(name) for name in rows["name"]]
    texts = [
        f"{formats.percent(share)} · {formats.number(won + lost)}"
        for share, won, lost in zip(rows["win_rate"], rows["won"], rows["lost"], strict=True)
    ]
    whole = board.now.rate
    figure = charts.intervals(
        labels,
        rows["win_rate"].tolist(),
        rows["low"].tolist(),
        rows["high"].tolist(),
        texts,
        unit=formats.percent_unit(),
        reference=whole.share if whole.n else None,
        reference_text=_("all {share}").format(share=formats.percent(whole.share)) if whole.n else "",
        height=HEIGHT,
    )
    alt = _("{name} wins most often").format(name=labels[0]) if labels else _("No deal was closed")
    look.chart(figure, key=f"sales_{key}", alt=alt)


def _reasons(board: Dashboard, clicked: Clicked) -> None:
    rows = board.reasons
    labels = [
        _("No reason given") if reason is None or pd.isna(reason) else str(reason)
        for reason in rows["reason"]
    ]
    money = formats.money_unit(board.book.currency).short
    rest = rows["deals"].iloc[ROWS:]
    figure = charts.hbars(
        labels,
        [float(n) for n in rows["deals"]],
        [
            formats.number(n) + (f" · {money(v)}" if v else "")
            for n, v in zip(rows["deals"], rows["value_minor"], strict=True)
        ],
        most=ROWS,
        others=(_("Others"), formats.number(int(rest.sum()))) if len(rest) else None,
        height=HEIGHT,
    )
    alt = _("Most deals are lost for: {reason}").format(reason=labels[0]) if labels else _("No deal was lost")
    picked = look.chart(figure, key="sales_reasons", alt=alt, on_select="rerun")
    keys = {label: [key] for label, key in zip(labels, rows["loss_reason_id"], strict=True)}
    clicked.lost = clicked.lost or bool(picked)
    clicked.add("reasons", picked, keys)
