"""Visits as screens need them: a technician's day, a week, the visits of a unit or customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cache
from typing import Any, Literal

from sqlalchemy import func, or_, select

from crm.records import registry
from crm.service.equipment.equipment import Coverage, coverages
from crm.service.visits.base import OPEN
from db.audit import SYSTEM_OPTIONS
from db.models import Address, Equipment, Organisation, User, WorkOrder
from db.scope import ScopedSession

Group = Literal["overdue", "today", "next", "open"]
#: How far the day list looks ahead, and how many it shows of what comes.
AHEAD_DAYS = 14
MOST_NEXT = 10
MOST_DAY = 60


@dataclass(frozen=True, slots=True)
class Visit:
    """A visit in a list. ``address`` is one line for a map; ``covered`` is None where no unit was named."""

    id: int
    version: int
    number: str
    title: str
    status: str
    planned_on: date | None
    planned_at: time | None
    minutes: int | None
    done_on: date | None
    owner_id: int | None
    equipment_id: int | None
    unit: str
    place: str
    organisation: str
    contact: str
    phone: str
    technician: str
    group: Group
    address: str
    covered: Coverage | None


def my_visits(session: ScopedSession, *, day: date) -> list[Visit]:
    """The day of the signed-in technician: what is overdue, what is for today, what comes in the next two weeks.

    Visits under way stand with today whatever their day; then by time. Four statements.
    """
    soon = or_(
        WorkOrder.planned_on <= day + timedelta(days=AHEAD_DAYS),
        WorkOrder.planned_on.is_(None),
        WorkOrder.status == "under_way",
    )
    mine = (WorkOrder.owner_id == session.actor.user_id, WorkOrder.status.in_(OPEN), soon)
    found = _found(session, day, *mine, order=_NEXT_FIRST, limit=MOST_DAY)
    groups: dict[str, int] = {"overdue": 0, "today": 1, "next": 2, "open": 3}
    found.sort(key=lambda v: (groups[v.group], *_by_time(v)))
    ahead = [v for v in found if v.group in ("next", "open")][:MOST_NEXT]
    return [v for v in found if v.group in ("overdue", "today")] + ahead


def week_visits(session: ScopedSession, *, first: date, day: date, everyone: bool) -> list[Visit]:
    """Visits of the seven days from ``first``, of the whole reach or of the actor only: a done one on the day it was done,
    another on the day it is planned for. Four statements."""
    return _between(session, first, first + timedelta(days=6), day, everyone=everyone)


def day_visits(session: ScopedSession, *, on: date, day: date) -> list[Visit]:
    """All visits of one day within reach, and open ones without a technician or a day. Eight statements."""
    nobodys = (WorkOrder.status.in_(OPEN), or_(WorkOrder.owner_id.is_(None), WorkOrder.planned_on.is_(None)))
    free = _found(session, day, *nobodys, order=_NEXT_FIRST, limit=MOST_DAY)
    mine = _between(session, on, on, day, everyone=True)
    return mine + [visit for visit in free if visit not in mine]


def _between(session: ScopedSession, first: date, last: date, day: date, *, everyone: bool) -> list[Visit]:
    whose = () if everyone else (WorkOrder.owner_id == session.actor.user_id,)
    planned = WorkOrder.planned_on.between(first, last) & WorkOrder.done_on.is_(None)
    when = or_(planned, WorkOrder.done_on.between(first, last))
    order = (WorkOrder.planned_on, WorkOrder.planned_at, WorkOrder.id)
    not_cancelled = WorkOrder.status != "cancelled"
    return sorted(_found(session, day, when, not_cancelled, *whose, order=order, limit=500), key=_by_time)


def visits_of_unit(session: ScopedSession, equipment_id: int, *, day: date, limit: int = 50) -> list[Visit]:
    """Visits of a unit, open ones first, then the newest. Four statements."""
    order = (WorkOrder.status.not_in(OPEN), WorkOrder.planned_on.desc(), WorkOrder.id.desc())
    return _found(session, day, WorkOrder.equipment_id == equipment_id, order=order, limit=limit)


def visits_of(
    session: ScopedSession, entity: str, record_id: int, *, day: date, limit: int = 6
) -> list[Visit]:
    """Open visits of a contact or organisation, the next first. Four statements."""
    column = {"contact": WorkOrder.contact_id, "organisation": WorkOrder.organisation_id}[entity]
    theirs = (column == record_id, WorkOrder.status.in_(OPEN))
    return _found(session, day, *theirs, order=_NEXT_FIRST, limit=limit)


_NEXT_FIRST = (WorkOrder.planned_on.is_(None), WorkOrder.planned_on, WorkOrder.id)


def _by_time(visit: Visit) -> tuple[date, time, int]:
    return visit.done_on or visit.planned_on or date.max, visit.planned_at or time.max, visit.id


def _found(session: ScopedSession, day: date, *wanted: Any, order: Sequence[Any], limit: int) -> list[Visit]:
    asked = visit_rows().where(*wanted, WorkOrder.archived_at.is_(None)).order_by(*order).limit(limit)
    return as_visits(session, session.execute(asked).all(), day)


@cache
def visit_rows() -> Any:
    """The statement behind each visit that is shown."""
    contact = registry.alias("contact", "contact_id")
    technician = registry.alias("user", "owner_id")
    return (
        select(
            WorkOrder.id,
            WorkOrder.version,
            WorkOrder.number,
            WorkOrder.title,
            WorkOrder.status,
            WorkOrder.planned_on,
            WorkOrder.planned_at,
            WorkOrder.minutes,
            WorkOrder.done_on,
            technician.id.label("technician_id"),
            # What the actor may not see is not joined, so it has no id here either.
            Equipment.id.label("equipment_id"),
            func.coalesce(Equipment.name, ""),
            func.coalesce(Equipment.place, ""),
            func.coalesce(Organisation.name, ""),
            func.coalesce(contact.name, ""),
            func.coalesce(contact.phone, Organisation.phone, ""),
            func.coalesce(technician.name, ""),
            func.coalesce(contact.city, Organisation.city, "").label("city"),
            Organisation.id.label("organisation_id"),
            contact.id.label("contact_id"),
        )
        .select_from(WorkOrder)
        .outerjoin(Equipment, Equipment.id == WorkOrder.equipment_id)
        .outerjoin(Organisation, Organisation.id == WorkOrder.organisation_id)
        .outerjoin(contact, contact.id == WorkOrder.contact_id)
        .outerjoin(technician, technician.id == WorkOrder.owner_id)
    )


def as_visits(session: ScopedSession, rows: Sequence[Any], day: date) -> list[Visit]:
    """Rows of ``visit_rows`` with their addresses and cover. Three statements."""
    covered = coverages(session, {r.equipment_id for r in rows}, on=day)
    lines = _addresses(
        session, {r.organisation_id for r in rows} - {None}, {r.contact_id for r in rows} - {None}
    )
    made = []
    for row in rows:
        keys = (("organisation", row.organisation_id), ("contact", row.contact_id))
        address = next((line for key in keys if (line := lines.get(key))), row.city)
        told: list[Any] = [*row[:17], _group(row, day), address, covered.get(row.equipment_id)]
        made.append(Visit(*told))
    return made


def _group(row: Any, day: date) -> Group:
    if row.status == "under_way" or row.planned_on == day:
        return "today"
    if row.planned_on is None:
        return "open"
    return "overdue" if row.planned_on < day else "next"


def _addresses(
    session: ScopedSession, organisations: set[int], contacts: set[int]
) -> dict[tuple[str, int | None], str]:
    """One line per customer; they were found within scope, so their addresses are read on the program's account."""
    rows = session.execute(
        select(
            Address.organisation_id, Address.contact_id, Address.street, Address.postal_code, Address.city, Address.country
        )
        .where(or_(Address.organisation_id.in_(organisations), Address.contact_id.in_(contacts)))
        .where(Address.valid_until.is_(None))
        .order_by(Address.id.desc()),
        execution_options=SYSTEM_OPTIONS,
    )  # fmt: skip
    found: dict[tuple[str, int | None], str] = {}
    for row in rows:
        town = " ".join(p for p in (row.postal_code, row.city) if p)
        line = ", ".join(p for p in (row.street, town, row.country) if p)
        key = ("organisation", row.organisation_id) if row.organisation_id else ("contact", row.contact_id)
        if line:
            found[key] = line
    return found


def technicians(session: ScopedSession) -> dict[int, str]:
    """People who can be sent: everybody who may sign in, by name."""
    rows = session.execute(select(User.id, User.name).where(User.is_active).order_by(User.name, User.id))
    return {row[0]: row[1] for row in rows}
