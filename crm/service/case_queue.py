"""A queue to work through: who waits for an answer, what was said last and by whom, what nobody read yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from crm.mail.receiving.folding import new_words
from crm.service.cases.board import CaseCard, Whose, queue_cards
from crm.service.cases.news import unread
from db.audit import SYSTEM_OPTIONS
from db.models import Case, CaseMessage
from db.scope import ScopedSession

#: So many stand in the queue; who has more narrows it.
MOST = 100
_MOST_WORDS = 140
CUSTOMER, US = "customer", "us"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case of the queue. ``last_by`` is who spoke last, ``news`` what its reader has not seen of it."""

    card: CaseCard
    words: str
    last_by: str
    last_at: datetime
    news: str

    @property
    def waits_for_us(self) -> bool:
        """Whether the customer has the last word so far."""
        return self.last_by == CUSTOMER


def waiting(session: ScopedSession, now: datetime, *, whose: Whose = "own") -> list[Waiting]:
    """Open cases, the most urgent promise first: mine and those that nobody of my teams has, or only one of these, or all
    of my teams. Four statements."""
    cards = queue_cards(session, now, whose=whose, limit=MOST)
    ids = [card.id for card in cards]
    said, fresh = _last(session, ids), {news.case_id: news.what for news in unread(session, now)}
    # What opened a case are its customer's words.
    opening = session.execute(select(Case.id, Case.description).where(Case.id.in_(ids)))
    first = {row.id: row.description for row in opening}
    made = []
    for card in cards:
        by, words, at = said.get(card.id) or (CUSTOMER, first.get(card.id) or "", card.opened_at)
        made.append(Waiting(card, _first_words(words), by, at, fresh.get(card.id, "")))
    return made


def _last(session: ScopedSession, cases: list[int]) -> dict[int, tuple[str, str, datetime]]:
    """The last word between the customer and us, by case; the cases were found within scope."""
    place = func.row_number().over(
        partition_by=CaseMessage.case_id, order_by=(CaseMessage.at.desc(), CaseMessage.id.desc())
    )
    numbered = (
        select(CaseMessage.case_id, CaseMessage.kind, CaseMessage.body, CaseMessage.at, place.label("place"))
        .where(CaseMessage.case_id.in_(cases), CaseMessage.kind.in_(("customer", "reply")))
        .subquery()
    )
    rows = session.execute(select(numbered).where(numbered.c.place == 1), execution_options=SYSTEM_OPTIONS)
    return {row.case_id: (CUSTOMER if row.kind == "customer" else US, row.body, row.at) for row in rows}


def _first_words(text: str) -> str:
    """What somebody said in one line, without what they quote."""
    line = " ".join((new_words(text) or text).split())
    return line if len(line) <= _MOST_WORDS else f"{line[:_MOST_WORDS].rstrip()}…"
