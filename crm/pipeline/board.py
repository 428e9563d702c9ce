"""What the board of a pipeline shows: sums in SQL, fifty cards a column until somebody asks for more."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, literal, or_, select, union_all

from crm.clock import now, today
from crm.i18n import N_, _
from crm.periods import month_end
from crm.records import registry
from crm.records.listing.quick import Quick
from crm.records.search import search_condition
from crm.reporting.book import Book, open_book
from crm.reporting.grouped import converted, folded, grouped
from crm.reporting.measures import amounts, beside, of_teams, worth
from db.models import Deal, Organisation, Pipeline, Stage
from db.scope import UPDATE, ScopedSession

#: Won and lost columns show what was closed within this many days.
CLOSED_DAYS = 30
CARDS = 50
#: So many more at a click, which is the rest of nearly every column.
MORE = 450


@dataclass(frozen=True, slots=True)
class PipelineFilters:
    """Which deals of a pipeline; ``today`` decides what is late or stale."""

    pipeline_id: int
    today: date
    owner_ids: tuple[int, ...] = ()
    team_ids: tuple[int, ...] = ()
    only: tuple[str, ...] = ()  # closing, stale, no_step
    search: str = ""
    #: How many cards a stage shows beyond the first fifty.
    more: tuple[tuple[int, int], ...] = ()


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
    #: Currencies without a rate in which more of it is worth something.
    beside: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """A stage with its sums in ``currency`` and its first cards; ``missing`` names currencies without a rate, whose
    amounts the sums of the board leave out, ``notes`` rates that are not of the day."""

    stage_id: int
    name: str
    kind: str
    probability: float
    count: int
    total_minor: int
    weighted_minor: int
    currency: str
    cards: tuple[Card, ...] = field(default=())
    missing: tuple[str, ...] = field(default=())
    notes: tuple[str, ...] = field(default=())


def pipelines(session: ScopedSession) -> dict[int, str]:
    """Active pipelines by id, in their order."""
    rows = session.execute(
        select(Pipeline.id, Pipeline.name).where(Pipeline.is_active).order_by(Pipeline.position, Pipeline.id)
    )
    return {row.id: row.name for row in rows}


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


def board_conditions(
    session: ScopedSession, filters: PipelineFilters, stages: list[Stage], now: datetime
) -> list[ColumnElement[bool]]:
    """What the filters ask for, whatever the stage."""
    made: list[ColumnElement[bool]] = []
    if filters.owner_ids:
        made.append(Deal.owner_id.in_(filters.owner_ids))
    if filters.team_ids:
        made.append(of_teams(filters.team_ids))
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


def _no_step(_session: ScopedSession, _entity: str) -> ColumnElement[bool]:
    return only_condition("no_step", today(), [], now())


#: The board, My day and the list mean the same.
NO_STEP = Quick(N_("No next step"), _no_step)


def _stale(now: datetime, stages: list[Stage]) -> ColumnElement[bool]:
    parts = [
        (Deal.stage_id == s.id) & (Deal.stage_since <= now - timedelta(days=s.stale_after_days))
        for s in stages
        if s.stale_after_days
    ]
    return or_(False, *parts)


def board(session: ScopedSession, filters: PipelineFilters, *, now: datetime) -> list[Column]:
    """The columns of a board in stage order, within scope. Six statements whatever the number of deals."""
    stages = stages_of(session, filters.pipeline_id)
    if not stages:
        return []
    book = open_book(session)
    conditions = board_conditions(session, filters, stages, now)
    sums = _sums(session, stages, conditions, book, filters.today)
    cards = _cards(session, stages, conditions, book, now, filters.today, dict(filters.more))
    return [
        Column(
            s.id,
            s.name,
            s.kind,
            s.probability,
            *sums.get(s.id, (0, 0)),
            weighted_minor=0 if s.kind == "lost" else round(sums.get(s.id, (0, 0))[1] * s.probability),
            currency=book.currency,
            cards=tuple(cards.get(s.id, [])),
            missing=tuple(sorted(book.missing)),
            notes=book.rate_notes,
        )
        for s in stages
    ]


def _sums(
    session: ScopedSession,
    stages: list[Stage],
    conditions: list[ColumnElement[bool]],
    book: Book,
    today: date,
) -> dict[int, tuple[int, int]]:
    """Count and total per stage, open deals at today's rates, closed ones at those of the day they were closed."""
    open_, closed = ([s for s in stages if (s.kind == "open") is wanted] for wanted in (True, False))
    found: dict[int, tuple[int, int]] = {}
    for base, day in (
        (_open(open_) if open_ else [], literal(today)),
        (_closed(closed, today) if closed else [], Deal.closed_on),
    ):
        if not base:
            continue
        told = amounts(book, [*base, *conditions], day)
        keys, sums = {"stage_id": Deal.stage_id} | told.keys, {"count": told.once, "total": told.minor}
        frame = grouped(session, keys, sums, joins=told.joins, where=[*base, *conditions])
        rows = folded(converted(frame, book, ["total"]), list(sums))
        found |= {int(s): (int(n), int(v)) for s, n, v in rows.itertuples(index=False)}
    return found


