"""Records as a table whose rows open them."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from crm.ui.frame import routes
from crm.ui.kit import look


def record_table(
    rows: pd.DataFrame, columns: dict[str, Any], *, screen: str, key: str, alt: str, whole: bool = False
) -> None:
    """Draw the rows, all columns but ``id``; a click on one opens the screen of that record, where there is one.

    Many rows scroll within the table, unless ``whole`` says otherwise.
    """
    event = look.table(
        rows.drop(columns="id"),
        key=key,
        height="content" if whole or len(rows) <= 14 else 540,
        column_config=columns,
        on_select="rerun",
        selection_mode="single-cell",
        alt=alt,
    )
    cells = event["selection"]["cells"]
    if cells and screen in routes.screens():
        routes.go(screen, rows.iloc[cells[0][0]]["id"])


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
