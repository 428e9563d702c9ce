"""The charts of the sales dashboard with what each finds and what its bars stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from crm import charts
from crm.i18n import _, ngettext
from crm.pipeline.reports.report_dashboard import Dashboard
from crm.pipeline.reports.reports import without_day
from crm.ui.dashboards.figures import Drawn, labels, meant, shares
from crm.ui.kit import formats

#: Rows of a ranking; what is beyond is summed up in words, because as a bar it would dwarf the leaders.
ROWS = 6
#: Rows of a card of win rates.
RATES = 5
HEIGHT = 228


def draw(board: Dashboard) -> dict[str, Drawn]:
    """All charts of the dashboard by name."""
    under = _reports(board)
    return {
        "months": _months(board),
        "targets": _targets(board),
        "agents": _ranking(board, board.agents, _("No owner"), lambda key: [key]),
        "managers": _ranking(board, board.managers, _("No manager"), lambda key: under.get(key, [])),
        "teams": _ranking(board, board.teams, _("No team"), lambda key: [key]),
        "products": _ranking(board, board.products, _("No product"), lambda key: [key]),
        "funnel": _funnel(board),
        "cycle": _cycle(board),
        "source_rates": _rates(board, board.source_rates, _("No source")),
        "product_rates": _rates(board, board.product_rates, _("No product")),
        "reasons": _reasons(board),
    }


def _money(board: Dashboard) -> Callable[[float], str]:
    return formats.money_unit(board.book.currency).short


def _months(board: Dashboard) -> Drawn:
    rows = board.months
    names = [formats.month(month) for month in rows["month"]]
    unit = formats.money_unit(board.book.currency)
    goals = [None if goal is None or pd.isna(goal) else float(goal) for goal in rows["target_minor"]]
    figure = charts.columns(
        [formats.month_name(month) for month in rows["month"]],
        rows["won_minor"].tolist(),
        unit=unit,
        target=goals if any(goal is not None for goal in goals) else None,
        unfinished=bool(rows["running"].iloc[-1]),
        names=names,
        height=HEIGHT,
    )
    # The months before the period are there to compare with; one that the period cuts is pale like the running one.
    shades = [
        charts.CUT if pale else charts.ACCENT if inside else charts.MUTED
        for pale, inside in zip(rows["cut"] | rows["running"], rows["inside"], strict=True)
    ]
    figure.update_traces(marker_color=shades)
    below = [without_day(board.undated)] if board.undated else []
    if rows["cut"].any():
        below.append(_("Pale columns count only the days of the period, and their target only those."))
    best = int(rows["won_minor"].to_numpy().argmax())
    alt = _("Won value by month; most in {month} with {value}").format(
        month=names[best], value=unit.full(float(rows["won_minor"].iloc[best]))
    )
    days = [[span] for span in zip(rows["first"], rows["last"], strict=True)]
    return Drawn(figure, alt, meant(names, days), " ".join(below))


def _whose_targets(board: Dashboard) -> pd.DataFrame:
    """People's targets, else the teams', else the firm's: the finest that were entered."""
    kinds = board.targets["kind"]
    finest = next((kind for kind in ("person", "team", "firm") if (kinds == kind).any()), "firm")
    return board.targets[kinds == finest]


def _targets(board: Dashboard) -> Drawn:
    rows = _whose_targets(board).head(ROWS)
    money = _money(board)
    figure = charts.hbars(
        labels(rows["name"], "–"),
        [float(value) for value in rows["actual_minor"]],
        [
            f"{money(actual)} · {formats.percent(share)}" if share is not None else money(actual)
            for actual, share in zip(rows["actual_minor"], rows["share"], strict=True)
        ],
        target=[float(value) for value in rows["target_minor"]],
        highlight=[share is not None and share < 0.8 for share in rows["share"]],
        most=ROWS,
    )
    behind = sum(share is not None and share < 0.8 for share in rows["share"])
    alt = ngettext("{n} is under 80% of the target", "{n} are under 80% of the target", behind)
    # Only people's bars can be clicked: a team's would have to mean the teams of deals and of owners at once.
    people = [key for key in rows["user_id"] if key is not None]
    return Drawn(
        figure, alt.format(n=behind), {name: [key] for name, key in zip(rows["name"], people, strict=False)}
    )


