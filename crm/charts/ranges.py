"""Charts of doubt and density: estimates with their intervals, and values over two dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from crm.charts.theme import (
    ACCENT,
    MUTED,
    PAGE,
    SEQUENTIAL,
    Notes,
    Unit,
    above,
    fade,
    known,
    name_axis,
    note,
    nothing,
    plain,
    steps,
    style,
    ticks,
    upright,
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
            figure.add_scatter(
                x=[start, end],
                y=[place, place],
                mode="lines",
                line={"color": fade(shade, 0.38), "width": 7},
                hoverinfo="skip",
            )
    said = [
        [
            label,
            plain(label),
            plain(text),
            plain(f"{unit.full(start)} – {unit.full(end)}") if known(start) else "–",
        ]
        for label, text, start, end in zip(labels, texts, low, high, strict=True)
    ]
    figure.add_scatter(
        x=list(estimates),
        y=places,
        mode="markers",
        marker={"color": shades, "size": 11, "line": {"color": PAGE, "width": 2}},
        customdata=said,
        hovertemplate="<b>%{customdata[1]}</b><br>%{customdata[2]}<br>95 %: %{customdata[3]}<extra></extra>",
    )
    edges = [value for value in [*estimates, *low, *high, reference] if value is not None and known(value)]
    pad = (max(edges) - min(edges)) * 0.06 or abs(max(edges)) * 0.1 or 1.0
    start, end = min(edges) - pad, max(edges) + pad
    marks = [mark for mark in ticks(start, end, most=5) if start <= mark <= end]
    row = count / max(1, height - 40)
    if reference is not None:
        # Centred over its line, but never cut off at an edge.
        across = (reference - start) / (end - start)
        note(
            notes,
            reference,
            1,
            plain(reference_text),
            yref="paper",
            xanchor="left" if across < 0.12 else "right" if across > 0.88 else "center",
            xshift=0,
            yanchor="bottom",
        )
    for place, label, text in zip(places, labels, texts, strict=True):
        above(notes, place, 5 * row, plain(label), plain(text))
    return style(
        figure,
        height,
        x={
            "tickmode": "array",
            "tickvals": marks,
            "ticktext": [unit.short(mark) for mark in marks],
            "showgrid": True,
            "gridcolor": fade(MUTED, 0.38),
            "range": [start, end],
        },
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
    written: bool = True,
    height: int | None = None,
) -> go.Figure:
    """When, where is it dense? One hue from pale to deep, first row on top, the numbers in the cells.

    Parameters
    ----------
    values : rows × columns
        None or NaN leaves a cell empty, which is not the same as zero.
    written : bool
        Write the numbers into the cells; turn off beyond about 15 columns.
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
            texttemplate="%{text}" if written else None,
            textfont={"size": 11},
            hoverongaps=False,
            customdata=[
                [
                    [
                        plain(row),
                        plain(column),
                        plain(unit.full(value)) if value is not None and known(value) else "",
                    ]
                    for column, value in zip(columns, line, strict=True)
                ]
                for row, line in zip(rows, values, strict=True)
            ],
            hovertemplate="%{customdata[0]}, %{customdata[1]}: %{customdata[2]}<extra></extra>",
        )
    )
    return style(
        figure,
        height,
        x={"side": "top"} | name_axis(columns, most=len(columns) if written else 12),
        y={
            "tickmode": "array",
            "tickvals": list(range(len(rows))),
            "ticktext": [plain(row) for row in rows],
            "range": [len(rows) - 0.5, -0.5],
        },
    )
