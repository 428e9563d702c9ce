"""The bell in the frame: what customers did since I looked, each entry a link to its case; and what administrators must know."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from crm.clock import now
from crm.i18n import _, language, ngettext
from crm.mail.inbox.queries import answers_to_decide
from crm.register import Register
from crm.service.cases.news import MOST, mark_read, unread
from crm.ui.cases.words import moment_words, news_word
from crm.ui.frame import routes
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.work import Actor, reading, unit_of_work
from db.scope import UPDATE


def open_case(actor: Actor, case_id: int) -> None:
    """The actor looks at a case: its marks go."""
    with reading(actor) as session:
        is_fresh = bool(unread(session, now(), case_id=case_id))
    if is_fresh:
        with unit_of_work(actor) as work:
            mark_read(work, [case_id])


def _notices(actor: Actor) -> dict[str, str]:
    """What is wrong with the installation, for those who can do something, by the part of the settings about it."""
    if not actor.may("setting", UPDATE):
        return {}
    return _found(language())


@st.cache_data(ttl=20, show_spinner=False)
def _found(spoken: str) -> dict[str, str]:
    # Asked for at each click of every administrator, and the same for all of them.
    found = {part: ask() for part, ask in Register[Callable[[], str]]("notice").items()}
    return {part: said for part, said in found.items() if said}


def held_words(n: int) -> str:
    """So many answers to web forms wait until somebody lets them in."""
    said = ngettext(
        "{n} answer to a web form waits for a decision", "{n} answers to web forms wait for a decision", n
    )
    return said.format(n=n)


@st.fragment(run_every="60s")
def bell() -> None:
    """How many cases have news for me, and which."""
    actor, moment = current_actor(), now()
    with reading(actor) as session:
        found = unread(session, moment)
        held = answers_to_decide(session, limit=0)[1]
    told = _notices(actor)
    n = len(found) + len(told) + bool(held)
    count = f"{MOST - 1}+" if n >= MOST else str(n)
    label = _("News · {n}").format(n=count) if n else _("News")
    icon = ":material/notifications_active:" if n else ":material/notifications:"
    with st.popover(label, icon=icon, type="tertiary", key="frame_news"):
        for part, said in told.items():
            st.page_link(
                routes.page("settings"), label=look.plain(said), icon=":material/error:",
                query_params={"settings_part": _(part)}, width="stretch",
            )  # fmt: skip
        if held:
            st.page_link(
                routes.page("inbox"), label=held_words(held), icon=":material/how_to_reg:", width="stretch"
            )
        if not found:
            if told or held:
                return
            st.caption(_("Nothing new. What customers write, reopen or rate low in your cases stands here."))
            return
        with st.container(gap=None, height=400 if len(found) > 6 else "content"):
            for one in found:
                said = " · ".join(
                    p for p in (news_word(one.what), one.customer, moment_words(one.at, now=moment)) if p
                )
                st.page_link(
                    routes.page("case"),
                    label=f"{look.plain(one.number)} {look.plain(one.subject)} :small[:gray[{look.plain(said)}]]",
                    query_params={"id": str(one.case_id)},
                    width="stretch",
                )
        if st.button(_("Mark all read"), key="frame_news_read", icon=":material/done_all:", type="tertiary"):
            with unit_of_work(actor) as work:
                mark_read(work, [one.case_id for one in found])
            st.rerun(scope="app")
