"""The files of a record: add, list, download, remove, put back."""

from __future__ import annotations

from functools import partial

import streamlit as st

from crm.clock import here, today
from crm.config import settings
from crm.i18n import _
from crm.links import local
from crm.mail.record_files import KeptFile, attach, list_files, put_back, remove_file
from crm.ui.frame.guard import act_in_callback, current_actor, show_refused, storing
from crm.ui.kit import look
from crm.ui.kit.formats import ago, size_words
from crm.work import Actor, Work, reading

#: Beyond these the card scrolls.
_SHOWN = 8


@st.fragment
def files_card(entity: str, record_id: int, *, may_change: bool) -> None:
    """A card with the files and, for whoever may change the record, the place to drop more."""
    actor = current_actor()
    with reading(actor) as session:
        found = list_files(session, entity, record_id)
    key = f"files_{entity}_{record_id}"
    removed = st.session_state.get(f"{key}_removed")
    if not found and not may_change:
        return
    with look.card(_("Files"), key="record_files"):
        show_refused()
        with st.container(gap="xsmall", height=320 if len(found) > _SHOWN else "content"):
            for file in found:
                _line(actor, file, key, may_change=may_change)
        if removed is not None and may_change:
            file_id, name = removed
            st.button(
                _("Put “{name}” back").format(name=look.plain(name)),
                key=f"{key}_undo",
                icon=":material/undo:",
                on_click=_undo,
                args=(actor, file_id, key),
            )
        if may_change:
            _add(actor, entity, record_id, key)


def _line(actor: Actor, file: KeptFile, key: str, *, may_change: bool) -> None:
    with look.row():
        said = " · ".join(
            p
            for p in (file.kind, size_words(file.size), file.who, ago(here(file.at).date(), today=today()))
            if p
        )
        st.markdown(
            f"{look.link(file.name, local(f'/files/{file.id}'))}  \n{look.quiet(said)}", width="stretch"
        )
        if may_change and file.by_hand:
            st.button(
                "",
                icon=":material/delete:",
                help=_("Remove; it can be put back"),
                key=f"{key}_remove_{file.id}",
                type="tertiary",
                on_click=_remove,
                args=(actor, file.id, file.name, key),
            )


def _remove(actor: Actor, file_id: int, name: str, key: str) -> None:
    def step(work: Work) -> None:
        remove_file(work, file_id)
        st.session_state[f"{key}_removed"] = (file_id, name)

    act_in_callback(actor, step)


def _undo(actor: Actor, file_id: int, key: str) -> None:
    st.session_state.pop(f"{key}_removed", None)
    act_in_callback(actor, partial(_put_back, file_id))


def _put_back(file_id: int, work: Work) -> None:
    put_back(work, file_id)


def _add(actor: Actor, entity: str, record_id: int, key: str) -> None:
    turn = int(st.session_state.get(f"{key}_turn", 0))
    given = st.file_uploader(
        _("Add files"),
        accept_multiple_files=True,
        max_upload_size=settings().file_max_mb,
        key=f"{key}_add_{turn}",
        label_visibility="collapsed",
    )
    if not given:
        return

    def next_turn() -> None:
        st.session_state[f"{key}_turn"] = turn + 1
        st.rerun(scope="app")

    names = ", ".join(file.name for file in given)
    with storing(actor, _("Kept: {names}").format(names=names), then=next_turn) as work:
        for file in given:
            attach(work, entity, record_id, file.name, file.getvalue(), file.type or "")
