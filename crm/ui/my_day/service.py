"""The cards of "My day" for service: cases, visits, and which unit to visit before it breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import streamlit as st

from crm.clock import today
from crm.errors import CrmError
from crm.i18n import _
from crm.mail.inbox.queries import MessageLine
from crm.service.cases.board import CaseCard
from crm.service.visits.proposals import Proposal, plan_visit, put_off
from crm.service.visits.queries import Visit
from crm.ui.cases.lists import QUEUE, VIEW, views
from crm.ui.cases.news import held_words
from crm.ui.cases.words import moment_words, news_tag, promise_words
from crm.ui.frame import routes
from crm.ui.frame.guard import flash
from crm.ui.kit import look
from crm.ui.kit.formats import day
from crm.work import Actor, Work, unit_of_work
from db.actor import CREATE


def proposals_card(actor: Actor, found: list[Proposal]) -> None:
    """Each unit with its reason, one button that plans the visit, and a way out."""
    for one in found:
        with look.row():
            look.two_lines(one.title, why=f"{one.reason}. {one.evidence[:1].upper()}{one.evidence[1:]}.")
            key = f"{one.equipment_id}_{one.kind}"
            if actor.may("work_order", CREATE) and st.button(
                _("Plan visit"), key=f"my_day_visit_{key}", width=110
            ):
                _do(actor, partial(_planned, one))
            with st.popover("", icon=":material/more_vert:", type="tertiary", help=_("More")):
                if "equipment" in routes.screens():
                    st.page_link(
                        routes.page("equipment"),
                        label=_("Open the unit"),
                        query_params={"id": str(one.equipment_id)},
                    )
                if st.button(_("Not now"), key=f"my_day_not_now_{key}", type="tertiary"):
                    _do(actor, partial(_put_off, one))


def _planned(one: Proposal, work: Work) -> str:
    made = plan_visit(work, one, today=today())
    text = _("Visit {number} is planned for {day}.")
    return text.format(number=made["number"], day=day(made["planned_on"], today=today()))


def _put_off(one: Proposal, work: Work) -> str:
    until = put_off(work, one, today=today())
    return _("Put off until {day}.").format(day=day(until, today=today()))


def _do(actor: Actor, step: Callable[[Work], str]) -> None:
    """Do it and say what was done, or why not, when the page is drawn anew: what is due has changed in both cases."""
    try:
        with unit_of_work(actor) as work:
            said = step(work)
    except CrmError as problem:
        said = problem.message
    flash(said)
    st.rerun()


def _opener(screen: str, record_id: int, *, key: str) -> None:
    if st.button("", icon=":material/arrow_forward:", type="tertiary", key=key, help=_("Open")):
        routes.go(screen, record_id)


def cases_card(found: list[CaseCard], fresh: Mapping[int, str], *, moment: datetime) -> None:
    """Cases that wait for me, the most urgent promise first; a click opens one."""
    for case in found:
        promise, tone = promise_words(case, now=moment)
        with look.row():
            look.two_lines(case.subject, why=" · ".join(p for p in (case.customer, case.number) if p))
            if case.id in fresh:
                st.markdown(news_tag(fresh[case.id]), width="content")
            if promise:
                st.markdown(look.tag(promise, tone=tone), width="content")
            _opener("case", case.id, key=f"my_day_case_{case.id}")
    st.page_link(
        routes.page("cases"),
        label=_("My queue"),
        # The address of a switch carries what people read.
        query_params={VIEW: views()[QUEUE]},
        icon=":material/arrow_forward:",
    )


def held_card(found: list[MessageLine], total: int, *, moment: datetime) -> None:
    """Answers to web forms that wait for a decision, the first that came first; a click opens one."""
    for line in found:
        with look.row():
            who = line.sender or _("unknown sender")
            look.two_lines(line.words or line.subject, why=f"{who} · {line.subject}")
            st.markdown(look.tag(moment_words(line.at, now=moment), icon="schedule"), width="content")
            if st.button(
                "",
                icon=":material/arrow_forward:",
                type="tertiary",
                key=f"my_day_held_{line.id}",
                help=_("Open"),
            ):
                routes.show("inbox", message=str(line.id))
    if total > len(found):
        st.page_link(routes.page("inbox"), label=held_words(total), icon=":material/arrow_forward:")


def visits_card(found: list[Visit]) -> None:
    """My visits that are late, for today and next; a click opens one."""
    for visit in found:
        with look.row():
            look.two_lines(visit.title, why=" · ".join(p for p in (visit.organisation, visit.place) if p))
            st.markdown(_when(visit), width="content")
            _opener("work_order", visit.id, key=f"my_day_go_{visit.id}")
    st.page_link(routes.page("work_orders"), label=_("My visits"), icon=":material/arrow_forward:")


def _when(visit: Visit) -> str:
    if visit.planned_on is None:
        return look.tag(_("No date"))
    if visit.group == "overdue":
        return look.tag(day(visit.planned_on, today=today()), tone=look.BAD, icon="priority_high")
    return look.tag(
        _("Today") if visit.group == "today" else day(visit.planned_on, today=today()), icon="schedule"
    )
