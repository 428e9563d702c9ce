"""What ran when, above what came of it: stretches of days over columns of months on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import plotly.graph_objects as go

from crm.charts.theme import (
    ACCENT,
    CLEAR,
    MUTED,
    PAGE,
    PHONE_SIGNS,
    TEXT,
    Notes,
    Unit,
    When,
    fade,
    marked,
    note,
    nothing,
    plain,
    shortened,
    shown_days,
    style,
    told,
    upright,
    value_axis,
)

ROW_PX = 26
COLUMNS_PX = 130


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of days with both ends, its name, and what is told when it is pointed at."""

    name: str
    start: date
    end: date
    text: str = ""


def spans(
    runs: Sequence[Span],
    months: Sequence[date],
    values: Sequence[float],
    *,
    unit: Unit,
    when: When,
) -> go.Figure:
    """Did it help? Each run as a bar over its days, below it a column for each month.

    Parameters
    ----------
    runs : sequence of Span
        In the order drawn, first on top; what lies outside the months is cut off.
    months : sequence of date
        First days of consecutive months.
    values : sequence of float
        One per month.
    when : function of date to str
        How a month is written.

    Returns
    -------
    Figure
        A picked bar or column carries its name as first item of ``customdata``.
    """
    height = ROW_PX * max(1, len(runs)) + COLUMNS_PX
    if not months:
        return nothing(height)
    first = months[0]
    last = (months[-1] + timedelta(days=32)).replace(day=1)
    share = COLUMNS_PX / height
    notes: Notes = []
    figure = go.Figure()
    names = [when(month) for month in months]
    figure.add_bar(
        x=[month + timedelta(days=15) for month in months],
        y=list(values),
        width=20 * 86_400_000,
        marker_color=ACCENT,
        customdata=told(names, map(unit.full, values)),
        hovertemplate="<b>%{customdata[1]}</b><br>%{customdata[2]}<extra></extra>",
    )
    for place, run in enumerate(reversed(runs)):
        start, end = max(run.start, first), min(run.end + timedelta(days=1), last)
        if start >= end:
            continue
        figure.add_scatter(
            x=[start, end],
            y=[place, place],
            yaxis="y2",
            mode="lines+markers",
            line={"color": fade(ACCENT, 0.5), "width": 8},
            marker={"color": CLEAR, "size": 8},
            customdata=told([run.name], [run.text]) * 2,
            hovertemplate="<b>%{customdata[1]}</b><br>%{customdata[2]}<extra></extra>",
        )
        # On the side with more room, so much of it as fits there on a phone; a long bar is written upon.
        before, after = (start - first) / (last - first), (last - end) / (last - first)
        room = max(before, after)
        spot, side, shift = (start, "right", -6) if before > after else (end, "left", 6)
        if room < 0.3:
            room, spot, side, shift = 0.5, start + (end - start) / 2, "center", 0
        name = plain(shortened(run.name, int(room * PHONE_SIGNS)))
        note(notes, spot, place, name, colour=TEXT, yref="y2", xanchor=side, xshift=shift, bgcolor=PAGE)
    shown = shown_days(months, most=8)
    names_below = [when(day).replace(" ", "<br>") for day in shown]
    pale = fade(MUTED, 0.3)
    return style(
        figure,
        height,
        x=marked([day + timedelta(days=15) for day in shown], names_below, range=[first, last]),
        y={**value_axis([0.0, *values], unit, most=3), "domain": [0, share - 0.06]},
        notes=notes,
        yaxis2={
            "domain": [share, 1],
            "range": [-0.6, max(1, len(runs)) - 0.4],
            "visible": False,
            "fixedrange": True,
            "anchor": "x",
        },
        shapes=[upright(day, colour=pale, width=1, dash="solid") | {"yref": "paper"} for day in shown],
    )
