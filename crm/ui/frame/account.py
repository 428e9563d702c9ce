"""What everybody may change about themselves: language, password and tokens of programs."""

from __future__ import annotations

import streamlit as st

from crm.access.sessions import end_own, own_sessions
from crm.access.users import change_own_language, change_own_password
from crm.clock import now, today, zone
from crm.firm.countries import country_names, formats_of
from crm.i18n import DEFAULT_LANGUAGE, _, translated
from crm.ui.frame import routes
from crm.ui.frame.guard import current_actor, current_session, flash, showing_problems
from crm.ui.kit.formats import day, moment, number
from crm.ui.kit.inputs import choose
from crm.ui.kit.words import plain
from crm.work import Actor


def opener(actor: Actor) -> None:
    """The person's name in the sidebar; opens the drawer."""
    if st.button(
        plain(actor.name),
        key="account_open",
        type="tertiary",
        icon=":material/account_circle:",
        help=_("Your account"),
    ):
        _drawer()


def _sessions(user_id: int) -> None:
    """Where this person is signed in; each other browser can be signed out."""
    here = current_session() or ""
    st.markdown(f"**{_('Signed in')}**")
    known = own_sessions(user_id)
    for one in known:
        with st.container(horizontal=True, vertical_alignment="center"):
            when = moment(one.seen_at, now=now(), zone=zone())
            what = one.device or _("A browser")
            st.markdown(f"{plain(what)} :small[:gray[{plain(when)}]]", width="stretch")
            if one.token_hash == here:
                st.markdown(f":small[:gray[{_('this one')}]]", width="content")
            elif st.button(_("Sign out"), key=f"account_end_{one.id}", type="tertiary"):
                end_own(user_id, session_id=one.id)
                flash(_("Signed out there."))
                st.rerun()
    if len(known) > 1 and st.button(_("Sign out everywhere else"), key="account_end_all"):
        end_own(user_id, except_hash=here)
        flash(_("Signed out everywhere else."))
        st.rerun()


@st.dialog(_("Your account"), position="right", width=440)
def _drawer() -> None:
    actor = current_actor()
    if actor.user_id is None:
        return
    with st.form("account_language", border=False):
        chosen, languages = actor.language, translated()
        if len(languages) > 1:
            chosen = choose(_("Language"), languages, chosen, key="account_language_code") or chosen
        ways = {"": _("As the language"), **{formats_of(one): name for one, name in country_names().items()}}
        written = choose(_("Dates and numbers"), ways, actor.formats, key="account_formats") or ""
        st.caption(_("Now: {day} · {number}").format(day=day(today()), number=number(1234.5, decimals=2)))
        spoken = st.form_submit_button(_("Use these"))
    st.divider()
    with st.form("account_password", border=False):
        current = st.text_input(
            _("Present password"), type="password", autocomplete="current-password", key="account_current"
        )
        new = st.text_input(
            _("New password"), type="password", autocomplete="new-password", key="account_new",
            help=_("At least 10 characters. Your other browsers are signed out."),
        )  # fmt: skip
        changed = st.form_submit_button(_("Change password"), type="primary")
    st.divider()
    _sessions(actor.user_id)
    st.divider()
    st.page_link(routes.page("tokens"), label=_("API tokens"), icon=":material/key:")
    with showing_problems():
        if spoken:
            change_own_language(
                actor.user_id, language=chosen if chosen in languages else DEFAULT_LANGUAGE, formats=written
            )
        elif changed:
            change_own_password(actor.user_id, current=current, new=new, session_hash=current_session() or "")
            flash(_("Your password is changed."))
        if spoken or changed:
            st.rerun()
