"""Records as a grid whose rows are links to them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from crm.clock import here
from crm.ui.frame import routes
from crm.ui.kit import look
from crm.ui.kit.formats import day, number
from crm.ui.kit.grid import Column, Row, grid


class Said(NamedTuple):
    """A value as people read it, and what it is ordered by."""

    order: Any
    text: str


def record_table(
    rows: pd.DataFrame,
    columns: Sequence[Column],
    *,
    screen: str,
    key: str,
    alt: str,
    total: int | None = None,
) -> None:
    """Draw the rows, each a link to the ``screen`` of the record with its ``id``; one without an id leads nowhere.

    A head sorts them, where they are all there are: of more (``total``) only the order that they came in says which these are.
    """
    whole = total is None or total <= len(rows)
    by, down = st.session_state.get(f"{key}_order", ("", False))
    if whole and by in rows:
        rows = rows.sort_values(by, ascending=not down, key=_order, na_position="last", kind="stable")
    opens = screen in routes.screens()
    ids = [int(i) if opens and pd.notna(i) else None for i in rows["id"]]
    texts = [[_text(value, column) for value in rows[column.name]] for column in columns]
    drawn = [
        # Two rows may lead to one record, so they are told apart by their places.
        Row(
            place + 1,
            0,
            str(cells[0] or "–"),
            ("", *cells[1:]),
            href="" if record_id is None else routes.address(screen, id=record_id),
            still=record_id is None,
        )
        for place, (record_id, *cells) in enumerate(zip(ids, *texts, strict=True))
    ]
    sorts = [Column(c.name, c.label, c.kind, c.width, sort=whole) for c in columns]
    answer = grid(
        key,
        sorts,
        drawn,
        label=alt,
        total=len(drawn) if total is None else total,
        sort=(by, down),
        on_sort=partial(_sort_by, key),
    )
    if answer.opened is not None and (record_id := ids[answer.opened - 1]) is not None:
        routes.go(screen, record_id)


def _sort_by(key: str, name: str, down: bool) -> None:
    st.session_state[f"{key}_order"] = (name, down)


def _order(values: pd.Series) -> pd.Series:
    plain = [value.order if isinstance(value, Said) else value for value in values]
    made = pd.Series(plain, index=values.index, dtype=object)
    if any(isinstance(value, (str, list)) for value in plain):
        return made.map(lambda v: str(v).casefold(), na_action="ignore")
    return made.infer_objects()


def _text(value: Any, column: Column) -> Any:
    if isinstance(value, (Said, list)):
        return value.text if isinstance(value, Said) else [(str(one), "gray") for one in value]
    if value is None or value is pd.NaT or value != value:
        return None if column.kind == "check" else ""
    if column.kind == "check":
        return bool(value)
    if isinstance(value, datetime):
        return day(here(value).date() if value.tzinfo else value.date())
    if isinstance(value, date):
        return day(value)
    if column.kind == "number" and not isinstance(value, str):
        return number(float(value))
    return str(value)


def clicked_row(rows: Any, columns: dict[str, Any], *, key: str, alt: str) -> int | None:
    """Draw rows; gives the place of the one that was clicked, in the run after the click."""
    # The turn is part of the key: a row that was opened is not still chosen when one comes back.
    turn = st.session_state.setdefault(f"{key}_turn", 0)
    event = look.table(
        rows,
        key=f"{key}_{turn}",
        column_config=columns,
        on_select="rerun",
        selection_mode="single-cell",
        alt=alt,
    )
    if not event.selection.cells:
        return None
    st.session_state[f"{key}_turn"] = turn + 1
    return int(event.selection.cells[0][0])
