"""The filters of a list, each bound to the address, made from the registry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import streamlit as st

from crm.i18n import _
from crm.records import lists
from crm.records.fields import Entity, Field, Kind
from crm.records.listing.quick import quick_filters
from crm.ui.kit import look
from crm.ui.kit.inputs import choose_some, known_values, link_options
from crm.work import Actor, reading
from db.scope import READ


def pill_filter(about: Entity, page: str, pill: str) -> dict[str, Any]:
    """The values of one CHOICE field as pills beside the search."""
    if not pill:
        return {}
    field = about[pill]
    chosen = look.filters(_(field.label), field.names(), key=f"{page}_{field.name}")
    return {field.name: chosen} if chosen else {}


def more_filters(actor: Actor, about: Entity, page: str, pill: str) -> dict[str, Any]:
    """The rest of the filters, in a popover; each is bound to the address."""
    rest = [f for f in about.fields if f.filterable and f.name != pill]
    if not rest:
        return {}
    found: dict[str, Any] = {}
    popover = st.popover(
        _("More filters"), type="tertiary", icon=":material/tune:", on_change="rerun", key=f"{page}_filters"
    )
    with popover:
        for field in rest:
            if (value := _one_filter(actor, about, page, field, opened=bool(popover.open))) is not None:
                found[field.name] = value
        for name, further in lists.further_filters(about.name).items():
            if actor.may(further.field.link, READ):
                label = _(further.field.label)
                if chosen := _link_filter(actor, label, further.field, f"{page}_{name}"):
                    found[name] = chosen
    return found


def quick_asked(about: Entity, page: str) -> list[str]:
    """The quick filters that are on, before they are drawn: their counts depend on it."""
    keys = {name: f"{page}_quick_{name}" for name in quick_filters(about.name)}
    return [
        name
        for name, key in keys.items()
        if st.session_state.get(key, st.query_params.get(key) == "true") is True
    ]


def quick_chips(about: Entity, page: str, counts: Mapping[str, int], asked: Sequence[str]) -> None:
    """The quick filters, with the number of rows that each leaves, where they were counted."""
    with st.container(horizontal=True, gap="small", key=f"{page}_quick"):
        for name, quick in quick_filters(about.name).items():
            count = counts.get(name)
            said = "" if count is None else f" {look.quiet(f'{count:,}')}"
            st.checkbox(
                f"{_(quick.label)}{said}",
                key=f"{page}_quick_{name}",
                bind="query-params",
                disabled=count == 0 and name not in asked,
                width="content",
            )


def _one_filter(actor: Actor, about: Entity, page: str, field: Field, *, opened: bool) -> Any:
    key, label = f"{page}_{field.name}", _(field.label)
    match field.kind:
        case Kind.CHOICE:
            return choose_some(label, field.names(), key=key, bind="query-params") or None
        case Kind.LINK:
            return _link_filter(actor, label, field, key)
        case Kind.BOOLEAN:
            both = {"yes": _("Yes"), "no": _("No")}
            one = st.segmented_control(
                label, list(both), format_func=both.__getitem__, key=key, bind="query-params"
            )
            return None if one is None else one == "yes"
        case Kind.DATE | Kind.DATETIME:
            return _date_filter(label, key) if field.kind is Kind.DATE else None
        case _:
            # All values of a column take a walk over the table; nobody can see them while the popover is closed.
            known = [str(v) for v in known_values(actor, about.name, field.name)] if opened else []
            chosen = [*st.query_params.get_all(key), *(st.session_state.get(key) or [])]
            return (
                st.multiselect(label, list(dict.fromkeys([*chosen, *known])), key=key, bind="query-params")
                or None
            )


def _link_filter(actor: Actor, label: str, field: Field, key: str) -> list[int] | None:
    titles = link_options(actor, field.link, everybody=True)
    # A bound filter writes titles into the address; a link may name a record that is not among the first ones.
    for asked in set(st.query_params.get_all(key)) - set(titles.values()):
        with reading(actor) as session:
            found = lists.link_options(session, field.link, search=asked, limit=20, everybody=True)
        titles |= {i: title for i, title in found.items() if title == asked}
    for chosen in st.session_state.get(key) or []:
        if chosen not in titles:
            titles |= link_options(actor, field.link, current=chosen)
    return choose_some(label, titles, key=key, bind="query-params") or None


def _date_filter(label: str, key: str) -> tuple[date | None, date | None] | None:
    with st.container(horizontal=True):
        low = st.date_input(
            _("{label} from").format(label=label),
            value=None,
            key=f"{key}_from",
            bind="query-params",
            format="YYYY-MM-DD",
        )
        high = st.date_input(_("to"), value=None, key=f"{key}_to", bind="query-params", format="YYYY-MM-DD")
    return (low, high) if low or high else None
