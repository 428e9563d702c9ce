"""Within reach on every screen: find anything, write down a talk, add a contact, deal or task."""

from __future__ import annotations

import streamlit as st

from crm.i18n import _
from crm.records import registry
from crm.records.search import Hit, find_anything
from crm.ui.cases import news
from crm.ui.frame import routes
from crm.ui.kit import look
from crm.ui.records import quick
from crm.ui.records.drawers import new_record
from crm.ui.records.views.saved import pins
from crm.ui.visits.rows import plan_drawer
from crm.work import Actor, reading
from db.actor import CREATE, READ, UPDATE


def tools(actor: Actor, opened: int | None = None) -> None:
    """News, find and add, in the sidebar under the menu; ``opened`` is the case whose page is being drawn."""
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
        decides = actor.may("message", UPDATE)
        if actor.user_id is not None and (decides or actor.may("case", READ)):
            if opened is not None and actor.may("case", READ):
                news.open_case(actor, opened)
            news.bell()
        if st.button(
            _("Find"), icon=":material/search:", shortcut="Mod+K", width="stretch", key="frame_find"
        ):
            find(actor)
        if "talk" in allowed and st.button(
            _("Log a talk"), icon=":material/edit_note:", shortcut="Mod+J", width="stretch", key="frame_log"
        ):
            quick.log_drawer(actor)
        if allowed:
            chosen = st.menu_button(
                _("Add"),
                list(allowed),
                format_func=allowed.__getitem__,
                icon=":material/add:",
                width="stretch",
                key="frame_add",
            )
            if chosen:
                _open(actor, chosen)
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


def find(actor: Actor) -> None:
    """Open the search over all that is in Find."""

    @st.dialog(_("Find"), width="medium")
    def dialog() -> None:
        text = st.text_input(
            _("Find a record"), type="search", live="200ms", key="frame_find_text",
            placeholder=_("Name, e-mail, number, town"), label_visibility="collapsed",
        )  # fmt: skip
        quick.focus_first("frame_find")
        if not (text or "").strip():
            st.caption(_("Type two letters or more. Every word must occur."))
            return
        with reading(actor) as session:
            hits = find_anything(session, text or "")
        if not hits:
            st.caption(_("Nothing found for “{text}”.").format(text=look.plain(text or "")))
        for hit in hits:
            _show(hit)

    dialog()


def _show(hit: Hit) -> None:
    if hit.entity == "message":
        label = f"{look.plain(hit.title)} :small[:gray[{look.plain(hit.detail)}]]"
        inbox, asked = routes.page("inbox"), {"message": str(hit.id)}
        st.page_link(inbox, label=label, icon=":material/inbox:", query_params=asked, width="stretch")
        return
    about = registry.entity(hit.entity)
    label = look.plain(hit.title) + (f" :small[:gray[{look.plain(hit.detail)}]]" if hit.detail else "")
    if about.page in routes.screens():
        st.page_link(
            routes.page(about.page),
            label=label,
            icon=about.icon,
            query_params={"id": str(hit.id)},
            width="stretch",
        )
    else:
        st.markdown(f"{about.icon} {label}")
