"""The menu in the sidebar: sections that fold, each with the screens that its person may open; and the keys that go there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.navigation.page import Page

from crm.i18n import _
from crm.ui.frame import routes
from crm.ui.kit.words import plain


def draw(sections: Mapping[str, Sequence[Page]]) -> None:
    """Draw the screens in sight, section by section; ``st.navigation`` draws none, because it would stand above all else."""
    with st.sidebar, st.container(gap="xxsmall", key="frame_menu"):
        for title, pages in sections.items():
            if shown := [page for page in pages if page.visibility == "visible"]:
                with st.expander(title, expanded=True, type="compact"), st.container(gap="xsmall"):
                    for page in shown:
                        st.page_link(page, width="stretch")


def letters(names: Sequence[str]) -> dict[str, str]:
    """A letter for each screen, of its own name and the same in every language; a name whose letters are all taken has none."""
    found: dict[str, str] = {}
    for name in names:
        if letter := next((sign for sign in name if sign.isalpha() and sign not in found), ""):
            found[letter] = name
    return found


def keys(places: Mapping[str, str]) -> None:
    """The button that lists the keys; ``places`` are screens by letter."""
    if st.button(
        _("Keys"), icon=":material/keyboard:", type="tertiary", key="frame_keys", help=_("All keys (?)")
    ):
        _listed(places)


@st.dialog(_("Keys"), width="medium")
def _listed(places: Mapping[str, str]) -> None:
    everywhere = {
        _("Find a record, a screen, or what to begin"): "Ctrl K",
        _("Log a talk"): "Ctrl J",
        _("This list"): "?",
        _("Close what lies over the page"): "Esc",
    }
    lists = {
        _("Walk through the rows"): "↑ ↓ Home End",
        _("Open a row; beside this tab"): "Enter, Ctrl Enter",
        _("Tick a row; several"): _("Space, Shift ↑ ↓"),
        _("Tick all of the page; none"): "Ctrl A, Esc",
    }
    _rows(_("Everywhere"), everywhere)
    _rows(_("In a list"), lists)
    titles = {_(routes.screens()[name].title): f"g {letter}" for letter, name in places.items()}
    _rows(_("Go to a screen"), titles)


def _rows(title: str, pairs: Mapping[str, str]) -> None:
    st.subheader(title, anchor=False)
    with st.grid(2, min_column_width=240, gap="xsmall"):
        for does, key in pairs.items():
            st.markdown(f":gray-badge[{plain(key)}] {plain(does)}")
