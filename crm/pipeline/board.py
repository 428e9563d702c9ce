"""What the board, the table and the calendar of a pipeline show: sums in SQL, at most fifty cards a column."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, case, func, or_, select, union_all
from sqlalchemy.orm import aliased

from crm.firm import firm, rates
from crm.i18n import _
from crm.money import Money, convert
from db.models import Deal, Organisation, Pipeline, Product, Stage, User
from db.scope import ScopedSession

#: Won and lost columns show what was closed within this many days.
CLOSED_DAYS = 30
CARDS = 50


@dataclass(frozen=True, slots=True)
class PipelineFilters:
    """Which deals of a pipeline; ``today`` decides what is late or stale."""

    pipeline_id: int
    today: date
    owner_ids: tuple[int, ...] = ()
    team_ids: tuple[int, ...] = ()
    only: tuple[str, ...] = ()  # closing, stale, no_step
    search: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """A deal on the board. ``flag`` is one of stale, late, no_step or empty; amounts in minor units."""

    id: int
    stage_id: int
    title: str
    organisation: str
    amount_minor: int | None
    currency: str
    weighted_minor: int
    expected_close_on: date | None
    owner: str
    version: int
    flag: str
    days_in_stage: int


@dataclass(frozen=True, slots=True)
class Column:
    """A stage with its sums in the firm's currency and its first cards."""

    stage_id: int
    name: str
    kind: str
    probability: float
    count: int
    total_minor: int
    weighted_minor: int
    cards: tuple[Card, ...] = field(default=())


def pipelines(session: ScopedSession) -> dict[int, str]:
    """Active pipelines by id, in their order."""
    return {
        i: n
        for i, n in session.execute(
            select(Pipeline.id, Pipeline.name)
            .where(Pipeline.is_active)
            .order_by(Pipeline.position, Pipeline.id)
        )
    }


def deal_value() -> Any:
    """What a deal is worth: its amount, else the list price of its main product in the same currency, else nothing."""
    return func.coalesce(
        Deal.amount_minor, case((Product.currency == Deal.currency, Product.list_price_minor)), 0
    )


def _conditions(filters: PipelineFilters) -> list[ColumnElement[bool]]:
    made: list[ColumnElement[bool]] = [Deal.pipeline_id == filters.pipeline_id, Deal.archived_at.is_(None)]
    made.append(or_(Deal.status == "open", Deal.closed_on >= filters.today - timedelta(days=CLOSED_DAYS)))
    if filters.owner_ids:
        made.append(Deal.owner_id.in_(filters.owner_ids))
    if filters.team_ids:
        made.append(Deal.team_id.in_(filters.team_ids))
    if "closing" in filters.only:
        month_end = (filters.today.replace(day=28) + timedelta(days=4)).replace(day=1)
        made.append(Deal.expected_close_on < month_end)
    if "no_step" in filters.only:
        made.append((Deal.status == "open") & (Deal.next_step_on.is_(None)))
    if filters.search:
        made.append(Deal.title.icontains(filters.search, autoescape=True))
    return made


def _stale(now: datetime, stages: list[Stage]) -> ColumnElement[bool]:
    parts = [
        (Deal.stage_id == s.id) & (Deal.stage_since < now - timedelta(days=s.stale_after_days))
        for s in stages
        if s.stale_after_days
    ]
    return or_(False, *parts)


def board(session: ScopedSession, filters: PipelineFilters, *, now: datetime) -> list[Column]:
    """The columns of a board in stage order, within scope. Five statements whatever the number of deals."""
    stages = list(
        session.scalars(
            select(Stage).where(Stage.pipeline_id == filters.pipeline_id).order_by(Stage.position, Stage.id)
        )
    )
    if not stages:
        return []
    conditions = _conditions(filters)
    if "stale" in filters.only:
        conditions.append(_stale(now, stages))
    sums = _sums(session, conditions, filters.today)
    cards = _cards(session, stages, conditions, filters, now)
    return [
        Column(
            s.id,
            s.name,
            s.kind,
            s.probability,
            *sums.get(s.id, (0, 0)),
            weighted_minor=0 if s.kind == "lost" else round(sums.get(s.id, (0, 0))[1] * s.probability),
            cards=tuple(cards.get(s.id, [])),
        )
        for s in stages
    ]


