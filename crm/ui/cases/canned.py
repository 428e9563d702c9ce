"""Canned replies: chosen in the box of a case, kept in a list of their own and under the settings."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from crm.i18n import _
from crm.records.listing.reach import ALL, OWN, TEAM
from crm.service.cases.canned import (
    PLACES,
    Canned,
    canned_replies,
    filled,
    may_write,
    reaches,
    save_canned,
)
from crm.ui.frame.guard import act_in_callback, storing
from crm.ui.kit import look
from crm.ui.kit.inputs import link_options
from crm.work import Actor, reading


def choose_canned(actor: Actor, case_id: int, text_key: str) -> None:
    """A menu that adds a canned reply to what is typed, and the way to the list."""
    with reading(actor) as session:
        found = {str(one.id): one for one in canned_replies(session)}
    manage = "manage"
    names = {key: str(look.plain(one.name)) for key, one in found.items()} | {
        manage: _("Write and change them")
    }
    key = f"case_{case_id}_canned"
    st.menu_button(
        _("Canned replies"),
        list(names),
        format_func=names.__getitem__,
        icon=":material/quickreply:",
        type="tertiary",
        key=key,
        on_click=_chosen,
        args=(actor, case_id, text_key, key),
    )
    if st.session_state.pop(f"{key}_open", False):
        _drawer(actor)


def _chosen(actor: Actor, case_id: int, text_key: str, key: str) -> None:
    chosen = st.session_state.get(key)
    if chosen == "manage":
        st.session_state[f"{key}_open"] = True
    elif chosen:
        typed = (st.session_state.get(text_key) or "").rstrip()

        def add(work: object) -> None:
            with reading(actor) as session:
                words = filled(session, int(chosen), case_id)
            st.session_state[text_key] = f"{typed}\n\n{words}" if typed else words

        act_in_callback(actor, add)


def _drawer(actor: Actor) -> None:
    @st.dialog(_("Canned replies"), position="right", width=560)
    def drawer() -> None:
        show_canned(actor)

    drawer()


def show_canned(actor: Actor) -> None:
    """Every canned reply that I may use, those that I may change as forms, and one to begin with."""
    may = reaches(actor)
    fields = ", ".join(f"{{{{ {place} }}}}" for place in PLACES)
    st.caption(
        _("Texts to answer with. Places are filled in for the case: {fields}").format(
            fields=look.plain(fields)
        )
    )
    with reading(actor) as session:
        found = canned_replies(session, also_unused=True)
    for one in (*found, *([Canned(None, "", "")] if may else [])):
        title = str(look.plain(one.name)) if one.id is not None else _("New canned reply")
        icon = (
            ":material/add:"
            if one.id is None
            else ":material/quickreply:"
            if one.is_active
            else ":material/do_not_disturb_on:"
        )
        with st.expander(title, icon=icon):
            if may_write(actor, one):
                _form(actor, one, may)
            else:
                st.markdown(look.plain(one.body))


def _form(actor: Actor, seen: Canned, may: list[str]) -> None:
    key = f"canned_{seen.id or 'new'}_{seen.version or 0}"
    words = {OWN: _("Me"), TEAM: _("My team"), ALL: _("Everybody")}
    teams = {k: v for k, v in link_options(actor, "team").items() if k in actor.teams} if TEAM in may else {}
    with st.form(key, border=False):
        name = st.text_input(_("Name"), seen.name, key=f"{key}_name", max_chars=200)
        body = st.text_area(_("Text"), seen.body, key=f"{key}_body", height=140, max_chars=20_000)
        reach = st.segmented_control(
            _("For"),
            may,
            default=seen.reach,
            required=True,
            format_func=words.__getitem__,
            key=f"{key}_reach",
        )
        team = seen.team_id
        if len(teams) > 1:
            team = st.selectbox(
                _("Team"), list(teams), index=list(teams).index(team) if team in teams else 0,
                format_func=teams.__getitem__, key=f"{key}_team",
            )  # fmt: skip
        active = st.toggle(_("In use"), seen.is_active, key=f"{key}_active")
        sent = st.form_submit_button(_("Save canned reply"))
    if sent:
        form = replace(seen, name=name, body=body, reach=reach or OWN, team_id=team, is_active=active)
        with storing(actor, _("“{name}” is stored.").format(name=name.strip())) as work:
            save_canned(work, form)
