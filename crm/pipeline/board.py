"""What the board of a pipeline shows: sums in SQL, at most fifty cards a column."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, union_all

from crm.firm.firm import firm, rates
from crm.i18n import _
from crm.money import Money, convert
from crm.periods import month_end
from crm.records import registry
from crm.records.search import search_condition
from db.models import Deal, Organisation, Pipeline, Product, Stage
from db.scope import UPDATE, ScopedSession

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
    movable: bool


@dataclass(frozen=True, slots=True)
class Column:
    """A stage with its sums in the firm's currency and its first cards; ``missing`` names currencies without a rate,
    whose amounts the sums of the board leave out."""

    stage_id: int
    name: str
    kind: str
    probability: float
    count: int
    total_minor: int
    weighted_minor: int
    cards: tuple[Card, ...] = field(default=())
    missing: tuple[str, ...] = field(default=())


def pipelines(session: ScopedSession) -> dict[int, str]:
    """Active pipelines by id, in their order."""
    rows = session.execute(
        select(Pipeline.id, Pipeline.name).where(Pipeline.is_active).order_by(Pipeline.position, Pipeline.id)
    )
    return {row.id: row.name for row in rows}


def deal_value() -> Any:
    """What a deal is worth: its amount, else the list price of its main product in the same currency, else nothing."""
    return func.coalesce(
        Deal.amount_minor, case((Product.currency == Deal.currency, Product.list_price_minor)), 0
    )


class Book:
    """The firm's currency with the rates to it, read once for sums and cards."""

    def __init__(self, session: ScopedSession, day: date) -> None:
        self.currency, self.known, self.day = firm(session).currency, rates(session), day
        self.missing: set[str] = set()

    def converted(self, minor: int, currency: str) -> int:
        """An amount in the firm's currency; nothing, and the currency noted as missing, where no rate is stored."""
        if not minor or currency == self.currency:
            return minor
        if not self.known.get(currency):
            self.missing.add(currency)
            return 0
        return convert(Money(minor, currency), self.currency, day=self.day, rates=self.known).minor


def stages_of(session: ScopedSession, pipeline_id: int) -> list[Stage]:
    """The stages of a pipeline in their order."""
    statement = select(Stage).where(Stage.pipeline_id == pipeline_id).order_by(Stage.position, Stage.id)
    return list(session.scalars(statement))


def _open(stages: list[Stage]) -> list[ColumnElement[bool]]:
    """Deals in these open stages of one pipeline, along the board's index."""
    return [
        Deal.pipeline_id == stages[0].pipeline_id,
        Deal.stage_id.in_([s.id for s in stages]),
        Deal.archived_at.is_(None),
    ]


def _closed(stages: list[Stage], today: date) -> list[ColumnElement[bool]]:
    """What was lately closed into these stages. The sum keeps the database off the stage's index: the one of closing
    days finds a month of deals, that of the stage all years."""
    return [
        Deal.status.in_(sorted({s.kind for s in stages})),
        Deal.closed_on >= today - timedelta(days=CLOSED_DAYS),
        (Deal.stage_id + 0).in_([s.id for s in stages]),
        Deal.archived_at.is_(None),
    ]


def deal_conditions(
    session: ScopedSession, filters: PipelineFilters, stages: list[Stage], now: datetime
) -> list[ColumnElement[bool]]:
    """What the filters ask for, whatever the stage."""
    made: list[ColumnElement[bool]] = []
    if filters.owner_ids:
        made.append(Deal.owner_id.in_(filters.owner_ids))
    if filters.team_ids:
        made.append(Deal.team_id.in_(filters.team_ids))
    made += [only_condition(name, filters.today, stages, now) for name in filters.only]
    found = search_condition(session, Deal, filters.search)
    if found is not None:
        # A person looks for the customer as often as for the deal.
        customer = search_condition(session, Organisation, filters.search)
        assert customer is not None
        made.append(or_(found, Deal.organisation_id.in_(select(Organisation.id).where(customer))))
    return made


def only_condition(name: str, today: date, stages: list[Stage], now: datetime) -> ColumnElement[bool]:
    """Open deals that close this month or should have closed, are stale, or have no next step."""
    wanted: dict[str, ColumnElement[bool]] = {
        "closing": Deal.expected_close_on <= month_end(today),
        "stale": _stale(now, stages),
        "no_step": Deal.next_step_on.is_(None),
    }
    return and_(Deal.status == "open", wanted[name])


