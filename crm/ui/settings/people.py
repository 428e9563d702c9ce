"""The pieces of the screen People: tables, the form of one user, the matrix of rights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from crm.access.members.handover import CAUSE, hand_over, held_by, in_words, take_back
from crm.access.members.invitations import invite
from crm.access.people import RoleRow, grant_matrix, let_managers_share, managers_share, save_grants
from crm.access.roles import (
    ACTION_LABELS,
    ADMINISTRATOR,
    BUILT_IN,
    KEPT,
    SCOPE_LABELS,
    STAFF,
    label,
    reaches,
)
from crm.access.users import change_user, create_user, set_password
from crm.i18n import _
from crm.ui.frame.guard import current_actor, flash, showing_problems, storing
from crm.ui.kit import look
from crm.ui.kit.inputs import choose, choose_some
from crm.ui.kit.words import plain
from crm.work import reading, unit_of_work

#: Who was invited by the click before, with the link.
INVITED = "people_invited"
MEANINGS = {role.key: role.meaning for role in BUILT_IN}


def role_name(role: RoleRow) -> str:
    """What people call the role; the names of Rapport's own are translated."""
    return _(role.name) if role.built_in else role.name


def show_users(users: pd.DataFrame) -> None:
    """Everybody in one table."""
    shown = users.assign(role=[_(role) if role else _("No access") for role in users["role"]])
    look.table(
        shown[["name", "email", "role", "team", "job_title", "is_active"]],
        column_config={
            "name": st.column_config.TextColumn(_("Name"), width=190),
            "email": st.column_config.TextColumn(_("E-mail"), width=260),
            "role": st.column_config.TextColumn(_("Role"), width=130),
            "team": st.column_config.TextColumn(_("Team"), width=140),
            "job_title": st.column_config.TextColumn(_("Job title"), width=180),
            "is_active": st.column_config.CheckboxColumn(_("Active"), width=70),
        },
        alt=_("Users with role and team"),
        key="people_users",
    )


def show_teams(teams: pd.DataFrame) -> None:
    """All teams with the number of their people."""
    look.table(
        teams[["name", "people"]],
        width="content",
        column_config={
            "name": st.column_config.TextColumn(_("Team"), width=320),
            "people": st.column_config.NumberColumn(_("People"), width=90),
        },
        alt=_("Teams and how many people each has"),
        key="people_teams",
    )


@st.dialog(_("Add user"), position="right", width=440)
def user_dialog(roles: Sequence[RoleRow], teams: pd.DataFrame, users: pd.DataFrame) -> None:
    """A drawer with the form of a new user."""
    user_form(None, roles, teams, users)


def user_form(
    record: Mapping[str, Any] | None, roles: Sequence[RoleRow], teams: pd.DataFrame, users: pd.DataFrame
) -> None:
    """The form of one user; ``record`` is a row of the user table, None makes a new one."""
    actor = current_actor()
    key = f"people_user_{record['id'] if record else 'new'}"
    now: Mapping[str, Any] = record or {}
    if record:
        # The version the person saw stays until they save, whatever the page reads meanwhile.
        st.session_state.setdefault(f"{key}_seen", record["version"])
    role_names: dict[int | None, str] = {None: _("No access"), **{role.id: role_name(role) for role in roles}}
    team_names: Any = dict(zip(teams["id"], teams["name"], strict=True))
    with st.form(key):
        name = st.text_input(_("Name"), value=now.get("name") or "", key=f"{key}_name", max_chars=200)
        email = st.text_input(_("E-mail"), value=now.get("email") or "", key=f"{key}_email", max_chars=254)
        job = st.text_input(_("Job title"), value=now.get("job_title") or "", key=f"{key}_job", max_chars=200)
        # Most new people get the role of staff.
        usual = next((role.id for role in roles if role.key == STAFF), None)
        role = choose(_("Role"), role_names, now.get("role_id") if record else usual, key=f"{key}_role")
        own_teams: dict[int | None, str] = {None: _("No team"), **team_names}
        team = choose(_("Team"), own_teams, now.get("team_id"), key=f"{key}_team")
        shared = [t for t in now.get("further", []) if t in team_names]
        further = choose_some(
            _("Also shares the records of"), team_names, key=f"{key}_further", default=shared
        )
        here = users[users["is_active"].astype(bool) | (users["id"] == now.get("manager_id"))]
        above: dict[int | None, str] = {None: _("Nobody"), **dict(zip(here["id"], here["name"], strict=True))}
        manager = choose(
            _("Reports to"),
            {key: name for key, name in above.items() if key != now.get("id")},
            now.get("manager_id"),
            key=f"{key}_manager",
        )
        active = st.toggle(_("May sign in"), value=bool(now.get("is_active", True)), key=f"{key}_active")
        password = "" if record else st.text_input(
            _("First password"), type="password", key=f"{key}_password", autocomplete="new-password",
            help=_("Leave it empty to invite them by a link. At least 10 characters; they change it at their first sign-in."),
        )  # fmt: skip
        sent = st.form_submit_button(_("Save"), type="primary")
    if not sent:
        return
    values = {
        "name": name,
        "email": email,
        "job_title": job,
        "team_id": team,
        "is_active": active,
        "manager_id": manager,
    }
    with storing(actor, _("{name} is stored.").format(name=name), forget=f"{key}_seen") as work:
        if record:
            seen = int(st.session_state[f"{key}_seen"])
            change_user(
                work,
                user_id=int(record["id"]),
                values=values,
                role_id=role,
                teams=further,
                seen_version=seen,
            )
        else:
            made = create_user(work, values=values, role_id=role, teams=further, password=password)
            if email.strip() and role is not None and active and not password:
                invited = invite(work, user_id=made)
                st.session_state[INVITED] = (name, invited)


