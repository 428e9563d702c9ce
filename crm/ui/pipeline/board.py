"""The pipeline as a board: a fragment of its own, so that a moved card reruns nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import streamlit as st

from crm.errors import Refused
from crm.i18n import _, language
from crm.pipeline.board import CLOSED_DAYS, MORE, Card, Column, PipelineFilters, board, flag_words, stages_of
from crm.pipeline.service import asked_first, move_deal
from crm.ui.frame.guard import current_actor, showing_problems
from crm.ui.kit import board as kanban
from crm.ui.kit import look
from crm.ui.kit.board_moves import Move
from crm.ui.kit.formats import day
from crm.ui.pipeline.deal_close import ask_reason
from crm.ui.pipeline.view import BOARD, narrow_to_stage, narrowed, sums_help, sums_line
from crm.ui.records.drawers import go_to
from crm.work import Actor, reading, unit_of_work

#: What the last move was, between the callback that stores it and the run that tells of it.
NEWS = "pipeline_news"


@st.fragment
def show_board(filters: PipelineFilters) -> None:
    """Sums and columns; moves are stored as they come, and told of afterwards."""
    actor = current_actor()
    news: dict[str, Any] = st.session_state.setdefault(NEWS, {})
    line = st.empty()

    def move(wish: Move) -> None:
        with reading(actor) as session:
            asked = asked_first(session, wish.card_id, int(wish.to_column))
        if asked is not None:
            news["asked"] = asked
            raise Refused(_("Say first why it was lost."))
        with unit_of_work(actor) as work:
            moved = move_deal(
                work,
                deal_id=wish.card_id,
                to_stage_id=int(wish.to_column),
                seen_version=wish.version,
                before_id=wish.before,
            )
        # A plain dict: a touch of the session's state could break off the run after the move was stored.
        if wish.from_column != wish.to_column:
            news["moved"] = moved

    shown: dict[int, int] = st.session_state.setdefault("pipeline_more", {}).setdefault(filters, {})

    def more(column: str) -> None:
        stage = int(column)
        if narrowed(filters):  # the table knows nothing of these filters
            shown[stage] = shown.get(stage, 0) + MORE
            return
        with reading(actor) as session:
            kinds = {s.id: s.kind for s in stages_of(session, filters.pipeline_id)}
        since = None if kinds.get(stage) == "open" else filters.today - timedelta(days=CLOSED_DAYS)
        narrow_to_stage(stage, since)
        news["more"] = True

    with showing_problems():
        # Moves that are still open are done before the columns are read anew, so both come from one run.
        with reading(actor) as session:
            asked = replace(filters, more=tuple(shown.items()) if narrowed(filters) else ())
            columns = board(session, asked, now=datetime.now(UTC))
        if not columns:
            look.empty(
                _("No stages yet"), _("An administrator gives this pipeline its stages under Settings.")
            )
            return
        line.caption(sums_line(columns), help=sums_help())
        if not any(c.count for c in columns):
            _nothing(actor, filters)
        kanban.board(
            key=f"pipeline_board_{filters.pipeline_id}",
            columns=[_column(c, filters) for c in columns],
            currency=columns[0].currency,
            locale=language(),
            on_moves=move,
            on_open=partial(go_to, "deal"),
            on_more=more,
            labels={} if narrowed(filters) else {"more": _("{n} more in the table")},
            reorder=not narrowed(filters),
        )
    _tell(actor, news)


def _column(column: Column, filters: PipelineFilters) -> kanban.BoardColumn:
    return kanban.BoardColumn(
        id=str(column.stage_id),
        title=column.name,
        count=column.count,
        total_minor=column.total_minor,
        weighted_minor=column.weighted_minor,
        probability=column.probability if column.kind == "open" else None,
        kind=column.kind,
        cards=tuple(_card(card, filters) for card in column.cards),
    )


def _card(card: Card, filters: PipelineFilters) -> kanban.BoardCard:
    words, tone = flag_words(card.flag, days=card.days_in_stage)
    return kanban.BoardCard(
        id=card.id,
        title=card.organisation or card.title,
        subtitle=card.title if card.organisation else "",
        amount_minor=card.amount_minor,
        currency=card.currency,
        weighted_minor=card.weighted_minor,
        due=day(card.expected_close_on, today=filters.today),
        initials=_initials(card.owner),
        owner=card.owner,
        version=card.version,
        flag=words,
        flag_tone=tone,
        movable=card.movable,
        beside=", ".join(card.beside),
    )


def _initials(name: str) -> str:
    words = name.split()
    return "".join(word[0] for word in (words if len(words) < 2 else (words[0], words[-1]))).upper()


def _tell(actor: Actor, news: dict[str, Any]) -> None:
    """Say what the last move did; one into a lost stage waits for its reason."""
    if news.pop("more", False):
        st.rerun()
    asked = news.pop("asked", None)
    if asked is not None:
        ask_reason(actor, deal_id=asked.id, title=asked.title, version=asked.version, stage_id=asked.stage_id)
        return
    moved = news.pop("moved", None)
    if moved is None:
        return
    if moved.status == "won":
        st.toast(look.plain(_("“{title}” is won.").format(title=moved.title)), icon=":material/celebration:")
    else:
        st.toast(
            look.plain(_("“{title}” is in {stage} now.").format(title=moved.title, stage=moved.stage)),
            icon=":material/check:",
        )


def _nothing(actor: Actor, filters: PipelineFilters) -> None:
    if narrowed(filters):
        look.empty(
            _("Nothing matches"),
            _("No deal fits this search and these filters. Take a pill or a word away."),
            key=f"{BOARD}_none",
        )
    elif not actor.may("deal", "create"):
        look.empty(_("No deals yet"), _("Deals of your team appear here once somebody adds one."))
