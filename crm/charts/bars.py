"""Bars for comparing: ranking, funnel, bridge."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from crm.charts.theme import (
    ACCENT,
    AMBER,
    MUTED,
    Notes,
    above,
    fade,
    name_axis,
    note,
    nothing,
    plain,
    style,
)

BAR_PX = 11
ROW_PX = 38


def _lying(
    labels: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    *,
    ghost: Sequence[float] | None,
    colours: Sequence[str],
    height: int | None,
) -> go.Figure:
    """Bars that lie, first one on top, the name above its bar; no axis."""
    count = len(labels)
    height = height or ROW_PX * count
    places = list(range(count))[::-1]
    thick = BAR_PX * count / height
    notes: Notes = []
    figure = go.Figure()
    if ghost is not None:
        figure.add_bar(
            y=places,
            x=list(ghost),
            orientation="h",
            marker_color=fade(MUTED, 0.35),
            width=thick,
            hoverinfo="skip",
        )
    figure.add_bar(
        y=places,
        x=list(values),
        orientation="h",
        marker_color=list(colours),
        width=thick,
        customdata=[[label, plain(label), plain(text)] for label, text in zip(labels, texts, strict=True)],
        hovertemplate="%{customdata[1]}: %{customdata[2]}<extra></extra>",
    )
    widest = max([*values, *(ghost or [])])
    for place, label, text in zip(places, labels, texts, strict=True):
        above(notes, place, thick / 2, plain(label), plain(text))
    return style(
        figure,
        height,
        x={"visible": False, "range": [min(0, *values), widest or 1]},
        y={"visible": False, "range": [-thick / 2 - 0.05, count - 1 + thick / 2 + 18 * count / height]},
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
    others: tuple[str, str] | None = None,
    height: int | None = None,
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
        Bars beyond this many are left out, or summed up when ``others`` is given.
    others : (label, text), optional
        Name and written sum of the bars left out, drawn last and in grey.
    height : int, optional
        Pixels; by default 38 per bar.

    Returns
    -------
    Figure
        A picked bar carries its label as first item of ``customdata``.
    """
    if not labels:
        return nothing(height or 180)
    order = sorted(range(len(labels)), key=lambda place: -values[place])
    kept, rest = order[:most], order[most:]
    names = [labels[place] for place in kept]
    sizes = [values[place] for place in kept]
    written = [texts[place] for place in kept]
    colours = [AMBER if highlight and highlight[place] else ACCENT for place in kept]
    ghost = [target[place] for place in kept] if target is not None else None
    if rest and others:
        names.append(others[0])
        sizes.append(sum(values[place] for place in rest))
        written.append(others[1])
        colours.append(MUTED)
        if ghost is not None:
            ghost.append(0.0)
    return _lying(names, sizes, written, ghost=ghost, colours=colours, height=height)


def funnel(
    stages: Sequence[str], counts: Sequence[float], texts: Sequence[str], *, height: int | None = None
) -> go.Figure:
    """Where do they drop out? Stages in their order; the pale part of a bar is what the stage before had."""
    if not stages or not any(counts):
        return nothing(height or 180)
    before = [counts[0], *counts[:-1]]
    return _lying(stages, counts, texts, ghost=before, colours=[ACCENT] * len(stages), height=height)


def bridge(
    labels: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    tones: Sequence[str],
    *,
    height: int = 220,
) -> go.Figure:
    """What moved the total? First and last values are totals, those between are steps from one to the other.

    Parameters
    ----------
    labels, values, texts : sequences of length n ≥ 2
        ``values[0]`` is the opening total, ``values[1:-1]`` are signed steps; the closing bar is drawn
        at their sum, so a closing value that disagrees cannot be shown by mistake.
    tones : sequence of str
        A slot per bar, chosen by meaning and not by sign: won deals leave the pipeline and are good.
    """
    if len(labels) < 2 or not any(values):
        return nothing(height)
    level = float(values[0])
    bottoms, tops = [min(0.0, level)], [max(0.0, level)]
    for step in values[1:-1]:
        bottoms.append(min(level, level + step))
        tops.append(max(level, level + step))
        level += step
    bottoms.append(min(0.0, level))
    tops.append(max(0.0, level))
    notes: Notes = []
    figure = go.Figure(
        go.Bar(
            x=list(range(len(labels))),
            y=[top - bottom for top, bottom in zip(tops, bottoms, strict=True)],
            base=bottoms,
            marker_color=list(tones),
            customdata=[
                [label, plain(label), plain(text)] for label, text in zip(labels, texts, strict=True)
            ],
            hovertemplate="%{customdata[1]}: %{customdata[2]}<extra></extra>",
        )
    )
    for place, (top, text) in enumerate(zip(tops, texts, strict=True)):
        note(notes, place, top, plain(text), xanchor="center", xshift=0, yanchor="bottom")
    room = (max(tops) - min(bottoms)) * 0.04
    return style(
        figure,
        height,
        x=name_axis(labels, most=len(labels)),
        y={"visible": False, "range": [min(bottoms), max(tops) + room]},
        notes=notes,
        top=16,
        bargap=0.28,
    )
