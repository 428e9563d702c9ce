"""Write down a talk or a task in seconds, from anywhere, and put right what was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import streamlit as st

from crm.clock import today
from crm.i18n import _
from crm.interactions.service import follow_up
from crm.records import records
from crm.records.changes import undo_last
from crm.records.view import RecordView
from crm.ui.frame.guard import flash, showing_problems, storing
from crm.ui.kit.forms import forget_form, record_form
from crm.work import Actor, Work, reading
from db.actor import CREATE, DELETE

#: A dialog takes the focus itself, and keys typed there would be Streamlit's own shortcuts.
_focus = st.components.v2.component(
    "rapport_focus", html="<span></span>", js=(Path(__file__).parent / "focus.js").read_text("utf-8")
)


def focus_first(key: str) -> None:
    """Put the cursor into the first field of the dialog that is being drawn."""
    _focus(key=f"{key}_focus", height=0)


def talk_form(actor: Actor, *, key: str, preset: Mapping[str, int | None] | None = None) -> bool:
    """The one form of a new talk; True in the run after it was stored.

    ``preset`` names what it belongs to (contact_id, organisation_id, deal_id, case_id); without it the form asks.
    """
    known = {name: value for name, value in (preset or {}).items() if value is not None}
    # A browser keeps what was typed into an input; after each talk the next form has other keys.
    turn = st.session_state.setdefault(f"written_{key}", 0)

    def next_step() -> Callable[[Work, dict[str, Any]], Any]:
        with st.container(horizontal=True, vertical_alignment="bottom"):
            step = st.text_input(
                _("Next step"), key=f"{key}{turn}_step", placeholder=_("For example: send the offer")
            )
            due = st.date_input(
                _("Due"),
                value=today() + timedelta(days=7),
                key=f"{key}{turn}_due",
                format="YYYY-MM-DD",
                width=130,
            )
        return lambda work, talk: follow_up(work, talk, title=step or "", due_on=due)

    stored = record_form(
        actor,
        "interaction",
        key=f"{key}{turn}",
        without=tuple(known),
        preset={"kind": "call", **known},
        at_saving="happened_at",
        beside=next_step,
        submit=_("Save to timeline"),
    )
    if stored:
        st.session_state[f"written_{key}"] = turn + 1
    return stored is not None


def talk_box(actor: Actor, view: RecordView, *, preset: Mapping[str, int | None]) -> None:
    """One line above what happened that opens the form of a new talk, for whoever may write one."""
    key = f"{view.entity}_{view.id}"
    if actor.may("interaction", CREATE):
        with st.expander(_("Write down a talk"), icon=":material/edit_note:", key=f"{key}_quick"):
            if talk_form(actor, key=f"{key}_talk", preset=preset):
                flash(_("Written down."))
                st.rerun()


def _quick_drawer(title: str, said: str, form: Callable[[], Any], *, key: str) -> None:
    @st.dialog(title, position="right", width=440)
    def drawer() -> None:
        if form():
            flash(said)
            st.rerun()
        focus_first(key)

    drawer()


def log_drawer(actor: Actor, *, preset: Mapping[str, int | None] | None = None) -> None:
    """Open the drawer that logs a talk."""
    form = partial(talk_form, actor, key="quick_talk", preset=preset)
    _quick_drawer(_("Log a talk"), _("Written down."), form, key="quick_talk")


def talk_drawer(actor: Actor, talk_id: int) -> None:
    """Open a talk that was written down: put it right, archive it, undo the last change."""
    key = f"talk_{talk_id}"

    @st.dialog(_("Talk"), position="right", width=440, on_dismiss=lambda: forget_form(f"{key}_edit"))
    def drawer() -> None:
        with showing_problems():
            with reading(actor) as session:
                talk = records.get_record(session, "interaction", talk_id)
            if record_form(actor, "interaction", key=f"{key}_edit", record=talk):
                flash(_("The talk is corrected."))
                st.rerun()
            take_back(actor, "interaction", talk, key)
            focus_first(key)

    drawer()


def archive(
    actor: Actor, entity: str, record: Mapping[str, Any], said: str, *, then: Callable[[], object] = st.rerun
) -> None:
    """Archive the record, or restore an archived one, and say so."""
    act = records.archive_record if record["archived_at"] is None else records.restore_record
    with storing(actor, said, then=then) as work:
        act(work, entity, record["id"], seen_version=record["version"])


def take_back(actor: Actor, entity: str, record: Mapping[str, Any], key: str) -> None:
    """The buttons that archive or restore a record, and undo its last change."""
    archived = record["archived_at"] is not None
    with st.container(horizontal=True):
        if record["version"] > 1 and st.button(
            _("Undo the last change"), icon=":material/undo:", key=f"{key}_undo"
        ):
            with storing(actor, _("The last change is undone.")) as work:
                undo_last(work, entity, record["id"], seen_version=record["version"])
        if actor.holds(entity, DELETE, owner_id=record["owner_id"], team_id=record["team_id"]):
            label = _("Restore") if archived else _("Archive")
            if st.button(label, icon=":material/archive:", key=f"{key}_archive"):
                said = _("It is back.") if archived else _("It is archived; nothing is lost.")
                archive(actor, entity, record, said)


def task_drawer(actor: Actor, *, preset: Mapping[str, int | None] | None = None) -> None:
    """Open the drawer that plans a task."""
    known = {name: value for name, value in (preset or {}).items() if value is not None}
    form = partial(
        record_form,
        actor,
        "task",
        key="quick_task",
        without=tuple(known),
        preset={"due_on": today(), "priority": "normal", "owner_id": actor.user_id, **known},
        submit=_("Save task"),
    )
    _quick_drawer(_("New task"), _("The task is planned."), form, key="quick_task")
