"""A list screen as its card says, and what its inputs hold: read, set anew, emptied."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import streamlit as st

from crm.i18n import _
from crm.records import lists, registry
from crm.records.card import Card
from crm.records.fields import Entity, Field, Kind
from crm.records.listing.columns import further_columns
from crm.records.listing.quick import quick_filters
from crm.ui.kit.inputs import link_options
from crm.ui.kit.words import distinct
from crm.work import Actor
from db.scope import ScopedSession

#: How many rows a page may have; the first is what one view of a laptop holds.
PAGE_ROWS = (14, 25, 50, 100, 200)
#: How the rows are shown, whichever they are.
SHAPE = ("columns", "sort", "down", "rows")


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

    @property
    def shape(self) -> dict[str, Any]:
        """How the rows are shown at first."""
        columns = list(self.card.names("list"))
        return {
            "columns": columns, "sort": self.sort, "down": self.card.sort.startswith("-"), "rows": PAGE_ROWS[0],
        }  # fmt: skip


def sortable(about: Entity, screen: ListScreen) -> dict[str, str]:
    """What the list can be sorted by, its own order first."""
    names = {f.name: _(f.label) for f in about.fields}
    fields = [screen.sort, about.title_field, *(f.name for f in about.fields if f.sortable)]
    return {name: names[name] for name in fields}


def column_names(about: Entity) -> dict[str, str]:
    """What may stand as a column."""
    fields = {f.name: _(f.label) for f in about.fields if f.kind is not Kind.LONGTEXT}
    return fields | {name: _(further.field.label) for name, further in further_columns(about.name).items()}


def _inputs(about: Entity) -> dict[str, Field | None]:
    """The inputs that choose rows, by the end of their keys, with the field where it is one."""
    found: dict[str, Field | None] = {"q": None, "archived": None, "ended": None}
    for field in about.fields:
        if field.kind is Kind.DATE:
            found |= {f"{field.name}_from": field, f"{field.name}_to": field}
        else:
            found[field.name] = field
    found |= {f"quick_{name}": None for name in quick_filters(about.name)}
    return found | {name: further.field for name, further in lists.further_filters(about.name).items()}


def keys(about: Entity, page: str) -> list[str]:
    """The keys of all inputs of a list, which are also their names in the address."""
    return [f"{page}_{name}" for name in (*_inputs(about), *SHAPE)]


def now_asked(about: Entity, screen: ListScreen) -> dict[str, Any]:
    """What the inputs hold, blank ones left out; a view keeps this. Call it when they are drawn."""
    found: dict[str, Any] = {}
    for name in _inputs(about):
        value = st.session_state.get(f"{screen.page}_{name}")
        if value not in (None, "", [], False):
            found[name] = value.isoformat() if isinstance(value, date) else value
    for name, first in screen.shape.items():
        value = st.session_state.get(f"{screen.page}_{name}")
        found[name] = first if value in (None, []) else value
    return found


def fitted(
    actor: Actor, about: Entity, screen: ListScreen, state: Mapping[str, Any]
) -> tuple[dict[str, Any], int]:
    """What a view keeps as the inputs hold it, and how many of its filters do not fit this person.

    A field may have gone since, and a record of a filter may lie outside the actor's scope: then nothing names it.
    """
    found: dict[str, Any] = {}
    lost = 0
    for name, field in _inputs(about).items():
        if (kept := state.get(name)) in (None, "", [], False):
            continue
        value = _fit(actor, field, kept)
        lost += value is None
        if value is not None:
            found[name] = value
    shape = {**screen.shape, **{name: state[name] for name in SHAPE if name in state}}
    known, orders = column_names(about), sortable(about, screen)
    found["columns"] = [n for n in shape["columns"] if n in known] or screen.shape["columns"]
    found["sort"] = shape["sort"] if shape["sort"] in orders else screen.sort
    found["down"] = bool(shape["down"])
    found["rows"] = shape["rows"] if shape["rows"] in PAGE_ROWS else PAGE_ROWS[0]
    return found, lost


def ask(about: Entity, screen: ListScreen, asked: Mapping[str, Any]) -> None:
    """Set the inputs before they are drawn, all others of the list to nothing."""
    for name, field in _inputs(about).items():
        key = f"{screen.page}_{name}"
        if name in asked:
            st.session_state[key] = asked[name]
        elif key in st.session_state:
            st.session_state[key] = _blank(name, field)
    for name in SHAPE:
        st.session_state[f"{screen.page}_{name}"] = asked[name]


def address(actor: Actor, about: Entity, screen: ListScreen, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The same as it stands in the address, where inputs write what people read."""
    inputs, found = _inputs(about), dict[str, Any]()
    names = {"columns": column_names(about), "sort": sortable(about, screen)}
    for name, value in asked.items():
        if name in SHAPE and value == screen.shape[name]:
            continue
        field = inputs.get(name)
        words: Mapping[Any, str] = names.get(name) or _words(actor, field, value)
        words = distinct(words) if words else {}
        said = (
            [words.get(v, str(v)) for v in value]
            if isinstance(value, list)
            else str(value).lower()
            if isinstance(value, bool)
            else words.get(value, str(value))
        )
        found[f"{screen.page}_{name}"] = said
    return found


def _words(actor: Actor, field: Field | None, value: Any) -> Mapping[Any, str]:
    if field is None:
        return {}
    match field.kind:
        case Kind.CHOICE:
            return field.names()
        case Kind.LINK:
            known = dict(link_options(actor, field.link))
            for one in value:
                known |= {} if one in known else link_options(actor, field.link, current=one)
            return known
        case Kind.BOOLEAN:
            return {"yes": _("Yes"), "no": _("No")}
        case _:
            return {}


def _blank(name: str, field: Field | None) -> Any:
    if name == "q":
        return ""
    if name in ("archived", "ended") or name.startswith("quick_"):
        return False
    if field is not None and field.kind in (Kind.DATE, Kind.BOOLEAN):
        return None
    return []


def _fit(actor: Actor, field: Field | None, kept: Any) -> Any:
    """A kept value as its input holds it, or None where it fits no more."""
    if field is None:
        return kept if isinstance(kept, (str, bool, list)) else None
    try:
        match field.kind:
            case Kind.DATE:
                return date.fromisoformat(kept)
            case Kind.CHOICE:
                return [one for one in kept if one in field.names()] or None
            case Kind.LINK:
                return [one for one in kept if one in link_options(actor, field.link, current=one)] or None
            case Kind.BOOLEAN:
                return kept if kept in ("yes", "no") else None
            case _:
                return [str(one) for one in kept]
    except (TypeError, ValueError):
        return None


def clear_filters(page: str, about: Entity) -> None:
    """Empty search and filters, as if by hand: what a bound widget has in the address goes with its value."""
    for name, field in _inputs(about).items():
        if st.session_state.get(f"{page}_{name}") and name != "ended":
            st.session_state[f"{page}_{name}"] = _blank(name, field)
