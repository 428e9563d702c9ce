"""What the screen of one case shows, read in a constant number of statements whatever the length of its thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from crm.clock import here
from crm.interactions.timeline import Entry, open_tasks, talks_of
from crm.records import records
from crm.records.search import search_condition
from crm.service.cases.find import find_case
from crm.service.cases.mail import hindrance
from crm.service.cases.messages import Message, read_thread
from crm.service.cases.moves import ENDED, OPEN
from crm.service.equipment.equipment import Coverage, coverages
from crm.service.levels.levels import Clock, clock
from db.models import (
    Case,
    CaseMove,
    Contact,
    Contract,
    Equipment,
    Organisation,
    Product,
    Queue,
    Team,
    User,
    WorkOrder,
)
from db.scope import ScopedSession

MOST_OTHERS = 5
MOST_MOVES = 40
MOST_TALKS = 20


@dataclass(frozen=True, slots=True)
class Move:
    """One change of status; ``before`` is empty for the first."""

    before: str
    after: str
    at: datetime
    who: str


@dataclass(frozen=True, slots=True)
class Other:
    """Another case of the same unit, customer or product."""

    id: int
    number: str
    subject: str
    status: str
    opened_at: datetime
    resolution: str
    same_unit: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """A planned or done visit for the case."""

    id: int
    number: str
    title: str
    status: str
    planned_on: date | None


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case with all that its screen shows. ``record`` holds the stored values; titles are empty where the actor may not
    see what is linked. ``older`` says that the thread has more messages than were asked for."""

    record: dict[str, Any]
    names: dict[str, str]
    contact: dict[str, str]
    unit: dict[str, Any]
    messages: tuple[Message, ...]
    older: bool
    moves: tuple[Move, ...]
    clock: Clock
    coverage: Coverage | None
    contract_price: tuple[int, str] | None
    no_mail: str
    seen_before: tuple[Other, ...]
    open_cases: int
    solved_this_year: int
    visits: tuple[Visit, ...]
    tasks: tuple[dict[str, Any], ...]
    talks: tuple[Entry, ...]

    @property
    def customer(self) -> str:
        """Organisation, else contact."""
        return self.names["organisation"] or self.names["contact"]


def read_case(session: ScopedSession, case_id: int, now: datetime, *, messages: int = 100) -> CaseView:
    """One case with its newest messages.

    Raises
    ------
    NotFound
        No such case within the actor's scope.
    """
    case = find_case(session, case_id)
    record = records.get_record(session, "case", case_id)
    found = _names(session, case_id)
    names = {
        name: getattr(found, name) or ""
        for name in ("organisation", "contact", "product", "equipment", "queue", "owner", "team", "heir")
    }
    thread = read_thread(session, case, names["contact"], messages + 1)
    covered, price = _coverage(session, case, now)
    open_cases, solved = _counts(session, case, now)
    return CaseView(
        record=record,
        names=names,
        contact={n: getattr(found, n) or "" for n in ("email", "phone", "job_title")},
        unit={n: getattr(found, n) for n in ("serial", "place", "installed_on", "meter_value", "meter_unit", "warranty_until")},
        messages=tuple(thread[-messages:]),
        older=len(thread) > messages,
        moves=_moves(session, case_id),
        clock=clock(session, case, now),
        coverage=covered,
        contract_price=price,
        no_mail=hindrance(session, case),
        seen_before=_seen_before(session, case),
        open_cases=open_cases,
        solved_this_year=solved,
        visits=_visits(session, case_id),
        tasks=tuple(open_tasks(session, "case", case_id)),
        talks=tuple(talks_of(session, "case", case_id, limit=MOST_TALKS)),
    )  # fmt: skip


def _names(session: ScopedSession, case_id: int) -> Any:
    owner, heir = aliased(User), aliased(Case)
    statement = (
        select(
            Organisation.name.label("organisation"),
            Contact.name.label("contact"),
            Contact.email,
            Contact.phone,
            Contact.job_title,
            Product.name.label("product"),
            Equipment.name.label("equipment"),
            Equipment.serial,
            Equipment.place,
            Equipment.installed_on,
            Equipment.meter_value,
            Equipment.meter_unit,
            Equipment.warranty_until,
            Queue.name.label("queue"),
            owner.name.label("owner"),
            Team.name.label("team"),
            heir.number.label("heir"),
        )
        .select_from(Case)
        .outerjoin(Organisation, Organisation.id == Case.organisation_id)
        .outerjoin(Contact, Contact.id == Case.contact_id)
        .outerjoin(Product, Product.id == Case.product_id)
        .outerjoin(Equipment, Equipment.id == Case.equipment_id)
        .outerjoin(Queue, Queue.id == Case.queue_id)
        .outerjoin(owner, owner.id == Case.owner_id)
        .outerjoin(Team, Team.id == Case.team_id)
        .outerjoin(heir, heir.id == Case.merged_into_id)
        .where(Case.id == case_id)
    )
    return session.execute(statement).one()


