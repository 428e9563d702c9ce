"""What one person should see first: tasks due, and what others changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import case, func, or_, select

from crm.interactions.touch import is_open_task
from crm.records import registry
from db.models import (
    Campaign,
    Case,
    Change,
    ChangeBatch,
    Contact,
    Deal,
    Organisation,
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
class News:
    """Something that somebody else did to a record I can see."""

    at: datetime
    who: str
    op: str
    entity: str
    record_id: int
    title: str
    fields: tuple[str, ...]


def due_tasks(session: ScopedSession, *, today: date, limit: int = 8) -> tuple[list[DueTask], int, int]:
    """My open tasks that are late or due within a week, the most urgent first; how many there are, and how many late."""
    mine = (
        Task.owner_id == session.actor.user_id,
        is_open_task(),
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
    is_late = case((Task.due_on < today, 1), else_=0)
    count, late = session.execute(select(func.count(Task.id), func.sum(is_late)).where(*mine)).one()
    return [DueTask(*row) for row in rows], int(count), int(late or 0)


def open_tasks_count(session: ScopedSession) -> int:
    """How many open tasks I have, whenever they are due: those of the list of tasks under my name."""
    mine = (Task.owner_id == session.actor.user_id, is_open_task())
    return int(session.scalar(select(func.count(Task.id)).where(*mine)) or 0)


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
