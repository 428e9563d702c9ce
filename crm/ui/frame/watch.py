"""A component without a face: leaves a tab whose session has ended, keeps its way back, reads numbers as people write them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from crm.access.signing import edge_is_live
from crm.links import local
from crm.ui.kit import formats

_HERE = Path(__file__).parent
_watch = st.components.v2.component(
    "rapport_watch",
    html="<span></span>",
    js="\n".join(
        (_HERE / name).read_text("utf-8") for name in ("back.js", "keys.js", "numbers.js", "watch.js")
    ),
)


def watch(places: Mapping[str, str]) -> None:
    """Look every few seconds, and when the tab comes to the front, whether the session still lives; ``places`` are paths by
    the letter that goes there."""
    if edge_is_live():
        said = {
            "leave": False,
            "base": local(""),
            "places": dict(places),
            "thousands": formats.thousands_mark(),
        }
        _watch(key="rapport_watch", data=said, height=0)


def leave() -> None:
    """Go to the sign-in page now."""
    _watch(key="rapport_leave", data={"leave": True, "base": local(""), "places": {}}, height=0)
