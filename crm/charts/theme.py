"""The one style of all charts: colours by job, quiet axes, direct labels. No colour here is real.

Streamlit's Plotly template holds stand-in colours (#000001 …) that the browser swaps, anywhere in a figure,
for the palette of the light or dark mode in force. Charts use these stand-ins, so one figure serves both.
They are written out because this package must not import Streamlit; a test compares them with the template.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from html import unescape
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go

from crm.i18n import _

# Slots 1 to 6 tell categories apart, the others have one fixed job each.
CATEGORIES = tuple(f"#{number:06d}" for number in range(1, 7))
ACCENT, AMBER, TEAL, WINE, SKY, PLUM = CATEGORIES
MUTED, GOOD, BAD, SOFT = (f"#{number:06d}" for number in range(7, 11))
SEQUENTIAL = tuple(f"#{number:06d}" for number in range(11, 21))
DIVERGING = tuple(f"#{number:06d}" for number in range(21, 31))
TEXT, PAGE = "#000037", "#000038"
CLEAR = "rgba(0,0,0,0)"

LABEL_PX = 11.5
TICK_PX = 11
#: Room at the right for the names at the line ends, the height one line of such a name takes, the width of a sign.
NAME_PX = 78
LINE_PX = 15
SIGN_PX = 6.4
#: Signs of a name at a line's end; what is longer goes on below. And signs that fit over the narrowest picture, on a phone.
NAME_SIGNS = 11
PHONE_SIGNS = 46


@dataclass(frozen=True, slots=True)
class Unit:
    """How a chart writes its numbers: ``short`` on axes and labels, ``full`` where one value is pointed at.

    Both take the number as plotted. Money is plotted in minor units: ``crm.ui.kit.formats.money_unit``.
    """

    short: Callable[[float], str]
    full: Callable[[float], str]

    def both(self, low: float, high: float) -> str:
        """The two ends of a range."""
        return f"{self.full(low)} – {self.full(high)}"


# How a chart writes a day, such as "Nov 2026", in the reader's language.
When = Callable[[date], str]

# Part of a figure as Plotly spells it.
Settings = dict[str, Any]
# Labels of a figure, collected and set at once: adding them one by one costs Plotly 6 ms each.
Notes = list[Settings]


def fade(slot: str, alpha: float) -> str:
    """A slot with transparency (0 to 1), as eight-digit hex: the browser's swap works inside it."""
    return f"{slot}{round(alpha * 255):02x}"


#: A column that is still running, or that its period cuts.
CUT = fade(ACCENT, 0.45)


def steps(colours: Sequence[str]) -> list[list[float | str]]:
    """A colour scale of evenly spaced stops, as Plotly wants it."""
    return [[place / (len(colours) - 1), colour] for place, colour in enumerate(colours)]


def known(value: float | None) -> bool:
    """Whether there is a number at all; None and NaN are gaps."""
    return value is not None and not math.isnan(value)


def ticks(low: float, high: float, *, most: int = 5) -> list[float]:
    """At most ``most`` + 1 round numbers (steps of 1, 2 or 5 times a power of ten) that cover low to high."""
    span = high - low
    if span <= 0:
        return [low]
    rough = span / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(number * step, 10) for number in range(first, last + 1)]


def reach(values: Sequence[float]) -> tuple[float, float]:
    """Where a value axis begins and ends: at zero, unless all values lie in the upper half of their range."""
    low, high = min(values), max(values)
    if low >= 0 and low <= high * 0.5:
        low = 0.0
    if high <= 0:
        high = 0.0
    if low == high:
        low, high = min(0.0, low), max(0.0, high) or 1.0
    return low, high


def spread(values: Sequence[float], gap: float, lines: Sequence[int] = ()) -> list[float]:
    """Heights for labels, in the order given, moved up so that neighbours stay ``gap`` apart, times their mean of lines."""
    many = lines or [1] * len(values)
    order = sorted(range(len(values)), key=lambda place: values[place])
    heights = list(values)
    for lower, upper in itertools.pairwise(order):
        heights[upper] = max(heights[upper], heights[lower] + gap * (many[lower] + many[upper]) / 2)
    return heights


