"""People: who works here, in which team, and how far each role reaches."""

import streamlit as st

from crm.access.people import add_role, demand_to_see, remove_role, role_rows, team_table, user_table
from crm.i18n import _, ngettext
from crm.ui.frame.guard import current_actor, flash, showing_problems
from crm.ui.frame.routes import page
from crm.ui.kit import look
from crm.ui.kit.forms import record_form
from crm.ui.settings import people
from crm.work import reading, unit_of_work

actor = current_actor()

with reading(actor) as session:
    demand_to_see(session)
    users, teams, roles = user_table(session), team_table(session), role_rows(session)

members = ngettext("{n} person", "{n} people", len(users)).format(n=len(users))
groups = ngettext("{n} team", "{n} teams", len(teams)).format(n=len(teams))
slot = look.page(_("People"), _("{people} in {teams}").format(people=members, teams=groups))
view = look.switch(
    _("View"), {"users": _("Users"), "teams": _("Teams"), "rights": _("Roles and rights")}, key="people_view"
)

if view == "users":
    with slot:
        if st.button(_("Add user"), key="people_add", type="primary", icon=":material/person_add:"):
            people.user_dialog(roles, teams, users)
    people.show_invited()
    people.show_users(users)
    st.page_link(
        page("tokens"),
        label=_("API tokens"),
        icon=":material/key:",
        query_params={"tokens_view": _("Everybody’s")},
    )
    names = dict(zip(users["id"], users["name"], strict=True))
    chosen = st.selectbox(
        _("Change"),
        list(names),
        index=None,
        format_func=names.__getitem__,
        key="people_user",
        placeholder=_("Choose a person"),
        width=420,
    )
    if chosen is not None:
        people.user_form(users[users["id"] == chosen].iloc[0].to_dict(), roles, teams, users)
        people.hand_over_form(int(chosen), names[chosen], users)
        people.invite_button(int(chosen), names[chosen])
        people.password_form(int(chosen), names[chosen])

if view == "teams":
    if teams.empty:
        st.caption(
            _(
                "While there is no team, everybody sees the records of the whole firm, as far as their role goes."
                " With teams, people see those of their own."
            )
        )
    people.show_teams(teams)
    titles = {0: _("New team"), **dict(zip(teams["id"], teams["name"], strict=True))}
    team = st.selectbox(
        _("Change"), list(titles), format_func=titles.__getitem__, key="people_team_id", width=420
    )
    record = teams[teams["id"] == team].iloc[0].to_dict() if team else None
    with st.container(width=420):
        stored = record_form(actor, "team", key=f"people_team_{team}", record=record, fields=["name"])
    if stored:
        flash(_("Team {name} is stored.").format(name=stored["name"]))
        st.rerun()

if view == "rights":
    people.managers_switch()
    by_id = {role.id: role for role in roles}
    if not by_id:
        look.empty(_("No role yet"), _("Roles come with the first user."))
        st.stop()
    picked = st.selectbox(
        _("Role"),
        list(by_id),
        format_func=lambda key: people.role_name(by_id[key]),
        key="people_role",
        width=420,
    )
    people.rights_form(by_id[picked])
    with st.expander(_("Roles of your own"), icon=":material/add_moderator:"):
        with st.form("people_role_new"):
            name = st.text_input(_("Name of the new role"), max_chars=80, key="people_role_name")
            added = st.form_submit_button(_("Add role"))
        removed = not by_id[picked].built_in and st.button(
            _("Remove this role"), key="people_role_remove", icon=":material/delete:"
        )
    if added or removed:
        with showing_problems():
            with unit_of_work(actor) as work:
                if added:
                    add_role(work, name=name)
                else:
                    remove_role(work, role_id=picked)
            flash(_("The roles are stored."))
            st.rerun()
