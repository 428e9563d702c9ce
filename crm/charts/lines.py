"""Lines over time: development, forecast band, back-test."""

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
    folded,
    known,
    line,
    name_axis,
    name_ends,
    note,
    nothing,
    over,
    plain,
    style,
    time_axis,
    upright,
    value_axis,
    written,
)
from crm.i18n import _


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
    before: Sequence[float | None] = (),
    before_name: str = "",
    height: int = 220,
) -> go.Figure:
    """How does it develop? One strong line, comparison in grey, names at the line ends.

    Parameters
    ----------
    labels : sequence of str
        Names of the points in time, such as weeks or months; n of them.
    now, before : sequences of length n
        None or NaN where there is no value; a line that ends early gets a dot and its name at its last value.
    """
    if not any(known(value) for value in now):
        return nothing(height)
    lines = [
        ([value if known(value) else None for value in values], title, ink, width, colour)
        for values, title, ink, width, colour in (
            (before, before_name, MUTED, 1.8, SOFT),
            (now, name, ACCENT, 2.6, ACCENT),
        )
        if any(known(value) for value in values)
    ]
    notes: Notes = []
    figure = go.Figure()
    for values, title, ink, width, _colour in lines:
        texts = [plain(unit.full(value)) if value is not None else "" for value in values]
        said = {"name": plain(title), "hovertemplate": f"{plain(title)} %{{customdata}}<extra></extra>"}
        line(figure, range(len(labels)), values, ink, width, customdata=texts, **said)
    axis = value_axis([value for values, *_rest in lines for value in values if value is not None], unit)
    ends = [
        (values[-1], folded(title), colour)
        for values, title, *_rest, colour in lines
        if values[-1] is not None
    ]
    right = name_ends(notes, ends, axis, height - 50)
    for values, title, *_rest, colour in lines:
        end = max(place for place, value in enumerate(values) if value is not None)
        if end == len(labels) - 1:
            continue
        dot = {"color": colour, "size": 8, "line": {"color": PAGE, "width": 2}}
        figure.add_scatter(x=[end], y=[values[end]], mode="markers", marker=dot, hoverinfo="skip")
        # Near the left edge a name that ends at the dot would be cut, so it begins there instead.
        side, shift = ("right", -4) if end > len(labels) / 3 else ("left", 4)
        place = {"xanchor": side, "xshift": shift, "yshift": 12}
        note(notes, end, values[end], f"<b>{folded(title)}</b>", colour=colour, **place)
    axis_of_names = name_axis(labels, most=6)
    axis_of_names["range"] = [-0.2, len(labels) - 0.95]
    return style(figure, height, x=axis_of_names, y=axis, notes=notes, top=14, right=right, unified=True)


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
        around = [start, *high, *list(low)[::-1], start]
        tinted = {"fill": "toself", "fillcolor": fade(ACCENT, tint)}
        line(figure, [*joined, *joined[::-1]], around, ACCENT, 0, **tinted)
    line(
        figure,
        days,
        actual,
        TEXT,
        2,
        name=_("Actual"),
        customdata=written(map(when, days), map(unit.full, actual)),
        hovertemplate="<b>%{customdata[0]}</b><br>%{customdata[1]}<extra></extra>",
    )
    said = written(
        map(when, forecast.days),
        map(unit.full, forecast.expected),
        map(unit.both, forecast.low80, forecast.high80),
        map(unit.both, forecast.low95, forecast.high95),
    )
    line(
        figure,
        joined,
        [start, *forecast.expected],
        ACCENT,
        2.4,
        "dash",
        name=_("Expected"),
        customdata=[*written([when(days[-1])], [unit.full(start)], [""], [""]), *said],
        hovertemplate=(
            "<b>%{customdata[0]}</b><br>"
            + plain(_("Expected"))
            + " %{customdata[1]}<br>80 %: %{customdata[2]}<br>95 %: %{customdata[3]}<extra></extra>"
        ),
    )
    goals = [goal for goal in target or () if goal is not None and known(goal)]
    axis = value_axis([*actual, *forecast.low95, *forecast.high95, *goals], unit)
    ends = [
        (forecast.high95[-1], "95 %", ACCENT),
        (forecast.high80[-1], "80 %", ACCENT),
        (forecast.expected[-1], f"<b>{folded(_('Expected'))}</b>", ACCENT),
    ]
    if target is not None and goals:
        dots = {"mode": "lines+markers", "marker": {"color": AMBER, "size": 4}}
        line(figure, forecast.days, target, AMBER, 1.6, "dot", **dots)
        last = max(place for place, goal in enumerate(target) if goal is not None and known(goal))
        if last == len(forecast.days) - 1:
            ends.append((goals[-1], folded(_("Target")), AMBER))
        else:
            note(notes, forecast.days[last], goals[-1], plain(_("Target")), colour=AMBER, yshift=10)
    right = name_ends(notes, ends, axis, height - 50)
    over(notes, days[-1], until or _("Last actual"), (days[0], forecast.days[-1]))
    return style(
        figure,
        height,
        x=time_axis([*days, *forecast.days], when),
        y=axis,
        notes=notes,
        shapes=[upright(days[-1], colour=MUTED, width=1, dash="solid")],
        right=right,
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
) -> go.Figure:
    """Would it have been right? The range given beforehand as a bar, what happened as a dot.

    A miss changes its shape as well as its colour: a red diamond outside its bar.
    """
    if not days:
        return nothing(200)
    hits = [bottom <= value <= top for value, bottom, top in zip(actual, low, high, strict=True)]
    figure = go.Figure()
    for hit, colour in ((True, ACCENT), (False, BAD)):
        spans = [
            (day, ends) for day, *ends, hits_it in zip(days, low, high, hits, strict=True) if hits_it is hit
        ]
        xs = [x for day, _ends in spans for x in (day, day, None)]
        line(figure, xs, [y for _day, ends in spans for y in (*ends, None)], fade(colour, 0.32), 9)
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
        customdata=written(
            map(when, days), map(unit.full, actual), map(unit.full, expected), map(unit.both, low, high)
        ),
        hovertemplate=(
            f"<b>%{{customdata[0]}}</b><br>{plain(_('Actual'))} %{{customdata[1]}}<br>"
            f"{plain(_('Expected'))} %{{customdata[2]}}<br>80 %: %{{customdata[3]}}<extra></extra>"
        ),
    )
    axis = time_axis(days, when)
    # Bars at the first and last day are wider than a point, so the axis gets half a step more on both sides.
    half = (days[-1] - days[0]) / max(2, 2 * (len(days) - 1))
    axis["range"] = [days[0] - half, days[-1] + half] if half else None
    return style(figure, 200, x=axis, y=value_axis([*actual, *low, *high], unit))
