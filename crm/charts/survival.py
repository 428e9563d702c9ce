"""Curves that go down or up in steps, with their band: survival by age, mean number of repairs by age."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import plotly.graph_objects as go

from crm.charts.theme import (
    ACCENT,
    AMBER,
    Notes,
    Unit,
    fade,
    folded,
    known,
    line,
    marked,
    name_ends,
    nothing,
    over,
    plain,
    style,
    ticks,
    upright,
    value_axis,
    written,
)

#: More points than pixels draw nothing more.
MOST_POINTS = 700


def steps_with_band(
    times: Sequence[float],
    values: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    *,
    start: float,
    end: float,
    unit: Unit,
    age: Unit,
    name: str,
    law: tuple[Sequence[float], Sequence[float]] | None = None,
    law_name: str = "",
    median: float | None = None,
    median_text: str = "",
    at_risk: Callable[[Sequence[float]], Sequence[int]] | None = None,
    top: float | None = None,
    step: float = 1.0,
    height: int = 300,
) -> go.Figure:
    """How long do they last? A step at each event with its 95 % range, the fitted law as a dashed line.

    Parameters
    ----------
    times, values, low, high : sequences of length n
        Age of each step, the value from there on, and the ends of its range.
    start, end : float
        The value before the first step, and the age of the last look.
    age : Unit
        How ages are written.
    law : (ages, values), optional
        A fitted curve; it may reach beyond the last look.
    median : float, optional
        An age to mark with ``median_text``.
    at_risk : function of ages, optional
        How many were still watched at each age named under the chart; stands below it.
    top : float, optional
        Upper end of the value axis, such as 1 for shares.
    step : float
        What ages are counted in under the chart, such as 30.4 where they are days and months are written.
    """
    if not times:
        return nothing(height)
    every = -(-len(times) // MOST_POINTS)
    kept = sorted({*range(0, len(times), every), len(times) - 1})
    xs = [0.0, *(times[k] for k in kept), max(end, times[-1])]
    ys, lows, highs = ([start, *(line[k] for k in kept), line[-1]] for line in (values, low, high))
    figure = go.Figure()
    for edge, fill in ((lows, {}), (highs, {"fill": "tonexty", "fillcolor": fade(ACCENT, 0.16)})):
        seen = [value if known(value) else None for value in edge]
        line(figure, xs, seen, ACCENT, 0, line={"shape": "hv"}, **fill)
    line(
        figure,
        xs,
        ys,
        ACCENT,
        2.4,
        line={"shape": "hv"},
        customdata=written(map(age.full, xs), map(unit.full, ys), map(unit.both, lows, highs)),
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<br>95 %: %{customdata[2]}<extra></extra>",
    )
    right = xs[-1]
    ends = [(ys[-1], f"<b>{folded(name)}</b>", ACCENT)]
    if law is not None and len(law[0]):
        line(
            figure,
            *law,
            AMBER,
            1.8,
            "dash",
            customdata=written(map(age.full, law[0]), map(unit.full, law[1])),
            hovertemplate=f"<b>%{{customdata[0]}}</b><br>{plain(law_name)} %{{customdata[1]}}<extra></extra>",
        )
        right = max(right, law[0][-1])
        ends.append((law[1][-1], folded(law_name), AMBER))
    reached = [start, *ys, *(value for value in [*lows, *highs] if known(value))]
    axis = value_axis([0.0, top if top is not None else max(reached)], unit)
    notes: Notes = []
    names = name_ends(notes, ends, axis, height - 60)
    shapes = []
    if median is not None and median <= right:
        shapes.append(upright(median))
        over(notes, median, median_text, (0.0, right))
    marks = [mark * step for mark in ticks(0.0, right / step, most=8) if mark * step <= right * 1.0001]
    labels = [age.short(mark) for mark in marks]
    if at_risk is not None:
        counts = at_risk(marks)
        labels = [f"{label}<br>{count:,}" for label, count in zip(labels, counts, strict=True)]
    return style(
        figure,
        height,
        x=marked(marks, labels, range=[-0.012 * right, right]),
        y=axis,
        notes=notes,
        shapes=shapes,
        top=18,
        right=names,
    )
