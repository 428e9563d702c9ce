"""Every screen: where its file is, under which section it stands, how to go there. Link with these, not with strings."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from copy import copy
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from time import monotonic
from typing import NoReturn
from urllib.parse import urlencode, urlsplit

import streamlit as st
from streamlit.navigation.page import Page
from streamlit.runtime.scriptrunner import get_script_run_ctx

from crm.i18n import N_, _
from crm.links import local
from crm.records import registry
from crm.records.card import Card
from crm.register import Register
from crm.ui.kit.words import plain
from crm.work import Actor, reading
from db.scope import IMPORT, READ, UPDATE, ScopedSession

PAGES = Path(__file__).parents[3] / "pages"


@dataclass(frozen=True, slots=True)
class Screen:
    """One file of ``pages/``. ``needs`` is the (entity, action) without which it stands in nobody's menu; record
    screens (``in_menu`` false) take ``?id=``. A screen ``beside`` another is reached from a row of links on top of it.
    What is left blank of an entity's screen, its card says."""

    name: str
    title: str = ""
    icon: str = ""
    needs: tuple[str, str] = ("", "")
    in_menu: bool = True
    beside: str = ""
    entity: str = ""  # drawn from the card of this entity; then there is no file

    @property
    def path(self) -> Path:
        """The file."""
        return PAGES / f"{self.name}.py"


#: The menu by section. The page of one record need not be named: the card of its list does.
SECTIONS: dict[str, tuple[Screen, ...]] = {
    N_("My day"): (
        Screen("my_day", N_("My day"), ":material/wb_twilight:", ("task", READ)),
        Screen("tasks"),
        Screen("inbox", N_("Inbox"), ":material/inbox:", ("message", READ)),
    ),
    N_("Customers"): (
        Screen("contacts"),
        Screen("organisations"),
        Screen("products", icon=":material/inventory_2:"),
        Screen("product", icon=":material/inventory_2:", in_menu=False),
    ),
    N_("Sales"): (
        Screen("pipeline", N_("Pipeline"), ":material/view_kanban:", ("deal", READ)),
        Screen("leads", icon=":material/target:"),
    ),
    N_("Service"): (
        Screen("cases"),
        Screen("work_orders", N_("Visits")),
        Screen("equipment_list"),
        Screen("contracts", N_("Contracts"), beside="equipment_list"),
        Screen("maintenance_plans", beside="equipment_list"),
        Screen("wear", N_("Wear and faults"), ":material/troubleshoot:", ("equipment", READ)),
        Screen("work_order", N_("Visit"), in_menu=False),
    ),
    N_("Marketing"): (
        Screen("campaigns"),
        Screen("segments"),
        Screen("templates", beside="campaigns"),
        Screen("web_forms", beside="campaigns"),
        Screen("social", N_("Social"), ":material/share:", ("social", READ)),
    ),
    N_("Insight"): (
        Screen("sales", N_("Sales"), ":material/monitoring:", ("deal", READ)),
        Screen("forecast", N_("Forecast"), ":material/insights:", ("deal", READ)),
        Screen("service", N_("Service"), ":material/speed:", ("case", READ)),
        Screen("marketing", N_("Marketing"), ":material/ads_click:", ("campaign", READ)),
    ),
    N_("Administration"): (
        Screen("import_data", N_("Import"), ":material/upload_file:", ("contact", IMPORT)),
        Screen("imports", N_("Past imports"), ":material/history:", ("contact", IMPORT)),
        Screen("people", N_("People"), ":material/badge:", ("user", UPDATE)),
        Screen("settings", N_("Settings"), ":material/settings:", ("setting", UPDATE)),
        # Reached under one's name; whoever has any right has this one.
        Screen("tokens", N_("API tokens"), ":material/key:", ("setting", READ), in_menu=False),
    ),
}
#: Where everybody lands.
HOME = "my_day"


def _of(card: Card, *, one: bool = False) -> Screen:
    """The list of a card, or the page of one record."""
    about = registry.entity(card.name)
    name, title = (card.page, about.label) if one else (card.screen, about.plural)
    return Screen(name, title, about.icon, (card.rights, READ), in_menu=not one)


def _filled(screen: Screen, described: Screen | None) -> Screen:
    if described is None:
        return screen
    needs = screen.needs if any(screen.needs) else described.needs
    return replace(
        screen, title=screen.title or described.title, icon=screen.icon or described.icon, needs=needs
    )


@cache
def sections() -> dict[str, tuple[Screen, ...]]:
    """The screens that have a file, and behind them those that a card alone describes."""
    cards = [card for card in registry.cards() if card.screen]
    described = {
        screen.name: screen for one in (True, False) for screen in (_of(card, one=one) for card in cards)
    }
    found = {
        name: tuple(_filled(s, described.get(s.name)) for s in group if s.path.exists())
        for name, group in SECTIONS.items()
    }
    places = {screen.name: name for name, group in found.items() for screen in group}
    for card in cards:
        lists, record = _of(card), _of(card, one=True)
        if card.menu:
            beside = card.menu if card.menu in places else ""
            found[places.get(card.menu, card.menu)] += (
                replace(lists, beside=beside, entity=card.name),
                replace(record, entity=card.name),
            )
        elif card.page not in places and record.path.exists():
            # It is in no menu, so its section matters to nobody.
            found[places.get(card.screen, next(iter(found)))] += (record,)
    return found


@cache
def screens() -> dict[str, Screen]:
    """All screens by name."""
    return {screen.name: screen for group in sections().values() for screen in group}