def _first(stage: Stage, conditions: list[ColumnElement[bool]], today: date, limit: int) -> Select[Any]:
    """The cards that a column shows: open ones in their order, closed ones by the day, the latest first."""
    if stage.kind == "open":
        chosen = select(Deal.id).where(*_open([stage]), *conditions).order_by(Deal.rank, Deal.id)
    else:
        chosen = select(Deal.id).where(*_closed([stage], today), *conditions)
        chosen = chosen.order_by(Deal.closed_on.desc(), Deal.id.desc())
    return chosen.limit(limit)


def _cards(
    session: ScopedSession,
    stages: list[Stage],
    conditions: list[ColumnElement[bool]],
    book: Book,
    now: datetime,
    today: date,
    more: dict[int, int],
) -> dict[int, list[Card]]:
    owner, own = registry.alias("user", "owner_id"), worth(book)
    first = [_first(s, conditions, today, CARDS + more.get(s.id, 0)).subquery() for s in stages]
    ids = union_all(*(select(part.c.id) for part in first)).subquery()
    rows = session.execute(
        select(
            Deal.id,
            Deal.stage_id,
            Deal.title,
            Organisation.name,
            own.minor.label("value"),
            own.currency.label("currency"),
            own.missing.label("missing"),
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
        .outerjoin(Organisation, Organisation.id == Deal.organisation_id)
        .outerjoin(owner, owner.id == Deal.owner_id)
        .order_by(Deal.rank, Deal.id)
    )
    by_id = {s.id: s for s in stages}
    cards: dict[int, list[Card]] = {}
    # Sorting keeps equal rows in place, so open deals stay in the order of their ranks.
    for r in sorted(rows, key=lambda r: (-r.closed_on.toordinal(), -r.id) if r.closed_on else (0, 0)):
        stage = by_id[r.stage_id]
        value = book.worth(int(r.value or 0), r.currency, r.closed_on or today)
        days = max(0, (now - r.stage_since).days)
        card = Card(
            id=r.id,
            stage_id=r.stage_id,
            title=r.title,
            organisation=r.name or "",
            amount_minor=r.value,
            currency=r.currency,
            weighted_minor=0 if stage.kind == "lost" else round(value * stage.probability),
            expected_close_on=r.expected_close_on,
            owner=r.owner or "",
            version=r.version,
            flag=deal_flag(r, stage, days, today),
            days_in_stage=days,
            movable=session.actor.holds("deal", UPDATE, owner_id=r.owner_id, team_id=r.team_id),
            beside=beside(r.missing, r.currency),
        )
        cards.setdefault(r.stage_id, []).append(card)
    return cards


def deal_flag(row: Any, stage: Stage, days_in_stage: int, today: date) -> str:
    """The one thing most worth saying about an open deal: stale, late, no_step or nothing."""
    if row.status != "open":
        return ""
    if stage.stale_after_days and days_in_stage >= stage.stale_after_days:
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
