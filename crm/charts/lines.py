"""Lines over time: development, forecast band, back-test, sparkline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import plotly.graph_objects as go

from crm.charts.theme import (
    ACCENT,
    AMBER,
    BAD,
    MUTED,
    PAGE,
    SOFT,
    TEXT,
    Notes,
    Unit,
    When,
    fade,
    known,
    name_axis,
    note,
    nothing,
    plain,
    reach,
    spread,
    style,
    time_axis,
    upright,
    value_axis,
)
from crm.i18n import _

# Room at the right for the names at the line ends, and the height one such name takes.
NAME_PX = 78
LINE_PX = 15
SPARK_POINTS = 26


@dataclass(frozen=True, slots=True)
class Band:
    """A forecast as it is drawn; all sequences have the length of ``days``, numbers in the chart's unit."""

    days: Sequence[date]
    expected: Sequence[float]
    low80: Sequence[float]
    high80: Sequence[float]
    low95: Sequence[float]
    high95: Sequence[float]


def trend(
    labels: Sequence[str],
    now: Sequence[float | None],
    *,
    unit: Unit,
    name: str,
    before: Sequence[float | None] | None = None,
    before_name: str = "",
    target: Sequence[float | None] | None = None,
    target_name: str = "",
    height: int = 220,
) -> go.Figure:
    """How does it develop? One strong line, comparison in grey, target dotted, names at the line ends.

    Parameters
    ----------
    labels : sequence of str
        Names of the points in time, such as weeks or months; n of them.
    now, before, target : sequences of length n
        None or NaN where there is no value; a line that ends early gets a dot and its name at its last value.
    """
    lines = [
        (values, title, stroke, colour)
        for values, title, stroke, colour in (
            (target, target_name or _("Target"), {"color": SOFT, "width": 1.3, "dash": "dot"}, SOFT),
            (before, before_name, {"color": MUTED, "width": 1.8}, SOFT),
            (now, name, {"color": ACCENT, "width": 2.6}, ACCENT),
        )
        if values is not None and any(known(value) for value in values)
    ]
    if not any(known(value) for value in now):
        return nothing(height)
    places = list(range(len(labels)))
    notes: Notes = []
    figure = go.Figure()
    for values, title, stroke, _colour in lines:
        figure.add_scatter(
            x=places,
            y=[value if known(value) else None for value in values],
            mode="lines",
            line=stroke,
            name=plain(title),
            customdata=[
                plain(unit.full(value)) if known(value) and value is not None else "" for value in values
            ],
            hovertemplate=f"{plain(title)} %{{customdata}}<extra></extra>",
        )
    every = [value for values, *_rest in lines for value in values if value is not None and known(value)]
    axis = value_axis(every, unit)
    last = {
        title: max(place for place, value in enumerate(values) if known(value))
        for values, title, *_rest in lines
    }
    full = [line for line in lines if last[line[1]] == len(labels) - 1]
    gap = (axis["range"][1] - axis["range"][0]) * LINE_PX / max(1, height - 50)
    heights = spread([float(values[-1] or 0.0) for values, *_rest in full], gap)
    for (_values, title, _stroke, colour), level in zip(full, heights, strict=True):
        note(notes, 1, level, plain(title), colour=colour, xref="paper")
    for values, title, _stroke, colour in lines:
        end = last[title]
        if end == len(labels) - 1:
            continue
        figure.add_scatter(
            x=[places[end]],
            y=[values[end]],
            mode="markers",
            marker={"color": colour, "size": 8, "line": {"color": PAGE, "width": 2}},
            hoverinfo="skip",
        )
        # Near the left edge a name that ends at the dot would be cut, so it begins there instead.
        side = "right" if end > len(labels) / 3 else "left"
        shift = -4 if side == "right" else 4
        note(
            notes,
            end,
            values[end],
            f"<b>{plain(title)}</b>",
            colour=colour,
            xanchor=side,
            xshift=shift,
            yshift=12,
        )
    axis_of_names = name_axis(labels, most=6)
    axis_of_names["range"] = [-0.2, len(labels) - 0.95]
    return style(figure, height, x=axis_of_names, y=axis, notes=notes, top=14, right=NAME_PX, unified=True)