def page(name: str, *, visible: bool | None = None, waits: int = 0) -> Page:
    """The page object of a screen, for ``st.switch_page`` and ``st.page_link``; in the menu with how much waits there."""
    screen = screens()[name]
    shown = screen.in_menu if visible is None else visible
    title = f"{_(screen.title)} · {waits}" if waits else _(screen.title)
    if get_script_run_ctx(suppress_warning=True) is None:
        return _made(screen, title, shown)
    # A run marks the page that it opens, so each gets its own; made anew each time they cost more than the menu.
    key = (screen, title, shown)
    if key not in _patterns:
        _patterns[key] = _made(*key)
    return copy(_patterns[key])


def link(name: str, record_id: int, title: str, below: str = "") -> None:
    """A link to the page of a record, with the icon of its screen and a line in Markdown close below."""
    with st.container(gap=None) if below else nullcontext():
        st.page_link(page(name), label=plain(title), query_params={"id": str(record_id)})
        if below:
            st.markdown(below)


def go(name: str, record_id: int) -> NoReturn:
    """Open the page of a record."""
    show(name, id=str(record_id))


def show(name: str, **query: str) -> NoReturn:
    """Open a screen with what is asked of it. Without a query of its own Streamlit refuses where a filter has one."""
    st.session_state[GOING] = Going(st.session_state.get(_HERE, ""), name, query, monotonic())
    st.switch_page(page(name), query_params=query)


@dataclass(frozen=True, slots=True)
class Going:
    """The change of screen that was ordered last."""

    here: str
    name: str
    query: dict[str, str]
    at: float


GOING = "frame_going"
_HERE = "frame_here"
#: Seconds after which a word that the browser sent before a change of screen has come.
_LATE = 10


def keep_going(here: str) -> None:
    """Order a change of screen once more that another run undid.

    Streamlit folds requests for runs into one, and the last names the page: a tick, a timer or a field left in the moment
    of the change calls the old page back. Who went back on purpose did so by history, or stands on the new address.
    """
    going: Going | None = st.session_state.get(GOING)
    st.session_state[_HERE] = here
    if going is None or here == going.name:
        return
    if here == going.here and monotonic() - going.at < _LATE and is_overtaken(here):
        show(going.name, **going.query)
    del st.session_state[GOING]


def is_overtaken(here: str) -> bool:
    """Whether this run was sent by a browser that still stood on this screen, and not by a step through its history."""
    ctx = get_script_run_ctx(suppress_warning=True)
    stands = urlsplit(st.context.url or "").path.rstrip("/") == address(here).rstrip("/")
    return stands and ctx is not None and not ctx.is_history_navigation


def here() -> str:
    """The screen that is being drawn."""
    return str(st.session_state.get(_HERE) or home())


_patterns: dict[tuple[Screen, str, bool], Page] = {}


def _made(screen: Screen, title: str, shown: bool) -> Page:
    return st.Page(
        _generic(screen) if screen.entity else screen.path,
        title=title,
        icon=screen.icon,
        url_path=screen.name,
        default=screen.name == home(),
        visibility="visible" if shown else "hidden",
    )


_draw: list[Callable[[str, bool], None]] = []


def draw_cards_with(draw: Callable[[str, bool], None]) -> None:
    """Say what draws the screens without a file: given the entity, and whether it is one record or the list."""
    _draw[:] = [draw]


def _generic(screen: Screen) -> Callable[[], None]:
    return lambda: _draw[0](screen.entity, not screen.in_menu)


def address(name: str, **parameters: object) -> str:
    """The address of a screen, for links in tables: ``address("deal", id=5)`` is ``/deal?id=5`` under our path."""
    given = {key: value for key, value in parameters.items() if value is not None}
    path = local("/" if name == HOME else f"/{name}")
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def home() -> str:
    """The screen at the root of the site."""
    return HOME if HOME in screens() else next(iter(screens()))


def open_to(actor: Actor) -> list[str]:
    """The screens of the menu that the actor may open."""
    return [s.name for s in screens().values() if s.in_menu and actor.may(*s.needs)]


def menu(actor: Actor) -> dict[str, list[Page]]:
    """Every page by translated section. Those that the actor may not open, and record screens, are among them, unseen,
    so that a link to one is answered with a sentence."""
    visible = {name for name in open_to(actor) if not screens()[name].beside}
    waits = _waiting(actor, visible)
    return {
        _(section): [page(s.name, visible=s.name in visible, waits=waits.get(s.name, 0)) for s in group]
        for section, group in sections().items()
        if group
    }


#: How much waits on a screen, by its name.
_COUNTS: Register[Callable[[ScopedSession], int]] = Register("count")


def _waiting(actor: Actor, visible: set[str]) -> dict[str, int]:
    """How much waits on the screens in sight, now: a number that lags behind one's own click is worse than none."""
    names = [name for name in _COUNTS if name in visible]
    if not names:
        return {}
    with reading(actor) as session:
        return {name: _COUNTS[name](session) for name in names}


def family(actor: Actor, name: str) -> list[str]:
    """A screen with those beside it, as far as the actor may open them; empty when it stands alone."""
    first = screens()[name].beside or name
    found = [s.name for s in screens().values() if first in (s.name, s.beside) and actor.may(*s.needs)]
    return found if len(found) > 1 and name in found else []


def may_open(actor: Actor, chosen: Page) -> bool:
    """True when the page that ``st.navigation`` chose is open to the actor."""
    return actor.may(*screens()[chosen.url_path or home()].needs)
