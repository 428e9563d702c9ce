"""What the screen of one case shows, read in a constant number of statements whatever the length of its thread."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import case as sql_case
from sqlalchemy import func, or_, select

from crm.clock import here, zone
from crm.firm.firm import firm
from crm.interactions.timeline import Entry, open_tasks, talks_of
from crm.records import records
from crm.records.search import search_condition
from crm.records.view import RecordView, record_view
from crm.records.writing.bulk import known
from crm.service.cases.crossing import Seen, seen_now
from crm.service.cases.mail import hindrance
from crm.service.cases.messages import Message, read_thread
from crm.service.cases.moves import ENDED, OPEN
from crm.service.equipment.equipment import Coverage, coverages
from crm.service.levels.levels import Clock, clock
from db.models import Case, CaseMove, CaseStep, Contact, Contract, Equipment, User, WorkOrder
from db.scope import ScopedSession

MOST_OTHERS = 5
MOST_MOVES = 40
MOST_TALKS = 20
#: What is shown of the contact and of the unit.
OF_CONTACT = ("email", "phone", "job_title")
OF_UNIT = ("serial", "place", "installed_on", "meter_value", "meter_unit", "warranty_until")


@dataclass(frozen=True, slots=True)
class Move:
    """One change of status, or one step in another program."""

    after: str
    at: datetime
    who: str


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case in a list; ``same_unit`` says that it is about the unit that was asked for."""

    id: int
    number: str
    subject: str
    status: str
    priority: str
    opened_at: datetime
    fault_code: str
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
    """A case with all that its screen shows; what belongs to a contact or unit that the actor may not see is None. ``heir``
    is the number of the case it was merged into. ``older`` says that the thread has more messages than were asked for."""

    about: RecordView
    heir: str
    contact: dict[str, Any]
    unit: dict[str, Any]
    messages: tuple[Message, ...]
    older: bool
    seen: Seen
    moves: tuple[Move, ...]
    steps: tuple[Move, ...]
    clock: Clock
    coverage: Coverage | None
    contract_price: tuple[int, str] | None
    no_mail: str
    seen_before: tuple[CaseLine, ...]
    open_cases: int
    solved_this_year: int
    visits: tuple[Visit, ...]
    tasks: tuple[dict[str, Any], ...]
    talks: tuple[Entry, ...]

    @property
    def record(self) -> dict[str, Any]:
        """The stored values."""
        return self.about.values

    @property
    def copies(self) -> tuple[str, ...]:
        """Who got a copy of what was said, once each."""
        return tuple(dict.fromkeys(one for m in self.messages for one in m.cc.split(", ") if one))

    def name_of(self, link: str) -> str:
        """What a link of the case points to (``contact_id``); empty where there is none for the actor to see."""
        return self.about.titles.get(link, "")


def read_case(session: ScopedSession, case_id: int, now: datetime, *, messages: int = 100) -> CaseView:
    """One case with its newest messages.

    Raises
    ------
    NotFound
        No such case within the actor's scope.
    """
    about = record_view(session, "case", case_id)
    case = records.find(session, Case, case_id)
    thread = read_thread(session, case, about.titles.get("contact_id", ""), messages + 1)
    covered, price = _coverage(session, case, now)
    open_cases, solved = _counts(session, case, now)
    return CaseView(
        about=about,
        heir=_linked(session, Case, case.merged_into_id, "number")["number"] or "",
        contact=_linked(session, Contact, case.contact_id, *OF_CONTACT),
        unit=_linked(session, Equipment, case.equipment_id, *OF_UNIT),
        messages=tuple(thread[-messages:]),
        older=len(thread) > messages,
        seen=seen_now(session, case_id),
        moves=_moves(session, case_id),
        steps=_steps(session, case_id),
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
    )


def _linked(session: ScopedSession, cls: Any, record_id: int | None, *names: str) -> dict[str, Any]:
    """Some values of what the case points to, each None where the actor sees nothing there."""
    return known(session, cls, [record_id], *names).get(record_id or 0) or dict.fromkeys(names)


def _moves(session: ScopedSession, case_id: int) -> tuple[Move, ...]:
    rows = session.execute(
        select(CaseMove.to_status, CaseMove.at, func.coalesce(User.name, ""))
        .outerjoin(User, User.id == CaseMove.user_id)
        .where(CaseMove.case_id == case_id)
        .order_by(CaseMove.at.desc(), CaseMove.id.desc())
        .limit(MOST_MOVES)
    )
    return tuple(Move(*row) for row in rows)