def style(
    figure: go.Figure,
    height: int,
    *,
    x: Settings,
    y: Settings,
    notes: Notes | None = None,
    shapes: Sequence[Settings] = (),
    top: int = 6,
    right: int = 8,
    unified: bool = False,
    **more: Any,
) -> go.Figure:
    """Give a figure its whole layout: marks, a quiet grid and labels, nothing else.

    Explicit values win over Streamlit's template, a template of our own would not. All is set in one step, because
    each separate update costs Plotly several milliseconds.
    """
    quiet: Settings = {
        # Without a standoff of zero an empty title still keeps 30 px of room.
        "title": {"text": "", "standoff": 0},
        "ticks": "",
        "showline": False,
        "zeroline": False,
        "showgrid": False,
        "showspikes": False,
        # A swipe over a chart must scroll the page.
        "fixedrange": True,
        "automargin": True,
        "tickangle": 0,
        "tickfont": {"size": TICK_PX, "color": SOFT},
    }
    figure.layout = {
        "height": height,
        "margin": {"l": 0, "r": right, "t": top, "b": 0, "pad": 4},
        # A chart of a single row is lower than the 64 px that Plotly keeps; its labels would be cut off.
        "minreducedheight": 2,
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "showlegend": False,
        "dragmode": False,
        "hovermode": "x unified" if unified else "closest",
        "hoverlabel": {
            "align": "left",
            "bgcolor": PAGE,
            "bordercolor": MUTED,
            "font": {"size": 12, "color": TEXT},
        },
        "bargap": 0.38,
        "barcornerradius": 3,
        "xaxis": quiet | x,
        "yaxis": quiet | y,
        "annotations": notes or [],
        "shapes": list(shapes),
        **more,
    }
    return figure


def upright(x: object, *, colour: str = SOFT, width: float = 1.2, dash: str = "dot") -> Settings:
    """A line from bottom to top at one place of the x axis, under the marks."""
    ink = {"color": colour, "width": width, "dash": dash}
    place = {"x0": x, "x1": x, "y0": 0, "y1": 1, "yref": "y domain"}
    return {"type": "line", "line": ink, "layer": "below", **place}


def marked(places: Sequence[object], texts: Sequence[str], **more: Any) -> Settings:
    """Settings of an axis that names these places and no others."""
    return {"tickmode": "array", "tickvals": places, "ticktext": texts, **more}


def marked_by(unit: Unit, places: Sequence[float], reach: Sequence[float]) -> Settings:
    """Settings of an axis of numbers with a light grid, written by their unit, over a fixed range."""
    texts = [unit.short(place) for place in places]
    return marked(places, texts, showgrid=True, gridcolor=fade(MUTED, 0.38), range=list(reach))


def value_axis(values: Sequence[float], unit: Unit, *, most: int = 5) -> Settings:
    """Settings of an axis of numbers: round ticks in the reader's own writing, light grid, a fixed range."""
    low, high = reach(values)
    room = (high - low) * 0.05
    bottom = low - room if low else 0.0
    top = high + room if high else 0.0
    marks = [mark for mark in ticks(low, high, most=most) if bottom <= mark <= top]
    return marked_by(unit, marks, (bottom, top))


def shown_days(days: Sequence[date], *, most: int = 6) -> list[date]:
    """About ``most`` days to name under an axis; of months such that January is among them."""
    if all(day.day == 1 for day in days):
        every = next((step for step in (1, 2, 3, 6, 12, 24) if len(days) <= step * most), 60)
        return [day for day in days if (day.year * 12 + day.month - 1) % every == 0] or list(days[:1])
    return list(days)[:: math.ceil(len(days) / most)]


def time_axis(days: Sequence[date], when: When) -> Settings:
    """Settings of an axis of dates, named in the reader's language, the year on a line of its own."""
    shown = shown_days(days)
    # Plotly would let labels run into each other on a phone; two short lines fit.
    texts = [re.sub(r"\s(?=\d{4})", "<br>", when(day)) for day in shown]
    return marked(shown, texts, range=[days[0], days[-1]])


def name_axis(labels: Sequence[str], *, most: int = 7) -> Settings:
    """Settings of an axis of places 0 … n-1 with names; of many only every second, third … is written."""
    every = max(1, math.ceil(len(labels) / most))
    places = list(range(len(labels)))[::every]
    return marked(places, [plain(labels[place]) for place in places], range=[-0.5, len(labels) - 0.5])


def note(notes: Notes, x: object, y: object, text: str, *, colour: str = SOFT, **more: Any) -> None:
    """Add a direct label beside the mark it names, which spares the legend."""
    beside = {
        "x": x,
        "y": y,
        "text": text,
        "showarrow": False,
        "xanchor": "left",
        "xshift": 6,
        "borderpad": 0,
    }
    notes.append({**beside, "font": {"size": LABEL_PX, "color": colour}, **more})


