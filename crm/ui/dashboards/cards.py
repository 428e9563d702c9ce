"""The wall of cards of a dashboard, each a question with its chart, and how each is computed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import streamlit as st

from crm.i18n import _
from crm.ui.dashboards.figures import Drawn
from crm.ui.frame import routes
from crm.ui.kit import look


@dataclass(frozen=True, slots=True)
class Card:
    """A question, the grey line below it, and the chart that answers; ``more`` is a screen with its records and its title."""

    name: str
    question: str
    note: str
    span: int = 1
    more: tuple[str, str] | None = None


def show_wall(
    screen: str, cards: Iterable[Card], drawn: Mapping[str, Drawn], *, clickable: Iterable[str] = ()
) -> dict[str, list[str]]:
    """Draw the cards and give the labels that were clicked in each of those that can be clicked."""
    wall = look.wall(3, width=290)
    picked = {}
    for card in cards:
        with wall(card.question, card.note, span=card.span):
            one, select = drawn[card.name], card.name in clickable
            picked[card.name] = look.chart(
                one.figure, key=f"{screen}_{card.name}", alt=one.alt, on_select="rerun" if select else None
            )
            if one.below:
                st.caption(look.plain(one.below))
            if card.more is not None and card.more[0] in routes.screens():
                look.onward(routes.page(card.more[0]), look.quiet(card.more[1]))
    return picked


def formulas(titles: Mapping[str, str], formula: Callable[[str], str], *, first: str = "") -> None:
    """How each card is computed, by the name of its report."""
    with st.expander(_("How is this computed?"), icon=":material/calculate:"):
        told = [f"{title}: {formula(name)}" for name, title in titles.items()]
        look.lines(*([first] if first else []), *told)
