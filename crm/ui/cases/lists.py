"""Cases as a list, as a board to move them on, and as the queue of one person."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from crm.clock import here, now
from crm.i18n import _, language, ngettext
from crm.service.cases.board import (
    ENDED_DAYS,
    MORE,
    CaseCard,
    CaseColumn,
    CaseFilters,
    Counts,
    board,
    case_counts,
)
from crm.service.cases.cases import move_case
from crm.service.cases.find import status_word
from crm.service.cases.news import unread
from crm.ui.cases.words import priority_word, promise_words
from crm.ui.frame import routes
from crm.ui.frame.guard import current_actor, showing_problems
from crm.ui.kit import board as kanban
from crm.ui.kit import look
from crm.ui.kit.board_moves import Move
from crm.ui.kit.formats import day
from crm.ui.kit.inputs import link_options
from crm.ui.kit.words import FRESH
from crm.ui.records.drawers import new_record
from crm.ui.records.listing import show_list
from crm.ui.records.views.screen import ListScreen
from crm.work import Actor, reading, unit_of_work
from db.scope import CREATE, ScopedSession

VIEW = "cases_view"
LIST, BOARD, QUEUE = "list", "board", "queue"
NEWS = "cases_news"


def views() -> dict[str, str]:
    """The views by name; the address carries what people read."""
    return {LIST: _("List"), BOARD: _("Board"), QUEUE: _("My queue")}


def show_case_list(actor: Actor, head: DeltaGenerator) -> None:
    """Draw the list below the views, with its header in the place given."""
    show_list(actor, ListScreen("case", marked=marked), head=head)


def marked(session: ScopedSession) -> set[int]:
    """Cases with news that the actor has not opened."""
    return {one.case_id for one in unread(session, now())}


def show_head(actor: Actor, head: DeltaGenerator) -> None:
    """Header of board and queue: what there is to do, and the button for a new case."""
    with reading(actor) as session:
        counts = case_counts(session, now())
    with head, look.page(_("Cases"), counts_line(counts)):
        if actor.may("case", CREATE) and st.button(
            _("New case"), key="cases_new_one", type="primary", icon=":material/add:"
        ):
            new_record(actor, "case")


def counts_line(counts: Counts) -> str:
    """How much is to be done, in one line."""
    parts = [ngettext("{n} open case", "{n} open cases", counts.open).format(n=f"{counts.open:,}")]
    if counts.late:
        parts.append(_("{n} late").format(n=f"{counts.late:,}"))
    parts.append(_("{n} mine").format(n=f"{counts.mine:,}"))
    if counts.free:
        parts.append(_("{n} that nobody has").format(n=f"{counts.free:,}"))
    return " · ".join(parts)


def choose_cases(actor: Actor) -> CaseFilters:
    """Search, pills and queues as conditions of the board."""
    search = st.text_input(
        _("Search"),
        key="cases_board_q",
        type="search",
        live="300ms",
        bind="query-params",
        width=200,
        label_visibility="collapsed",
        placeholder=_("Search cases"),
    )
    pills = {"mine": _("Mine"), "free": _("Nobody has it"), "late": _("Late")}
    urgent = {name: priority_word(name) for name in ("critical", "high")}
    only = look.filters(_("Show only"), pills | urgent, key="cases_only")
    queues = link_options(actor, "queue")
    chosen: list[int] = []
    if queues:
        with st.popover(_("Queues"), type="tertiary", icon=":material/inbox:"):
            chosen = st.multiselect(
                _("Queue"),
                list(queues),
                format_func=queues.__getitem__,
                key="cases_board_queues",
                bind="query-params",
                placeholder=_("All"),
            )
    return CaseFilters(
        search=search or "",
        only=tuple(name for name in only if name in pills),
        priorities=tuple(name for name in only if name in urgent),
        queue_ids=tuple(chosen),
    )


@st.fragment
def show_board(filters: CaseFilters) -> None:
    """The columns; moves are stored as they come, and told of afterwards."""
    actor = current_actor()
    news: dict[str, Any] = st.session_state.setdefault(NEWS, {})

    def move(wish: Move) -> None:
        with unit_of_work(actor) as work:
            moved = move_case(work, wish.card_id, wish.to_column, seen_version=wish.version)
        # A plain dict: a touch of the session's state could break off the run after the move was stored.
        if wish.from_column != wish.to_column:
            news["moved"] = (moved["number"], moved["status"])

    shown: dict[str, int] = st.session_state.setdefault("cases_more", {}).setdefault(filters, {})

    def more(column: str) -> None:
        shown[column] = shown.get(column, 0) + MORE

    with showing_problems():
        moment = now()
        with reading(actor) as session:
            columns = board(session, replace(filters, more=tuple(shown.items())), now=moment)
            fresh = marked(session)
        if not any(c.count for c in columns):
            _nothing(filters)
        kanban.board(
            key="cases_board",
            columns=[_column(c, moment, fresh) for c in columns],
            currency="",
            locale=language(),
            on_moves=move,
            on_open=lambda card: routes.go("case", card),
            on_more=more,
        )
        st.caption(
            _("Solved and closed show what ended in the last {n} days. An ended case only comes back to “{open}”.").format(
                n=ENDED_DAYS, open=status_word("open")
            )
        )  # fmt: skip
    if told := news.pop("moved", None):
        number, status = told
        st.toast(
            look.plain(_("{number} is “{status}” now.").format(number=number, status=status_word(status))),
            icon=":material/check:",
        )


def _nothing(filters: CaseFilters) -> None:
    if filters.narrowed:
        look.empty(
            _("Nothing matches"),
            _("No case fits this search and these filters. Take a pill or a word away."),
            key="cases_board_none",
        )
    else:
        look.empty(
            _("No cases yet"),
            _("What customers ask, report and complain about stands here."),
            key="cases_board_none",
        )


def _column(column: CaseColumn, moment: datetime, fresh: set[int]) -> kanban.BoardColumn:
    return kanban.BoardColumn(
        id=column.status,
        title=status_word(column.status),
        count=column.count,
        total_minor=0,
        weighted_minor=0,
        probability=None,
        kind="open",
        cards=tuple(_card(card, moment, card.id in fresh) for card in column.cards),
    )


def _card(card: CaseCard, moment: datetime, is_fresh: bool) -> kanban.BoardCard:
    promise, tone = promise_words(card, now=moment)
    urgent = card.priority in ("critical", "high")
    told = promise if card.flag in ("late", "soon") else ""
    return kanban.BoardCard(
        id=card.id,
        title=f"{FRESH} {card.subject}" if is_fresh else card.subject,
        subtitle=" · ".join(p for p in (card.customer, card.number) if p),
        amount_minor=None,
        currency="",
        weighted_minor=0,
        due=promise
        if promise and not told
        else _("Opened {day}").format(day=day(here(card.opened_at).date(), today=here(moment).date())),
        initials="".join(w[0] for w in card.owner.split()[:2]).upper(),
        owner=card.owner,
        version=card.version,
        flag=" · ".join(p for p in (priority_word(card.priority) if urgent else "", told) if p),
        flag_tone=tone if told else {"critical": "red", "high": "orange"}.get(card.priority, ""),
        movable=card.movable,
    )
