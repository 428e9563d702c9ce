"""The list and the page of any entity, as its card says; a screen of its own has only what is special about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from crm.i18n import _
from crm.interactions.service import ABOUT
from crm.interactions.timeline import open_tasks
from crm.records import lists, registry
from crm.records.card import Card
from crm.records.fields import Kind
from crm.records.view import RecordView, record_view
from crm.register import Register
from crm.ui.frame import routes
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.ui.records import to_do
from crm.ui.records.drawers import new_record, open_record
from crm.ui.records.facts import about_card, details
from crm.ui.records.list_table import rows_to_open
from crm.ui.records.listing import show_list
from crm.ui.records.record_page import Tab, asked_id, counted, record_body, record_header
from crm.ui.records.timeline import show_timeline
from crm.ui.records.views.screen import ListScreen
from crm.work import Actor, reading
from db.scope import CREATE, READ

#: Rows of a card beside a record; its list has them all.
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Beside:
    """Records of one entity that point to the record of a page by one field."""

    card: Card
    field: str
    rows: lists.ListPage

    @property
    def label(self) -> str:
        """What they are called there, with their number."""
        plural = _(registry.entity(self.card.name).plural)
        return counted(plural, self.rows.total, more=self.rows.capped)


def show_screen(entity: str, one: bool) -> None:
    """Run the list of an entity, or the page of the record in the address."""
    actor = current_actor()
    if one:
        show_record(actor, entity, asked_id(entity))
    else:
        show_list(actor, ListScreen(entity))


def show_record(actor: Actor, entity: str, record_id: int) -> None:
    """Draw the page of a record: header, what is next, what points here, talks, tasks and changes, facts."""
    links = {ABOUT[entity]: record_id} if entity in ABOUT else None
    with reading(actor) as session:
        view = record_view(session, entity, record_id)
        beside = _beside(actor, session, view)
        tasks = open_tasks(session, entity, record_id) if links else []
        remarks = Register[Callable[[Any, int], str]]("remark")
        remark = remarks[entity](session, record_id) if entity in remarks else ""
    record_header(actor, view, context=_context(view), tags=_tags(view), links=links)
    tabs: dict[str, Tab] = {b.card.name: (b.label, partial(_rows, actor, view, b)) for b in beside}
    if links:
        tabs["tasks"] = (_("Tasks"), partial(to_do.show_tasks, actor, tasks, links=links))
    tabs["changes"] = (_("Timeline") if links else _("Changes"), partial(show_timeline, actor, view))
    tabs["details"] = (_("Details"), partial(details, view))
    above = partial(to_do.next_step, actor, tasks, links=links) if links else None
    if remark:
        st.info(look.plain(remark), icon=":material/calculate:")
    record_body(tabs, [partial(about_card, view)], above=above)


def _beside(actor: Actor, session: Any, view: RecordView) -> list[Beside]:
    """What the cards list on this page, as far as the actor may see it. Two statements for each."""
    found = []
    for card in registry.cards():
        if view.entity not in card.beside.split() or not actor.may(card.rights, READ):
            continue
        field = next(f.name for f in registry.entity(card.name).fields if f.link == view.entity)
        sort, down = card.sort.removeprefix("-") or None, card.sort.startswith("-")
        columns = [name for name in card.names("list") if name != field]
        rows = lists.list_rows(
            session, card.name, filters={field: view.id}, sort=sort, descending=down, limit=SHOWN, columns=columns
        )  # fmt: skip
        found.append(Beside(card, field, rows))
    return found


def _rows(actor: Actor, view: RecordView, found: Beside) -> None:
    about, rows = registry.entity(found.card.name), found.rows.rows
    if rows.empty:
        st.caption(_("No {plural} yet").format(plural=_(about.plural).lower()))
    elif found.rows.next_cursor:
        st.caption(_("The first {n} of {all}.").format(n=len(rows), all=f"{found.rows.total:,}"))
    names = [n for n in found.card.names("list") if n in rows]
    key = f"beside_{found.card.name}"
    if not rows.empty:
        label = _("{plural} of {title}").format(plural=_(about.plural), title=view.title)
        row_id = rows_to_open(about, rows, names, key=key, label=label, total=found.rows.total)
        if row_id is not None:
            open_record(actor, about.name, row_id)
    if actor.may(found.card.rights, CREATE) and not view.archived:
        label = _("New {label}").format(label=_(about.label).lower())
        if st.button(label, key=f"{key}_new", icon=":material/add:"):
            new_record(actor, about.name, preset=_inherited(view, found))


def _inherited(view: RecordView, found: Beside) -> dict[str, Any]:
    """A record made here belongs to this one, and has what both call the same."""
    mine, theirs = registry.entity(view.entity).by_name, registry.entity(found.card.name)
    asked = found.card.names("form", "more")
    shared = {
        n: view.values.get(n) for n in asked if n in mine and mine[n].kind is theirs[n].kind is Kind.LINK
    }
    return {n: v for n, v in shared.items() if v is not None} | {found.field: view.id}


def _context(view: RecordView) -> str:
    """The first facts in one line: what it belongs to and when."""
    about = registry.entity(view.entity)
    named = registry.card(view.entity).names("facts")
    said: Mapping[str, str] = {n: view.titles.get(n, "") for n in named if about[n].kind is Kind.LINK}
    return " · ".join(text for name, text in said.items() if text and name not in ("owner_id", "team_id"))


def _tags(view: RecordView) -> list[look.Marked]:
    pill = registry.card(view.entity).pill
    choices = registry.entity(view.entity)[pill].names() if pill else {}
    value = view.values.get(pill)
    return [look.tag(choices[value])] if value in choices else []


routes.draw_cards_with(show_screen)
