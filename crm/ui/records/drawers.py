"""Drawers of any record: a new one, the form of one that is there, and a record that has no page of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from crm.errors import CrmError
from crm.i18n import _
from crm.records import registry
from crm.records.view import RecordView, record_view
from crm.ui.frame import routes
from crm.ui.frame.guard import flash, show, showing_problems
from crm.ui.kit import look
from crm.ui.kit.forms import forget_form, record_form
from crm.ui.records.facts import details
from crm.ui.records.quick import archive, take_back
from crm.work import Actor, reading

#: What is special about a record in a drawer; says whether the form follows.
Special = Callable[[Actor, RecordView], bool]


def new_record(
    actor: Actor,
    entity: str,
    preset: Mapping[str, Any] | None = None,
    *,
    fields: Sequence[str] | None = None,
    title: str = "",
    submit: str = "",
    note: str = "",
) -> None:
    """Open the drawer with the form of a new record; after saving, its page opens.

    ``fields`` are those that are asked for alone, as in Add.
    """
    about = registry.entity(entity)
    key = f"{'add' if fields else 'new'}_{entity}"
    title = title or _("New {label}").format(label=_(about.label).lower())

    @st.dialog(title, position="right", width=440, on_dismiss=lambda: forget_form(key))
    def drawer() -> None:
        if note:
            st.caption(look.plain(note))
        made = record_form(actor, entity, key=key, preset=preset, fields=fields, submit=submit)
        if made:
            flash(_("{title} is stored.").format(title=made[about.title_field]))
            go_to(entity, int(made["id"]))
            st.rerun()

    drawer()


def go_to(entity: str, record_id: int) -> None:
    """Open the page of a record, where it has one."""
    name = registry.entity(entity).page
    if name in routes.screens() and not routes.screens()[name].in_menu:
        routes.go(name, record_id)


def edit_record(actor: Actor, entity: str, record: Mapping[str, Any], *, note: str = "", **form: Any) -> None:
    """Open the form of a record; a stale version shows both values, and the person chooses.

    ``form`` goes to ``record_form``.
    """
    key = f"edit_{entity}_{record['id']}"
    title = _("Edit {label}").format(label=_(registry.entity(entity).label).lower())

    @st.dialog(title, position="right", width=440, on_dismiss=lambda: forget_form(key))
    def drawer() -> None:
        if note:
            st.caption(look.plain(note))
        if record_form(actor, entity, key=key, record=record, **form):
            flash(_("The changes are stored."))
            st.rerun()

    drawer()


def open_record(actor: Actor, entity: str, record_id: int, special: Special | None = None) -> None:
    """Open a record: its page, or where it has none a drawer with what is special, its form, the way to put it away."""
    go_to(entity, record_id)
    key = f"edit_{entity}_{record_id}"

    @st.dialog(
        _(registry.entity(entity).label), position="right", width=440, on_dismiss=lambda: forget_form(key)
    )
    def drawer() -> None:
        try:
            with reading(actor) as session:
                view = record_view(session, entity, record_id)
        except CrmError as problem:
            show(problem)
            return
        follows = True
        with showing_problems():
            follows = special(actor, view) if special else True
        if not view.may_change:
            st.caption(_("You may look at this, not change it."))
            details(view)
        elif view.archived:
            st.caption(_("Archived: it stands in no list and nobody can choose it."))
        elif follows and record_form(actor, entity, key=key, record=view.values):
            flash(_("The changes are stored."))
            st.rerun()
        if view.may_change or view.may_archive:
            take_back(actor, entity, view.values, key)

    drawer()


def put_away(
    actor: Actor, view: RecordView, *, said: str = "", then: Callable[[], object] = st.rerun
) -> None:
    """Archive the record, or restore an archived one, and say how to take it back, in the caller's words or plainly."""
    plainly = (
        _("{title} is back.")
        if view.archived
        else _("{title} is archived; nothing is lost. Restore brings it back.")
    )
    archive(actor, view.entity, view.values, said or plainly.format(title=view.title), then=then)
