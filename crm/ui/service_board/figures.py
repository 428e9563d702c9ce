"""The charts of the service dashboard with what each finds and what its marks stand for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from crm import charts
from crm.analytics.intervals import Share
from crm.i18n import _, ngettext
from crm.service.reports.service_dashboard import ServiceBoard
from crm.service.reports.service_reports import priority_names
from crm.ui.dashboards.figures import Drawn, labels, meant, shares
from crm.ui.kit import formats

#: Rows of a ranking.
ROWS = 6
#: Weeks with visits, the last ones.
VISIT_WEEKS = 12
HEIGHT = 216


def draw(board: ServiceBoard) -> dict[str, Drawn]:
    """All charts of the dashboard by name; ``values`` of each are parts of ``service_records``."""
    return {
        "flow": _flow(board),
        "weeks": _weeks(board),
        "response": _promise(board, "response", board.now.response),
        "resolution": _promise(board, "resolution", board.now.resolution),
        "ages": _ages(board),
        "statuses": _statuses(board),
        "load": _load(board),
        "ratings": _ratings(board),
        "codes": _codes(board),
        "parts": _parts(board),
        "visits": _visits(board),
    }


def _days(board: ServiceBoard, days: Iterable[date]) -> list[str]:
    return [formats.day(day, today=board.today) for day in days]


def _week_names(days: Iterable[date]) -> list[str]:
    return [_("week of {day}").format(day=formats.day(day)) for day in days]


def _columns(called: Sequence[str], counts: Iterable[int], names: Sequence[str], **more: Any) -> go.Figure:
    unit, heights = formats.number_unit(), [float(n) for n in counts]
    return charts.columns(called, heights, unit=unit, names=names, height=HEIGHT, **more)


def _flow(board: ServiceBoard) -> Drawn:
    rows = board.weeks
    names = _week_names(rows["first"])
    figure = _columns(
        _days(board, rows["first"]),
        rows["opened"],
        names,
        target=[float(n) for n in rows["solved"]],
        unfinished=board.period.running or board.period.end is None or board.is_cut,
    )
    # The short lines are no target here.
    told = [
        _("{opened} opened, {solved} solved").format(opened=formats.number(came), solved=formats.number(went))
        for came, went in zip(rows["opened"], rows["solved"], strict=True)
    ]
    if len(figure.data):
        figure.update_traces(customdata=[[name, name, text] for name, text in zip(names, told, strict=True)])
    opened, solved = int(rows["opened"].sum()), int(rows["solved"].sum())
    alt = _("{opened} cases opened and {solved} solved in {n} weeks").format(
        opened=formats.number(opened), solved=formats.number(solved), n=len(rows)
    )
    return Drawn(figure, alt, meant(names, [[("week", day)] for day in rows["first"]]))


def _weeks(board: ServiceBoard) -> Drawn:
    rows = board.weeks
    figure = charts.trend(
        _days(board, rows["first"]),
        rows["resolution_share"].tolist(),
        unit=formats.percent_unit(decimals=0),
        name=_("Solved"),
        before=rows["response_share"].tolist(),
        before_name=_("Answered"),
        height=HEIGHT,
    )
    n = int(rows["resolution_n"].sum() + rows["response_n"].sum())
    if not n:
        return Drawn(figure, _("No promise was decided in these weeks"))
    alt = _("Share of promises kept by week, from {n} promises").format(n=formats.number(n))
    return Drawn(figure, alt, below=_("n = {n} promises").format(n=formats.number(n)))


def _promise(board: ServiceBoard, promise: str, whole: Share) -> Drawn:
    named = priority_names()
    rows = board.priorities
    rows = rows[(rows["promise"] == promise) & rows["priority"].notna() & (rows["n"] > 0)]
    called = [named[key] for key in rows["priority"]]
    height = HEIGHT if len(rows) else None
    figure = shares(called, rows, ("share", "lo", "hi"), rows["n"], whole=whole, height=height)
    alt = _("No promise was decided in this period")
    if whole.n:
        alt = _("{share} of {n} promises kept").format(
            share=formats.percent(whole.share), n=formats.number(whole.n)
        )
    return Drawn(figure, alt, meant(called, [[("priority", (promise, key))] for key in rows["priority"]]))


def _ages(board: ServiceBoard) -> Drawn:
    rows = board.ages
    short = [
        f"> {low}" if pd.isna(high) else ("< 1" if low == 0 else f"{low}–{int(high)}")
        for low, high in zip(rows["low"], rows["high"], strict=True)
    ]
    names = rows["age"].tolist()
    figure = _columns(short, rows["cases"], names)
    n, late = int(rows["cases"].sum()), int(rows["late"].sum())
    alt = _("{n} open cases, {late} of them late").format(n=formats.number(n), late=formats.number(late))
    ages = [
        [("age", (int(low), None if pd.isna(high) else int(high)))]
        for low, high in zip(rows["low"], rows["high"], strict=True)
    ]
    return Drawn(figure, alt, meant(names, ages), alt if n else "")


def _bars(
    called: Sequence[str],
    counts: pd.Series[int],
    parts: Iterable[Any],
    *,
    texts: Sequence[str] | None = None,
    highlight: Sequence[bool] | None = None,
    alt: str,
    none: str,
) -> Drawn:
    written = texts or [formats.number(n) for n in counts]
    figure = charts.hbars(called, [float(n) for n in counts], written, highlight=highlight, most=ROWS)
    rest = len(called) - ROWS
    below = ngettext("{n} more", "{n} more", rest).format(n=rest) if rest > 0 else ""
    return Drawn(figure, alt if called else none, meant(called, [[part] for part in parts]), below)


def _statuses(board: ServiceBoard) -> Drawn:
    rows = board.statuses[board.statuses["cases"] > 0]
    n = int(rows["cases"].sum())
    return _bars(
        rows["label"].tolist(),
        rows["cases"],
        [("status", key) for key in rows["status"]],
        texts=[f"{formats.number(count)} · {formats.percent(count / n)}" for count in rows["cases"]],
        alt=_("{n} cases opened in the period by status").format(n=formats.number(n)),
        none=_("No case was opened in this period"),
    )


def _load(board: ServiceBoard) -> Drawn:
    rows = board.load
    called = labels(rows["agent"], _("No owner"))
    texts = []
    for standing, late, solved in zip(rows["open"], rows["late"], rows["solved"], strict=True):
        words = [_("{n} open").format(n=formats.number(standing))]
        if late:
            words.append(_("{n} late").format(n=formats.number(late)))
        words.append(_("{n} solved").format(n=formats.number(solved)))
        texts.append(" · ".join(words))
    alt = _("{name} has most open cases").format(name=called[0]) if called else ""
    return _bars(
        called,
        rows["open"],
        [("owner", key) for key in rows["owner_id"]],
        texts=texts,
        highlight=[late > 0 for late in rows["late"]],
        alt=alt,
        none=_("Nobody has a case"),
    )


def _ratings(board: ServiceBoard) -> Drawn:
    rows, now = board.ratings, board.now
    names = [ngettext("{n} star", "{n} stars", int(n)).format(n=int(n)) for n in rows["rating"]]
    figure = _columns([str(int(n)) for n in rows["rating"]], rows["cases"], names)
    if now.rating is None:
        return Drawn(figure, _("Nobody rated a case in this period"))
    alt = _("{mean} on average from {n} ratings").format(
        mean=formats.number(now.rating, decimals=1), n=formats.number(now.rated)
    )
    return Drawn(figure, alt, meant(names, [[("rating", int(n))] for n in rows["rating"]]), alt)


def _codes(board: ServiceBoard) -> Drawn:
    rows = board.codes
    called = rows["code"].tolist()
    return _bars(
        called,
        rows["cases"],
        [("code", code) for code in called],
        alt=_("Most cases have code {code}").format(code=called[0]) if called else "",
        none=_("No case of this period has a fault code"),
    )


def _parts(board: ServiceBoard) -> Drawn:
    rows = board.parts
    called = labels(rows["part"], _("No part given"))
    return _bars(
        called,
        rows["failures"],
        [None] * len(rows),
        alt=_("{part} failed most often").format(part=called[0]) if called else "",
        none=_("No failure was recorded in this period"),
    )


def _visits(board: ServiceBoard) -> Drawn:
    rows = board.visits
    dated = rows[rows["week"].notna()].tail(VISIT_WEEKS)
    figure = _columns(_days(board, dated["week"]), dated["visits"], _week_names(dated["week"]))
    n, without = int(rows["visits"].sum()), int(rows.loc[rows["week"].isna(), "visits"].sum())
    if not n:
        return Drawn(figure, _("No visit is planned"))
    alt = ngettext("{n} visit to be made", "{n} visits to be made", n).format(n=formats.number(n))
    if board.visits_overdue:
        alt += ", " + _("{n} overdue").format(n=formats.number(board.visits_overdue))
    if without:
        alt += ", " + _("{n} without a day").format(n=formats.number(without))
    return Drawn(figure, alt, below=alt)
