"""Rows of any entity as a table that people read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from crm.clock import zone
from crm.i18n import _
from crm.records.fields import Entity, Kind
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
            labels = {c.value: _(c.label) for c in field.choices}
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
                labels = [_(c.label) for c in field.choices]
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
