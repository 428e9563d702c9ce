"""Charts of doubt and density: estimates with their intervals, and values over two dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from crm.charts.theme import (
    ACCENT,
    PAGE,
    SEQUENTIAL,
    Notes,
    Unit,
    above,
    fade,
    known,
    line,
    marked,
    marked_by,
    name_axis,
    nothing,
    over,
    plain,
    steps,
    style,
    ticks,
    told,
    upright,
    written,
)

ROW_PX = 41


def intervals(
    labels: Sequence[str],
    estimates: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    texts: Sequence[str],
    *,
    unit: Unit,
    reference: float | None = None,
    reference_text: str = "",
    colours: Sequence[str] | None = None,
    height: int | None = None,
) -> go.Figure:
    """How sure are we? A dot for the estimate, a thick bar for the 95 % range, in the order given.

    Parameters
    ----------
    low, high : sequences of float
        Ends of each range; NaN where there are too few cases for one, which leaves the dot alone.
    reference : float, optional
        Value to compare with, such as the overall rate; a dotted line with ``reference_text`` above it.
    colours : sequence of str, optional
        A slot per row.
    """
    if not labels:
        return nothing(height or 180)
    count = len(labels)
    height = height or ROW_PX * count + 36
    places = list(range(count))[::-1]
    shades = list(colours or [ACCENT] * count)
    notes: Notes = []
    figure = go.Figure()
    for place, start, end, shade in zip(places, low, high, shades, strict=True):
        if known(start) and known(end):
            line(figure, [start, end], [place, place], fade(shade, 0.38), 7)
    ranges = [unit.both(start, end) if known(start) else "–" for start, end in zip(low, high, strict=True)]
    figure.add_scatter(
        x=list(estimates),
        y=places,
        mode="markers",
        marker={"color": shades, "size": 11, "line": {"color": PAGE, "width": 2}},
        customdata=told(labels, texts, ranges),
        hovertemplate="<b>%{customdata[1]}</b><br>%{customdata[2]}<br>95 %: %{customdata[3]}<extra></extra>",
    )
    edges = [value for value in [*estimates, *low, *high, reference] if value is not None and known(value)]
    pad = (max(edges) - min(edges)) * 0.06 or abs(max(edges)) * 0.1 or 1.0
    start, end = min(edges) - pad, max(edges) + pad
    marks = [mark for mark in ticks(start, end, most=5) if start <= mark <= end]
    row = count / max(1, height - 40)
    if reference is not None:
        over(notes, reference, reference_text, (start, end))
    for place, label, text in zip(places, labels, texts, strict=True):
        above(notes, place, 5 * row, label, text)
    return style(
        figure,
        height,
        x=marked_by(unit, marks, (start, end)),
        y={"visible": False, "range": [-12 * row, count - 1 + 26 * row]},
        notes=notes,
        shapes=[upright(reference)] if reference is not None else [],
        top=4 if reference is None else 18,
    )


def heat(
    values: Sequence[Sequence[float | None]],
    *,
    columns: Sequence[str],
    rows: Sequence[str],
    unit: Unit,
    height: int | None = None,
) -> go.Figure:
    """When, where is it dense? One hue from pale to deep, first row on top, the numbers in the cells.

    Parameters
    ----------
    values : rows × columns
        None or NaN leaves a cell empty, which is not the same as zero.
    """
    height = height or 34 * len(rows) + 24
    if not rows or not columns or not any(known(value) for row in values for value in row):
        return nothing(height if rows else 180)
    texts = [
        [unit.short(value) if value is not None and known(value) else "" for value in row] for row in values
    ]
    figure = go.Figure(
        go.Heatmap(
            z=[[value if known(value) else None for value in row] for row in values],
            x=list(range(len(columns))),
            y=list(range(len(rows))),
            colorscale=steps(SEQUENTIAL),
            showscale=False,
            xgap=2,
            ygap=2,
            text=texts,
            texttemplate="%{text}",
            textfont={"size": 11},
            hoverongaps=False,
            customdata=[
                written(
                    [row] * len(columns),
                    columns,
                    (unit.full(value) if value is not None and known(value) else "" for value in cells),
                )
                for row, cells in zip(rows, values, strict=True)
            ],
            hovertemplate="%{customdata[0]}, %{customdata[1]}: %{customdata[2]}<extra></extra>",
        )
    )
    return style(
        figure,
        height,
        x={"side": "top"} | name_axis(columns, most=len(columns)),
        y=marked(list(range(len(rows))), list(map(plain, rows)), range=[len(rows) - 0.5, -0.5]),
    )
