"""One list screen for any entity: search, filters in the address, sort, column choice, pages, export, bulk archive."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from crm.errors import CrmError
from crm.exchange.cards_out import export_cards
from crm.exchange.export import export_csv
from crm.i18n import _
from crm.records import lists, registry
from crm.records.card import Card
from crm.records.fields import Entity, Kind
from crm.ui.frame.guard import show
from crm.ui.kit import look
from crm.ui.kit.inputs import choose, choose_some, search_input
from crm.ui.kit.words import FRESH
from crm.ui.records.drawers import new_record, open_record
from crm.ui.records.list_bulk import bulk_bar, undo_bar
from crm.ui.records.list_filters import more_filters, pill_filter
from crm.ui.records.list_table import pager, rows_to_open
from crm.work import Actor, reading
from db.scope import CREATE, DELETE, EXPORT, ScopedSession

PAGE_ROWS = 14


@dataclass(frozen=True)
class ListScreen:
    """A list as its card says, and what is special about it."""

    entity: str
    on_open: Callable[[Actor, int], None] | None = None  # instead of the record's own page
    on_new: Callable[[Actor], None] | None = None  # instead of the general form
    title: str = ""  # instead of the entity's plural
    marked: Callable[[ScopedSession], Collection[int]] | None = None  # records with news for the actor

    @property
    def card(self) -> Card:
        """What the entity looks like."""
        return registry.card(self.entity)

    @property
    def page(self) -> str:
        """The beginning of the screen's keys and of its filters in the address."""
        return self.card.screen or self.entity

    @property
    def sort(self) -> str:
        """The field it is sorted by at first."""
        return self.card.sort.removeprefix("-") or registry.title_field(self.entity)


def show_list(actor: Actor, screen: ListScreen, *, head: DeltaGenerator | None = None) -> None:
    """Draw the whole list screen; ``head`` is where its header goes when something stands between it and the filters."""
    about = registry.entity(screen.entity)
    head = head or st.container()
    with look.toolbar():
        told = _("Search {plural}").format(plural=_(about.plural).lower())
        search = search_input(told, key=f"{screen.page}_q", width=260)
        filters = pill_filter(about, screen.page, screen.card.pill)
        filters |= more_filters(actor, about, screen.page, screen.card.pill)
        columns, sort, descending, archived = _view(about, screen)
        narrowed = bool(filters or archived)
        filters |= _open_filter(about, screen)
    question = (search, repr(sorted(filters.items(), key=str)), sort, descending, archived, tuple(columns))
    cursors = _cursors(screen, question)
    try:
        with reading(actor) as session:
            found = lists.list_rows(
                session,
                screen.entity,
                search=search,
                filters=filters,
                sort=sort,
                descending=descending,
                after=cursors[-1],
                limit=PAGE_ROWS,
                columns=columns,
                archived=archived,
            )
            if screen.marked is not None:
                fresh = found.rows["id"].isin(screen.marked(session))
                found.rows.loc[fresh, about.title_field] = f"{FRESH} " + found.rows[about.title_field]
    except CrmError as problem:
        show(problem)
        return
    _head(actor, head, about, screen, found, (search, filters, archived, columns))
    if found.rows.empty:
        _nothing(actor, about, screen, search, narrowed)
    else:
        _range(screen, found, len(cursors), archived)
        _table(actor, about, screen, found, columns, archived, (question, len(cursors)))

        def step(by: int) -> None:
            cursors.append(found.next_cursor) if by > 0 else cursors.pop()

        pager(screen.page, is_first=len(cursors) == 1, is_last=not found.next_cursor, step=step)
    undo_bar(actor, screen.entity, screen.page)


def _head(
    actor: Actor, head: Any, about: Entity, screen: ListScreen, found: lists.ListPage, view: tuple[Any, ...]
) -> None:
    rights = registry.rights_name(screen.entity)
    count = f"{found.total:,}+" if found.capped else f"{found.total:,}"
    noun = _(about.label) if found.total == 1 else _(about.plural)
    with head, look.page(screen.title or _(about.plural), f"{count} {noun.lower()}"):
        if actor.may(rights, EXPORT):
            st.download_button(
                _("Export"),
                data=lambda: _csv(actor, about.name, *view),
                file_name=f"{screen.page}.csv",
                mime="text/csv",
                icon=":material/download:",
                key=f"{screen.page}_export",
                on_click="ignore",
                help=_("All rows of this list, with these columns, as CSV"),
            )
        if actor.may(rights, EXPORT) and screen.entity == "contact":
            st.download_button(
                _("vCards"), data=lambda: _vcards(actor, *view[:3]), file_name="contacts.vcf", mime="text/vcard",
                icon=":material/contacts:", key=f"{screen.page}_cards", on_click="ignore",
                help=_("All contacts of this list, for telephones and mail programs"),
            )  # fmt: skip
        if actor.may(rights, CREATE) and st.button(
            _("New {label}").format(label=_(about.label).lower()),
            icon=":material/add:",
            type="primary",
            key=f"{screen.page}_new",
        ):
            _new(actor, screen)


def _csv(
    actor: Actor, entity: str, search: str, filters: Mapping[str, Any], archived: bool, columns: Sequence[str]
) -> bytes:
    with reading(actor) as session:
        return b"".join(
            export_csv(session, entity, columns=columns, search=search, filters=filters, archived=archived)
        )


