"""Write down a talk or a task in seconds, from anywhere; nothing typed is lost when something is missing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import streamlit as st

from crm.clock import today
from crm.errors import CrmError
from crm.i18n import _
from crm.interactions.service import add_task, log_talk
from crm.records.fields import Field, Kind
from crm.ui.frame.guard import flash, show
from crm.ui.kit.inputs import input_for, read_input
from crm.ui.kit.words import plain
from crm.work import Actor, unit_of_work

#: What people log by hand, with its icon.
TALKS = {
    "call": ":material/call:", "meeting": ":material/groups:", "email": ":material/mail:", "note": ":material/edit_note:",
}  # fmt: skip


def talk_names() -> dict[str, str]:
    """The kinds of talk people log, as they read them."""
    return {"call": _("Call"), "meeting": _("Meeting"), "email": _("E-mail"), "note": _("Note")}


def _link_field(entity: str, label: str) -> Field:
    return Field(f"{entity}_id", label, Kind.LINK, link=entity)


def talk_form(actor: Actor, *, key: str, preset: Mapping[str, int | None] | None = None) -> bool:
    """The fields of a talk; True in the run after it was stored.

    ``preset`` names what it belongs to (contact_id, organisation_id, deal_id); without it the form asks with whom.
    """
    names = talk_names()
    with st.form(f"{key}_form", border=False):
        kind = st.segmented_control(
            _("Kind"), list(names), format_func=names.__getitem__, default="call", required=True, key=f"{key}_kind",
            label_visibility="collapsed",
        )  # fmt: skip
        links: dict[str, Any] = dict(preset or {})
        entered = None
        field = _link_field("contact", _("With whom?"))
        if not links:
            entered = input_for(field, key=f"{key}_contact", value=None, actor=actor, currency="EUR")
        text = st.text_area(
            _("What happened?"), key=f"{key}_text", height=90, placeholder=_("What happened, and what is next?"),
            label_visibility="collapsed",
        )  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="bottom"):
            step = st.text_input(
                _("Next step"), key=f"{key}_step", placeholder=_("For example: send the offer")
            )
            due = st.date_input(
                _("Due"), value=today() + timedelta(days=7), key=f"{key}_due", format="YYYY-MM-DD", width=130
            )
        saved = st.form_submit_button(_("Save to timeline"), icon=":material/check:", width="stretch")
    if not saved:
        return False
    try:
        if entered is not None:
            links["contact_id"], problem = read_input(field, entered, actor=actor, currency="EUR")
            if problem:
                st.error(plain(problem.message))
                return False
        with unit_of_work(actor) as work:
            log_talk(
                work,
                kind=kind or "note",
                subject="",
                body=text or "",
                next_task=step or "",
                next_due_on=due,
                **links,
            )
    except CrmError as error:
        show(error)
        return False
    for name in ("text", "step", "contact", "due"):
        st.session_state.pop(f"{key}_{name}", None)
    return True


def task_form(actor: Actor, *, key: str, preset: Mapping[str, int | None] | None = None) -> bool:
    """The fields of a task; True in the run after it was stored."""
    links: dict[str, Any] = dict(preset or {})
    with st.form(f"{key}_form", border=False):
        title = st.text_input(_("What is to be done?"), key=f"{key}_title")
        due = st.date_input(_("Due"), value=today(), key=f"{key}_due", format="YYYY-MM-DD")
        priorities = {"high": _("High"), "normal": _("Normal"), "low": _("Low")}
        priority = st.segmented_control(
            _("Priority"),
            list(priorities),
            format_func=priorities.__getitem__,
            default="normal",
            required=True,
            key=f"{key}_priority",
        )
        who = _link_field("user", _("For whom?"))
        owner = input_for(who, key=f"{key}_owner", value=actor.user_id, actor=actor, currency="EUR")
        field = _link_field("contact", _("About"))
        contact = (
            None if links else input_for(field, key=f"{key}_contact", value=None, actor=actor, currency="EUR")
        )
        saved = st.form_submit_button(_("Save task"), type="primary", icon=":material/check:")
    if not saved:
        return False
    try:
        owner_id, first = read_input(who, owner, actor=actor, currency="EUR")
        contact_id, second = (
            (None, None) if links else read_input(field, contact, actor=actor, currency="EUR")
        )
        if problem := first or second:
            st.error(plain(problem.message))
            return False
        if contact_id:
            links["contact_id"] = contact_id
        with unit_of_work(actor) as work:
            add_task(
                work, title=title or "", due_on=due, priority=priority or "normal", owner_id=owner_id, **links
            )
    except CrmError as error:
        show(error)
        return False
    return True


def log_drawer(actor: Actor, *, preset: Mapping[str, int | None] | None = None) -> None:
    """Open the drawer that logs a talk."""

    @st.dialog(_("Log a talk"), position="right", width=440)
    def drawer() -> None:
        if talk_form(actor, key="quick_talk", preset=preset):
            flash(_("Written down."))
            st.rerun()

    drawer()


def task_drawer(actor: Actor, *, preset: Mapping[str, int | None] | None = None) -> None:
    """Open the drawer that plans a task."""

    @st.dialog(_("New task"), position="right", width=440)
    def drawer() -> None:
        if task_form(actor, key="quick_task", preset=preset):
            for name in ("title", "due", "priority", "owner", "contact"):
                st.session_state.pop(f"quick_task_{name}", None)
            flash(_("The task is planned."))
            st.rerun()

    drawer()