def _sums(
    session: ScopedSession, conditions: list[ColumnElement[bool]], today: date
) -> dict[int, tuple[int, int]]:
    """Count and total per stage, converted at today's rates; currencies never add up as they are."""
    own, known = firm(session).currency, rates(session)
    found: dict[int, tuple[int, int]] = {}
    rows = session.execute(
        select(Deal.stage_id, Deal.currency, func.count(), func.sum(deal_value()))
        .outerjoin(Product, Product.id == Deal.product_id)
        .where(*conditions)
        .group_by(Deal.stage_id, Deal.currency)
    )
    for stage_id, currency, count, total in rows:
        before = found.get(stage_id, (0, 0))
        minor = convert(Money(int(total or 0), currency), own, day=today, rates=known).minor if total else 0
        found[stage_id] = (before[0] + count, before[1] + minor)
    return found


def _cards(
    session: ScopedSession,
    stages: list[Stage],
    conditions: list[ColumnElement[bool]],
    filters: PipelineFilters,
    now: datetime,
) -> dict[int, list[Card]]:
    owner = aliased(User)
    first = [
        select(Deal.id)
        .where(Deal.stage_id == s.id, *conditions)
        .order_by(Deal.rank, Deal.id)
        .limit(CARDS)
        .subquery()
        for s in stages
    ]
    ids = union_all(*(select(part.c.id) for part in first)).subquery()
    rows = session.execute(
        select(
            Deal.id,
            Deal.stage_id,
            Deal.title,
            Organisation.name,
            Deal.amount_minor,
            deal_value().label("value"),
            Deal.currency,
            Deal.expected_close_on,
            owner.name.label("owner"),
            Deal.version,
            Deal.stage_since,
            Deal.next_step_on,
            Deal.status,
        )
        .join(ids, ids.c.id == Deal.id)
        .outerjoin(Product, Product.id == Deal.product_id)
        .outerjoin(Organisation, Organisation.id == Deal.organisation_id)
        .outerjoin(owner, owner.id == Deal.owner_id)
        .order_by(Deal.rank, Deal.id)
    )
    own, known = firm(session).currency, rates(session)
    by_id = {s.id: s for s in stages}
    cards: dict[int, list[Card]] = {}
    for r in rows:
        stage = by_id[r.stage_id]
        value = (
            convert(Money(int(r.value), r.currency), own, day=filters.today, rates=known).minor
            if r.value
            else 0
        )
        days = max(0, (now - r.stage_since).days)
        cards.setdefault(r.stage_id, []).append(
            Card(
                r.id,
                r.stage_id,
                r.title,
                r.name or "",
                int(r.value) if r.value else r.amount_minor,
                r.currency,
                0 if stage.kind == "lost" else round(value * stage.probability),
                r.expected_close_on,
                r.owner or "",
                r.version,
                deal_flag(r, stage, days, filters.today),
                days,
            )
        )
    return cards


def deal_flag(row: Any, stage: Stage, days_in_stage: int, today: date) -> str:
    """The one thing most worth saying about an open deal: stale, late, no_step or nothing."""
    if row.status != "open":
        return ""
    if stage.stale_after_days and days_in_stage > stage.stale_after_days:
        return "stale"
    if row.expected_close_on is not None and row.expected_close_on < today:
        return "late"
    return "no_step" if row.next_step_on is None else ""


def flag_words(flag: str, *, days: int = 0) -> tuple[str, str]:
    """A flag as people read it, and its tone."""
    return {
        "stale": (_("Stale {n} days").format(n=days), "orange"),
        "late": (_("Close date passed"), "red"),
        "no_step": (_("No next step"), "gray"),
    }.get(flag, ("", ""))


def closing_calendar(
    session: ScopedSession, filters: PipelineFilters, *, first: date, last: date
) -> pd.DataFrame:
    """Open deals by the day they are expected to close.

    Returns
    -------
    DataFrame
        ``id``, ``title``, ``organisation``, ``value_minor``, ``currency``, ``day``, ``stage``, ``probability``, by day.
    """
    statement = (
        select(
            Deal.id,
            Deal.title,
            Organisation.name.label("organisation"),
            deal_value().label("value_minor"),
            Deal.currency,
            Deal.expected_close_on.label("day"),
            Stage.name.label("stage"),
            Stage.probability,
        )
        .join(Stage, Stage.id == Deal.stage_id)
        .outerjoin(Product, Product.id == Deal.product_id)
        .outerjoin(Organisation, Organisation.id == Deal.organisation_id)
        .where(*_conditions(filters), Deal.status == "open", Deal.expected_close_on.between(first, last))
        .order_by(Deal.expected_close_on, Deal.id)
        .limit(1000)
    )
    rows = session.execute(statement).all()
    return pd.DataFrame(
        rows,
        columns=["id", "title", "organisation", "value_minor", "currency", "day", "stage", "probability"],
    )
