"""Of one person's deals, what they should see first: those that need a move, and this month's goal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Any

from sqlalchemy import case, func, or_, select

from crm.pipeline.board import deal_flag
from crm.pipeline.reports.report_targets import reached, won_for_targets
from crm.pipeline.targets import target_table
from crm.reporting.book import open_book
from crm.reporting.grouped import converted, grouped
from crm.reporting.measures import Worth, amounts, beside, deal_conditions, worth
from crm.reporting.report import SalesFilter, names
from db.models import (
    Deal,
    Organisation,
    Stage,
)
from db.scope import ScopedSession


@dataclass(frozen=True, slots=True)
class DealToMove:
    """An open deal of mine and why it should move: a flag of ``crm.pipeline.board``, or ``step`` for a step due."""

    id: int
    title: str
    organisation: str
    value_minor: int
    currency: str
    stage: str
    reason: str
    days_in_stage: int
    next_step: str
    next_step_on: date | None
    version: int
    #: Currencies without a rate in which more of it is worth something.
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Goal:
    """Won by me this month against my target, in the currency of the reports; ``target_minor`` None when none is set.

    Of all, ``toward_minor`` was won by those that the target is set for; no ``share`` where something is left out of it.
    """

    won_minor: int
    target_minor: int | None
    deals: int
    currency: str
    by_day: tuple[int, ...]
    toward_minor: int = 0
    share: float | None = None
    notes: tuple[str, ...] = ()


def deals_to_move(
    session: ScopedSession, *, today: date, now: datetime, everyone: bool = False, limit: int = 5
) -> list[DealToMove]:
    """Open deals whose step is due, whose close date passed, that are stale or have no next step.

    Most expected money first, in one currency at today's rates; last those whose currency has no rate. Mine, or
    with ``everyone`` all that I may see.
    """
    own = worth(book := open_book(session))
    rate = case(book.factors, value=own.currency, else_=0.0)
    stale = or_(
        False,
        *(
            (Deal.stage_id == stage_id) & (Deal.stage_since < now - timedelta(days=days))
            for stage_id, days in session.execute(select(Stage.id, Stage.stale_after_days))
            if days is not None
        ),
    )
    late = or_(Deal.next_step_on <= today, Deal.next_step_on.is_(None), Deal.expected_close_on < today, stale)
    mine = [] if everyone else [Deal.owner_id == session.actor.user_id]
    rows = session.execute(
        _open_deals(own)
        .where(*mine, late)
        .order_by((func.coalesce(own.minor, 0) * Stage.probability * rate).desc(), Deal.id)
        .limit(limit)
    )
    found = []
    for deal, organisation, value, currency, codes, stage in rows:
        days = max(0, (now - deal.stage_since).days)
        due = deal.next_step_on is not None and deal.next_step_on <= today
        found.append(
            DealToMove(
                deal.id,
                deal.title,
                organisation or "",
                int(value or 0),
                currency,
                stage.name,
                "step" if due else deal_flag(deal, stage, days, today),
                days,
                deal.next_step or "",
                deal.next_step_on,
                deal.version,
                beside(codes, currency),
            )
        )
    return found


@lru_cache(64)
def _open_deals(own: Worth) -> Any:
    return (
        select(Deal, Organisation.name, own.minor, own.currency, own.missing, Stage)
        .join(Stage, Stage.id == Deal.stage_id)
        .outerjoin(Organisation, Organisation.id == Deal.organisation_id)
        .where(Deal.status == "open", Deal.archived_at.is_(None))
    )


def monthly_goal(session: ScopedSession, *, today: date, everyone: bool = False) -> Goal:
    """What I won since the first of the month, day by day, and my target; with ``everyone`` that of all I may see."""
    first = today.replace(day=1)
    owners = () if everyone or session.actor.user_id is None else (session.actor.user_id,)
    chosen = SalesFilter(start=first, end=today, owners=owners)
    book, where = open_book(session), [*deal_conditions(chosen), Deal.status == "won"]
    told = amounts(book, where, Deal.closed_on)
    keys, sums = {"day": Deal.closed_on} | told.keys, {"deals": told.once, "minor": told.minor}
    won = converted(grouped(session, keys, sums, joins=told.joins, where=where), book, ["minor"])
    by_day = [0] * today.day
    for day, minor in zip(won["day"], won["minor"], strict=True):
        by_day[day.day - 1] += int(minor)
    goals = target_table(session, book, start=first, end=today, today=today)
    known, running = names(session), tuple(accumulate(by_day))
    counted = won_for_targets(session, book, known, chosen)
    target, toward, share = reached(goals, counted, known, chosen)
    deals = int(won["deals"].sum())
    return Goal(running[-1], target or None, deals, book.currency, running, toward, share, book.notes)
