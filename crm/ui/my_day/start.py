"""The first hour: what a new firm does first, and the way from the sample company to the firm's own start."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from crm.access.setup import COMPANIES, FirstPerson
from crm.clock import country as our_country
from crm.firm.countries import country_names
from crm.firm.firm import firm, get_setting
from crm.firm.first_hour import first_hour, put_away, saw_dashboard
from crm.i18n import _
from crm.ui.frame import routes
from crm.ui.frame.guard import flash, showing_problems, storing
from crm.ui.kit import look
from crm.ui.kit.inputs import choose
from crm.ui.records.drawers import new_record
from crm.work import Actor, reading, unit_of_work
from db.actor import UPDATE

_SEEN = "first_hour_seen"


def first_steps(actor: Actor, card: Callable[..., object]) -> None:
    """The list of the first hour, or in the sample company the way out of it; for administrators only."""
    if not actor.may("setting", UPDATE):
        return
    with reading(actor) as session:
        steps, known = first_hour(session), firm(session)
        is_sample = known.is_sample or bool(get_setting(session, "sample"))
    if is_sample:
        with card(span=3):  # type: ignore[attr-defined]
            _leave_sample(actor)
    elif steps is not None:
        country = country_names().get(known.country, known.country)
        told = f"{known.name} · {country} · {known.currency} · {known.time_zone}"
        with card(_("The first hour"), _("Each step ticks itself"), span=3):  # type: ignore[attr-defined]
            _list(actor, steps, told)


def _list(actor: Actor, steps: dict[str, bool], told: str) -> None:
    texts = {
        "firm": (_("Your firm: {told}").format(told=told), "settings"),
        "contact": (_("Add the first contact"), ""),
        "deal": (_("Add the first deal"), ""),
        "file": (_("Bring a file in"), "import_data"),
        "colleague": (_("Invite a colleague"), "people"),
        "dashboard": (_("See a dashboard"), "sales"),
    }
    for name, (text, screen) in texts.items():
        icon = ":material/check_circle:" if steps[name] else ":material/radio_button_unchecked:"
        if screen:
            if screen in routes.screens():
                st.page_link(routes.page(screen), label=look.plain(text), icon=icon)
        elif st.button(text, key=f"first_hour_{name}", type="tertiary", icon=icon):
            new_record(actor, name)
    if st.button(_("Put this list away"), key="first_hour_away", type="tertiary", icon=":material/close:"):
        with storing(actor, _("Put away.")) as work:
            put_away(work)


def note_dashboard(actor: Actor) -> None:
    """A dashboard is seen; written down once, for the list of the first hour."""
    if _SEEN in st.session_state or not actor.may("setting", UPDATE):
        return
    st.session_state[_SEEN] = True
    with reading(actor) as session:
        steps = first_hour(session)
    if steps is not None and not steps["dashboard"]:
        with unit_of_work(actor) as work:
            saw_dashboard(work)


def _leave_sample(actor: Actor) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(_("This is the sample company: try everything, nothing goes out."))
        if st.button(_("Start with your own firm"), key="leave_sample", icon=":material/rocket_launch:"):
            _drawer(actor)


@st.dialog(_("Start with your own firm"), position="right", width=440)
def _drawer(actor: Actor) -> None:
    st.warning(
        _(
            "All customers, deals, cases and people of the sample company go, and everybody is signed out."
            " A backup of it is made first."
        ),
        icon=":material/delete_sweep:",
    )
    with st.form("leave_sample_form", border=False):
        name = st.text_input(_("Name of your firm"), key="leave_sample_firm", max_chars=200)
        country = choose(_("Country"), country_names(), our_country(), key="leave_sample_country") or ""
        who = st.text_input(_("Your name"), key="leave_sample_name", autocomplete="name")
        email = st.text_input(_("Your e-mail"), key="leave_sample_email", autocomplete="username")
        password = st.text_input(
            _("Password"), type="password", key="leave_sample_password", autocomplete="new-password"
        )
        keep = st.checkbox(
            _("Keep colleagues who have a password of their own"), True, key="leave_sample_keep"
        )
        sent = st.form_submit_button(_("Remove the sample and start"), type="primary")
    if sent:
        with showing_problems():
            person = FirstPerson(name=who, email=email, password=password, firm=name, country=country)
            where = COMPANIES["real"](actor, person, keep_people=keep)
            st.cache_data.clear()
            flash(_("The sample company is in {place}. Sign in with your own password.").format(place=where))
            st.rerun()
