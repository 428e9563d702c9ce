"""The charts of the service dashboard with what each finds and what its marks stand for; built once, drawn often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from crm import charts
from crm.analytics.intervals import Share
from crm.i18n import _, ngettext
from crm.service.reports.service_dashboard import ServiceBoard
from crm.service.reports.service_reports import priority_names
from crm.ui.kit import formats
from crm.ui.sales.figures import Drawn, Settled

#: Rows of a ranking.
ROWS = 6
HEIGHT = 216


def draw(board: ServiceBoard) -> dict[str, Drawn]:
    """All charts of the dashboard by name; ``values`` of each are parts of ``service_records``."""
    drawn = {
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
    return {name: replace(one, figure=Settled(one.figure)) for name, one in drawn.items()}


def _flow(board: ServiceBoard) -> Drawn:
    rows = board.weeks
    names = [_("week of {day}").format(day=formats.day(day)) for day in rows["first"]]
    figure = charts.columns(
        [formats.day(day, today=board.today) for day in rows["first"]],
        [float(n) for n in rows["opened"]],
        unit=formats.number_unit(),
        target=[float(n) for n in rows["solved"]],
        unfinished=board.period.running or board.is_cut,
        names=names,
        height=HEIGHT,
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
    return Drawn(figure, alt, {name: [("week", day)] for name, day in zip(names, rows["first"], strict=True)})


def _weeks(board: ServiceBoard) -> Drawn:
    rows = board.weeks
    figure = charts.trend(
        [formats.day(day, today=board.today) for day in rows["first"]],
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
    called = priority_names()
    rows = board.priorities
    rows = rows[(rows["promise"] == promise) & rows["priority"].notna() & (rows["n"] > 0)]
    labels = [called[key] for key in rows["priority"]]
    figure = charts.intervals(
        labels,
        rows["share"].tolist(),
        rows["lo"].tolist(),
        rows["hi"].tolist(),
        [
            f"{formats.percent(share)} · {formats.number(n)}"
            for share, n in zip(rows["share"], rows["n"], strict=True)
        ],
        unit=formats.percent_unit(),
        reference=whole.share if whole.n else None,
        reference_text=_("all {share}").format(share=formats.percent(whole.share)) if whole.n else "",
        height=HEIGHT if len(rows) else None,
    )
    alt = _("No promise was decided in this period")
    if whole.n:
        alt = _("{share} of {n} promises kept").format(
            share=formats.percent(whole.share), n=formats.number(whole.n)
        )
    meant = {
        label: [("priority", (promise, key))] for label, key in zip(labels, rows["priority"], strict=True)
    }
    return Drawn(figure, alt, meant)


def _ages(board: ServiceBoard) -> Drawn:
    rows = board.ages
    short = [
        f"> {low}" if pd.isna(high) else ("< 1" if low == 0 else f"{low}–{int(high)}")
        for low, high in zip(rows["low"], rows["high"], strict=True)
    ]
    names = rows["age"].tolist()
    figure = charts.columns(
        short, [float(n) for n in rows["cases"]], unit=formats.number_unit(), names=names, height=HEIGHT
    )
    n, late = int(rows["cases"].sum()), int(rows["late"].sum())
    alt = _("{n} open cases, {late} of them late").format(n=formats.number(n), late=formats.number(late))
    meant: dict[str, list[Any]] = {
        name: [("age", (int(low), None if pd.isna(high) else int(high)))]
        for name, low, high in zip(names, rows["low"], rows["high"], strict=True)
    }
    return Drawn(figure, alt, meant, alt if n else "")


def _bars(
    labels: Sequence[str],
    counts: Sequence[int],
    parts: Sequence[Any],
    *,
    texts: Sequence[str] | None = None,
    highlight: Sequence[bool] | None = None,
    alt: str,
    none: str,
) -> Drawn:
    figure = charts.hbars(
        labels,
        [float(n) for n in counts],
        texts or [formats.number(n) for n in counts],
        highlight=highlight,
        most=ROWS,
    )
    rest = len(labels) - ROWS
    below = ngettext("{n} more", "{n} more", rest).format(n=rest) if rest > 0 else ""
    meant: dict[str, list[Any]] = {}
    for label, part in zip(labels, parts, strict=True):
        meant.setdefault(label, []).append(part)
    return Drawn(figure, alt if labels else none, meant, below)


def _statuses(board: ServiceBoard) -> Drawn:
    rows = board.statuses[board.statuses["cases"] > 0]
    n = int(rows["cases"].sum())
    return _bars(
        rows["label"].tolist(),
        rows["cases"].tolist(),
        [("status", key) for key in rows["status"]],
        texts=[f"{formats.number(count)} · {formats.percent(count / n)}" for count in rows["cases"]],
        alt=_("{n} cases opened in the period by status").format(n=formats.number(n)),
        none=_("No case was opened in this period"),
    )


def _load(board: ServiceBoard) -> Drawn:
    rows = board.load
    labels = [_("No owner") if name is None or pd.isna(name) else str(name) for name in rows["agent"]]
    texts = []
    for standing, late, solved in zip(rows["open"], rows["late"], rows["solved"], strict=True):
        words = [_("{n} open").format(n=formats.number(standing))]
        if late:
            words.append(_("{n} late").format(n=formats.number(late)))
        words.append(_("{n} solved").format(n=formats.number(solved)))
        texts.append(" · ".join(words))
    alt = _("{name} has most open cases").format(name=labels[0]) if labels else ""
    return _bars(
        labels,
        rows["open"].tolist(),
        [("owner", key) for key in rows["owner_id"]],
        texts=texts,
        highlight=[late > 0 for late in rows["late"]],
        alt=alt,
        none=_("Nobody has a case"),
    )


def _ratings(board: ServiceBoard) -> Drawn:
    rows, now = board.ratings, board.now
    names = [ngettext("{n} star", "{n} stars", int(n)).format(n=int(n)) for n in rows["rating"]]
    figure = charts.columns(
        [str(int(n)) for n in rows["rating"]],
        [float(n) for n in rows["cases"]],
        unit=formats.number_unit(),
        names=names,
        height=HEIGHT,
    )
    if now.rating is None:
        return Drawn(figure, _("Nobody rated a case in this period"))
    alt = _("{mean} on average from {n} ratings").format(
        mean=formats.number(now.rating, decimals=1), n=formats.number(now.rated)
    )
    meant = {name: [("rating", int(n))] for name, n in zip(names, rows["rating"], strict=True)}
    return Drawn(figure, alt, meant, alt)


def _codes(board: ServiceBoard) -> Drawn:
    rows = board.codes
    labels = rows["code"].tolist()
    return _bars(
        labels,
        rows["cases"].tolist(),
        [("code", code) for code in labels],
        alt=_("Most cases have code {code}").format(code=labels[0]) if labels else "",
        none=_("No case of this period has a fault code"),
    )


def _parts(board: ServiceBoard) -> Drawn:
    rows = board.parts
    labels = [_("No part given") if pd.isna(part) else str(part) for part in rows["part"]]
    return _bars(
        labels,
        rows["failures"].tolist(),
        [None] * len(rows),
        alt=_("{part} failed most often").format(part=labels[0]) if labels else "",
        none=_("No failure was recorded in this period"),
    )


def _visits(board: ServiceBoard) -> Drawn:
    rows = board.visits
    dated = rows[rows["week"].notna()].tail(12)
    figure = charts.columns(
        [formats.day(day, today=board.today) for day in dated["week"]],
        [float(n) for n in dated["visits"]],
        unit=formats.number_unit(),
        names=[_("week of {day}").format(day=formats.day(day)) for day in dated["week"]],
        height=HEIGHT,
    )
    n, without = int(rows["visits"].sum()), int(rows.loc[rows["week"].isna(), "visits"].sum())
    if not n:
        return Drawn(figure, _("No visit is planned"))
    alt = ngettext("{n} visit to be made", "{n} visits to be made", n).format(n=formats.number(n))
    if board.visits_overdue:
        alt += ", " + _("{n} overdue").format(n=formats.number(board.visits_overdue))
    if without:
        alt += ", " + _("{n} without a day").format(n=formats.number(without))
    return Drawn(figure, alt, below=alt)