def _moves(session: ScopedSession, case_id: int) -> tuple[Move, ...]:
    rows = session.execute(
        select(CaseMove.from_status, CaseMove.to_status, CaseMove.at, User.name)
        .outerjoin(User, User.id == CaseMove.user_id)
        .where(CaseMove.case_id == case_id)
        .order_by(CaseMove.at.desc(), CaseMove.id.desc())
        .limit(MOST_MOVES)
    )
    return tuple(Move(r[0] or "", r[1], r[2], r[3] or "") for r in rows)


def _coverage(
    session: ScopedSession, case: Case, now: datetime
) -> tuple[Coverage | None, tuple[int, str] | None]:
    if case.equipment_id is None:
        return None, None
    found = coverages(session, [case.equipment_id], on=here(now).date()).get(case.equipment_id)
    contract = session.get(Contract, found.contract_id) if found and found.contract_id else None
    if contract is None or contract.price_minor is None or contract.currency is None:
        return found, None
    return found, (contract.price_minor, contract.currency)


def _seen_before(session: ScopedSession, case: Case) -> tuple[Other, ...]:
    """Cases of the same unit first, then of the same customer, then of the same product; the newest first."""
    same = [
        column == value
        for column, value in (
            (Case.equipment_id, case.equipment_id),
            (Case.organisation_id, case.organisation_id),
            (Case.contact_id, case.contact_id if case.organisation_id is None else None),
        )
        if value is not None
    ]
    if not same:
        return ()
    wanted = or_(*same) & (Case.id != case.id) & (Case.status != "merged") & Case.archived_at.is_(None)
    return _others(session, wanted, case, limit=MOST_OTHERS)


def _others(session: ScopedSession, wanted: Any, case: Case, *, limit: int) -> tuple[Other, ...]:
    statement = select(
        Case.id,
        Case.number,
        Case.subject,
        Case.status,
        Case.opened_at,
        Case.resolution,
        Case.equipment_id,
    ).where(wanted)
    newest = (Case.opened_at.desc(), Case.id.desc())
    if case.equipment_id is not None:
        statement = statement.order_by((func.coalesce(Case.equipment_id, 0) == case.equipment_id).desc())
    rows = session.execute(statement.order_by(*newest).limit(limit))
    return tuple(
        Other(
            r.id,
            r.number,
            r.subject,
            r.status,
            r.opened_at,
            r.resolution or "",
            case.equipment_id is not None and r.equipment_id == case.equipment_id,
        )
        for r in rows
    )


def _counts(session: ScopedSession, case: Case, now: datetime) -> tuple[int, int]:
    """Open cases of the customer beside this one, and those solved this year."""
    holder, value = (
        (Case.organisation_id, case.organisation_id)
        if case.organisation_id is not None
        else (Case.contact_id, case.contact_id)
    )
    if value is None:
        return 0, 0
    year = here(now).replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    rows = session.execute(
        select(Case.status, func.count())
        .where(
            holder == value,
            Case.id != case.id,
            Case.archived_at.is_(None),
            or_(Case.status.in_(OPEN), Case.resolved_at >= year),
        )
        .group_by(Case.status)
    ).all()
    by_status = {row[0]: int(row[1]) for row in rows}
    return sum(by_status.get(s, 0) for s in OPEN), sum(by_status.get(s, 0) for s in ENDED)


def _visits(session: ScopedSession, case_id: int) -> tuple[Visit, ...]:
    rows = session.execute(
        select(WorkOrder.id, WorkOrder.number, WorkOrder.title, WorkOrder.status, WorkOrder.planned_on)
        .where(WorkOrder.case_id == case_id, WorkOrder.archived_at.is_(None))
        .order_by(WorkOrder.planned_on.is_(None), WorkOrder.planned_on.desc(), WorkOrder.id.desc())
        .limit(10)
    )
    return tuple(Visit(r[0], r[1], r[2], r[3], r[4]) for r in rows)


def merge_choices(session: ScopedSession, case_id: int, words: str) -> tuple[Other, ...]:
    """Cases that a case may be merged into: those of the same customer, or those that the words find."""
    case = find_case(session, case_id)
    possible = (Case.id != case.id) & (Case.status != "merged") & Case.archived_at.is_(None)
    found = search_condition(session, Case, words)
    if found is not None:
        return _others(session, possible & found, case, limit=8)
    return _seen_before(session, case)


def cases_of(
    session: ScopedSession, entity: str, record_id: int, *, limit: int = 5
) -> tuple[list[Other], int]:
    """A customer's newest cases, open ones first, and how many are open. ``entity`` is contact or organisation."""
    mine = (
        (Case.contact_id if entity == "contact" else Case.organisation_id) == record_id,
        Case.archived_at.is_(None),
        Case.status != "merged",
    )
    rows = session.execute(
        select(Case.id, Case.number, Case.subject, Case.status, Case.opened_at, Case.resolution)
        .where(*mine)
        .order_by(Case.status.in_(OPEN).desc(), Case.opened_at.desc(), Case.id.desc())
        .limit(limit)
    )
    open_ = session.scalar(select(func.count(Case.id)).where(*mine, Case.status.in_(OPEN)))
    return [Other(*row[:5], row[5] or "", same_unit=False) for row in rows], int(open_ or 0)
