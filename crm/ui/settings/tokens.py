"""The pieces of the screen API tokens: each token with its reach and last use, a new one, the way to end one."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from crm.access.roles import label
from crm.access.tokens.tokens import USUAL_DAYS, YEAR, TokenRow, kinds, make_token, revoke_token
from crm.clock import here, now, zone
from crm.i18n import _, ngettext
from crm.ui.frame.guard import act_in_callback, show_refused, showing_problems
from crm.ui.kit import look
from crm.ui.kit.formats import day, moment
from crm.ui.kit.inputs import choose_some
from crm.work import Actor, unit_of_work
from db.scope import UPDATE

#: How long a token may live, in days; the command line makes longer ones for whoever says so.
DAYS = (7, 30, USUAL_DAYS, 180, YEAR)
#: Ended ones of which so many are shown, the newest first.
ENDED_SHOWN = 20


def keeps_users(actor: Actor) -> bool:
    """Whether the actor sees and revokes tokens of others."""
    return actor.may("user", UPDATE)


def show(actor: Actor, found: Sequence[TokenRow], *, with_names: bool) -> None:
    """Those that work, then those that do not any more."""
    show_refused()
    live = [row for row in found if row.state == "live"]
    if not live:
        look.empty(
            _("No token in use"),
            _("Make one for each program that reads or writes here, so that each can be ended by itself."),
        )
    for row in live:
        _card(actor, row, with_names)
    if past := [row for row in found if row.state != "live"][:ENDED_SHOWN]:
        with st.expander(_("Ended and expired"), icon=":material/history:"):
            for row in past:
                look.two_lines(f"{row.name}", _words(row, with_names))


def _card(actor: Actor, row: TokenRow, with_names: bool) -> None:
    with look.card(key=f"token_{row.id}"):
        with look.row():
            look.two_lines(row.name, f"{row.prefix}…", _words(row, with_names))
            with st.popover(_("Revoke"), icon=":material/block:", key=f"token_{row.id}_end"):
                st.markdown(
                    look.plain(
                        _("Programs that use “{name}” are refused from the next call on.").format(
                            name=row.name
                        )
                    )
                )
                st.button(
                    _("Revoke this token"),
                    key=f"token_{row.id}_revoke",
                    type="primary",
                    on_click=_revoke,
                    args=(actor, row),
                )
        soon = (row.expires_at - now()).days < 14
        if soon:
            st.markdown(look.tag(_("Expires soon"), tone=look.WATCH, icon="schedule"))


def _revoke(actor: Actor, row: TokenRow) -> None:
    act_in_callback(
        actor, lambda work: revoke_token(work, row.id), _("Token {name} is revoked.").format(name=row.name)
    )


def _words(row: TokenRow, with_names: bool) -> str:
    reach = _("Reads and writes") if row.may_write else _("Reads only")
    named = ", ".join(label(name) for name in row.entities or ())
    used = moment(row.used_at, now=now(), zone=zone())
    ends = day(here(row.expires_at).date())
    state = {"live": _("Expires {day}"), "expired": _("Expired {day}"), "ended": _("Revoked")}[row.state]
    parts = [
        row.who if with_names else "",
        f"{reach}: {named or _('all that its person reaches')}",
        _("Last used {when}").format(when=used) if used else _("Never used"),
        state.format(day=ends),
    ]
    return " · ".join(part for part in parts if part)


def new_form(actor: Actor) -> None:
    """The form of a new token; afterwards the token itself, until the next click."""
    names = {one: label(one) for one in kinds(actor)}
    with (
        st.expander(_("New token"), icon=":material/add:", key="tokens_new"),
        st.form("tokens_form", border=False, clear_on_submit=False),
    ):
        name = st.text_input(
            _("What is it for?"), key="tokens_name", max_chars=80, placeholder=_("Nightly sync")
        )
        writes = st.toggle(_("May write, too"), key="tokens_write")
        chosen = choose_some(
            _("Only these records"), names, key="tokens_only", placeholder=_("All that you reach")
        )
        days = st.selectbox(
            _("Lives for"), DAYS, index=DAYS.index(USUAL_DAYS), key="tokens_days",
            format_func=lambda n: ngettext("{n} day", "{n} days", n).format(n=n),
        )  # fmt: skip
        sent = st.form_submit_button(_("Make token"), type="primary")
    if not sent:
        return
    with showing_problems():
        with unit_of_work(actor) as work:
            _id, token = make_token(work, name=name, may_write=writes, entities=chosen or None, days=days)
        with look.card(
            _("Copy the token now"), _("It is shown this once, until the next click."), key="tokens_made"
        ):
            st.code(token, language=None, wrap_lines=True)
            st.caption(_("Give it to the program as “Authorization: Bearer …”, never in an address."))
            st.button(_("I have copied it"), key="tokens_done", type="primary")
