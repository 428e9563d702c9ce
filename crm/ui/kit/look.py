"""The few pieces every screen is made of: header, cards, numbers, facts, tags, charts, empty states.

Texts that come from people (names, titles, notes) are escaped here, so that a contact called ``![x](http://…)``
neither changes the page nor loads a picture; see :mod:`crm.ui.kit.words`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

import plotly.graph_objects as go
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import Page

from crm.i18n import _
from crm.ui.kit.words import BAD, GOOD, INFO, QUIET, WATCH, Marked, Tone, avatar, link, plain, quiet, tag

#: Words that are had from here, too; what is defined here needs no list.
__all__ = [
    "BAD",
    "GOOD",
    "INFO",
    "QUIET",
    "WATCH",
    "Marked",
    "Tone",
    "avatar",
    "link",
    "plain",
    "quiet",
    "tag",
]

STATIC = Path(__file__).parents[3] / "static"
CHART_CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}


def page(
    title: str,
    context: str = "",
    *,
    tags: Sequence[Marked] = (),
    picture: str = "",
    record: bool = False,
) -> DeltaGenerator:
    """Draw the page header and return the slot at its right, for at most one primary button.

    Parameters
    ----------
    title, context : str
        The one heading of the page and one grey line that says what is seen.
    tags : sequence of Marked
        Chips behind the title, made by :func:`tag`; two at most.
    picture : str
        Address or path of a 44 px picture at the left, such as :func:`avatar`.
    record : bool
        For titles of unknown length: the title takes the whole row of a phone and the buttons move below it;
        without it title and button share one row.
    """
    outer = st.container(
        horizontal=True,
        vertical_alignment="center",
        horizontal_alignment="distribute" if record else "left",
    )
    with outer:
        block = st.container(
            horizontal=True,
            vertical_alignment="center",
            gap="small",
            wrap=False,
            width=640 if record else "stretch",
        )
        with block:
            if picture:
                st.image(picture, width=44, alt="")
            with st.container(gap=None):
                chips = f" :small[{' '.join(tags)}]" if tags else ""
                st.title(plain(title) + chips, anchor=False)
                if context:
                    st.caption(plain(context))
        return st.container(horizontal=True, width="content", vertical_alignment="center", gap="xsmall")


def section(title: str, note: str = "") -> None:
    """Draw a heading and its grey line, for content with a frame of its own such as a table."""
    with st.container(gap=None):
        # A real heading, so that a screen reader can jump from card to card.
        st.markdown(f"#### {plain(title)}", anchors=False)
        if note:
            st.caption(plain(note))


@contextmanager
def card(title: str = "", note: str = "", *, key: str | None = None) -> Iterator[None]:
    """Frame content with one hairline; never put a table in it, a table is its own card."""
    with st.container(border=True, gap="xsmall", key=key):
        if title:
            section(title, note)
        yield


class NextCard(Protocol):
    """Opens the next card of a wall."""

    def __call__(self, title: str = "", note: str = "", *, span: int = 1) -> AbstractContextManager[None]:
        """Title, grey line, and how many columns the card takes."""


def wall(columns: int = 3, *, width: int = 270) -> NextCard:
    """Begin a wall of cards of equal height per row; it folds when one would get less than ``width`` px."""
    # The grid draws the frames: a container's own frame would not stretch to the height of its row.
    grid = st.grid(columns, min_column_width=width, gap="small", border=True)

    @contextmanager
    def next_card(title: str = "", note: str = "", *, span: int = 1) -> Iterator[None]:
        with grid.cell(column_span=span), st.container(gap="xsmall"):
            if title:
                section(title, note)
            yield

    return next_card


def split() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Main part and aside, two thirds to one."""
    # A grid folds by its own width, so an open sidebar on a tablet cannot squeeze it; columns would not.
    grid = st.grid(3, min_column_width=300, gap="small")
    return grid.cell(column_span=2), grid.cell()