def centred(notes: Notes, x: object, y: object, text: str, **more: Any) -> None:
    """Add a label that stands upon a place, its middle above it; ``yref="paper"`` and y of 1: above the whole chart."""
    note(notes, x, y, text, **{"xanchor": "center", "xshift": 0, "yanchor": "bottom", **more})


def over(notes: Notes, x: Any, text: str, reach: Sequence[Any]) -> None:
    """Name an upright line above the chart: over it, but beside it near an end of the axis, where it would be cut off."""
    across = (x - reach[0]) / ((reach[1] - reach[0]) or 1)
    side = "left" if across < 0.25 else "right" if across > 0.75 else "center"
    centred(notes, x, 1, plain(text), yref="paper", xanchor=side)


def above(notes: Notes, position: float, half: float, name: str, value: str) -> None:
    """Add a name at the left and a value at the right, just above a lying mark; readable at any width."""
    name = shortened(name, max(12, PHONE_SIGNS - len(value)))
    for x, text, colour, side in ((0, name, TEXT, "left"), (1, value, SOFT, "right")):
        place = {"xref": "paper", "xanchor": side, "yshift": 2}
        centred(notes, x, position + half, plain(text), colour=colour, bgcolor=PAGE, **place)


def name_ends(notes: Notes, ends: Sequence[tuple[float, str, str]], axis: Settings, room: float) -> int:
    """Name lines at their right ends (level, ``folded`` text, colour), so far apart that no two names touch.

    ``axis`` is that of the values, ``room`` its height in pixels. Gives the pixels that the names take at the right.
    """
    gap = (axis["range"][1] - axis["range"][0]) * LINE_PX / max(1, room)
    texts = [text.split("<br>") for _level, text, _colour in ends]
    heights = spread([end[0] for end in ends], gap, [len(lines) for lines in texts])
    for (_level, text, colour), level in zip(ends, heights, strict=True):
        note(notes, 1, level, text, colour=colour, xref="paper", align="left")
    widest = max(
        (len(unescape(re.sub("<[^<>]*>", "", line))) for lines in texts for line in lines), default=0
    )
    return max(NAME_PX, 8 + math.ceil(widest * SIGN_PX))


def line(
    figure: go.Figure,
    x: Sequence[Any],
    y: Sequence[Any],
    colour: str,
    width: float,
    dash: str = "",
    **more: Any,
) -> None:
    """Add a line; one without ``hovertemplate`` says nothing when it is pointed at. ``line`` says more of its look."""
    ink = {"color": colour, "width": width} | ({"dash": dash} if dash else {}) | more.pop("line", {})
    usual = {"mode": "lines"} if "hovertemplate" in more else {"mode": "lines", "hoverinfo": "skip"}
    figure.add_scatter(x=list(x), y=list(y), line=ink, **usual | more)


def plain(text: str) -> str:
    """Text for a label: Plotly reads a little HTML, so a name must not be able to write any."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def folded(text: str) -> str:
    """A name for a line's end, plain, in as many lines as it needs; the longest words are broken."""
    lines = wrap(text, max([NAME_SIGNS, *(min(len(word), NAME_SIGNS + 6) for word in text.split())]))
    return "<br>".join(map(plain, lines))


def shortened(text: str, signs: int) -> str:
    """So much of a name as fits; pointing at its mark tells all of it."""
    return text if len(text) <= signs else text[: signs - 1].rstrip() + "…"


def written(*columns: Iterable[str]) -> list[list[str]]:
    """Texts to show for each mark, made plain; given by column."""
    return [[plain(text) for text in row] for row in zip(*columns, strict=True)]


def told(labels: Sequence[str], *texts: Iterable[str]) -> list[list[str]]:
    """What a mark that can be clicked carries: the name that a click gives, then name and texts to show."""
    return [[label, *shown] for label, shown in zip(labels, written(labels, *texts), strict=True)]


def nothing(height: int) -> go.Figure:
    """A chart without data: it says so in words and takes the same room, so that nothing jumps."""
    notes: Notes = []
    middle: Settings = {"xref": "paper", "yref": "paper", "xanchor": "center", "xshift": 0}
    note(notes, 0.5, 0.5, _("No data for this choice"), **middle)
    hidden: Settings = {"visible": False, "range": [0, 1]}
    return style(go.Figure(), height, x=hidden, y=hidden, notes=notes)