def show_invited() -> None:
    """The link of whoever was invited last, to copy; it is shown until something else is done."""
    if not (kept := st.session_state.pop(INVITED, None)):
        return
    name, invited = kept
    said = (
        _("{name} gets the link by mail as well. It works once, within an hour.")
        if invited.is_mailed
        else _("No mail goes out here: give {name} this link yourself. It works once, within an hour.")
    )
    with st.container(border=True, width=760):
        st.markdown(plain(said.format(name=name)))
        st.code(invited.url, language=None, wrap_lines=True)


def invite_button(user_id: int, name: str) -> None:
    """A link by which somebody chooses a password, by mail and to copy."""
    actor = current_actor()
    if st.button(
        _("Invite, or send a new password link"), key=f"people_invite_{user_id}", icon=":material/mail:"
    ):
        with storing(actor, _("The link for {name} is made.").format(name=name)) as work:
            st.session_state[INVITED] = (name, invite(work, user_id=user_id))


def password_form(user_id: int, name: str) -> None:
    """A new password for somebody; all their sessions end."""
    actor = current_actor()
    title = plain(_("New password for {name}").format(name=name))
    with (
        st.expander(title, icon=":material/key:"),
        st.form(f"people_password_{user_id}", clear_on_submit=True),
    ):
        password = st.text_input(
            _("New password"),
            type="password",
            autocomplete="new-password",
            key=f"people_new_password_{user_id}",
        )
        st.caption(_("They are signed out everywhere, sign in with it once and then choose their own."))
        sent = st.form_submit_button(_("Set password"))
    if sent:
        with storing(actor, _("{name} has a new password.").format(name=name)) as work:
            set_password(work, user_id=user_id, password=password)


def hand_over_form(user_id: int, name: str, users: pd.DataFrame) -> None:
    """Who gets what somebody looks after; told by kind and number, and taken back by one click."""
    actor, done = current_actor(), f"people_handed_{user_id}"
    with reading(actor) as session:
        held = held_by(session, user_id)
    if batch := st.session_state.get(done):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_("Handed over."), width="content")
            if st.button(_("Undo"), key=f"{done}_undo", icon=":material/undo:"):
                with storing(actor, _("Taken back."), forget=done) as work:
                    take_back(work, batch_id=batch)
    if not held:
        return
    others = users[users["is_active"].astype(bool) & (users["id"] != user_id)]
    people: dict[int | None, str] = {
        None: _("Nobody yet: it stays with the team"),
        **dict(zip(others["id"], others["name"], strict=True)),
    }
    key = f"people_hand_over_{user_id}"
    with st.expander(plain(_("Hand over from {name}").format(name=name)), icon=":material/move_down:"):
        st.caption(
            _("{what} are looked after by {name}. What is over stays under their name.").format(
                what=in_words(held), name=plain(name)
            )
        )
        first = choose(_("To"), people, None, key=f"{key}_to")
        to: dict[str, int | None] = {}
        if st.checkbox(_("Choose for each kind"), key=f"{key}_apart"):
            for kind, count in held.items():
                to[kind] = choose(
                    in_words({kind: count}).capitalize(), people, first, key=f"{key}_{kind}_{first}"
                )
        else:
            to = dict.fromkeys(held, first)
        sent = st.button(_("Hand over"), key=f"{key}_do", type="primary")
    if sent:
        said = _("{what} handed over.").format(what=in_words(held))
        with showing_problems():
            with unit_of_work(actor, cause=CAUSE) as work:
                st.session_state[done] = hand_over(work, user_id=user_id, to=to).batch_id
            flash(said)
            st.rerun()