def row() -> DeltaGenerator:
    """One line of a list: text that gives way, then what stays at the right, also on a phone."""
    return st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False)


def two_lines(who: str, rest: str = "", why: str = "") -> None:
    """The cell used in all lists: a name in bold with a word beside it, the reason small and grey below."""
    first = f"**{plain(who)}** {plain(rest)}".rstrip()
    st.markdown(first + (f"  \n{quiet(why)}" if why else ""), width="stretch")


def lines(*items: str) -> None:
    """A short list in small type."""
    st.markdown("  \n".join(f":small[{plain(item)}]" for item in items))


def as_typed(text: str, most: int | None = None) -> Marked:
    """A long text with the lines in which it was written, at most so many of them."""
    return Marked("  \n".join(plain(line) for line in text.split("\n")[:most]))


def icon_button(icon: str, told: str, *, key: str, **more: Any) -> bool:
    """A sign without words at the end of a line; ``told`` says what it does."""
    return st.button("", icon=f":material/{icon}:", help=plain(told), key=key, type="tertiary", **more)


def toolbar() -> DeltaGenerator:
    """The filter row: controls without visible labels in one line that wraps on a phone."""
    return st.container(horizontal=True, vertical_alignment="center", gap="xsmall")


def switch(label: str, options: Mapping[str, str], *, key: str, default: str | None = None) -> str:
    """One of a few, always one, kept in the address so that a view can be shared.

    ``options`` maps values to what people read, each text once; the value comes back. In the address stands
    ``key=text``: Streamlit writes what is shown, so a link of our own has to give the text, too.
    """
    values = list(options)
    chosen = st.segmented_control(
        label,
        values,
        default=default or values[0],
        required=True,
        format_func=options.__getitem__,
        key=key,
        label_visibility="collapsed",
        bind="query-params",
    )
    return chosen if chosen in options else default or values[0]


def filters(label: str, options: Mapping[str, str], *, key: str, default: Sequence[str] = ()) -> list[str]:
    """Any of a few, as pills, kept in the address; ``options`` as for :func:`switch`."""
    chosen = st.pills(
        label,
        list(options),
        selection_mode="multi",
        default=list(default) or None,
        format_func=options.__getitem__,
        key=key,
        label_visibility="collapsed",
        bind="query-params",
    )
    return list(chosen)


@dataclass(frozen=True, slots=True)
class Explained:
    """A number with where it comes from.

    Keep ``label`` within 20 characters and ``value`` within about 9, or they end in "…" on a phone.
    ``arrow`` says the direction of ``change``, ``tone`` whether that is good; ``change`` carries no sign.
    """

    label: str
    value: str
    change: str = ""
    arrow: Literal["up", "down"] | None = None
    tone: Tone = QUIET
    spark: Sequence[float] = ()
    formula: str = ""
    n: int | None = None
    n_text: str = ""
    as_of: str = ""
    records: Page | None = None
    query: Mapping[str, str | list[str]] = field(default_factory=dict)

    def how(self) -> Marked | None:
        """What "how is this computed" shows: the formula, how many cases, and from when."""
        if not self.formula:
            return None
        parts = [f"**{_('How is this computed?')}**", plain(self.formula)]
        if self.n is not None:
            parts.append(plain(self.cases()))
        if self.as_of:
            parts.append(plain(_("As of {when}").format(when=self.as_of)))
        return Marked("  \n".join(parts))

    def cases(self) -> str:
        """How many cases the number rests on, in the caller's words or plainly."""
        return self.n_text or f"n = {self.n:,}"


def kpi(item: Explained, *, border: bool = True) -> None:
    """One number with its comparison and explanation, and the way to its records when it has one."""
    with st.container(border=border, gap=None, height="stretch"):
        st.metric(
            plain(item.label),
            item.value,
            plain(item.change) if item.change else None,
            # A guess from the sign would be wrong for "4 days fewer", so direction and meaning are told.
            delta_arrow=item.arrow or "off",
            delta_color=item.tone,
            chart_data=list(item.spark) if len(item.spark) > 1 else None,
            help=item.how(),
        )
        if item.records is not None:
            onward(
                item.records,
                quiet(item.cases() if item.n is not None else _("Records")),
                help=_("Open the records behind this number"),
                query_params=dict(item.query),
            )


