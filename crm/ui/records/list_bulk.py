"""What can be done with the ticked rows of a list, and how to take it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
from sqlalchemy import select

from crm.i18n import _, ngettext
from crm.records import records, registry
from crm.records.fields import Entity, Field, Kind
from crm.ui.frame.guard import flash, showing_problems
from crm.ui.kit.grid import forget_ticks
from crm.ui.kit.inputs import choose, input_for, read_input
from crm.ui.kit.words import plain
from crm.work import Actor, Work, unit_of_work
from db.scope import DELETE, UPDATE

#: A record, the version that was seen, and what is stored in it.
Wish = tuple[int, int, Mapping[str, Any]]
_ARCHIVE, _RESTORE, _SET = "archive", "restore", "set"


def bulk_actions(actor: Actor, about: Entity) -> set[str]:
    """What the actor may do with many records at once: the right to change them, to put them away, or neither."""
    rights = registry.rights_name(about.name)
    return {action for action in (UPDATE, DELETE) if actor.may(rights, action)}


def bulk_bar(actor: Actor, about: Entity, picked: Mapping[int, int], *, archived: bool, page: str) -> None:
    """Change, archive or restore the ticked rows; the bar stays at the foot of the window, in reach on any length."""
    may = bulk_actions(actor, about)
    rows: list[Wish] = [(row_id, version, {}) for row_id, version in picked.items()]
    with st.bottom, st.container(horizontal=True, vertical_alignment="center"):
        said = ngettext("**{n} selected**", "**{n} selected**", len(picked)).format(n=len(picked))
        st.markdown(said, width="content")
        if UPDATE in may and not archived:
            with st.popover(_("Change"), icon=":material/edit:", key=f"{page}_change_{len(picked)}"):
                _change(actor, about, rows, page)
        if DELETE in may:
            icon = ":material/unarchive:" if archived else ":material/archive:"
            if st.button(_("Restore") if archived else _("Archive"), key=f"{page}_bulk", icon=icon):
                _act(actor, about.name, _RESTORE if archived else _ARCHIVE, rows, page=page)
        st.button(
            _("Select none"),
            key=f"{page}_none",
            type="tertiary",
            on_click=forget_ticks,
            args=(f"{page}_list",),
        )


def _changeable(about: Entity) -> dict[str, str]:
    """Fields that mean the same in many records: no names, keys or long texts, and nothing the program keeps."""
    names = registry.card(about.name).names("form", "more", "later")
    unfit = {about.title_field, "currency", *about.keys}
    fields = [about[n] for n in names if n not in unfit and about[n].kind not in (Kind.LONGTEXT, Kind.MONEY)]
    first = [f for f in fields if f.name == "owner_id"]
    return {f.name: _(f.label) for f in [*first, *(f for f in fields if f not in first)]}


def _change(actor: Actor, about: Entity, rows: Sequence[Wish], page: str) -> None:
    names = _changeable(about)
    name = choose(_("Field"), names, next(iter(names), None), key=f"{page}_change_field")
    if name is None:
        return
    field = about[name]
    entered = input_for(field, key=f"{page}_change_{name}", value=None, actor=actor)
    value, problem = read_input(field, entered, actor=actor)
    if problem is not None:
        st.caption(f":red[:material/error: {plain(problem.message)}]")
        return
    adds = field.kind is Kind.TAGS
    if adds and not value:
        return
    said = (
        ngettext("Add to {n} record", "Add to {n} records", len(rows))
        if adds
        else ngettext("Empty it in {n} record", "Empty it in {n} records", len(rows))
        if value is None
        else ngettext("Set it in {n} record", "Set it in {n} records", len(rows))
    )
    if st.button(said.format(n=len(rows)), key=f"{page}_change_do", type="primary"):
        _act(actor, about.name, _SET, [(i, v, {name: value}) for i, v, _none in rows], page=page)


def undo_bar(actor: Actor, entity: str, page: str) -> None:
    """What happened to many records, and the way back, until the next thing is done here."""
    done: dict[str, Any] | None = st.session_state.get(f"{page}_undo")
    if not done:
        return
    with st.bottom, st.container(horizontal=True, vertical_alignment="center"):
        count = len(done["rows"])
        said = {
            _RESTORE: ngettext("{n} record restored.", "{n} records restored.", count),
            _ARCHIVE: ngettext("{n} record archived.", "{n} records archived.", count),
            _SET: ngettext("{n} record changed.", "{n} records changed.", count),
        }[done["action"]]
        st.markdown(said.format(n=count), width="content")
        if st.button(_("Undo"), key=f"{page}_undo_button", icon=":material/undo:"):
            back = {_ARCHIVE: _RESTORE, _RESTORE: _ARCHIVE, _SET: _SET}[done["action"]]
            _act(actor, entity, back, done["rows"], page=page, is_undo=True)
        if st.button(_("Dismiss"), key=f"{page}_undo_away", type="tertiary"):
            del st.session_state[f"{page}_undo"]
            st.rerun()


def _act(
    actor: Actor, entity: str, action: str, rows: Sequence[Wish], *, page: str, is_undo: bool = False
) -> None:
    """All of the rows, or none of them when one was changed meanwhile or is not theirs to change."""
    with showing_problems():
        with unit_of_work(actor) as work:
            after = _set(work, entity, rows, is_undo) if action == _SET else _put(work, entity, action, rows)
        st.session_state[f"{page}_undo"] = None if is_undo else {"rows": after, "action": action}
        forget_ticks(f"{page}_list")
        if is_undo:
            flash(_("Undone."))
        st.rerun()


def _put(work: Work, entity: str, action: str, rows: Sequence[Wish]) -> list[Wish]:
    act = records.restore_record if action == _RESTORE else records.archive_record
    return [
        (row_id, int(act(work, entity, row_id, seen_version=version)["version"]), {})
        for row_id, version, _none in rows
    ]


def _set(work: Work, entity: str, rows: Sequence[Wish], is_undo: bool) -> list[Wish]:
    """Store the values; gives the ones before. Tags are added to those that stand, except where they are put back."""
    about, cls = registry.entity(entity), registry.model(entity)
    names = list(rows[0][2])
    before = {
        row.id: dict(zip(names, row[1:], strict=True))
        for row in work.session.execute(
            select(cls.id, *(getattr(cls, n) for n in names)).where(cls.id.in_([i for i, _v, _w in rows]))
        )
    }
    after: list[Wish] = []
    for row_id, version, wanted in rows:
        old = before.get(row_id, dict.fromkeys(names))
        values = dict(wanted) if is_undo else {n: _together(about[n], old[n], v) for n, v in wanted.items()}
        stored = records.update_record(work, entity, row_id, values, seen_version=version)
        after.append((row_id, int(stored["version"]), old))
    return after


def _together(field: Field, old: Any, value: Any) -> Any:
    return list(dict.fromkeys([*(old or []), *value])) if field.kind is Kind.TAGS else value