def _vcards(actor: Actor, search: str, filters: Mapping[str, Any], archived: bool) -> bytes:
    with reading(actor) as session:
        return b"".join(export_cards(session, search=search, filters=filters, archived=archived))


def _new(actor: Actor, screen: ListScreen) -> None:
    if screen.on_new is not None:
        screen.on_new(actor)
    else:
        new_record(actor, screen.entity)


def _open_filter(about: Entity, screen: ListScreen) -> dict[str, Any]:
    """Open records, or with the switch the ended ones."""
    if not screen.card.open_while_blank:
        return {}
    label = _(about[screen.card.open_while_blank].label)
    ended = st.toggle(label, key=f"{screen.page}_ended", bind="query-params")
    return {screen.card.open_while_blank: (datetime(1970, 1, 1, tzinfo=UTC), None) if ended else None}


def _view(about: Entity, screen: ListScreen) -> tuple[list[str], str, bool, bool]:
    """Columns, sort, direction and whether archived rows show."""
    names = {f.name: _(f.label) for f in about.fields if f.kind is not Kind.LONGTEXT}
    first, shown = screen.sort, list(screen.card.names("list"))
    sortable = {first: names[first], about.title_field: names[about.title_field]} | {
        f.name: _(f.label) for f in about.fields if f.sortable
    }
    with st.popover(_("View"), type="tertiary", icon=":material/view_column:"):
        columns = choose_some(
            _("Columns"), names, default=shown, key=f"{screen.page}_columns", bind="query-params"
        )
        sort = choose(_("Sort by"), sortable, first, key=f"{screen.page}_sort", bind="query-params")
        descending = st.toggle(
            _("Largest or newest first"),
            value=screen.card.sort.startswith("-"),
            key=f"{screen.page}_down",
            bind="query-params",
        )
        archived = st.toggle(_("Archived records"), key=f"{screen.page}_archived", bind="query-params")
    return (
        [c for c in columns if c in names] or shown,
        sort or first,
        descending,
        archived,
    )


def _cursors(screen: ListScreen, question: tuple[Any, ...]) -> list[str | None]:
    """The cursors of the pages walked so far; another question starts at the first page."""
    memory = st.session_state.setdefault(f"{screen.page}_paging", {"question": None, "cursors": [None]})
    if memory["question"] != question:
        memory["question"], memory["cursors"] = question, [None]
    return memory["cursors"]  # type: ignore[no-any-return]


def _range(screen: ListScreen, found: lists.ListPage, page: int, archived: bool) -> None:
    """One short line above the table; on touch screens the table's toolbar covers what stands further right."""
    first = (page - 1) * PAGE_ROWS + 1
    total = f"{found.total:,}+" if found.capped else f"{found.total:,}"
    said = _("{a} to {b} of {n}").format(a=first, b=first + len(found.rows) - 1, n=total)
    st.caption(_("{range}, archived").format(range=said) if archived else said)


def _table(
    actor: Actor,
    about: Entity,
    screen: ListScreen,
    found: lists.ListPage,
    columns: list[str],
    archived: bool,
    part: tuple[Any, ...],
) -> None:
    names = [about.title_field, *(c for c in columns if c != about.title_field)]
    row_id, ticked = rows_to_open(
        about,
        found.rows,
        [n for n in names if n in found.rows],
        key=screen.page,
        part=part,
        alt=_("{plural}, page {n}; click a cell to open the record").format(
            plural=_(about.plural), n=part[-1]
        ),
        avatars=screen.card.avatars,
        ticks=True,
    )
    if row_id is not None:
        if screen.on_open is not None:
            screen.on_open(actor, row_id)
        else:
            open_record(actor, screen.entity, row_id)
    if len(ticked) and actor.may(registry.rights_name(screen.entity), DELETE):
        bulk_bar(actor, about, ticked, archived=archived, page=screen.page)


def _nothing(actor: Actor, about: Entity, screen: ListScreen, search: str, narrowed: bool) -> None:
    plural = _(about.plural).lower()
    if search or narrowed:
        text = (
            _("No {plural} fit “{term}” with these filters. Try part of a name.").format(
                plural=plural, term=search
            )
            if search
            else _("No {plural} fit all these filters together.").format(plural=plural)
        )
        look.empty(
            _("Nothing matches"),
            text,
            button=_("Clear search and filters"),
            on_click=lambda: clear_filters(screen.page, about),
            key=f"{screen.page}_clear",
        )
        return
    may = actor.may(registry.rights_name(screen.entity), CREATE)
    label = _("New {label}").format(label=_(about.label).lower()) if may else ""
    if look.empty(
        _("No {plural} yet").format(plural=plural),
        _(screen.card.empty) if screen.card.empty else "",
        button=label,
        key=f"{screen.page}_first",
    ):
        _new(actor, screen)


def clear_filters(page: str, about: Entity) -> None:
    """Empty search and filters, as if by hand: what a bound widget has in the address goes with its value."""
    fields = [f"{page}_{f.name}{end}" for f in about.fields for end in ("", "_from", "_to")]
    further = [f"{page}_{name}" for name in lists.further_filters(about.name)]
    for key in (f"{page}_q", f"{page}_archived", *further, *fields):
        value = st.session_state.get(key)
        if value:
            st.session_state[key] = [] if isinstance(value, list) else "" if isinstance(value, str) else None
    if st.session_state.get(f"{page}_archived", False) is None:
        st.session_state[f"{page}_archived"] = False