def band(
    days: Sequence[date],
    actual: Sequence[float],
    forecast: Band,
    *,
    unit: Unit,
    when: When,
    target: Sequence[float | None] | None = None,
    until: str = "",
    height: int = 320,
) -> go.Figure:
    """What comes next? History in ink, the expected line dashed, the 80 and 95 % ranges as two tints.

    ``until`` names the last day of the history, such as "Today"; by default "Last actual". ``target`` has a value or
    None for each day of the forecast.
    """
    if not days or not forecast.days:
        return nothing(height)
    joined = [days[-1], *forecast.days]
    start = float(actual[-1])
    notes: Notes = []
    figure = go.Figure()
    for low, high, tint in (
        (forecast.low95, forecast.high95, 0.13),
        (forecast.low80, forecast.high80, 0.24),
    ):
        figure.add_scatter(
            x=[*joined, *joined[::-1]],
            y=[start, *high, *list(low)[::-1], start],
            fill="toself",
            fillcolor=fade(ACCENT, tint),
            line={"width": 0},
            mode="lines",
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=list(days),
        y=list(actual),
        mode="lines",
        line={"color": TEXT, "width": 2},
        name=_("Actual"),
        customdata=[
            [plain(when(day)), plain(unit.full(value))] for day, value in zip(days, actual, strict=True)
        ],
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
    )
    said = [
        [
            plain(when(day)),
            plain(unit.full(mid)),
            plain(f"{unit.full(low80)} – {unit.full(high80)}"),
            plain(f"{unit.full(low95)} – {unit.full(high95)}"),
        ]
        for day, mid, low80, high80, low95, high95 in zip(
            forecast.days,
            forecast.expected,
            forecast.low80,
            forecast.high80,
            forecast.low95,
            forecast.high95,
            strict=True,
        )
    ]
    figure.add_scatter(
        x=joined,
        y=[start, *forecast.expected],
        mode="lines",
        line={"color": ACCENT, "width": 2.4, "dash": "dash"},
        name=_("Expected"),
        customdata=[[plain(when(days[-1])), plain(unit.full(start)), "", ""], *said],
        hovertemplate=(
            "<b>%{customdata[0]}</b><br>"
            + plain(_("Expected"))
            + " %{customdata[1]}<br>80 %: %{customdata[2]}<br>95 %: %{customdata[3]}<extra></extra>"
        ),
    )
    goals = [goal for goal in target or () if goal is not None and known(goal)]
    every = [*actual, *forecast.low95, *forecast.high95, *goals]
    axis = value_axis(every, unit)
    ends = [
        (forecast.high95[-1], "95 %", ACCENT),
        (forecast.high80[-1], "80 %", ACCENT),
        (forecast.expected[-1], f"<b>{plain(_('Expected'))}</b>", ACCENT),
    ]
    if target is not None and goals:
        figure.add_scatter(
            x=list(forecast.days),
            y=list(target),
            mode="lines+markers",
            marker={"color": AMBER, "size": 4},
            line={"color": AMBER, "width": 1.6, "dash": "dot"},
            hoverinfo="skip",
        )
        last = max(place for place, goal in enumerate(target) if goal is not None and known(goal))
        if last == len(forecast.days) - 1:
            ends.append((goals[-1], plain(_("Target")), AMBER))
        else:
            note(notes, forecast.days[last], goals[-1], plain(_("Target")), colour=AMBER, yshift=10)
    gap = (axis["range"][1] - axis["range"][0]) * LINE_PX / max(1, height - 50)
    for (_level, text, colour), level in zip(ends, spread([end[0] for end in ends], gap), strict=True):
        note(notes, 1, level, text, colour=colour, xref="paper")
    note(
        notes,
        days[-1],
        1,
        plain(until or _("Last actual")),
        yref="paper",
        yanchor="bottom",
        xanchor="center",
        xshift=0,
    )
    return style(
        figure,
        height,
        x=time_axis([*days, *forecast.days], when),
        y=axis,
        notes=notes,
        shapes=[upright(days[-1], colour=MUTED, width=1, dash="solid")],
        right=NAME_PX,
        top=16,
    )


def backtest(
    days: Sequence[date],
    actual: Sequence[float],
    expected: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    *,
    unit: Unit,
    when: When,
    height: int = 200,
) -> go.Figure:
    """Would it have been right? The range given beforehand as a bar, what happened as a dot.

    A miss changes its shape as well as its colour: a red diamond outside its bar.
    """
    if not days:
        return nothing(height)
    hits = [bottom <= value <= top for value, bottom, top in zip(actual, low, high, strict=True)]
    figure = go.Figure()
    for hit, colour in ((True, ACCENT), (False, BAD)):
        xs: list[date | None] = []
        ys: list[float | None] = []
        for day, bottom, top, hits_it in zip(days, low, high, hits, strict=True):
            if hits_it is hit:
                xs += [day, day, None]
                ys += [bottom, top, None]
        figure.add_scatter(
            x=xs, y=ys, mode="lines", line={"color": fade(colour, 0.32), "width": 9}, hoverinfo="skip"
        )
    figure.add_scatter(
        x=list(days),
        y=list(actual),
        mode="markers",
        marker={
            "size": 9,
            "color": [TEXT if hit else BAD for hit in hits],
            "symbol": ["circle" if hit else "diamond" for hit in hits],
            "line": {"color": PAGE, "width": 1.5},
        },
        customdata=[
            [
                plain(when(day)),
                plain(unit.full(value)),
                plain(unit.full(mid)),
                plain(f"{unit.full(a)} – {unit.full(b)}"),
            ]
            for day, value, mid, a, b in zip(days, actual, expected, low, high, strict=True)
        ],
        hovertemplate=(
            f"<b>%{{customdata[0]}}</b><br>{plain(_('Actual'))} %{{customdata[1]}}<br>"
            f"{plain(_('Expected'))} %{{customdata[2]}}<br>80 %: %{{customdata[3]}}<extra></extra>"
        ),
    )
    axis = time_axis(days, when)
    # Bars at the first and last day are wider than a point, so the axis gets half a step more on both sides.
    half = (days[-1] - days[0]) / max(2, 2 * (len(days) - 1))
    axis["range"] = [days[0] - half, days[-1] + half] if half else None
    lowest, highest = reach([*actual, *low, *high])
    return style(figure, height, x=axis, y=value_axis([lowest, highest], unit))


def spark(values: Sequence[float | None]) -> list[float]:
    """Points for the little line in a number card: the last 26 known values; fewer than two draw no line."""
    points = [float(value) for value in values if value is not None and known(value)][-SPARK_POINTS:]
    return points if len(points) > 1 else []
