"""The bell in the frame: what customers did since I looked, each entry a link to its case."""

from __future__ import annotations

import streamlit as st

from crm.clock import now
from crm.i18n import _
from crm.service.cases.news import MOST, mark_read, unread
from crm.ui.cases.words import moment_words, news_word
from crm.ui.frame import routes
from crm.ui.frame.guard import current_actor
from crm.ui.kit import look
from crm.work import Actor, reading, unit_of_work


def open_case(actor: Actor, case_id: int) -> None:
    """The actor looks at a case: its marks go."""
    with reading(actor) as session:
        is_fresh = bool(unread(session, now(), case_id=case_id))
    if is_fresh:
        with unit_of_work(actor) as work:
            mark_read(work, [case_id])


@st.fragment(run_every="60s")
def bell() -> None:
    """How many cases have news for me, and which."""
    actor, moment = current_actor(), now()
    with reading(actor) as session:
        found = unread(session, moment)
    count = f"{MOST - 1}+" if len(found) >= MOST else str(len(found))
    label = _("News · {n}").format(n=count) if found else _("News")
    icon = ":material/notifications_active:" if found else ":material/notifications:"
    with st.popover(label, icon=icon, width="stretch", key="frame_news"):
        if not found:
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
