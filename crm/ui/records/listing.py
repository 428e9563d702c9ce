"""One list screen for any entity: search, filters in the address, sort, column choice, pages, export, bulk archive."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from crm.errors import CrmError
from crm.exchange.cards_out import VERSIONS, export_cards
from crm.exchange.export import Asked, export_rows
from crm.i18n import _
from crm.records import lists, registry
from crm.records.fields import Entity, Kind
from crm.records.listing.columns import fill
from crm.records.listing.quick import QUICK
from crm.ui.frame.guard import show
from crm.ui.kit import look
from crm.ui.kit.grid import grid
from crm.ui.kit.inputs import choose, choose_some, search_input
from crm.ui.records.drawers import new_record, open_record
from crm.ui.records.list_bulk import bulk_actions, bulk_bar, undo_bar
from crm.ui.records.list_filters import more_filters, pill_filter, quick_asked, quick_chips
from crm.ui.records.list_table import grid_columns, grid_rows, pager
from crm.ui.records.views import saved
from crm.ui.records.views.screen import PAGE_ROWS, ListScreen, clear_filters, column_names, sortable
from crm.work import Actor, reading
from db.scope import CREATE, EXPORT

_SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_FILES = {
    "csv": ("csv", "text/csv"), "all csv": ("csv", "text/csv"), "xlsx": ("xlsx", _SHEET), "all xlsx": ("xlsx", _SHEET),
    **dict.fromkeys(VERSIONS, ("vcf", "text/vcard")),
}  # fmt: skip


def show_list(actor: Actor, screen: ListScreen, *, head: DeltaGenerator | None = None) -> None:
    """Draw the whole list screen; ``head`` is where its header goes when something stands between it and the filters."""
    about = registry.entity(screen.entity)
    head = head or st.container()
    saved.begin(actor, about, screen)
    with look.toolbar():
        told = _("Search {plural}").format(plural=_(about.plural).lower())
        search = search_input(told, key=f"{screen.page}_q", width=260)
        filters = pill_filter(about, screen.page, screen.card.pill)
        filters |= more_filters(actor, about, screen.page, screen.card.pill)
        columns, sort, descending, size, archived = _view(actor, about, screen)
        narrowed = bool(filters or archived or quick_asked(about, screen.page))
        filters |= _open_filter(about, screen)
        if asked := quick_asked(about, screen.page):
            filters[QUICK] = asked
        saved.menu(actor, about, screen)
    quick = st.container()
    part = (search, repr(sorted(filters.items(), key=str)), archived)
    cursors = _cursors(screen, (part, sort, descending, size))
    reach = _reach(about)
    fresh: Collection[int] = ()
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
                limit=size,
                columns=[about.title_field, *columns, *reach.values()],
                archived=archived,
            )
            fill(session, screen.entity, found.rows, columns)
            # Of more rows than are counted a question may have to walk them all to find a few; then it goes without a number.
            counts = (
                {}
                if found.capped
                else lists.quick_counts(
                    session, screen.entity, search=search, filters=filters, archived=archived
                )
            )
            if screen.marked is not None:
                fresh = screen.marked(session)
    except CrmError as problem:
        show(problem)
        return
    with quick:
        quick_chips(about, screen.page, counts, asked)
    _head(actor, head, about, screen, found, (search, filters, archived, columns))
    if found.rows.empty:
        _nothing(actor, about, screen, search, narrowed)
    else:
        first = (len(cursors) - 1) * size + 1
        _range(found, first, archived)
        names = [about.title_field, *(c for c in columns if c != about.title_field and c in found.rows)]
        answer = grid(
            f"{screen.page}_list",
            grid_columns(about, names, sortable=sortable(about, screen)),
            grid_rows(about, found.rows, names, faces=screen.card.avatars, fresh=fresh, reach=reach),
            label=_("{plural}, page {n}").format(plural=_(about.plural), n=len(cursors)),
            total=found.total,
            capped=found.capped,
            first=first,
            sort=(sort, descending),
            on_sort=partial(_sort_by, screen),
            pick=bool(bulk_actions(actor, about)),
            part=part,
        )
        if answer.opened is not None:
            opens = screen.on_open or (lambda who, row_id: open_record(who, screen.entity, row_id))
            opens(actor, answer.opened)
        if answer.picked:
            bulk_bar(actor, about, answer.picked, archived=archived, page=screen.page)

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
            kind = st.session_state.get(f"{screen.page}_format") or "csv"
            ending, mime = _FILES[kind]
            st.download_button(
                _("Export"),
                data=lambda: _leaving(actor, about.name, kind, *view),
                file_name=f"{screen.page}.{ending}",
                mime=mime,
                icon=":material/download:",
                key=f"{screen.page}_export",
                on_click="ignore",
                help=_("All rows of this list, with these columns, as CSV; “View” has other formats"),
            )
        if actor.may(rights, CREATE) and st.button(
            _("New {label}").format(label=_(about.label).lower()),
            icon=":material/add:",
            type="primary",
            key=f"{screen.page}_new",
        ):
            _new(actor, screen)


def _leaving(
    actor: Actor,
    entity: str,
    kind: str,
    search: str,
    filters: Mapping[str, Any],
    archived: bool,
    columns: Sequence[str],
) -> bytes:
    """The file of a list; that of all fields is one to bring in again, with what was put away."""
    with reading(actor) as session:
        if kind in VERSIONS:
            return b"".join(
                export_cards(session, search=search, filters=filters, archived=archived, version=kind)
            )
        whole = kind.startswith("all ")
        columns = [name for name in columns if name in registry.entity(entity).by_name]
        asked = Asked(None if whole else columns, search, filters, None if whole else archived)
        return b"".join(export_rows(session, entity, kind.removeprefix("all "), asked))


def _formats(entity: str) -> dict[str, str]:
    """What a list may leave as."""
    cards = {version: _("vCard {version}").format(version=version) for version in VERSIONS}
    return {
        "csv": _("CSV, these columns"),
        "xlsx": _("XLSX, these columns"),
        "all csv": _("CSV, all fields and archived rows"),
        "all xlsx": _("XLSX, all fields and archived rows"),
        **(cards if entity == "contact" else {}),
    }


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


def _view(actor: Actor, about: Entity, screen: ListScreen) -> tuple[list[str], str, bool, int, bool]:
    """Columns, sort, direction, rows of a page, and whether archived rows show."""
    names, first, page = column_names(about), screen.shape, screen.page
    kept = {"on_change": saved.keep_shape, "args": (actor, screen)}
    with st.popover(_("View"), type="tertiary", icon=":material/view_column:"):
        columns = choose_some(
            _("Columns"),
            names,
            default=first["columns"],
            key=f"{page}_columns",
            bind="query-params",
            help=_("They stand in the order in which they were chosen."),
            **kept,
        )
        saved.move_columns(actor, screen, {name: names[name] for name in columns if name in names})
        sorts = sortable(about, screen)
        sort = choose(_("Sort by"), sorts, first["sort"], key=f"{page}_sort", bind="query-params")
        descending = st.toggle(
            _("Largest or newest first"), value=first["down"], key=f"{page}_down", bind="query-params"
        )
        sizes = {n: str(n) for n in PAGE_ROWS}
        size = choose(
            _("Rows per page"), sizes, first["rows"], key=f"{page}_rows", bind="query-params", **kept
        )
        archived = st.toggle(_("Archived records"), key=f"{page}_archived", bind="query-params")
        if actor.may(registry.rights_name(screen.entity), EXPORT):
            choose(_("Export as"), _formats(about.name), "csv", key=f"{page}_format")
    return (
        [c for c in columns if c in names] or first["columns"],
        sort or first["sort"],
        descending,
        size or first["rows"],
        archived,
    )


def _cursors(screen: ListScreen, question: tuple[Any, ...]) -> list[str | None]:
    """The cursors of the pages walked so far; another question starts at the first page."""
    memory = st.session_state.setdefault(f"{screen.page}_paging", {"question": None, "cursors": [None]})
    if memory["question"] != question:
        memory["question"], memory["cursors"] = question, [None]
    return memory["cursors"]  # type: ignore[no-any-return]


def _range(found: lists.ListPage, first: int, archived: bool) -> None:
    """One short line above the rows."""
    total = f"{found.total:,}+" if found.capped else f"{found.total:,}"
    said = _("{a} to {b} of {n}").format(a=first, b=first + len(found.rows) - 1, n=total)
    st.caption(_("{range}, archived").format(range=said) if archived else said)


def _sort_by(screen: ListScreen, name: str, descending: bool) -> None:
    """What a head of the grid asks for goes the way of the inputs under View, and so into the address."""
    st.session_state[f"{screen.page}_sort"] = name
    st.session_state[f"{screen.page}_down"] = descending


def _reach(about: Entity) -> dict[str, str]:
    """The first fields that hold a number to call and an address to write to."""
    kinds = {"call": Kind.PHONE, "mail": Kind.EMAIL}
    found = {way: next((f.name for f in about.fields if f.kind is kind), "") for way, kind in kinds.items()}
    return {way: name for way, name in found.items() if name}


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
    with reading(actor) as session:
        others = lists.has_any(session, screen.entity)
    title = _("No {plural} for you yet") if others else _("No {plural} yet")
    text = _(screen.card.empty) if screen.card.empty else ""
    if others:
        text = _(
            "There are some, but none is yours or your team’s. An administrator says which team you belong to."
        )
    may = actor.may(registry.rights_name(screen.entity), CREATE)
    label = _("New {label}").format(label=_(about.label).lower()) if may else ""
    if look.empty(title.format(plural=plural), text, button=label, key=f"{screen.page}_first"):
        _new(actor, screen)
