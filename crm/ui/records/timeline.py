"""One timeline of a record: talks, cases, finished tasks and changes, newest first."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from crm.clock import here, now, today, zone
from crm.i18n import _
from crm.interactions.timeline import CUSTOMERS, OTHERS, Entry, timeline
from crm.links import local
from crm.records import registry
from crm.records.changes import FieldChange
from crm.records.fields import Entity
from crm.records.view import RecordView
from crm.ui.kit import look
from crm.ui.kit.formats import clock, day, moment, size_words, value_text
from crm.ui.records.quick import talk_drawer
from crm.work import Actor, reading

ICONS = {
    "note": ":material/edit_note:",
    "call": ":material/call:",
    "meeting": ":material/groups:",
    "email": ":material/mail:",
    "visit": ":material/handshake:",
    "letter": ":material/markunread_mailbox:",
    "chat": ":material/chat:",
    "social": ":material/share:",
    "questionnaire": ":material/quiz:",
    "form": ":material/web:",
    "case": ":material/support_agent:",
    "task": ":material/task_alt:",
    "change": ":material/history:",
}
#: How many steps show at first and come with each "more".
STEP = 20


def shown_steps(entity: str, record_id: int) -> int:
    """How many steps this person asked to see of this record."""
    return int(st.session_state.get(f"{entity}_{record_id}_steps", STEP))


def show_timeline(
    actor: Actor, view: RecordView, entries: Sequence[Entry] | None = None, *, empty_text: str = ""
) -> None:
    """Draw what happened to a record with a filter by kind, a way to older steps, and since when it is here.

    ``entries`` are those that a page has read already: one more than ``shown_steps`` says where there are older ones.
    """
    key, about = f"{view.entity}_{view.id}", registry.entity(view.entity)
    steps = shown_steps(view.entity, view.id)
    if entries is None:
        with reading(actor) as session:
            entries = timeline(session, view.entity, view.id, limit=steps + 1)
    kinds = {"all": _("All"), "talk": _("Talks"), "task": _("Tasks done"), "change": _("Changes")}
    if about.name in CUSTOMERS:
        kinds["case"] = _("Cases")
    if any(e.archived for e in entries):
        kinds["archived"] = _("Archived")
    only = look.switch(_("Show"), kinds, key=f"{key}_kind")
    older = len(entries) > steps
    chosen = [e for e in entries[:steps] if _stands_in(e, only)]
    if not chosen:
        st.caption(look.plain(empty_text or _("Nothing here yet.")))
    for entry in chosen:
        _step(actor, entry, about, view.currency, key)
    if older:
        st.button(
            _("Show older"),
            key=f"{key}_older",
            type="tertiary",
            icon=":material/expand_more:",
            on_click=lambda: st.session_state.update({f"{key}_steps": steps + STEP}),
        )
    elif chosen and (begun := view.values.get("created_at")) is not None:
        st.expander(
            f"**{look.plain(_('Here since'))}** :small[:gray[{day(here(begun).date())}]]",
            icon=":material/flag:",
            type="step",
        )


def show_talks(actor: Actor, entries: Sequence[Entry], about: Entity, *, key: str) -> None:
    """Draw talks alone, where other steps have places of their own."""
    for entry in entries:
        if not entry.archived:
            _step(actor, entry, about, "", key)


def _group(entry: Entry) -> str:
    return entry.kind if entry.kind in OTHERS else "talk"


def _stands_in(entry: Entry, only: str) -> bool:
    """Archived talks stand by themselves."""
    return only == "archived" if entry.archived else only in ("all", _group(entry))


def _step(actor: Actor, entry: Entry, about: Entity, currency: str, key: str) -> None:
    when = moment(entry.at, now=now(), zone=zone())
    if _group(entry) == "talk" and here(entry.at).date() != today():
        when = f"{when} {clock(entry.at, zone=zone())}"
    corrected = _("corrected") if entry.corrected else ""
    said = (when, entry.who, entry.detail, corrected, entry.text if entry.kind == "change" else "")
    grey = " · ".join(p for p in said if p)
    label = f"**{look.plain(entry.title)}** :small[:gray[{look.plain(grey)}]]"
    body = _change_lines(entry.changes, about, currency) if entry.kind == "change" else _body(entry)
    with st.expander(label, icon=ICONS.get(entry.kind, ":material/forum:"), type="step", expanded=True):
        if not entry.may_change:
            if body:
                st.caption(body)
            _came_along(entry)
            return
        with st.container(horizontal=True, vertical_alignment="top", gap="small"):
            st.caption(body, width="stretch")
            label = _("Restore") if entry.archived else _("Correct")
            if st.button(label, key=f"{key}_talk_{entry.record_id}", type="tertiary"):
                talk_drawer(actor, entry.record_id)
        _came_along(entry)


def _came_along(entry: Entry) -> None:
    """The files of a talk by mail, and the message as it came."""
    links = [
        f":material/attach_file: {look.link(file.name, local(f'/files/{file.id}'))} {look.quiet(size_words(file.size))}"
        for file in entry.files
    ]
    if entry.incoming_id is not None:
        links.append(look.link(_("original"), local(f"/messages/{entry.incoming_id}/original")))
    if links:
        st.caption(look.Marked(" · ".join(links)))


def _body(entry: Entry) -> str:
    """The text with its own lines; a title that is only its first line is not said twice."""
    lines = [line for line in entry.text.split("\n") if line.strip()]
    if lines and lines[0].strip() == entry.title.strip():
        lines = lines[1:]
    return "  \n".join(look.plain(line) for line in lines)


def _change_lines(changes: Sequence[FieldChange], about: Entity, currency: str) -> str:
    said = []
    for change in changes:
        field = about.by_name.get(change.name)
        old, new = (value_text(field, v, currency) for v in (change.old, change.new))
        said.append(f"{look.plain(change.label)}: {look.plain(old)} → {look.plain(new)}")
    return "  \n".join(said)
