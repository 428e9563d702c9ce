"""Within reach on every screen: find anything, write down a talk, add a contact, deal or task."""

from __future__ import annotations

import streamlit as st

from crm.i18n import _
from crm.records import registry
from crm.ui.cases import news
from crm.ui.frame.account import opener
from crm.ui.records import quick
from crm.ui.records.drawers import new_record
from crm.ui.records.find import find, wished
from crm.ui.records.views.saved import pins
from crm.ui.visits.rows import plan_drawer
from crm.work import Actor
from db.actor import CREATE, READ, UPDATE


def tools(actor: Actor, opened: int | None = None) -> None:
    """Account, news, find and add, in the sidebar above the menu; ``opened`` is the case whose page is being drawn."""
    offers = {
        "talk": (_("Log a talk"), ("interaction", CREATE)),
        "task": (_("New task"), ("task", CREATE)),
    }
    for card in registry.cards():
        if card.add:
            label = _(registry.entity(card.name).label).lower()
            offers[card.name] = (_("New {label}").format(label=label), (card.rights, CREATE))
    offers["work_order"] = (_("Plan a visit"), ("work_order", CREATE))
    allowed = {name: text for name, (text, right) in offers.items() if actor.may(*right)}
    with st.sidebar, st.container(gap="xsmall", key="frame_tools"):
        opener(actor)
        if st.button(
            _("Find"), icon=":material/search:", shortcut="Mod+K", width="stretch", key="frame_find"
        ):
            find(actor, allowed)
        if "talk" in allowed and st.button(
            _("Log a talk"), icon=":material/edit_note:", shortcut="Mod+J", width="stretch", key="frame_log"
        ):
            quick.log_drawer(actor)
        begun = wished()
        with st.container(horizontal=True, gap="xsmall", wrap=False, vertical_alignment="center"):
            if allowed:
                added = st.menu_button(
                    _("Add"),
                    list(allowed),
                    format_func=allowed.__getitem__,
                    icon=":material/add:",
                    key="frame_add",
                )
                begun = added or begun
            decides = actor.may("message", UPDATE)
            if actor.user_id is not None and (decides or actor.may("case", READ)):
                if opened is not None and actor.may("case", READ):
                    news.open_case(actor, opened)
                news.bell()
        if begun in allowed:
            _open(actor, begun)
        pins(actor)


def _open(actor: Actor, what: str) -> None:
    if what == "talk":
        quick.log_drawer(actor)
    elif what == "task":
        quick.task_drawer(actor)
    elif what == "work_order":
        plan_drawer(actor)
    else:
        new_record(actor, what, fields=registry.card(what).names("add"))
