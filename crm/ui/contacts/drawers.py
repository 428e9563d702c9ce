"""Drawers of a record's page: ways to reach, and roles between people and organisations. What is refused stays typed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from crm.clock import today
from crm.contacts import service
from crm.contacts.queries import organisations_of, people_of, ways_to_reach
from crm.contacts.service import ADDRESS_FIELDS, ADDRESS_KINDS, CHANNEL_FIELDS
from crm.i18n import _
from crm.records import registry
from crm.records.fields import Field, Kind
from crm.records.view import RecordView
from crm.ui.contacts.reach import channel_link
from crm.ui.frame.guard import showing_problems
from crm.ui.kit import look
from crm.ui.kit.formats import day
from crm.ui.kit.inputs import input_for, read_input
from crm.work import Actor, Work, reading, unit_of_work

#: How often a drawer stored something; part of its inputs' keys, because a browser keeps what was typed into the same one.
TURN = "record_drawer_turn"


def _turn() -> int:
    return int(st.session_state.get(TURN, 0))


def _store(actor: Actor, act: Callable[[Work], Any], *, clear: bool = False) -> None:
    """Do one thing; after it the drawer shows the new state, after a refusal what was typed stands there still."""
    with showing_problems():
        with unit_of_work(actor) as work:
            act(work)
        if clear:
            st.session_state[TURN] = _turn() + 1
        st.rerun(scope="fragment")


def reach_drawer(actor: Actor, view: RecordView) -> None:
    """Open the drawer with every e-mail, phone, handle and address, ended ones too."""

    title = look.plain(_("How to reach {name}").format(name=view.title))

    @st.dialog(title, position="right", width=440, on_dismiss="rerun")
    def drawer() -> None:
        with reading(actor) as session:
            ways = ways_to_reach(session, view.entity, view.id)
        for channel in ways.channels:
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                ended = channel.valid_until and channel.valid_until < today()
                note = _until(channel.valid_until) or channel.label or _kind(channel.kind)
                first = channel.is_primary and not ended
                badge = f" {look.tag(_('primary'), tone=look.GOOD)}" if first else ""
                _two_lines(f"{channel_link(channel)}{badge}", note)
                if ended:
                    continue
                if not first and st.button(
                    _("Make primary"), key=f"reach_primary_{channel.id}", type="tertiary"
                ):
                    _store(actor, partial(service.make_primary, channel_id=channel.id))
                if st.button(_("End"), key=f"reach_end_{channel.id}", type="tertiary",
                             help=_("It no longer works; kept as history")):  # fmt: skip
                    _store(actor, partial(service.end_channel, channel_id=channel.id))
        _new_channel(actor, view)
        st.divider()
        for place in ways.addresses:
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                note = _until(place.valid_until) or _(ADDRESS_KINDS.get(place.kind, place.kind))
                _two_lines(look.plain(place.line()), note)
                if not place.valid_until and st.button(
                    _("End"), key=f"place_end_{place.id}", type="tertiary"
                ):
                    _store(actor, partial(service.end_address, address_id=place.id))
        _new_address(actor, view)

    drawer()


def _until(last: date | None) -> str:
    return _("until {day}").format(day=day(last)) if last else ""


def _two_lines(said: str, note: str) -> None:
    st.markdown(f"{said}  \n{look.quiet(note)}", width="stretch")


def _kind(kind: str) -> str:
    return _(CHANNEL_FIELDS[kind].label) if kind in CHANNEL_FIELDS else kind


def _new_channel(actor: Actor, view: RecordView) -> None:
    with st.form("reach_new", border=False):
        kinds = {name: _(field.label) for name, field in CHANNEL_FIELDS.items()}
        kind = st.segmented_control(_("Kind"), list(kinds), format_func=kinds.__getitem__, default="email",
                                    required=True, key="reach_kind")  # fmt: skip
        value = st.text_input(_("E-mail, number, handle or address"), key=f"reach_value_{_turn()}")
        with st.container(horizontal=True):
            label = st.text_input(
                _("Label"), key=f"reach_label_{_turn()}", placeholder=_("work, private …"), max_chars=60
            )
            valid_from = st.date_input(
                _("Valid from"), value=None, key=f"reach_from_{_turn()}", format="YYYY-MM-DD"
            )
        primary = st.checkbox(_("Use it first"), key=f"reach_first_{_turn()}")
        saved = st.form_submit_button(_("Add"), type="primary", icon=":material/add:")
    if saved:
        _store(
            actor,
            lambda work: service.add_channel(
                work, entity=view.entity, record_id=view.id, kind=kind or "email", value=value or "", label=label or "",
                primary=primary, valid_from=valid_from,
            ),
            clear=True,
        )  # fmt: skip


def _new_address(actor: Actor, view: RecordView) -> None:
    with st.expander(_("Add an address")), st.form("place_new", border=False):
        kinds = {name: _(label) for name, label in ADDRESS_KINDS.items()}
        kind = st.selectbox(_("Kind"), list(kinds), format_func=kinds.__getitem__, key="place_kind")
        names = {name: _(field.label) for name, field in ADDRESS_FIELDS.items()}
        parts = {name: st.text_input(label, key=f"place_{name}_{_turn()}") for name, label in names.items()}
        saved = st.form_submit_button(_("Add address"), icon=":material/add:")
    if saved:
        _store(
            actor,
            lambda work: service.save_address(
                work, entity=view.entity, record_id=view.id, kind=kind, parts=parts
            ),
            clear=True,
        )


def roles_drawer(actor: Actor, view: RecordView) -> None:
    """Open the drawer with the roles of a contact at organisations, or of people at an organisation."""
    of_contact = view.entity == "contact"
    title = _("Roles of {name}") if of_contact else _("People at {name}")

    @st.dialog(look.plain(title.format(name=view.title)), position="right", width=440, on_dismiss="rerun")
    def drawer() -> None:
        with reading(actor) as session:
            rows = (
                organisations_of(session, view.id)
                if of_contact
                else people_of(session, view.id, today=today())
            )
        for row in rows:
            if row.id is None:
                continue
            with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
                note = " · ".join(p for p in (row.role, _until(row.until)) if p)
                _two_lines(look.plain(row.other), note)
                if not row.until and st.button(_("End"), key=f"role_end_{row.id}", type="tertiary"):
                    _store(actor, partial(service.end_role, role_id=row.id))
        _new_role(actor, view, of_contact)

    drawer()


def _new_role(actor: Actor, view: RecordView, of_contact: bool) -> None:
    target = "organisation" if of_contact else "contact"
    field = Field("other", _(registry.entity(target).label), Kind.LINK, link=target, required=True)
    with st.form("role_new", border=False):
        entered = input_for(field, key=f"role_other_{_turn()}", value=None, actor=actor)
        role = st.text_input(
            _("Role"), key=f"role_name_{_turn()}", placeholder=_("employee, adviser, owner …")
        )
        since = st.date_input(_("Since"), value=None, key=f"role_since_{_turn()}", format="YYYY-MM-DD")
        saved = st.form_submit_button(_("Add"), type="primary", icon=":material/add:")
    if not saved:
        return
    other, problem = read_input(field, entered, actor=actor)
    if problem or other is None:
        st.error(look.plain(problem.message if problem else _("Choose one first.")), icon=":material/error:")
        return
    pair = (view.id, other) if of_contact else (other, view.id)
    _store(
        actor,
        lambda work: service.add_role(
            work, contact_id=pair[0], organisation_id=pair[1], role=role or "", since=since
        ),
        clear=True,
    )
