"""Cases in columns by status, and one person's queue: the most urgent promise first, in few statements."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, union_all

from crm.records import registry
from crm.records.search import search_condition
from crm.service.cases.moves import ENDED, OPEN, PRIORITY_ORDER, WAY
from db.models import Case, Contact, Organisation, Queue
from db.scope import UPDATE, ScopedSession

#: The columns of ended cases show what ended within this many days.
ENDED_DAYS = 14
CARDS = 50
#: So many more at a click, which is the rest of nearly every column.
MORE = 450
MOST_MINE = 50

Flag = Literal["late", "soon", "waiting", ""]
Whose = Literal["own", "mine", "free", "team"]


@dataclass(frozen=True, slots=True)
class CaseFilters:
    """Which cases of the board. ``only`` holds mine, free (nobody has it) and late."""

    search: str = ""
    only: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    queue_ids: tuple[int, ...] = ()
    #: How many cards a status shows beyond the first ones.
    more: tuple[tuple[str, int], ...] = ()

    @property
    def narrowed(self) -> bool:
        """True when cases are left out."""
        return bool(self.search or self.only or self.priorities or self.queue_ids)


@dataclass(frozen=True, slots=True)
class CaseCard:
    """A case in few words. ``due_at`` is the next promise, ``flag`` how it stands."""

    id: int
    number: str
    subject: str
    customer: str
    status: str
    priority: str
    queue: str
    owner: str
    owner_id: int | None
    opened_at: datetime
    version: int
    due_at: datetime | None
    flag: Flag
    movable: bool


@dataclass(frozen=True, slots=True)
class CaseColumn:
    """A status with its count and its first cards."""

    status: str
    count: int
    cards: tuple[CaseCard, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Counts:
    """How much is to be done, within scope."""

    open: int
    late: int
    mine: int
    free: int


def _next_due() -> Any:
    """The promise that comes next: the first answer as long as there is none, then the solution."""
    answer = case((Case.first_response_at.is_(None), Case.response_due_at))
    first = case((answer < Case.resolution_due_at, answer), else_=Case.resolution_due_at)
    return func.coalesce(first, answer, Case.resolution_due_at)


def is_late(now: datetime) -> ColumnElement[bool]:
    """An open case whose promised answer or solution is overdue; one that waits, as when it began to wait.

    The same as ``late_now`` of the reports, and what the clock on the case's own screen says.
    """
    stopped = case((Case.status == "waiting", Case.waiting_since))
    as_of = func.coalesce(stopped, literal(now, Case.waiting_since.type))
    answer = and_(Case.first_response_at.is_(None), Case.response_due_at < as_of)
    overdue = or_(answer, Case.resolution_due_at < as_of)
    return and_(Case.status.in_(OPEN), overdue)


def _urgency() -> tuple[Any, ...]:
    """Most urgent first: what waits for the customer last, then by promise, priority and age."""
    due = _next_due()
    ranks = {name: place for place, name in enumerate(PRIORITY_ORDER)}
    return (
        case((Case.status == "waiting", 1), else_=0),
        case((due.is_(None), 1), else_=0),
        due,
        case(ranks, value=Case.priority, else_=len(ranks)),
        Case.opened_at,
        Case.id,
    )


def case_counts(session: ScopedSession, now: datetime) -> Counts:
    """Open cases, those that are late, mine, and those that nobody has. One statement."""
    me = session.actor.user_id

    def some(condition: ColumnElement[bool]) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    row = session.execute(
        select(
            func.count(Case.id),
            some(is_late(now)),
            some(Case.owner_id == me),
            some(Case.owner_id.is_(None)),
        ).where(Case.status.in_(OPEN), Case.archived_at.is_(None))
    ).one()
    return Counts(*(int(n) for n in row))


def board(session: ScopedSession, filters: CaseFilters, *, now: datetime) -> list[CaseColumn]:
    """The columns of the board in the order of the way. Two statements whatever the number of cases, three when searched
    on PostgreSQL for the first time."""
    conditions = _conditions(session, filters, now)
    counts = {
        row[0]: int(row[1])
        for row in session.execute(
            select(Case.status, func.count())
            .where(or_(*(_in_column(status, now) for status in WAY)), *conditions)
            .group_by(Case.status)
        )
    }
    cards: dict[str, list[CaseCard]] = {}
    first = [
        _first(status, conditions, now, CARDS + dict(filters.more).get(status, 0)).subquery()
        for status in WAY
    ]
    ids = union_all(*(select(part.c.id) for part in first)).subquery()
    for row in session.execute(_cards(now).join(ids, ids.c.id == Case.id).order_by(*_urgency())):
        cards.setdefault(row.status, []).append(_card(session, row))
    for status in ENDED:
        cards.get(status, []).sort(key=lambda c: c.opened_at, reverse=True)
    return [CaseColumn(s, counts.get(s, 0), tuple(cards.get(s, ()))) for s in WAY]


def _in_column(status: str, now: datetime) -> ColumnElement[bool]:
    if status in OPEN:
        return and_(Case.status == status, Case.archived_at.is_(None))
    since = now - timedelta(days=ENDED_DAYS)
    ended = Case.resolved_at if status == "resolved" else Case.closed_at
    # What ended lately was changed lately: by that the database finds it without reading all that ever ended.
    return and_(Case.status == status, Case.archived_at.is_(None), Case.changed_at >= since, ended >= since)


def _first(status: str, conditions: list[ColumnElement[bool]], now: datetime, limit: int) -> Select[Any]:
    chosen = select(Case.id).where(_in_column(status, now), *conditions)
    if status in OPEN:
        return chosen.order_by(*_urgency()).limit(limit)
    ended = Case.resolved_at if status == "resolved" else Case.closed_at
    return chosen.order_by(ended.desc(), Case.id.desc()).limit(limit)


def _conditions(session: ScopedSession, filters: CaseFilters, now: datetime) -> list[ColumnElement[bool]]:
    made: list[ColumnElement[bool]] = []
    if filters.priorities:
        made.append(Case.priority.in_(filters.priorities))
    if filters.queue_ids:
        made.append(Case.queue_id.in_(filters.queue_ids))
    wanted: dict[str, ColumnElement[bool]] = {
        "mine": Case.owner_id == session.actor.user_id,
        "free": Case.owner_id.is_(None),
        "late": is_late(now),
    }
    made += [wanted[name] for name in filters.only if name in wanted]
    found = search_condition(session, Case, filters.search)
    if found is not None:
        # People look for the customer as often as for the words of the case.
        customer = search_condition(session, Organisation, filters.search)
        assert customer is not None
        made.append(or_(found, Case.organisation_id.in_(select(Organisation.id).where(customer))))
    return made


def _cards(now: datetime) -> Select[Any]:
    owner = registry.alias("user", "owner_id")
    return (
        select(
            Case.id,
            Case.number,
            Case.subject,
            func.coalesce(Organisation.name, Contact.name, ""),
            Case.status,
            Case.priority,
            func.coalesce(Queue.name, ""),
            func.coalesce(owner.name, ""),
            Case.owner_id,
            Case.opened_at,
            Case.version,
            Case.team_id,
            Case.first_response_at,
            Case.response_due_at,
            Case.resolution_due_at,
            Case.warned_at,
            is_late(now).label("late"),
        )
        .select_from(Case)
        .outerjoin(Organisation, Organisation.id == Case.organisation_id)
        .outerjoin(Contact, Contact.id == Case.contact_id)
        .outerjoin(Queue, Queue.id == Case.queue_id)
        .outerjoin(owner, owner.id == Case.owner_id)
    )


def _card(session: ScopedSession, row: Any) -> CaseCard:
    answer = row.response_due_at if row.first_response_at is None else None
    promises = [at for at in (answer, row.resolution_due_at) if at is not None]
    running = row.late or row.status in ("new", "open")
    due = min(promises) if promises and running else None
    movable = session.actor.holds("case", UPDATE, owner_id=row.owner_id, team_id=row.team_id)
    told: list[Any] = [*row[:11], due, _flag(row, due), movable]
    return CaseCard(*told)


def _flag(row: Any, due: datetime | None) -> Flag:
    if row.late:
        return "late"
    if row.status == "waiting":
        return "waiting"
    return "soon" if due is not None and row.warned_at is not None else ""


def my_queue(session: ScopedSession, now: datetime, *, limit: int = MOST_MINE) -> list[CaseCard]:
    """My open cases and those that nobody has in the queues of my teams, the most urgent promise first. One statement."""
    return queue_cards(session, now, whose="own", limit=limit)


def queue_cards(session: ScopedSession, now: datetime, *, whose: Whose, limit: int) -> list[CaseCard]:
    """Open cases, the most urgent promise first: mine, those that nobody of my teams has, both (own), or all of my teams."""
    actor = session.actor
    queues = select(Queue.id).where(Queue.team_id.in_(actor.teams))
    of_team = or_(Case.queue_id.in_(queues), Case.team_id.in_(actor.teams))
    mine, free = Case.owner_id == actor.user_id, Case.owner_id.is_(None) & of_team
    wanted = {"own": or_(mine, free), "mine": mine, "free": free, "team": or_(mine, of_team)}[whose]
    asked = _cards(now).where(Case.status.in_(OPEN), Case.archived_at.is_(None), wanted)
    return [_card(session, row) for row in session.execute(asked.order_by(*_urgency()).limit(limit))]
