"""What can be done with the ticked rows of a list, and how to take it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from crm.i18n import _, ngettext
from crm.records import records
from crm.records.fields import Entity
from crm.ui.frame.guard import flash, showing_problems
from crm.work import Actor, unit_of_work


def bulk_bar(actor: Actor, about: Entity, rows: pd.DataFrame, *, archived: bool, page: str) -> None:
    """Archive or restore the ticked rows; the bar stays at the foot of the window, in reach on any length."""
    with st.bottom, st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            ngettext("**{n} selected**", "**{n} selected**", len(rows)).format(n=len(rows)), width="content"
        )
        icon = ":material/unarchive:" if archived else ":material/archive:"
        if st.button(_("Restore") if archived else _("Archive"), key=f"{page}_bulk", icon=icon):
            chosen = [
                (int(i), int(v)) for i, v in zip(rows["id"].tolist(), rows["version"].tolist(), strict=True)
            ]
            _act(actor, about.name, chosen, restore=archived, page=page, undoable=True)


def undo_bar(actor: Actor, entity: str, page: str) -> None:
    """After an archive: what happened, and the way back, until the next thing is done here."""
    done: dict[str, Any] | None = st.session_state.get(f"{page}_undo")
    if not done:
        return
    with st.bottom, st.container(horizontal=True, vertical_alignment="center"):
        count = len(done["rows"])
        said = (
            ngettext("{n} record restored.", "{n} records restored.", count)
            if done["restored"]
            else ngettext("{n} record archived.", "{n} records archived.", count)
        )
        st.markdown(said.format(n=count), width="content")
        if st.button(_("Undo"), key=f"{page}_undo_button", icon=":material/undo:"):
            _act(actor, entity, done["rows"], restore=not done["restored"], page=page, undoable=False)
        if st.button(_("Dismiss"), key=f"{page}_undo_away", type="tertiary"):
            del st.session_state[f"{page}_undo"]
            st.rerun()


def _act(
    actor: Actor, entity: str, rows: list[tuple[int, int]], *, restore: bool, page: str, undoable: bool
) -> None:
    """All of the rows, or none of them when one was changed meanwhile or is not theirs to archive."""
    act: Callable[..., dict[str, Any]] = records.restore_record if restore else records.archive_record
    with showing_problems():
        with unit_of_work(actor) as work:
            after = [
                (row_id, int(act(work, entity, row_id, seen_version=version)["version"]))
                for row_id, version in rows
            ]
        st.session_state[f"{page}_undo"] = {"rows": after, "restored": restore} if undoable else None
        # The ticks sit by position; the rows that move up must not inherit them.
        st.session_state[f"{page}_turn"] = st.session_state.get(f"{page}_turn", 0) + 1
        if not undoable:
            flash(_("Undone."))
        st.rerun()
