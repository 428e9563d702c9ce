"""One timeline of a record: talks, tasks done, and what was changed by whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from crm import records, registry
from crm.i18n import _
from crm.interactions.service import ABOUT
from db.models import Change, ChangeBatch, Interaction, Task, User
from db.scope import ScopedSession


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a timeline. ``kind`` is an interaction's kind, ``task`` or ``change``; ``changes`` holds (field, old, new)."""

    kind: str
    at: datetime
    who: str
    title: str
    text: str = ""
    record_id: int = 0
    version: int = 0
    changes: tuple[tuple[str, Any, Any], ...] = field(default=())


def timeline(
    session: ScopedSession, entity: str, record_id: int, *, limit: int = 30, before: datetime | None = None
) -> list[Entry]:
    """Talks, finished tasks and changes of one record, newest first. Four statements.

    Raises
    ------
    NotFound
        No such record within the actor's scope: its log is as guarded as itself.
    """
    records.get_record(session, entity, record_id)
    found = [
        *_talks(session, entity, record_id, limit, before),
        *_tasks(session, entity, record_id, limit, before),
        *_changes(session, entity, record_id, limit, before),
    ]
    return sorted(found, key=lambda e: e.at, reverse=True)[:limit]


def _talks(
    session: ScopedSession, entity: str, record_id: int, limit: int, before: datetime | None
) -> list[Entry]:
    statement = (
        select(
            Interaction.kind,
            Interaction.happened_at,
            User.name,
            Interaction.subject,
            Interaction.body,
            Interaction.id,
            Interaction.version,
        )
        .outerjoin(User, User.id == Interaction.owner_id)
        .where(getattr(Interaction, ABOUT[entity]) == record_id, Interaction.archived_at.is_(None))
        .order_by(Interaction.happened_at.desc(), Interaction.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(Interaction.happened_at < before)
    return [Entry(r[0], r[1], r[2] or "", r[3], r[4] or "", r[5], r[6]) for r in session.execute(statement)]


def _tasks(
    session: ScopedSession, entity: str, record_id: int, limit: int, before: datetime | None
) -> list[Entry]:
    statement = (
        select(Task.done_at, User.name, Task.title, Task.id, Task.version)
        .outerjoin(User, User.id == Task.owner_id)
        .where(
            getattr(Task, ABOUT[entity]) == record_id, Task.done_at.is_not(None), Task.archived_at.is_(None)
        )
        .order_by(Task.done_at.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(Task.done_at < before)
    return [Entry("task", r[0], r[1] or "", r[2], "", r[3], r[4]) for r in session.execute(statement)]


def _changes(
    session: ScopedSession, entity: str, record_id: int, limit: int, before: datetime | None
) -> list[Entry]:
    who = aliased(User)
    statement = (
        select(ChangeBatch.at, who.name, ChangeBatch.cause, Change.op, Change.old, Change.new, Change.id)
        .join(ChangeBatch, ChangeBatch.id == Change.batch_id)
        .outerjoin(who, who.id == ChangeBatch.actor_id)
        .where(Change.entity == registry.model(entity).__tablename__, Change.record_id == record_id)
        .order_by(Change.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(ChangeBatch.at < before)
    # The record itself was found within scope; its log is read on the program's account.
    rows = session.execute(statement, execution_options={"system": True}).all()
    about = registry.entity(entity)
    entries = []
    for at, name, cause, op, old, new, change_id in rows:
        changed = tuple(
            (key, (old or {}).get(key), value)
            for key, value in (new or {}).items()
            if op == "U" and key in about.by_name
        )
        title = {"C": _("Created"), "D": _("Deleted")}.get(op, _("Changed"))
        entries.append(Entry("change", at, name or cause, title, _by(cause), change_id, changes=changed))
    return entries


def _by(cause: str) -> str:
    return "" if cause == "screen" else cause


def open_tasks(
    session: ScopedSession, entity: str, record_id: int, *, limit: int = 20
) -> list[dict[str, Any]]:
    """Tasks of a record that are not done, the next due first: id, title, due_on, priority, owner, version."""
    owner = aliased(User)
    rows = session.execute(
        select(Task.id, Task.title, Task.due_on, Task.priority, owner.name.label("owner"), Task.version)
        .outerjoin(owner, owner.id == Task.owner_id)
        .where(getattr(Task, ABOUT[entity]) == record_id, Task.done_at.is_(None), Task.archived_at.is_(None))
        .order_by(or_(Task.due_on.is_(None), False), Task.due_on, Task.id)
        .limit(limit)
    )
    return [dict(r) for r in rows.mappings()]
