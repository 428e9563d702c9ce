"""The charts of the marketing dashboard with what each finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from crm import charts
from crm.campaigns.reports.marketing_dashboard import MarketingBoard
from crm.i18n import _, ngettext
from crm.ui.dashboards.figures import Drawn, labels, shares
from crm.ui.kit import formats

#: Rows of a ranking.
ROWS = 7
#: Runs of the calendar.
RUNS = 14


def draw(board: MarketingBoard) -> dict[str, Drawn]:
    """All charts of the dashboard by name."""
    return {
        "funnel": _funnel(board),
        "leads": _leads(board.sources),
        "rates": _win_rates(board.sources),
        "won": _campaigns(board, "revenue_minor"),
        "lead_cost": _campaigns(board, "cost_per_lead_minor"),
        "won_cost": _campaigns(board, "cost_per_won_minor"),
        "segments": _segments(board),
        "calendar": _calendar(board),
    }


def _funnel(board: MarketingBoard) -> Drawn:
    names = {
        "leads": _("Leads"),
        "converted": _("Became contacts"),
        "deals": _("With a deal"),
        "won": _("Won"),
    }
    counts = [board.total(board.sources, column) for column in names]
    texts = [formats.number(count) for count in counts]
    said = ", ".join(f"{name} {text}" for name, text in zip(names.values(), texts, strict=True))
    won = formats.short_money(board.total(board.sources, "won_value_minor"), board.book.currency)
    below = _("Their won deals are worth {value}").format(value=won)
    return Drawn(charts.funnel([*names.values()], [float(n) for n in counts], texts), said, below=below)


def _bars(called: Sequence[str], values: pd.Series[float], texts: Sequence[str]) -> Drawn:
    alt = _("{name} leads with {value}").format(name=called[0], value=texts[0]) if called else _("No data")
    below = _("The {n} largest of {all}").format(n=ROWS, all=len(called)) if len(called) > ROWS else ""
    return Drawn(charts.hbars(called, [float(v) for v in values], texts, most=ROWS), alt, below=below)


def _leads(rows: pd.DataFrame) -> Drawn:
    texts = [
        f"{formats.number(n)} · {formats.percent(share)}"
        for n, share in zip(rows["leads"], rows["conversion"], strict=True)
    ]
    return _bars(labels(rows["source"], _("No source")), rows["leads"], texts)


def _win_rates(rows: pd.DataFrame) -> Drawn:
    closed = (rows["won"] + rows["lost"]).loc[lambda n: n > 0].nlargest(ROWS)
    kept = rows.loc[closed.index].sort_values("win_rate", ascending=False)
    called = labels(kept["source"], _("No source"))
    columns = ("win_rate", "win_rate_low", "win_rate_high")
    alt = _("{name} wins most often").format(name=called[0]) if called else _("No deal of a lead was closed")
    return Drawn(shares(called, kept, columns, closed[kept.index]), alt)


def _campaigns(board: MarketingBoard, column: str) -> Drawn:
    rows = board.campaigns
    rows = rows[rows[column].notna() & (rows[column] != 0)].sort_values(column, ascending=False)
    money = formats.money_unit(board.book.currency).short
    return _bars(labels(rows["name"], "–"), rows[column], [money(float(value)) for value in rows[column]])


def _segments(board: MarketingBoard) -> Drawn:
    rows = board.segments
    for by in ("campaign", "contact"):
        named = rows[(rows["by"] == by) & rows["segment"].notna()]
        if len(named) > 1 or by == "contact":
            break
    kept = named.nlargest(ROWS, "members").sort_values("response", ascending=False)
    called = labels(kept["segment"], "–")
    figure = shares(called, kept, ("response", "low", "high"), kept["members"], decimals=1)
    if not called:
        return Drawn(figure, _("Nobody got a message"))
    note = _("Segments of the campaigns.") if by == "campaign" else _("Segments that stand on the contacts.")
    return Drawn(figure, _("{name} responds most often").format(name=called[0]), below=note)


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


def _calendar(board: MarketingBoard) -> Drawn:
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
    undated = len(board.campaigns) - len(dated)
    text = ngettext("{n} more campaign is not drawn.", "{n} more campaigns are not drawn.", undated)
    return Drawn(figure, alt.format(n=len(runs)), below=text.format(n=undated) if undated else "")
