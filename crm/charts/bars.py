"""Bars for comparing: ranking, funnel."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from crm.charts.theme import ACCENT, AMBER, MUTED, Notes, above, fade, nothing, style, told

BAR_PX = 11
ROW_PX = 38


def _lying(
    labels: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    *,
    ghost: Sequence[float] | None,
    colours: Sequence[str],
) -> go.Figure:
    """Bars that lie, first one on top, the name above its bar; no axis."""
    places = list(range(len(labels)))[::-1]
    thick = BAR_PX / ROW_PX
    notes: Notes = []
    figure = go.Figure()
    lying = {"y": places, "orientation": "h", "width": thick}
    if ghost is not None:
        figure.add_bar(x=list(ghost), marker_color=fade(MUTED, 0.35), hoverinfo="skip", **lying)
    figure.add_bar(
        x=list(values),
        marker_color=list(colours),
        customdata=told(labels, texts),
        hovertemplate="%{customdata[1]}: %{customdata[2]}<extra></extra>",
        **lying,
    )
    widest = max([*values, *(ghost or [])])
    for place, label, text in zip(places, labels, texts, strict=True):
        above(notes, place, thick / 2, label, text)
    return style(
        figure,
        ROW_PX * len(labels),
        x={"visible": False, "range": [min(0, *values), widest or 1]},
        y={"visible": False, "range": [-thick / 2 - 0.05, len(labels) - 1 + thick / 2 + 18 / ROW_PX]},
        notes=notes,
        right=0,
        top=0,
        barmode="overlay",
    )


def hbars(
    labels: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    *,
    target: Sequence[float] | None = None,
    highlight: Sequence[bool] | None = None,
    most: int = 10,
) -> go.Figure:
    """Which is biggest? Sorted bars with the name above and the written value at the right.

    Parameters
    ----------
    labels, values, texts : sequences of the same length
        Name, size and written size of each bar, in any order; the largest is drawn on top.
    target : sequence of float, optional
        What each bar should reach, drawn as a pale bar behind it.
    highlight : sequence of bool, optional
        Bars to draw in amber, because they need a look.
    most : int
        Bars beyond this many are left out.

    Returns
    -------
    Figure
        A picked bar carries its label as first item of ``customdata``.
    """
    if not labels:
        return nothing(180)
    kept = sorted(range(len(labels)), key=lambda place: -values[place])[:most]
    return _lying(
        [labels[place] for place in kept],
        [values[place] for place in kept],
        [texts[place] for place in kept],
        ghost=[target[place] for place in kept] if target is not None else None,
        colours=[AMBER if highlight and highlight[place] else ACCENT for place in kept],
    )


def funnel(stages: Sequence[str], counts: Sequence[float], texts: Sequence[str]) -> go.Figure:
    """Where do they drop out? Stages in their order; the pale part of a bar is what the stage before had."""
    if not stages or not any(counts):
        return nothing(180)
    before = [counts[0], *counts[:-1]]
    return _lying(stages, counts, texts, ghost=before, colours=[ACCENT] * len(stages))
