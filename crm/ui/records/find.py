"""Find: records, screens and what can be begun, from one line; what was opened last stands there before anything is typed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st
from sqlalchemy import select

from crm.i18n import _
from crm.records import registry
from crm.records.search import Hit, find_anything, find_near
from crm.ui.frame import routes
from crm.ui.kit import look
from crm.ui.records.quick import focus_first
from crm.work import Actor, reading
from db.scope import ScopedSession

#: So many records that were opened last are kept, and so many screens and beginnings shown.
RECENT, OFFERED = 8, 4
_RECENT = "frame_recent"
_WISH = "frame_wish"
_TURN = "frame_find_turn"

_walk = st.components.v2.component(
    "rapport_find", html="<span></span>", js=(Path(__file__).parent / "find.js").read_text("utf-8")
)


def remember(screen: str, asked: str) -> None:
    """The page of a record is being opened; it stands among the last ones from now on."""
    card = next((card for card in registry.cards() if card.page == screen and card.find), None)
    if card is None or not (asked.isascii() and asked.isdigit() and len(asked) < 19):
        return
    kept: list[tuple[str, int]] = st.session_state.setdefault(_RECENT, [])
    one = (card.name, int(asked))
    kept[:] = [one, *(other for other in kept if other != one)][:RECENT]


def wished() -> str | None:
    """What was chosen in Find to begin; a dialog cannot open another, so it is done in the run that follows."""
    wish: str | None = st.session_state.pop(_WISH, None)
    return wish


def find(actor: Actor, offers: Mapping[str, str]) -> None:
    """Open the search; ``offers`` is what can be begun, by the name that :func:`wished` gives."""
    # A browser keeps what was typed into an input; each search begins with an empty one.
    turn = st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1

    @st.dialog(_("Find"), width="medium")
    def dialog() -> None:
        text = st.text_input(
            _("Find a record"), type="search", live="200ms", key=f"frame_find_text{turn}",
            placeholder=_("Name, e-mail, number, town"), label_visibility="collapsed",
        )  # fmt: skip
        focus_first("frame_find")
        _walk(key="frame_find_walk", height=0, data={"text": text or ""})
        asked = (text or "").strip()
        with reading(actor) as session:
            if not asked:
                _recent(session)
                return
            hits = find_anything(session, asked)
            near = [] if hits else find_near(session, asked)
        # Enter opens what stands first: a record that is called so, else a screen.
        first, last = st.container(), st.container()
        is_called = any(hit.title.casefold().startswith(asked.casefold()) for hit in hits)
        with last if is_called else first:
            begun = _matching(actor, offers, asked)
        with first if is_called else last:
            if not hits and not begun:
                st.caption(_("Nothing found for “{text}”.").format(text=look.plain(asked)))
                if near:
                    st.caption(_("Spelled nearly so:"))
            for hit in hits or near:
                _show(hit)

    dialog()


def _recent(session: ScopedSession) -> None:
    st.caption(_("Type two letters or more. Every word must occur."))
    opened = [_named(session, *one) for one in st.session_state.get(_RECENT, [])]
    if hits := [hit for hit in opened if hit is not None]:
        st.caption(_("Opened last"))
        for hit in hits:
            _show(hit)


def _named(session: ScopedSession, entity: str, record_id: int) -> Hit | None:
    card = registry.card(entity)
    columns = [
        getattr(card.model, registry.title_field(entity)),
        *(getattr(card.model, n) for n in card.names("find")),
    ]
    row = session.execute(select(*columns).where(card.model.id == record_id)).first()
    return Hit(entity, record_id, row[0], " · ".join(str(v) for v in row[1:] if v)) if row else None


def _matching(actor: Actor, offers: Mapping[str, str], asked: str) -> bool:
    """Draw the screens and beginnings whose words begin with those asked for; whether there are any."""
    words = asked.casefold().split()

    def fits(label: str) -> bool:
        return all(any(part.startswith(word) for part in label.casefold().split()) for word in words)

    screens = [name for name in routes.open_to(actor) if fits(_(routes.screens()[name].title))][:OFFERED]
    begun = [name for name, label in offers.items() if fits(label)][:OFFERED]
    for name in screens:
        st.page_link(routes.page(name), width="stretch")
    for name in begun:
        if st.button(offers[name], icon=":material/add:", type="tertiary", key=f"frame_begin_{name}"):
            st.session_state[_WISH] = name
            st.rerun()
    return bool(screens or begun)


def _show(hit: Hit) -> None:
    if hit.entity == "message":
        label = f"{look.plain(hit.title)} :small[:gray[{look.plain(hit.detail)}]]"
        inbox, asked = routes.page("inbox"), {"message": str(hit.id)}
        st.page_link(inbox, label=label, icon=":material/inbox:", query_params=asked, width="stretch")
        return
    about = registry.entity(hit.entity)
    label = look.plain(hit.title) + (f" :small[:gray[{look.plain(hit.detail)}]]" if hit.detail else "")
    if about.page in routes.screens():
        st.page_link(
            routes.page(about.page),
            label=label,
            icon=about.icon,
            query_params={"id": str(hit.id)},
            width="stretch",
        )
    else:
        st.markdown(f"{about.icon} {label}")
