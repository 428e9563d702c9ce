"""What can be done with the ticked rows of a list, and how to take it back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from crm.i18n import _, ngettext
from crm.records import records
from crm.records.fields import Entity
from crm.ui.frame.guard import flash, showing_problems
from crm.ui.kit.grid import forget_ticks
from crm.work import Actor, unit_of_work


def bulk_bar(actor: Actor, about: Entity, picked: Mapping[int, int], *, archived: bool, page: str) -> None:
    """Archive or restore the ticked rows; the bar stays at the foot of the window, in reach on any length."""
    with st.bottom, st.container(horizontal=True, vertical_alignment="center"):
        said = ngettext("**{n} selected**", "**{n} selected**", len(picked)).format(n=len(picked))
        st.markdown(said, width="content")
        icon = ":material/unarchive:" if archived else ":material/archive:"
        if st.button(_("Restore") if archived else _("Archive"), key=f"{page}_bulk", icon=icon):
            _act(actor, about.name, list(picked.items()), restore=archived, page=page, undoable=True)
        st.button(
            _("Select none"),
            key=f"{page}_none",
            type="tertiary",
            on_click=forget_ticks,
            args=(f"{page}_list",),
        )


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
        forget_ticks(f"{page}_list")
        if not undoable:
            flash(_("Undone."))
        st.rerun()
