"""Rows of any entity as a table that people read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from crm.fields import Entity, Kind
from crm.i18n import _
from crm.money import to_major


def table_frame(about: Entity, rows: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The rows as people read them: titles for links, labels for choices, major units for money."""
    shown = pd.DataFrame(index=rows.index)
    for name in columns:
        field = about[name]
        if field.kind is Kind.LINK:
            shown[name] = rows[f"{name}__title"]
        elif field.kind is Kind.CHOICE:
            labels = {c.value: _(c.label) for c in field.choices}
            shown[name] = [[labels.get(v, v)] if v else [] for v in rows[name]]
        elif field.kind is Kind.MONEY:
            shown[name] = [
                None if pd.isna(v) else float(to_major(int(v), c or "EUR"))
                for v, c in zip(rows[name], rows[field.currency_field], strict=True)
            ]
        elif field.kind is Kind.TAGS:
            shown[name] = [list(v or []) for v in rows[name]]
        else:
            shown[name] = rows[name]
    return shown


def column_config(about: Entity, columns: Sequence[str]) -> dict[str, Any]:
    """How each column is drawn, by the kind of its field."""
    kinds = st.column_config
    made: dict[str, Any] = {}
    for name in columns:
        field = about[name]
        label = _(field.label)
        match field.kind:
            case Kind.CHOICE:
                labels = [_(c.label) for c in field.choices]
                made[name] = kinds.MultiselectColumn(
                    label, options=labels, color=["gray"] * len(labels), width=110
                )
            case Kind.TAGS:
                made[name] = kinds.ListColumn(label)
            case Kind.MONEY:
                made[name] = kinds.NumberColumn(label, format="localized", width=110)
            case Kind.PERCENT:
                made[name] = kinds.NumberColumn(label, format="percent", width=90)
            case Kind.DATE:
                made[name] = kinds.DateColumn(label, format="D MMM YYYY", width=110)
            case Kind.DATETIME:
                made[name] = kinds.DatetimeColumn(label, format="D MMM YYYY, HH:mm", width=140)
            case Kind.BOOLEAN:
                made[name] = kinds.CheckboxColumn(label, width=80)
            case Kind.INTEGER | Kind.NUMBER:
                made[name] = kinds.NumberColumn(label, width=90)
            case _:
                made[name] = kinds.TextColumn(label, width=230 if name == about.title_field else 160)
    return made
