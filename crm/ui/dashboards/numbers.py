"""A number of a dashboard: value, change, how it is computed, and the address that shows its records."""

from __future__ import annotations

from datetime import date
from typing import Literal

import streamlit as st

from crm.ui.frame import routes
from crm.ui.kit import formats
from crm.ui.kit.look import Explained
from crm.ui.kit.words import QUIET, Tone

#: Text, direction, and whether that is good.
Change = tuple[str, Literal["up", "down"] | None, Tone]


def explained(
    label: str,
    value: str,
    change: Change | None,
    *,
    said: str,
    n: int,
    n_text: str,
    on: date,
    screen: str,
    show: str,
    spark: list[float] | None = None,
) -> Explained:
    """A number whose records the same screen shows when ``<screen>_show`` in the address says so.

    ``said`` is the formula, ``n_text`` says what is counted with a place for ``{n}``, ``on`` the day it is as of. Without
    records behind it, ``n`` of zero or a blank ``show``, it leads nowhere.
    """
    text, arrow, tone = change or ("", None, QUIET)
    return Explained(
        label=label,
        value=value,
        change=text,
        arrow=arrow,
        tone=tone,
        spark=spark or [],
        formula=said,
        n=n,
        n_text=n_text.format(n=formats.number(n)),
        as_of=formats.day(on),
        records=routes.page(screen) if n and show else None,
        query={name: st.query_params.get_all(name) for name in st.query_params} | {f"{screen}_show": show},
    )
