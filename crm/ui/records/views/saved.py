"""Views of a list under a name: the menu beside its filters, those in the sidebar, and what a person keeps without one.

The link of a view has all that it asks, so that the address alone restores the list, also for somebody who has no such view;
``view=7`` says which one it is. An address that says nothing of the list is the view that the person begins with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import streamlit as st

from crm.i18n import _
from crm.records import registry
from crm.records.fields import Entity
from crm.records.listing.reach import ALL, OWN, TEAM
from crm.records.listing.views import (
    MOST_NAME,
    Habit,
    View,
    delete_view,
    habit,
    keep,
    may_write,
    pinned,
    reaches,
    save_view,
    views,
)
from crm.ui.frame import routes
from crm.ui.frame.guard import act_in_callback, show_refused, showing_problems
from crm.ui.kit import look
from crm.ui.kit.inputs import choose, link_options
from crm.ui.records.views.screen import ListScreen, address, ask, fitted, keys, now_asked
from crm.work import Actor, reading, unit_of_work

#: The name of a view in the address.
VIEW = "view"
_NONE = "0"
#: Where a list stands that is one of several looks of its screen: the choice of the look, as in the address.
_AT, _SCREEN = "at", "screen"


def begin(actor: Actor, about: Entity, screen: ListScreen) -> None:
    """Set the inputs to the view that is asked for, else, where the address says nothing, to what the person keeps."""
    memory = _memory(screen.page)
    is_first = f"{screen.page}_sort" not in st.session_state
    asked = st.query_params.get(VIEW)
    if not is_first and asked == memory["asked"]:
        return
    if not is_first and asked is not None:
        # A link to the page that is open changes what is asked, and not what stands in the address: this sends all of it.
        st.query_params[VIEW] = asked = asked.rstrip(".")
    memory["asked"] = asked
    says = any(key in st.query_params for key in keys(about, screen.page))
    with reading(actor) as session:
        kept = habit(session, screen.entity)
        wanted = kept.default if asked is None and is_first and not says else _id_in(asked)
        view = next((v for v in views(session, screen.entity) if v.id == wanted), None)
    memory["open"] = view.id if view else None
    if asked is not None and view is None and _id_in(asked) != 0:
        st.toast(_("This view is not there any more, or not shared with you."))
    if says and is_first:
        return
    if view is None and ((asked is None and not is_first) or (kept == Habit() and is_first)):
        return
    found, lost = fitted(actor, about, screen, view.state if view else _shape(kept))
    ask(about, screen, found)
    if view is not None and lost:
        st.toast(
            _("{n} of the filters of “{name}” name what you do not see; they are left out.").format(
                n=lost, name=look.plain(view.name)
            )
        )


def _memory(page: str) -> dict[str, Any]:
    memory: dict[str, Any] = st.session_state.setdefault(
        f"{page}_views_memory", {"asked": None, "open": None}
    )
    return memory


def _id_in(asked: str | None) -> int | None:
    """The view of an address; a dot behind it tells a second click on the same link from the first."""
    named = (asked or "").rstrip(".")
    return int(named) if named.isascii() and named.isdigit() and len(named) < 19 else None


def _shape(kept: Habit) -> dict[str, Any]:
    found: dict[str, Any] = {"columns": list(kept.columns), "rows": kept.rows}
    return {name: value for name, value in found.items() if value}


def keep_shape(actor: Actor, screen: ListScreen) -> None:
    """Keep columns and rows of a page as they were just chosen; for callbacks. In a view they are part of that."""
    if _memory(screen.page)["open"] is not None:
        return
    columns = list(st.session_state.get(f"{screen.page}_columns") or ())
    as_ever = columns == screen.shape["columns"]
    rows = st.session_state.get(f"{screen.page}_rows")
    act_in_callback(
        actor,
        lambda work: keep(work, screen.entity, columns=() if as_ever else tuple(columns), rows=rows),
    )


def move_columns(actor: Actor, screen: ListScreen, shown: Mapping[str, str]) -> None:
    """Say which column stands before which, by keys and on a phone too; and the way back to how it was at first."""

    def move(by: int) -> None:
        columns, one = list(st.session_state[f"{page}_columns"]), st.session_state.get(f"{page}_move")
        if one in columns:
            place = columns.index(one)
            columns.insert(max(0, place + by), columns.pop(place))
            st.session_state[f"{page}_columns"] = columns
            keep_shape(actor, screen)

    def reset() -> None:
        st.session_state[f"{page}_columns"] = screen.shape["columns"]
        st.session_state[f"{page}_rows"] = screen.shape["rows"]
        keep_shape(actor, screen)

    page = screen.page
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key=f"{page}_order"):
        one = choose(_("Move a column"), shown, key=f"{page}_move", placeholder=_("Choose"), width=170)
        for way, by, told in (("back", -1, _("Further to the front")), ("forward", 1, _("Further back"))):
            st.button(
                told,
                key=f"{page}_move_{way}",
                icon=":material/arrow_back:" if by < 0 else ":material/arrow_forward:",
                on_click=move,
                args=(by,),
                disabled=one is None,
            )
        st.button(_("As at first"), key=f"{page}_move_reset", type="tertiary", on_click=reset)


def menu(actor: Actor, about: Entity, screen: ListScreen) -> None:
    """The views of a list as links, what can be done with the one in force, and the way to keep what is asked now."""
    if actor.user_id is None:
        return
    page, memory = screen.page, _memory(screen.page)
    now = now_asked(about, screen)
    with reading(actor) as session:
        found, kept = views(session, screen.entity), habit(session, screen.entity)
    opened = next((view for view in found if view.id == memory["open"]), None)
    changed = opened is not None and _asked_by(screen, opened) != now
    title = str(look.plain(opened.name)) if opened else _("Views")
    label = _("{view}, changed").format(view=title) if changed else title
    show_refused()
    with st.popover(label, type="tertiary", icon=":material/bookmark:", key=f"{page}_views"):
        everything = _("All {plural}").format(plural=_(about.plural).lower())
        for view in (View(None, screen.entity, everything, _place(screen)), *found):
            _link(actor, view, is_open=view.id == memory["open"])
        if opened is not None:
            _of_view(actor, screen, opened, kept, now if changed else None)
        _new(actor, screen, now)


def _asked_by(screen: ListScreen, view: View) -> dict[str, Any]:
    return screen.shape | {name: value for name, value in view.state.items() if name not in (_AT, _SCREEN)}


def _link(actor: Actor, view: View, *, is_open: bool = False, icon: str = "") -> None:
    """A view as a link, which can be copied and opened in another tab."""
    words = {OWN: "", TEAM: _("team"), ALL: _("everybody")}[view.reach] if view.id is not None else ""
    label = look.plain(view.name) + (f" {look.quiet(words)}" if words and not icon else "")
    here = icon or (":material/check:" if is_open else ":material/bookmark:")
    screen, about = ListScreen(view.entity), registry.entity(view.entity)
    found = fitted(actor, about, screen, view.state)[0] if view.state else {}
    # From another page the address seeds the inputs; on the same page only another address makes them be set.
    named = str(view.id or _NONE)
    said = f"{named}." if _memory(screen.page)["asked"] == named else named
    asked = {**view.state.get(_AT, {}), **address(actor, about, screen, found), VIEW: said}
    st.page_link(routes.page(_screen_of(view)), label=label, icon=here, query_params=asked, width="stretch")


def _screen_of(view: View) -> str:
    """Where a list stands: on a screen of its own, or as one of the looks of the one that draws its card."""
    card = registry.card(view.entity)
    asked = str(view.state.get(_SCREEN) or card.screen)
    return asked if asked in routes.screens() else routes.home()


def _of_view(
    actor: Actor, screen: ListScreen, view: View, kept: Habit, now: Mapping[str, Any] | None
) -> None:
    """What can be done with the view in force; ``now`` is what is asked instead of it."""
    page, is_mine = screen.page, may_write(actor, view)
    assert view.id is not None

    def habits(**changes: Any) -> None:
        act_in_callback(actor, lambda work: keep(work, screen.entity, **changes))

    is_pinned, is_default = view.id in kept.pinned, view.id == kept.default
    pins = tuple(i for i in kept.pinned if i != view.id) if is_pinned else (*kept.pinned, view.id)
    st.button(
        _("Take out of the menu") if is_pinned else _("Show in the menu"),
        key=f"{page}_view_pin",
        icon=":material/keep_off:" if is_pinned else ":material/keep:",
        on_click=lambda: habits(pinned=pins),
        width="stretch",
    )
    st.button(
        _("Do not begin with it") if is_default else _("Begin with it"),
        key=f"{page}_view_default",
        icon=":material/home:",
        help=_("What this list shows when you open it"),
        on_click=lambda: habits(default=None if is_default else view.id),
        width="stretch",
    )
    if not is_mine:
        return
    if now is not None:
        st.button(
            _("Save the changes in it"),
            key=f"{page}_view_save",
            icon=":material/save:",
            width="stretch",
            on_click=act_in_callback,
            args=(actor, partial(save_view, form=replace(view, state={**_place(screen), **now}))),
        )
    if st.button(_("Delete this view"), key=f"{page}_view_delete", icon=":material/delete:", width="stretch"):
        _confirm(actor, screen, view)


def _confirm(actor: Actor, screen: ListScreen, view: View) -> None:
    def take_away() -> None:
        assert view.id is not None
        act_in_callback(
            actor, partial(delete_view, view_id=view.id), _("“{name}” is deleted.").format(name=view.name)
        )

    @st.dialog(_("Delete this view?"), width="small")
    def dialog() -> None:
        st.markdown(f"**{look.plain(view.name)}**")
        st.markdown(
            _("Nobody has it any more after that. No record is lost.")
            if view.reach != OWN
            else _("It is gone then. No record is lost.")
        )
        with st.container(horizontal=True, horizontal_alignment="right"):
            if st.button(_("No"), key=f"{screen.page}_view_keep", type="tertiary"):
                st.rerun()
            if st.button(_("Delete"), key=f"{screen.page}_view_gone", type="primary", on_click=take_away):
                st.rerun()

    dialog()


def _place(screen: ListScreen) -> dict[str, Any]:
    """The screen that the list stands on, and which look of it, as its address says."""
    known = {*keys(registry.entity(screen.entity), screen.page), VIEW, "id"}
    at = {key: values for key in st.query_params if key not in known and (values := st.query_params[key])}
    return {_SCREEN: routes.here(), **({_AT: at} if at else {})}


def _new(actor: Actor, screen: ListScreen, now: Mapping[str, Any]) -> None:
    may = reaches(actor, screen.entity)
    if not may:
        return
    page, words = screen.page, {OWN: _("Me"), TEAM: _("My team"), ALL: _("Everybody")}
    with st.form(f"{page}_view_new", border=False, clear_on_submit=True):
        name = st.text_input(
            _("Keep this as a view"), key=f"{page}_view_name", max_chars=MOST_NAME, placeholder=_("Name")
        )
        reach, team, key = OWN, None, f"{page}_view_for"
        if len(may) > 1:
            chosen = st.segmented_control(
                _("For"), may, default=OWN, required=True, format_func=words.__getitem__, key=key
            )
            reach = chosen or OWN
        if TEAM in may and len(actor.teams) > 1:
            teams = {k: v for k, v in link_options(actor, "team").items() if k in actor.teams}
            team = choose(_("Team"), teams, next(iter(teams), None), key=f"{page}_view_team")
        if st.form_submit_button(_("Save view"), icon=":material/bookmark_add:"):
            with showing_problems():
                with unit_of_work(actor) as work:
                    state = {**_place(screen), **now}
                    made = save_view(work, View(None, screen.entity, name or "", state, reach, team))
                _memory(page)["open"] = made
                # The menu bears its name now; a toast would lie over it.
                st.rerun()


def pins(actor: Actor) -> None:
    """The views that a person has in the menu."""
    if actor.user_id is None:
        return
    with reading(actor) as session:
        found = pinned(session)
    for view in found:
        _link(actor, view, icon=registry.entity(view.entity).icon)
