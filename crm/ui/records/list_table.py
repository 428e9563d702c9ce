"""Rows of any entity as a table that people read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from crm.clock import zone
from crm.i18n import _
from crm.records.fields import Entity, Kind
from crm.ui.kit import look
from crm.ui.kit.formats import money
from crm.ui.kit.words import avatar

#: Chips of values that mean something everywhere; all others are grey. Accent blue would vanish on a ticked row.
CHIPS = {
    "customer": "green", "won": "green", "qualified": "green", "converted": "green", "prospect": "violet", "new": "violet",
    "lead": "yellow", "working": "yellow", "high": "orange", "lost": "red", "partner": "orange", "supplier": "orange",
    "critical": "red", "waiting": "yellow", "resolved": "green",
}  # fmt: skip
WIDTHS = {
    "email": 230,
    "organisation_id": 170,
    "name": 180,
    "title": 230,
    "subject": 260,
    "queue_id": 110,
    "score": 70,
    "country": 120,
    "city": 130,
}
AVATAR = "_avatar"


def table_frame(
    about: Entity, rows: pd.DataFrame, columns: Sequence[str], *, avatars: bool = False
) -> pd.DataFrame:
    """The rows as people read them: titles for links, labels for choices, amounts with their currency."""
    shown: dict[str, Any] = {}
    if avatars:
        shown[AVATAR] = [avatar(str(name)) for name in rows[about.title_field]]
    for name in columns:
        field = about[name]
        if field.kind is Kind.LINK:
            shown[name] = rows[f"{name}__title"]
        elif field.kind is Kind.CHOICE:
            labels = field.names()
            shown[name] = [[labels.get(v, v)] if v else [] for v in rows[name]]
        elif field.kind is Kind.MONEY:
            # Text, because a column of numbers has one format and the rows may have several currencies.
            shown[name] = [
                "" if pd.isna(v) else money(int(v), c if isinstance(c, str) else "", decimals=False)
                for v, c in zip(rows[name], rows[field.currency_field], strict=True)
            ]
        elif field.kind is Kind.TAGS:
            shown[name] = [list(v or []) for v in rows[name]]
        elif field.kind is Kind.DATETIME:
            # The table shows times as they are given, so they are given as the firm's clocks show them.
            shown[name] = pd.to_datetime(rows[name], utc=True).dt.tz_convert(zone()).dt.tz_localize(None)
        else:
            shown[name] = rows[name]
    return pd.DataFrame(shown, index=rows.index)


def column_config(about: Entity, columns: Sequence[str], *, avatars: bool = False) -> dict[str, Any]:
    """How each column is drawn, by the kind of its field."""
    kinds = st.column_config
    made: dict[str, Any] = {AVATAR: kinds.ImageColumn("", width=36)} if avatars else {}
    for name in columns:
        field = about[name]
        label = _(field.label)
        match field.kind:
            case Kind.CHOICE:
                labels = list(field.names().values())
                made[name] = kinds.MultiselectColumn(
                    label,
                    options=labels,
                    color=[CHIPS.get(c.value, "gray") for c in field.choices],
                    width=110 if max(map(len, labels), default=0) < 16 else 160,
                )
            case Kind.TAGS:
                made[name] = kinds.ListColumn(label)
            case Kind.MONEY:
                made[name] = kinds.TextColumn(label, width=110, alignment="right")
            case Kind.PERCENT:
                made[name] = kinds.NumberColumn(label, format="percent", width=90)
            case Kind.DATE:
                made[name] = kinds.DateColumn(label, format="D MMM YYYY", width=110)
            case Kind.DATETIME:
                made[name] = kinds.DatetimeColumn(label, format="D MMM YYYY, HH:mm", width=140)
            case Kind.BOOLEAN:
                made[name] = kinds.CheckboxColumn(label, width=80)
            case Kind.INTEGER | Kind.NUMBER:
                made[name] = kinds.NumberColumn(label, width=WIDTHS.get(name, 90))
            case _:
                made[name] = kinds.TextColumn(label, width=WIDTHS.get(name, 140))
    return made


def rows_to_open(
    about: Entity,
    rows: pd.DataFrame,
    names: Sequence[str],
    *,
    key: str,
    part: object = "",
    alt: str,
    avatars: bool = False,
    ticks: bool = False,
) -> tuple[int | None, pd.DataFrame]:
    """Draw the rows; gives the id of the one that was clicked, and those that are ticked.

    ``part`` is what was asked for: ticks are kept by position and would otherwise sit on other rows after a filter.
    """
    # The turn is in the key, too: a row that was opened is not still chosen when its drawer closes.
    turn = st.session_state.setdefault(f"{key}_turn", 0)
    event = look.table(
        table_frame(about, rows, names, avatars=avatars),
        key=f"{key}_table_{abs(hash((part, turn)))}",
        column_config=column_config(about, names, avatars=avatars),
        on_select="rerun",
        selection_mode=["multi-row", "single-cell"] if ticks else "single-cell",
        alt=alt,
    )
    clicked, ticked = event.selection.cells, rows.iloc[event.selection.rows]
    if not clicked:
        return None, ticked
    st.session_state[f"{key}_turn"] = turn + 1
    return int(rows.iloc[clicked[0][0]]["id"]), ticked


def pager(key: str, *, is_first: bool, is_last: bool, step: Callable[[int], None]) -> None:
    """The buttons to the page before and the one after, where there are several; ``step`` gets -1 or 1."""
    if is_first and is_last:
        return
    with st.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        st.button(
            _("Previous"),
            key=f"{key}_back",
            icon=":material/chevron_left:",
            disabled=is_first,
            on_click=step,
            args=(-1,),
        )
        st.button(
            _("Next"),
            key=f"{key}_next",
            icon=":material/chevron_right:",
            icon_position="right",
            disabled=is_last,
            on_click=step,
            args=(1,),
        )