def _ranking(board: Dashboard, rows: pd.DataFrame, none: str, values: Callable[[Any], list[Any]]) -> Drawn:
    called, money = labels(rows["name"], none), _money(board)
    amounts = [float(amount) for amount in rows["value_minor"]]
    texts = [f"{money(v)} · {formats.number(n)}" for v, n in zip(amounts, rows["deals"], strict=True)]
    alt = _("Nothing was won")
    if called:
        alt = _("{name} leads with {value}").format(name=called[0], value=money(amounts[0]))
    rest = amounts[ROWS:]
    text = ngettext("{n} other: {value}", "{n} others: {value}", len(rest))
    below = text.format(n=len(rest), value=money(sum(rest))) if rest else ""
    figure = charts.hbars(called, amounts, texts, most=ROWS)
    return Drawn(figure, alt, meant(called, map(values, rows["id"])), below)


def _reports(board: Dashboard) -> dict[Any, list[Any]]:
    """Owners by manager; owners without one, and deals without an owner, come under None."""
    found: dict[Any, list[Any]] = {None: [None]}
    for key, person in board.known.users.items():
        found.setdefault(person.manager_id, []).append(key)
    return found


def _funnel(board: Dashboard) -> Drawn:
    rows = board.funnel.rows
    texts = [
        formats.number(n) + ("" if share is None or pd.isna(share) else f" · {formats.percent(share)}")
        for n, share in zip(rows["deals"], rows["share"], strict=True)
    ]
    stages = labels(rows["stage"], "–")
    figure = charts.funnel(stages, [float(n) for n in rows["deals"]], texts)
    said = ", ".join(f"{stage} {text}" for stage, text in zip(stages, texts, strict=True))
    return Drawn(figure, said or _("No deal was opened in this period"), below=board.funnel.said)


def _cycle(board: Dashboard) -> Drawn:
    pairs = zip(board.cycle["days"], board.cycle["deals"], strict=True)
    figure = charts.histogram(
        [float(days) for days, deals in pairs for _n in range(deals)],
        unit=formats.number_unit(),
        height=HEIGHT,
    )
    if not board.spread.n:
        return Drawn(figure, _("No won deal has both an opening and a closing day"))
    alt = _("Half of the won deals closed within {n} days")
    return Drawn(figure, alt.format(n=formats.number(board.spread.median)))


def _rates(board: Dashboard, rows: pd.DataFrame, none: str) -> Drawn:
    """Win rates with their ranges: the groups with most closed deals, best first."""
    closed = rows["won"] + rows["lost"]
    kept = rows[rows.index.isin(closed.nlargest(RATES).index)]
    called = labels(kept["name"], none)
    figure = shares(called, kept, ("win_rate", "low", "high"), closed[kept.index], whole=board.now.rate)
    alt = _("{name} wins most often").format(name=called[0]) if called else _("No deal was closed")
    below = ""
    if len(rows) > len(kept):
        below = _("The {n} with most closed deals of {all}").format(n=len(kept), all=len(rows))
    return Drawn(figure, alt, meant(called, [[key] for key in kept["key"]]), below)


def _reasons(board: Dashboard) -> Drawn:
    rows, money = board.reasons, _money(board)
    called = labels(rows["reason"], _("No reason given"))
    texts = [
        formats.number(n) + (f" · {money(value)}" if value else "")
        for n, value in zip(rows["deals"], rows["value_minor"], strict=True)
    ]
    alt = _("Most deals are lost for: {reason}").format(reason=called[0]) if called else _("No deal was lost")
    rest = int(rows["deals"].iloc[ROWS:].sum())
    below = ngettext("{n} for other reasons", "{n} for other reasons", rest).format(n=rest) if rest else ""
    figure = charts.hbars(called, [float(n) for n in rows["deals"]], texts, most=ROWS)
    return Drawn(figure, alt, meant(called, [[key] for key in rows["loss_reason_id"]]), below)