def managers_switch() -> None:
    """Whether managers share what the people below them have."""
    actor = current_actor()
    with reading(actor) as session:
        now = managers_share(session)
    on = st.toggle(
        _("Managers share the records of everybody below them"),
        value=now,
        key=f"people_managers_{now}",
        help=_(
            "Where a role reaches the team, it then also reaches what the people have who report to somebody, however deep"
        ),
    )
    if on != now:
        with storing(actor, _("Stored; it holds from the next click on.")) as work:
            let_managers_share(work, on)


def rights_form(role: RoleRow) -> None:
    """How far one role reaches: a cell per kind of record and action."""
    actor = current_actor()
    with reading(actor) as session:
        matrix = grant_matrix(session, role.id)
    st.caption(
        _(MEANINGS[role.key])
        if role.key in MEANINGS
        else _("A role of your own; nothing is allowed but what you choose.")
    )
    key = f"people_rights_{role.id}"
    seen = int(st.session_state.setdefault(f"{key}_seen", role.version))
    # One table for all kinds of record whose rights reach equally far: a column offers the same to all its rows.
    alike: dict[tuple[tuple[str, ...], ...], list[str]] = {}
    for entity in map(str, matrix.index):
        if role.key == ADMINISTRATOR and entity in KEPT:
            continue  # these stay whole
        alike.setdefault(tuple(reaches(entity, action) for action in ACTION_LABELS), []).append(entity)
    cells: dict[tuple[str, str], str] = {}
    with st.form(key, border=False):
        for at, (offered, names) in enumerate(alike.items()):
            cells |= _rights_table(matrix.loc[names], offered, key=f"{key}_{seen}_{at}")
        st.caption(
            _(
                "None: not at all. Own: records one owns. Team: also those of one's teams. All: of the whole firm."
                " Names of what has no owner stay readable where records point to it."
            )
        )
        sent = st.form_submit_button(_("Save rights"), type="primary")
    if not sent:
        return
    said = _("{n} rights of {role} changed; they hold from the next click on.")
    with storing(actor, lambda: said.format(n=changed, role=role_name(role)), forget=f"{key}_seen") as work:
        changed = save_grants(work, role_id=role.id, cells=cells, seen_version=seen)


def _rights_table(
    matrix: pd.DataFrame, offered: Sequence[Sequence[str]], *, key: str
) -> dict[tuple[str, str], str]:
    """Some rows of the matrix to be edited, with the columns that leave a choice; the scope of each cell."""
    open_ = {action: reach for action, reach in zip(ACTION_LABELS, offered, strict=True) if len(reach) > 1}
    scopes = {scope: _(label) for scope, label in SCOPE_LABELS.items()}
    shown = matrix[list(open_)].replace(scopes)
    shown.insert(0, "kind", [label(name) for name in matrix.index])
    edited = st.data_editor(
        shown,
        hide_index=True,
        row_height=36,
        height="content",
        width="content",
        disabled=["kind"],
        key=key,
        column_config={
            "kind": st.column_config.TextColumn(_("Records"), width=200, pinned=True),
            **{
                action: st.column_config.SelectboxColumn(
                    _(ACTION_LABELS[action]), options=[scopes[one] for one in reach], required=True, width=95
                )
                for action, reach in open_.items()
            },
        },
        alt=_("How far the role reaches, by kind of record and action"),
    )
    back = {label: scope for scope, label in scopes.items()}
    return {
        (str(entity), action): back[str(edited.at[entity, action])]
        for entity in matrix.index
        for action in open_
    }
