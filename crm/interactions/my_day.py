"""What one person should see first: tasks due, deals that need a move, this month's goal, what others changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import case, func, or_, select

from crm.firm.firm import firm, rates
from crm.money import Money, convert
from crm.pipeline.board import Book, deal_flag, deal_value
from crm.records import registry
from db.models import (
    Campaign,
    Case,
    Change,
    ChangeBatch,
    Contact,
    Deal,
    Organisation,
    Product,
    Stage,
    Target,
    Task,
    User,
)
from db.scope import ScopedSession

#: Tasks due within this many days stand on the first screen.
AHEAD_DAYS = 7
NEWS_DAYS = 14


@dataclass(frozen=True, slots=True)
class DueTask:
    """A task of mine; ``about`` names the customer, deal, case or campaign it belongs to."""

    id: int
    title: str
    due_on: date | None
    priority: str
    about: str
    version: int
    due_time: str | None = None


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


@dataclass(frozen=True, slots=True)
class News:
    """Something that somebody else did to a record I can see."""

    at: datetime
    who: str
    op: str
    entity: str
    record_id: int
    title: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Goal:
    """Won by me this month against my target, in the firm's currency; ``target_minor`` None when none is set."""

    won_minor: int
    target_minor: int | None
    deals: int
    currency: str
    by_day: tuple[int, ...]


def due_tasks(session: ScopedSession, *, today: date, limit: int = 8) -> tuple[list[DueTask], int]:
    """My open tasks that are late or due within a week, the most urgent first, and how many there are."""
    mine = (
        Task.owner_id == session.actor.user_id,
        Task.done_at.is_(None),
        Task.archived_at.is_(None),
        or_(Task.due_on.is_(None), Task.due_on <= today + timedelta(days=AHEAD_DAYS)),
    )
    about = func.coalesce(Organisation.name, Contact.name, Deal.title, Case.subject, Campaign.name, "")
    rows = session.execute(
        select(Task.id, Task.title, Task.due_on, Task.priority, about, Task.version, Task.due_time)
        .outerjoin(Organisation, Organisation.id == Task.organisation_id)
        .outerjoin(Contact, Contact.id == Task.contact_id)
        .outerjoin(Deal, Deal.id == Task.deal_id)
        .outerjoin(Case, Case.id == Task.case_id)
        .outerjoin(Campaign, Campaign.id == Task.campaign_id)
        .where(*mine)
        .order_by(case((Task.due_on.is_(None), 1), else_=0), Task.due_on, Task.due_time, Task.id)
        .limit(limit)
    )
    return [DueTask(*row) for row in rows], int(session.scalar(select(func.count(Task.id)).where(*mine)) or 0)


def deals_to_move(
    session: ScopedSession, *, today: date, now: datetime, everyone: bool = False, limit: int = 5
) -> list[DealToMove]:
    """Open deals whose step is due, whose close date passed, that are stale or have no next step.

    Most expected money first, in the firm's currency at today's rates; last those whose currency has no rate. Mine, or
    with ``everyone`` all that I may see.
    """
    book = Book(session, today)
    rate = case(
        {book.currency: 1.0} | {code: book.converted(10**9, code) / 10**9 for code in book.known},
        value=Deal.currency,
        else_=0.0,
    )
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
        _open_deals()
        .where(*mine, late)
        .order_by((deal_value() * Stage.probability * rate).desc(), Deal.id)
        .limit(limit)
    )
    found = []
    for deal, organisation, value, stage in rows:
        days = max(0, (now - deal.stage_since).days)
        due = deal.next_step_on is not None and deal.next_step_on <= today
        found.append(
            DealToMove(
                deal.id,
                deal.title,
                organisation or "",
                int(value or 0),
                deal.currency,
                stage.name,
                "step" if due else deal_flag(deal, stage, days, today),
                days,
                deal.next_step or "",
                deal.next_step_on,
                deal.version,
            )
        )
    return found


@cache
def _open_deals() -> Any:
    return (
        select(Deal, Organisation.name, deal_value(), Stage)
        .join(Stage, Stage.id == Deal.stage_id)
        .outerjoin(Organisation, Organisation.id == Deal.organisation_id)
        .outerjoin(Product, Product.id == Deal.product_id)
        .where(Deal.status == "open", Deal.archived_at.is_(None))
    )


def monthly_goal(session: ScopedSession, *, today: date, everyone: bool = False) -> Goal:
    """What I won since the first of the month, day by day, and my target; with ``everyone`` the teams' I may see."""
    first = today.replace(day=1)
    own, known = firm(session).currency, rates(session)
    mine = [] if everyone else [Deal.owner_id == session.actor.user_id]
    rows = session.execute(
        select(Deal.closed_on, Deal.currency, func.sum(Deal.amount_minor), func.count())
        .where(
            *mine,
            Deal.status == "won",
            Deal.archived_at.is_(None),
            Deal.closed_on >= first,
            Deal.closed_on <= today,
        )
        .group_by(Deal.closed_on, Deal.currency)
    ).all()
    by_day = [0] * today.day
    for day, currency, minor, _count in rows:
        if day is not None and minor:
            by_day[day.day - 1] += convert(Money(int(minor), currency), own, day=day, rates=known).minor
    whose = Target.team_id.is_not(None) if everyone else Target.user_id == session.actor.user_id
    wanted = session.execute(
        select(Target.amount_minor, Target.currency).where(whose, Target.month == first)
    ).all()
    target = (
        sum(convert(Money(*row), own, day=first, rates=known).minor for row in wanted) if wanted else None
    )
    running = [sum(by_day[: i + 1]) for i in range(len(by_day))]
    return Goal(running[-1], target, sum(row[3] for row in rows), own, tuple(running))


def news(session: ScopedSession, *, now: datetime, limit: int = 6) -> list[News]:
    """What others made or changed lately on contacts, organisations and deals within my scope; newest first."""
    about = {"contacts": Contact, "organisations": Organisation, "deals": Deal}
    statement = (
        select(ChangeBatch.at, User.name, Change.op, Change.entity, Change.record_id, Change.new)
        .join(ChangeBatch, ChangeBatch.id == Change.batch_id)
        .join(User, User.id == ChangeBatch.actor_id)
        .where(
            Change.entity.in_(about),
            Change.op.in_(("C", "U")),
            ChangeBatch.actor_id != session.actor.user_id,
            ChangeBatch.import_id.is_(None),
            ChangeBatch.at > now - timedelta(days=NEWS_DAYS),
        )
        .order_by(Change.id.desc())
        .limit(200)
    )
    # The log is the program's; what it names is shown only where the record itself lies within scope.
    rows = session.execute(statement, execution_options={"system": True}).all()
    titles: dict[tuple[str, int], str] = {}
    for table, cls in about.items():
        if ids := {row.record_id for row in rows if row.entity == table}:
            title = getattr(cls, registry.title_field(registry.entity_of_table(table)))
            titles |= {
                (table, i): t for i, t in session.execute(select(cls.id, title).where(cls.id.in_(ids)))
            }
    found: list[News] = []
    seen: set[tuple[str, int]] = set()
    for row in rows:
        key = (row.entity, row.record_id)
        if key in titles and key not in seen and len(found) < limit:
            seen.add(key)
            entity = registry.entity_of_table(row.entity)
            known = registry.entity(entity).by_name
            names = tuple(known[n].label for n in (row.new or {}) if n in known) if row.op == "U" else ()
            found.append(News(row.at, row.name, row.op, entity, row.record_id, titles[key], names))
    return found
