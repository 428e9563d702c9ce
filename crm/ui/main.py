"""What every screen stands in: who is asking, the menu, the messages left by the page before, sign-out."""

from __future__ import annotations

import streamlit as st

import crm.ui.records.generic  # noqa: F401 - draws the screens of cards
from crm.errors import CrmError, NotAllowed
from crm.i18n import _
from crm.ui import anywhere
from crm.ui.frame import menu, routes
from crm.ui.frame.guard import current_actor, end_here, in_this_run, pop_flash, show
from crm.ui.frame.start import ready
from crm.ui.frame.warm import drawing
from crm.ui.frame.watch import watch
from crm.ui.kit.words import plain
from crm.ui.records.find import remember
from crm.work import Actor

ROOT = routes.PAGES.parent


@drawing()
def main() -> None:
    """Runs before every page: frame, navigation, then the chosen page."""
    st.set_page_config(
        page_title="Rapport",
        page_icon=str(ROOT / "static" / "favicon.svg"),
        layout="wide",
        initial_sidebar_state=224,
    )
    st.logo(str(ROOT / "static" / "logo.svg"), size="large", icon_image=str(ROOT / "static" / "mark.svg"))
    ready()
    actor = current_actor()
    allowed = routes.open_to(actor)
    sections = routes.menu(actor)
    chosen = st.navigation(sections, position="hidden")
    st.set_page_config(page_title=f"{chosen.title} · Rapport")
    routes.keep_going(chosen.url_path or routes.home())
    with in_this_run(actor):
        anywhere.tools(actor, opened=opened_case(chosen.url_path))
    menu.draw(sections)
    foot(actor)
    if not allowed:
        st.title(_("Nothing to see yet"), anchor=False)
        st.info(_("Your account has no rights. Ask an administrator to give you a role."))
        return
    if not routes.may_open(actor, chosen):
        if not chosen.url_path:
            routes.show(allowed[0])
        st.title(chosen.title, anchor=False)
        show(
            NotAllowed(_("Your role does not open this screen. Ask an administrator if your work needs it."))
        )
        return
    if text := pop_flash():
        st.toast(plain(text))
    try:
        with in_this_run(actor):
            beside(actor, chosen.url_path or routes.home())
            remember(chosen.url_path, st.query_params.get("id", ""))
            chosen.run()
    except CrmError as error:
        show(error)


def opened_case(screen: str) -> int | None:
    """The case whose page is being drawn."""
    asked = st.query_params.get("id", "")
    named = asked.isascii() and asked.isdigit() and len(asked) < 19
    return int(asked) if screen == "case" and named else None


def beside(actor: Actor, name: str) -> None:
    """Links to the screens that belong to this one, above it."""
    if found := routes.family(actor, name):
        st.space("xsmall")
        with st.container(horizontal=True, gap="small", key="frame_beside"):
            for other in found:
                st.page_link(routes.page(other), width="content", disabled=other == name)


def foot(actor: Actor) -> None:
    """The list of keys and the way out, at the foot of the sidebar."""
    places = menu.letters([n for n in routes.open_to(actor) if not routes.screens()[n].beside])
    with st.sidebar, st.container(gap=None, key="frame_foot"):
        menu.keys(places)
        st.button(
            _("Sign out"),
            key="frame_sign_out",
            type="tertiary",
            icon=":material/logout:",
            help=_("Signs out every tab of this browser"),
            on_click=end_here,
        )
        watch({letter: routes.address(name) for letter, name in places.items()})
