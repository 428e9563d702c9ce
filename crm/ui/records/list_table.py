"""Rows of any entity as a grid that people read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from crm.clock import today, zone
from crm.i18n import _
from crm.records.fields import Entity, Field, Kind
from crm.records.listing.columns import field_of
from crm.ui.frame import routes
from crm.ui.kit.formats import clock, day, money, value_text
from crm.ui.kit.grid import Column, Row, grid

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

_NUMBERS = {Kind.INTEGER, Kind.NUMBER, Kind.PERCENT, Kind.MONEY}
_SPECIAL: dict[Kind, Literal["chips", "check", "email", "phone"]] = {
    Kind.CHOICE: "chips", Kind.TAGS: "chips", Kind.BOOLEAN: "check", Kind.EMAIL: "email", Kind.PHONE: "phone",
}  # fmt: skip


def grid_columns(about: Entity, names: Sequence[str], *, sortable: Collection[str] = ()) -> list[Column]:
    """The columns of a grid, by the kinds of their fields."""
    return [
        Column(
            field.name,
            _(field.label),
            "number" if field.kind in _NUMBERS else _SPECIAL.get(field.kind, "text"),
            WIDTHS.get(field.name) or _width(field),
            field.name in sortable,
        )
        for field in (field_of(about, name) for name in names)
    ]


def _width(field: Field) -> int:
    match field.kind:
        case Kind.CHOICE:
            return 110 if max(map(len, field.names().values()), default=0) < 16 else 160
        case Kind.MONEY | Kind.DATE:
            return 110
        case Kind.INTEGER | Kind.NUMBER | Kind.PERCENT | Kind.BOOLEAN:
            return 90
        case _:
            return 140


def grid_rows(
    about: Entity,
    rows: pd.DataFrame,
    names: Sequence[str],
    *,
    faces: bool = False,
    fresh: Collection[int] = (),
    reach: Mapping[str, str] | None = None,
) -> list[Row]:
    """The rows as people read them: titles for links, labels for choices, amounts with their currency.

    ``reach`` says which fields hold what ``call`` and ``mail`` need. A record with a page of its own is a link to it.
    """
    columns = [_texts(field_of(about, name), rows) for name in names]
    page = about.page if about.page in routes.screens() and not routes.screens()[about.page].in_menu else ""
    ways = {way: rows[name] for way, name in (reach or {}).items() if name in rows}
    made = []
    reached: dict[str, Any]
    for place, (row_id, version) in enumerate(
        zip(rows["id"], rows.get("version", [0] * len(rows)), strict=True)
    ):
        cells = tuple(column[place] for column in columns)
        reached = {way: str(values.iloc[place] or "") for way, values in ways.items()}
        made.append(
            Row(
                int(row_id),
                int(version),
                str(cells[0] or "–"),
                ("", *cells[1:]),
                href=routes.address(page, id=int(row_id)) if page else "",
                fresh=int(row_id) in fresh,
                face=faces,
                **reached,
            )
        )
    return made


def _texts(field: Field, rows: pd.DataFrame) -> list[Any]:
    values = rows[f"{field.name}__title"] if field.kind is Kind.LINK else rows[field.name]
    if field.kind is Kind.MONEY:
        return [
            "" if pd.isna(v) else money(int(v), c if isinstance(c, str) else "", decimals=False)
            for v, c in zip(values, rows[field.currency_field], strict=True)
        ]
    return [_text(field, value) for value in values]


def _text(field: Field, value: Any) -> Any:
    if field.kind is Kind.TAGS:
        return [(str(one), "gray") for one in value or []]
    if value is None or value == "" or value is pd.NaT or value != value:
        return [] if field.kind is Kind.CHOICE else None if field.kind is Kind.BOOLEAN else ""
    match field.kind:
        case Kind.CHOICE:
            return [(field.names().get(value, str(value)), CHIPS.get(value, "gray"))]
        case Kind.BOOLEAN:
            return bool(value)
        case Kind.DATETIME:
            here = value.astimezone(zone())
            return f"{day(here.date(), today=today())} {clock(value, zone=zone())}"
        case Kind.LINK | Kind.CURRENCY:
            return str(value)
        case _:
            return value_text(field, value, "")


def rows_to_open(
    about: Entity, rows: pd.DataFrame, names: Sequence[str], *, key: str, label: str, total: int
) -> int | None:
    """Draw a few rows beside something else; gives the id of the one that was opened."""
    drawn = grid_rows(about, rows, names)
    return grid(f"{key}_list", grid_columns(about, names), drawn, label=label, total=total).opened


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
