"""Every screen: where its file is, under which section it stands, how to go there. Link with these, not with strings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

import streamlit as st
from streamlit.navigation.page import Page

from crm.i18n import N_, _
from crm.work import Actor
from db.scope import IMPORT, READ, UPDATE

PAGES = Path(__file__).parents[2] / "pages"


@dataclass(frozen=True, slots=True)
class Screen:
    """One file of ``pages/``. ``needs`` is the (entity, action) without which it stands in nobody's menu; record
    screens (``in_menu`` false) take ``?id=``."""

    name: str
    title: str
    icon: str
    needs: tuple[str, str]
    in_menu: bool = True

    @property
    def path(self) -> Path:
        """The file."""
        return PAGES / f"{self.name}.py"


SECTIONS: dict[str, tuple[Screen, ...]] = {
    N_("My day"): (
        Screen("my_day", N_("My day"), ":material/wb_twilight:", ("task", READ)),
        Screen("tasks", N_("Tasks"), ":material/task_alt:", ("task", READ)),
    ),
    N_("Customers"): (
        Screen("contacts", N_("Contacts"), ":material/person:", ("contact", READ)),
        Screen("organisations", N_("Organisations"), ":material/apartment:", ("organisation", READ)),
        Screen("products", N_("Products"), ":material/inventory_2:", ("product", READ)),
        Screen("contact", N_("Contact"), ":material/person:", ("contact", READ), in_menu=False),
        Screen(
            "organisation", N_("Organisation"), ":material/apartment:", ("organisation", READ), in_menu=False
        ),
        Screen("product", N_("Product"), ":material/inventory_2:", ("product", READ), in_menu=False),
    ),
    N_("Sales"): (
        Screen("pipeline", N_("Pipeline"), ":material/view_kanban:", ("deal", READ)),
        Screen("leads", N_("Leads"), ":material/target:", ("lead", READ)),
        Screen("deal", N_("Deal"), ":material/handshake:", ("deal", READ), in_menu=False),
    ),
    N_("Insight"): (
        Screen("sales", N_("Sales"), ":material/monitoring:", ("deal", READ)),
        Screen("forecast", N_("Forecast"), ":material/insights:", ("deal", READ)),
    ),
    N_("Administration"): (
        Screen("import_data", N_("Import"), ":material/upload_file:", ("contact", IMPORT)),
        Screen("imports", N_("Past imports"), ":material/history:", ("contact", IMPORT)),
        Screen("people", N_("People"), ":material/badge:", ("user", UPDATE)),
        Screen("settings", N_("Settings"), ":material/settings:", ("setting", UPDATE)),
    ),
}
#: Where everybody lands.
HOME = "my_day"


@cache
def screens() -> dict[str, Screen]:
    """All screens by name whose file exists."""
    return {screen.name: screen for group in SECTIONS.values() for screen in group if screen.path.exists()}


def page(name: str) -> Page:
    """The page object of a screen, for ``st.switch_page(page("deal"), query_params={"id": 5})`` and ``st.page_link``."""
    screen = screens()[name]
    home = name == (HOME if HOME in screens() else next(iter(screens())))
    return st.Page(
        screen.path, title=_(screen.title), icon=screen.icon, url_path=name, default=home,
        visibility="visible" if screen.in_menu else "hidden",
    )  # fmt: skip


def address(name: str, **parameters: object) -> str:
    """The address of a screen, for links in tables: ``address("deal", id=5)`` is ``/deal?id=5``."""
    given = {key: value for key, value in parameters.items() if value is not None}
    path = "/" if name == HOME else f"/{name}"
    return f"{path}?{urlencode(given, doseq=True)}" if given else path


def menu(actor: Actor) -> dict[str, list[Page]]:
    """The pages this actor may open, by translated section; record screens are among them, unseen."""
    found: dict[str, list[Page]] = {}
    for section, group in SECTIONS.items():
        open_to = [s for s in group if s.name in screens() and actor.may(*s.needs)]
        if open_to:
            found[_(section)] = [page(s.name) for s in open_to]
    return found