def _stale(now: datetime, stages: list[Stage]) -> ColumnElement[bool]:
    parts = [
        (Deal.stage_id == s.id) & (Deal.stage_since < now - timedelta(days=s.stale_after_days))
        for s in stages
        if s.stale_after_days
    ]
    return or_(False, *parts)


def board(session: ScopedSession, filters: PipelineFilters, *, now: datetime) -> list[Column]:
    """The columns of a board in stage order, within scope. Six statements whatever the number of deals."""
    stages = stages_of(session, filters.pipeline_id)
    if not stages:
        return []
    book = Book(session, filters.today)
    conditions = deal_conditions(session, filters, stages, now)
    sums = _sums(session, stages, conditions, book)
    cards = _cards(session, stages, conditions, book, now)
    return [
        Column(
            s.id,
            s.name,
            s.kind,
            s.probability,
            *sums.get(s.id, (0, 0)),
            weighted_minor=0 if s.kind == "lost" else round(sums.get(s.id, (0, 0))[1] * s.probability),
            cards=tuple(cards.get(s.id, [])),
            missing=tuple(sorted(book.missing)),
        )
        for s in stages
    ]


def _sums(
    session: ScopedSession, stages: list[Stage], conditions: list[ColumnElement[bool]], book: Book
) -> dict[int, tuple[int, int]]:
    """Count and total per stage, converted at the day's rates; currencies never add up as they are."""
    open_, closed = ([s for s in stages if (s.kind == "open") is wanted] for wanted in (True, False))
    found: dict[int, tuple[int, int]] = {}
    for base in (_open(open_) if open_ else [], _closed(closed, book.day) if closed else []):
        if not base:
            continue
        rows = session.execute(
            select(Deal.stage_id, Deal.currency, func.count(), func.sum(deal_value()))
            .outerjoin(Product, Product.id == Deal.product_id)
            .where(*base, *conditions)
            .group_by(Deal.stage_id, Deal.currency)
        )
        for stage_id, currency, count, total in rows:
            before = found.get(stage_id, (0, 0))
            found[stage_id] = (before[0] + count, before[1] + book.converted(int(total or 0), currency))
    return found


def _first(stage: Stage, conditions: list[ColumnElement[bool]], today: date) -> Select[Any]:
    """The cards that a column shows: open ones in their order, closed ones by the day, the latest first."""
    if stage.kind == "open":
        chosen = select(Deal.id).where(*_open([stage]), *conditions).order_by(Deal.rank, Deal.id)
    else:
        chosen = select(Deal.id).where(*_closed([stage], today), *conditions)
        chosen = chosen.order_by(Deal.closed_on.desc(), Deal.id.desc())
    return chosen.limit(CARDS)


def _cards(
    session: ScopedSession,
    stages: list[Stage],
    conditions: list[ColumnElement[bool]],
    book: Book,
    now: datetime,
) -> dict[int, list[Card]]:
    owner = registry.alias("user", "owner_id")
    first = [_first(s, conditions, book.day).subquery() for s in stages]
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
            Deal.owner_id,
            Deal.team_id,
            Deal.version,
            Deal.stage_since,
            Deal.next_step_on,
            Deal.closed_on,
            Deal.status,
        )
        .join(ids, ids.c.id == Deal.id)
        .outerjoin(Product, Product.id == Deal.product_id)
        .outerjoin(Organisation, Organisation.id == Deal.organisation_id)
        .outerjoin(owner, owner.id == Deal.owner_id)
        .order_by(Deal.rank, Deal.id)
    )
    by_id = {s.id: s for s in stages}
    cards: dict[int, list[Card]] = {}
    # Sorting keeps equal rows in place, so open deals stay in the order of their ranks.
    for r in sorted(rows, key=lambda r: (-r.closed_on.toordinal(), -r.id) if r.closed_on else (0, 0)):
        stage = by_id[r.stage_id]
        worth = int(r.value or 0)
        days = max(0, (now - r.stage_since).days)
        card = Card(
            id=r.id,
            stage_id=r.stage_id,
            title=r.title,
            organisation=r.name or "",
            amount_minor=worth or r.amount_minor,
            currency=r.currency,
            weighted_minor=0
            if stage.kind == "lost"
            else round(book.converted(worth, r.currency) * stage.probability),
            expected_close_on=r.expected_close_on,
            owner=r.owner or "",
            version=r.version,
            flag=deal_flag(r, stage, days, book.day),
            days_in_stage=days,
            movable=session.actor.holds("deal", UPDATE, owner_id=r.owner_id, team_id=r.team_id),
        )
        cards.setdefault(r.stage_id, []).append(card)
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