def _steps(session: ScopedSession, case_id: int) -> tuple[Move, ...]:
    """What was done in the case in another program, the newest first."""
    rows = session.execute(
        select(CaseStep.activity, CaseStep.at, func.coalesce(CaseStep.resource, ""))
        .where(CaseStep.case_id == case_id)
        .order_by(CaseStep.at.desc(), CaseStep.id.desc())
        .limit(MOST_MOVES)
    )
    return tuple(Move(*row) for row in rows)


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


def _seen_before(session: ScopedSession, case: Case, *, first: Any = None) -> tuple[CaseLine, ...]:
    """Cases of the same unit first, then of the same customer; the newest first."""
    same = [
        column == value
        for column, value in (
            (Case.equipment_id, case.equipment_id),
            (Case.organisation_id, case.organisation_id),
            (Case.contact_id, case.contact_id if case.organisation_id is None else None),
        )
        if value is not None
    ]
    return _others(session, case, or_(*same), limit=MOST_OTHERS, first=first) if same else ()


def _others(
    session: ScopedSession, case: Case, wanted: Any, *, limit: int, first: Any = None
) -> tuple[CaseLine, ...]:
    living = (Case.id != case.id, Case.status != "merged", Case.archived_at.is_(None))
    return _lines(session, wanted, *living, unit=case.equipment_id, limit=limit, first=first)


def _lines(
    session: ScopedSession, *wanted: Any, limit: int, unit: int | None = None, first: Any = None
) -> tuple[CaseLine, ...]:
    """Cases, the newest first; those that are ``first`` or of the unit before the others. One statement."""
    same_unit = func.coalesce(Case.equipment_id, 0) == (unit or -1)
    order = same_unit if first is None else first
    rows = session.execute(
        select(
            Case.id, Case.number, Case.subject, Case.status, Case.priority, Case.opened_at,
            func.coalesce(Case.fault_code, ""), func.coalesce(Case.resolution, ""), same_unit,
        )
        .where(*wanted)
        .order_by(order.desc(), Case.opened_at.desc(), Case.id.desc())
        .limit(limit)
    )  # fmt: skip
    return tuple(CaseLine(*row) for row in rows)


def _counts(session: ScopedSession, case: Case, now: datetime) -> tuple[int, int]:
    """Open cases of the customer beside this one, and those solved this year."""
    holder, value = (
        (Case.organisation_id, case.organisation_id)
        if case.organisation_id is not None
        else (Case.contact_id, case.contact_id)
    )
    if value is None:
        return 0, 0
    begun, _end = firm(session).calendar.stretch("year", here(now).date())
    year = datetime.combine(begun, time(), zone())
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
    return tuple(Visit(*row) for row in rows)


def merge_choices(session: ScopedSession, case_id: int, words: str) -> tuple[CaseLine, ...]:
    """Cases that a case may be merged into: those of the same unit or customer, or those that the words find.

    Open ones of the same unit come first, then other open ones: what is told twice is told while it goes on.
    """
    case = records.find(session, Case, case_id)
    found = search_condition(session, Case, words)
    is_open, of_unit = Case.status.in_(OPEN), Case.equipment_id == (case.equipment_id or -1)
    first = sql_case((is_open & of_unit, 2), (is_open, 1), else_=0)
    if found is None:
        return _seen_before(session, case, first=first)
    return _others(session, case, found, limit=8, first=first)


def cases_of(
    session: ScopedSession, entity: str, record_id: int, *, limit: int = 5
) -> tuple[tuple[CaseLine, ...], int]:
    """A customer's newest cases, open ones first, and how many are open. ``entity`` is contact or organisation."""
    mine = (
        (Case.contact_id if entity == "contact" else Case.organisation_id) == record_id,
        Case.archived_at.is_(None),
        Case.status != "merged",
    )
    is_open = Case.status.in_(OPEN)
    count = session.scalar(select(func.count(Case.id)).where(*mine, is_open))
    return _lines(session, *mine, first=is_open, limit=limit), int(count or 0)


def cases_of_unit(session: ScopedSession, equipment_id: int, *, limit: int = 50) -> tuple[CaseLine, ...]:
    """Cases about a unit, open ones first. One statement."""
    mine = (Case.equipment_id == equipment_id, Case.archived_at.is_(None))
    return _lines(session, *mine, first=Case.status.in_(OPEN), limit=limit)