def kpi_row(items: Sequence[Explained], *, strip: bool = False) -> None:
    """Numbers in twos: four in a row or two and two, never three and one. ``strip``: one frame around all."""
    with st.container(border=strip):
        outer = st.grid(-(-len(items) // 2), min_column_width=300, gap="small")
        for first in range(0, len(items), 2):
            with outer.cell():
                inner = st.grid(2, min_column_width=120, gap="small", border=not strip)
                for item in items[first : first + 2]:
                    with inner.cell():
                        kpi(item, border=False)


def onward(to: Page, text: str, **more: Any) -> None:
    """A small link to where more of it stands; ``more`` is of ``st.page_link``."""
    label = text if isinstance(text, Marked) else f":small[{plain(text)}]"
    st.page_link(to, label=label, icon=":material/arrow_forward:", icon_position="right", **more)


def facts(pairs: Mapping[str, str], *, alt: str) -> None:
    """Label and value in two columns; values are literal unless made by :func:`tag` or :func:`link`."""
    st.table(
        {f":gray[{plain(name)}]": plain(value) for name, value in pairs.items()}, border="horizontal", alt=alt
    )


def table(data: Any, *, alt: str, **more: Any) -> Any:
    """A table of rows one below the other as high as they are, without index; ``more`` is of ``st.dataframe``."""
    usual: dict[str, Any] = {"hide_index": True, "row_height": 36, "height": "content", "placeholder": ""}
    return st.dataframe(data, alt=alt, **usual | more)


def chart(
    figure: go.Figure,
    *,
    key: str,
    alt: str,
    on_select: Callable[[], None] | Literal["rerun"] | None = None,
) -> list[str]:
    """Draw a figure of ``crm.charts``; ``alt`` is its finding in a sentence.

    Gives the names of the picked marks, none without ``on_select``.

    With ``on_select`` a click on a mark reruns the page (and calls back first, when it is a function).
    """
    # After a live switch between light and dark the browser keeps the colours it put in first. With the mode
    # in the key the chart is a new element on the next run.
    full_key = f"{key}-{st.context.theme.type or 'light'}"
    if on_select is None:
        st.plotly_chart(figure, config=CHART_CONFIG, alt=alt, key=full_key)
        return []
    if figure.layout.clickmode != "event+select":
        figure.update_layout(clickmode="event+select")
    state: Any = st.plotly_chart(
        figure, config=CHART_CONFIG, alt=alt, key=full_key, on_select=on_select, selection_mode="points"
    )
    return picked(state)


def picked(state: Mapping[str, Any]) -> list[str]:
    """Names of the marks in a chart's selection, each once; every clickable mark carries its name first."""
    names: list[str] = []
    for point in state.get("selection", {}).get("points", []):
        data = point.get("customdata")
        # One value per mark arrives bare, several arrive as a list or, from some versions, keyed by position.
        first = data[0] if isinstance(data, list) else data.get("0") if isinstance(data, dict) else data
        if isinstance(first, str) and first not in names:
            names.append(first)
    return names


def empty(
    title: str,
    text: str,
    *,
    button: str = "",
    on_click: Callable[[], None] | None = None,
    key: str = "empty",
) -> bool:
    """Nothing here yet: what belongs here and the one step that fills it. True in the run after the click."""
    with st.container(border=True, horizontal_alignment="center", gap="xsmall"):
        st.space("xsmall")
        st.image(STATIC / "empty.svg", width=96, alt="")
        st.markdown(f"**{plain(title)}**", text_alignment="center")
        st.caption(plain(text), text_alignment="center")
        clicked = bool(button) and st.button(button, key=key, on_click=on_click)
        st.space("xsmall")
    return clicked
