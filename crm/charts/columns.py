"""Columns over time and over size: months against target, parts of a whole, distribution."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from crm.charts.theme import (
    ACCENT,
    CUT,
    LABEL_PX,
    SEQUENTIAL,
    SOFT,
    TEXT,
    Notes,
    Unit,
    known,
    marked,
    name_axis,
    nothing,
    over,
    plain,
    style,
    told,
    upright,
    value_axis,
)
from crm.i18n import _


def columns(
    labels: Sequence[str],
    values: Sequence[float],
    *,
    unit: Unit,
    target: Sequence[float | None] | None = None,
    unfinished: bool = False,
    names: Sequence[str] | None = None,
    height: int = 220,
) -> go.Figure:
    """How much in each month, and was the target met? Columns, the target as a short line over each.

    Parameters
    ----------
    labels : sequence of str
        Short names under the columns, such as months; several may be equal.
    target : sequence of float or None, optional
        Target per column; None where there was none.
    unfinished : bool
        The last column is still running and is drawn pale.
    names : sequence of str, optional
        What a picked column is called in ``customdata`` and when pointed at; the labels by default.
    """
    if not labels or not any(known(value) and value for value in values):
        return nothing(height)
    places = list(range(len(labels)))
    names = names or labels
    goals = [goal if known(goal) else None for goal in target or []]
    written = [
        plain(unit.full(value)) + (f"<br>{_('Target')} {plain(unit.full(goal))}" if goal is not None else "")
        for value, goal in zip(values, goals or [None] * len(places), strict=True)
    ]
    colours = [ACCENT] * len(places)
    if unfinished:
        colours[-1] = CUT
    figure = go.Figure(
        go.Bar(
            x=places,
            y=list(values),
            marker_color=colours,
            customdata=[[name, plain(name), text] for name, text in zip(names, written, strict=True)],
            hovertemplate="<b>%{customdata[1]}</b><br>%{customdata[2]}<extra></extra>",
        )
    )
    ink = {"type": "line", "line": {"color": TEXT, "width": 1.6}}
    lines = [
        ink | {"x0": place - 0.4, "x1": place + 0.4, "y0": goal, "y1": goal}
        for place, goal in zip(places, goals, strict=False)
        if goal is not None
    ]
    reached = [0.0, *values, *(goal for goal in goals if goal is not None)]
    return style(figure, height, x=name_axis(labels), y=value_axis(reached, unit), shapes=lines, top=8)


def histogram(values: Sequence[float], *, unit: Unit, bins: int = 14, height: int = 220) -> go.Figure:
    """How are they spread? Counts in ranges of equal, round width, the middle value marked.

    The long tail beyond the 98th percentile is gathered in the last column, so that one odd value cannot
    squeeze all others into the first.
    """
    data = np.asarray([value for value in values if known(value)], dtype=float)
    if not len(data):
        return nothing(height)
    edges = bin_edges(data, bins)
    counts = np.histogram(np.clip(data, edges[0], edges[-1]), bins=edges)[0]
    tail = bool(data.max() > edges[-1])
    ranges = [unit.both(low, high) for low, high in itertools.pairwise(edges)]
    if tail:
        ranges[-1] = f"≥ {unit.full(edges[-2])}"
    notes: Notes = []
    figure = go.Figure(
        go.Bar(
            x=[(low + high) / 2 for low, high in itertools.pairwise(edges)],
            y=counts.tolist(),
            width=(edges[1] - edges[0]) * 0.92,
            marker_color=ACCENT,
            customdata=told(ranges),
            hovertemplate="%{customdata[1]}: %{y}<extra></extra>",
        )
    )
    middle = float(np.median(data))
    mark = min(middle, edges[-1])
    over(notes, mark, _("half below {value}").format(value=unit.full(middle)), (edges[0], edges[-1]))
    shown = edges[:: max(1, len(edges) // 7)]
    whole = Unit(short=lambda value: f"{value:.0f}", full=lambda value: f"{value:.0f}")
    axis = value_axis([0.0, float(counts.max())], whole)
    marks = [mark for mark in axis["tickvals"] if float(mark).is_integer()]
    return style(
        figure,
        height,
        x=marked(shown, [unit.short(edge) for edge in shown], range=[edges[0], edges[-1]]),
        y=axis | marked(marks, [whole.short(mark) for mark in marks]),
        notes=notes,
        shapes=[upright(mark) | {"layer": "above"}],
        top=20,
    )


def bin_edges(values: np.ndarray, bins: int) -> list[float]:
    """Edges of about ``bins`` equal ranges of round width, holding the values up to their 98th percentile."""
    low, high = float(values.min()), float(np.quantile(values, 0.98))
    if low >= 0 and low < (high - low):
        low = 0.0
    if high <= low:
        return [low - 0.5, low + 0.5]
    power = 10.0 ** np.floor(np.log10((high - low) / bins))
    rough = (high - low) / bins
    width = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough * 0.999999)
    first, last = np.floor(low / width), np.ceil(high / width + 1e-9)
    return [round(float(place * width), 10) for place in np.arange(first, last + 1)]


def stacked(
    labels: Sequence[str], parts: Sequence[tuple[str, Sequence[float]]], *, unit: Unit, height: int = 240
) -> go.Figure:
    """What makes up each period? The surest part lowest and darkest; the one chart with a legend."""
    if not labels or not any(any(values) for _name, values in parts):
        return nothing(height)
    figure = go.Figure()
    shades = [SEQUENTIAL[max(2, 8 - 2 * place)] for place in range(len(parts))]
    places = list(range(len(labels)))
    for (name, values), shade in zip(parts, shades, strict=True):
        figure.add_bar(
            x=places,
            y=list(values),
            name=plain(name),
            marker_color=shade,
            customdata=told(labels, map(unit.full, values)),
            hovertemplate=f"%{{customdata[1]}}<br>{plain(name)} %{{customdata[2]}}<extra></extra>",
        )
    totals = [sum(values[place] for _name, values in parts) for place in places]
    return style(
        figure,
        height,
        x=name_axis(labels),
        y=value_axis([0.0, *totals], unit),
        top=28,
        barmode="stack",
        showlegend=True,
        legend={
            "orientation": "h",
            "x": 0,
            "xanchor": "left",
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"size": LABEL_PX, "color": SOFT},
            "title": {"text": ""},
            "traceorder": "normal",
            "itemclick": False,
            "itemdoubleclick": False,
        },
    )
