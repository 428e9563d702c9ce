"""The frame of a record's page: which record, header with actions, tabs in the address, the drawer that edits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from crm.access.members.seeing import who_sees
from crm.errors import NotFound
from crm.i18n import _, ngettext
from crm.records import registry
from crm.records.fields import Kind
from crm.records.view import RecordView
from crm.ui.frame import routes
from crm.ui.kit import look
from crm.ui.records.drawers import edit_record, put_away
from crm.ui.records.quick import log_drawer, task_drawer
from crm.work import Actor
from db.scope import CREATE

#: What people read on a tab, and what draws it when it is open.
Tab = tuple[str, Callable[[], object]]


def asked_id(entity: str) -> int:
    """The id in the address.

    Raises
    ------
    NotFound
        It is missing or no number; the frame says so and shows nothing else.
    """
    text = st.query_params.get("id", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        label, plural = _(registry.entity(entity).label).lower(), _(registry.entity(entity).plural)
        raise NotFound(
            _("This address names no {label}. Open one from {plural}, or search for it.").format(
                label=label, plural=plural
            )
        )
    return int(text)


def record_header(
    actor: Actor,
    view: RecordView,
    *,
    context: str,
    tags: Sequence[look.Marked] = (),
    links: Mapping[str, int | None] | None = None,
    more: Mapping[str, Callable[[], None]] | None = None,
    primary: Callable[[], None] | None = None,
) -> None:
    """Avatar, name, one line and the actions that this person may take.

    Parameters
    ----------
    links : mapping, optional
        What a talk or task written down here belongs to; without it nothing can be logged.
    more : mapping, optional
        Further entries of the menu: label and what it opens.
    primary : callable, optional
        Draws the one primary button of a page on which nothing is logged.
    """
    with look.page(view.title, context, tags=tags, picture=look.avatar(view.title), record=True):
        _menu(actor, view, links, more or {})
        if view.may_change and st.button(_("Edit"), icon=":material/edit:", key="record_edit"):
            edit_record(actor, view.entity, view.values)
        if (
            links
            and actor.may("interaction", CREATE)
            and st.button(_("Log"), icon=":material/edit_note:", type="primary", key="record_log")
        ):
            log_drawer(actor, preset=links)
        if primary is not None:
            primary()
    _reach(view)
    if view.archived:
        _archived_bar(actor, view)


#: How a value is reached, with its sign.
_SCHEMES = {Kind.PHONE: ("tel:", ":material/call:"), Kind.EMAIL: ("mailto:", ":material/mail:")}
#: So many records that this one belongs to stand under its name.
_BELONGS = 2


def _reach(view: RecordView) -> None:
    """Under the name: telephone and e-mail to call and write, and the pages of what it belongs to."""
    about = registry.entity(view.entity)
    ways = [
        (f, str(view.values[f.name])) for f in about.fields if f.kind in _SCHEMES and view.values.get(f.name)
    ]
    found = {card.name for card in registry.cards() if card.find and card.page in routes.screens()}
    belongs = [f for f in about.fields if f.name in view.titles and f.link in found][:_BELONGS]
    if not ways and not belongs:
        return
    with st.container(horizontal=True, gap="medium", vertical_alignment="center", key="record_ways"):
        for field, value in sorted(ways, key=lambda way: way[0].kind is not Kind.PHONE):
            scheme, icon = _SCHEMES[field.kind]
            st.markdown(f"{icon} {look.link(value, scheme + value)}", width="content")
        for field in belongs:
            target = registry.entity(field.link)
            st.page_link(
                routes.page(target.page),
                label=look.plain(view.titles[field.name]),
                icon=target.icon,
                query_params={"id": str(view.values[field.name])},
                width="content",
            )


def _menu(
    actor: Actor,
    view: RecordView,
    links: Mapping[str, int | None] | None,
    more: Mapping[str, Callable[[], None]],
) -> None:
    entries: dict[str, Callable[[], None]] = {}
    if links and actor.may("task", CREATE):
        entries[_("New task")] = lambda: task_drawer(actor, preset=links)
    entries |= more
    if view.may_archive:
        label = _("Restore") if view.archived else _("Archive")
        entries[label] = lambda: put_away(actor, view)
    entries[_("Who can see this")] = lambda: show_seers(actor, view.entity, view.id)
    if entries:
        chosen = st.menu_button(_("More"), list(entries), key="record_more")
        if chosen in entries:
            entries[chosen]()


@st.dialog(_("Who can see this"), width="medium")
def show_seers(actor: Actor, entity: str, record_id: int) -> None:
    """Everybody who sees a record, and why."""
    seers = who_sees(actor, entity, record_id)
    st.caption(
        ngettext("{n} person, as rights stand now", "{n} people, as rights stand now", len(seers)).format(
            n=len(seers)
        )
    )
    look.table(
        {
            _("Name"): [seer.name for seer in seers],
            _("Why"): [seer.why for seer in seers],
            _("May change it"): [_("yes") if seer.may_change else _("no") for seer in seers],
        },
        alt=_("Who can see this record, and why"),
    )


def _archived_bar(actor: Actor, view: RecordView) -> None:
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="record_archived"):
        st.markdown(
            f":orange[:material/archive:] {look.plain(_('Archived: it stands in no list and nobody can choose it.'))}",
            width="stretch",
        )
        if view.may_archive and st.button(_("Restore"), icon=":material/undo:", key="record_restore"):
            put_away(actor, view)


def counted(label: str, count: int, *, more: bool = False) -> str:
    """The label of a tab with how many are in it, ``more`` when there are others still; nothing for none."""
    return f"{label} :gray[{count:,}{'+' if more else ''}]" if count else label


def record_body(
    tabs: Mapping[str, Tab] | Callable[[], object],
    aside: Sequence[Callable[[], object]],
    *,
    figures: Sequence[look.Explained] = (),
    above: Callable[[], object] | None = None,
) -> None:
    """Draw what follows the header: figures in a strip, what stands above the tabs, the open tab, and the cards beside.

    A page without tabs gives what draws its one column.
    """
    if figures:
        look.kpi_row(figures, strip=True)
    main, beside = look.split()
    with main:
        if above is not None:
            above()
        if callable(tabs):
            tabs()
        else:
            tabs[record_tabs({name: label for name, (label, _draw) in tabs.items()})][1]()
    with beside:
        for draw in aside:
            draw()


def record_tabs(tabs: Mapping[str, str]) -> str:
    """Tabs whose choice stands in the address as ``tab=name``; gives the open one.

    Parameters
    ----------
    tabs : mapping
        What people read, by the name in the address; the first is open when the address names none.

    Only the open tab is drawn and read by the caller, in the container that follows.
    """
    names = list(tabs)
    asked = st.query_params.get("tab", names[0])
    chosen = asked if asked in tabs else names[0]
    # Labels carry counts; with them in the key, a new count is a new element and not a lost choice.
    key = f"record_tabs_{abs(hash(tuple(tabs.values())))}"
    st.session_state[key] = tabs[chosen]

    def remember() -> None:
        label = st.session_state.get(key)
        st.query_params["tab"] = next((n for n, text in tabs.items() if text == label), names[0])

    st.tabs(list(tabs.values()), key=key, on_change=remember)
    return chosen
