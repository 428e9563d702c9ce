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
        st.switch_page(routes.page(screen), query_params={"id": str(rows.iloc[cells[0][0]]["id"])})
