"""Our accounts on networks: which there are, a new one, and the one whose posts are looked at."""

from __future__ import annotations

import streamlit as st

from crm.campaigns.social.rules import NETWORK_NAMES
from crm.campaigns.social.social import Account
from crm.i18n import _, ngettext
from crm.ui.kit import look
from crm.ui.kit.inputs import choose
from crm.ui.records.drawers import new_record
from crm.work import Actor
from db.scope import CREATE

KEY = "social_account"


def choose_account(ours: list[Account]) -> int | None:
    """The account that is looked at, kept in the address; None means all."""
    names = {str(account.id): account.name for account in ours}
    chosen = choose(
        _("Account"),
        names,
        key=KEY,
        bind="query-params",
        label_visibility="collapsed",
        placeholder=_("All accounts"),
        width=220,
    )
    return int(chosen) if chosen in names else None


def show_accounts(actor: Actor, ours: list[Account]) -> None:
    """A menu with every account and a way to add one."""
    with st.popover(_("Accounts"), icon=":material/account_circle:"):
        for account in ours:
            posts = ngettext("{n} post", "{n} posts", account.posts).format(n=account.posts)
            look.two_lines(account.name, _(NETWORK_NAMES[account.network]), posts)
        if not ours:
            st.caption(_("No accounts yet. A post can be planned once it has one."))
        if actor.may("social", CREATE) and st.button(
            _("New account"), icon=":material/add:", key="social_account_new"
        ):
            new_record(actor, "social_account")
