"""Sign-in and first setup as Streamlit forms, for hosts that run the app as a plain script without our routes.

The session lasts as long as the tab. The service behind the forms is the one of the sign-in page.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from crm import clock
from crm.access import setup, sign_in
from crm.access.members.invitations import choose_password, link_to_change
from crm.access.sessions import hash_of
from crm.firm.countries import country_names, zone_names
from crm.i18n import _
from crm.money import codes
from crm.ui.frame.guard import TAB, showing_problems
from crm.ui.kit.inputs import choose
from crm.work import SYSTEM, unit_of_work

#: The link by which somebody takes a password of their own before anything else.
OWN = "tab_own_password_link"


def show() -> None:
    """The way in that fits: setup, the provider's word, people of the sample company, e-mail and password."""
    loading, problem = setup.sample_state()
    if loading:
        _wait()
    elif setup.is_needed():
        _set_up(problem)
    elif token := st.session_state.get(OWN):
        _own_password(token)
    else:
        _sign_in()


def _keep(make: Callable[[], str]) -> None:
    """Sign in and go on; a problem is told in place."""
    with showing_problems():
        try:
            st.session_state[TAB] = hash_of(make())
        except sign_in.MustChange as must:
            with unit_of_work(SYSTEM, cause="password") as work:
                st.session_state[OWN] = link_to_change(work, must.user_id).rpartition("/")[2]
        st.rerun()


def _own_password(token: str) -> None:
    """Somebody else chose the password that was right: another one first."""
    with st.container(width=420, horizontal_alignment="left"), st.form("tab_own_password"):
        st.title(_("Choose your password"), anchor=False)
        password = st.text_input(_("New password"), type="password", autocomplete="new-password")
        sent = st.form_submit_button(_("Use this password"), type="primary")
    if sent:
        with showing_problems():
            st.session_state[TAB] = hash_of(choose_password(token, password))
            st.session_state.pop(OWN)
            st.rerun()


def _address() -> str:
    found = st.context.ip_address
    return found if isinstance(found, str) else "this machine"


def _sign_in() -> None:
    with st.container(width=420, horizontal_alignment="left"):
        st.title(_("Sign in"), anchor=False)
        people = sign_in.sample_people()
        for person in people:
            if st.button(f"{person.name} · {person.role}", key=f"tab_as_{person.user_id}", width="stretch"):
                _keep(partial(sign_in.sign_in_as, user_id=person.user_id))
        with st.form("tab_sign_in"):
            email = st.text_input(_("E-mail"), autocomplete="username")
            password = st.text_input(_("Password"), type="password", autocomplete="current-password")
            sent = st.form_submit_button(_("Sign in"), type="primary")
        if sent:
            _keep(lambda: sign_in.sign_in(email=email, password=password, address=_address()))
        if "auth" in st.secrets if st.secrets.load_if_toml_exists() else False:
            _by_provider()


def _by_provider() -> None:
    if st.user.is_logged_in:
        _keep(lambda: sign_in.sign_in_by_claims(st.user.to_dict()))
        st.button(_("Use another account"), on_click=st.logout)
    else:
        st.button(_("Sign in with your organisation"), on_click=st.login)


def _token() -> str:
    return st.text_input(_("Setup token"), type="password", key="tab_token") if setup.needs_token() else ""


def _set_up(problem: str) -> None:
    with st.container(width=520):
        st.title(_("Welcome to Rapport"), anchor=False)
        if problem:
            st.error(problem)
        token = _token()
        if st.button(_("Try with the sample company"), type="primary", key="tab_sample"):
            with showing_problems():
                setup.begin_sample(token=token)
                st.rerun()
        st.subheader(_("Or start empty"), anchor=False)
        with st.form("tab_setup"):
            firm = st.text_input(_("Company"))
            countries, currencies = (
                country_names(),
                {"": _("As in the country"), **{c: c for c in codes()}},
            )
            country = choose(_("Country"), countries, clock.country(), key="tab_country") or ""
            currency = choose(_("Currency"), currencies, "", key="tab_currency") or ""
            zones = {"": _("As in the country"), **{zone: zone for zone in zone_names()}}
            zone = choose(_("Time zone"), zones, "", key="tab_zone") or ""
            name = st.text_input(_("Your name"), autocomplete="name")
            email = st.text_input(_("E-mail"), autocomplete="username")
            password = st.text_input(_("Password"), type="password", autocomplete="new-password")
            sent = st.form_submit_button(_("Start empty"))
        if sent:
            person = setup.FirstPerson(
                name=name,
                email=email,
                password=password,
                firm=firm,
                currency=currency,
                country=country,
                time_zone=zone,
            )
            _keep(lambda: setup.start_empty(person, token=token))


def _wait() -> None:
    st.title(_("The sample company is moving in"), anchor=False)
    st.caption(_("Customers, deals and talks of three years are being written. This page goes on by itself."))

    @st.fragment(run_every=1.0)
    def look() -> None:
        if not setup.sample_state()[0]:
            st.rerun(scope="app")

    look()
