"""One timeline of a record: talks, cases, tasks done, and what was changed by whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import Select, bindparam, null, select

from crm.i18n import _
from crm.interactions.service import ABOUT
from crm.mail.receiving.files import FileLine, files_of
from crm.records import records, registry
from crm.records.changes import FieldChange, record_changes
from db.models import Case, Contact, IncomingMessage, Interaction, Task, User
from db.scope import UPDATE, ScopedSession

#: Whose cases stand in their timeline, by the field that holds their id.
CUSTOMERS = {"contact": "contact_id", "organisation": "organisation_id"}
#: Steps that are no talk.
OTHERS = ("case", "task", "change")


@dataclass(frozen=True, slots=True)
class Entry:
    """One step of a timeline. ``kind`` is an interaction's kind, ``case``, ``task`` or ``change``; ``changes`` holds each
    field before and after. Of a talk, ``detail`` says direction, length and with whom, ``corrected`` that it was changed
    after it was written down, and ``may_change`` that the actor may put it right."""

    kind: str
    at: datetime
    who: str
    title: str
    text: str = ""
    record_id: int = 0
    version: int = 0
    changes: tuple[FieldChange, ...] = field(default=())
    detail: str = ""
    archived: bool = False
    may_change: bool = False
    #: Of a talk by mail: the message as it came, where the actor may read it, and its files.
    incoming_id: int | None = None
    files: tuple[FileLine, ...] = ()

    @property
    def corrected(self) -> bool:
        """A talk that is no longer as it was written down."""
        return self.kind not in OTHERS and self.version > 1


def timeline(session: ScopedSession, entity: str, record_id: int, *, limit: int = 30) -> list[Entry]:
    """Talks, finished tasks and changes of one record, newest first; statements as in ``record_changes`` and three more,
    of a customer four, because cases stand among them.

    A record that talks and tasks cannot belong to, such as a product, has changes only.

    Raises
    ------
    NotFound
        No such record within the actor's scope: its log is as guarded as itself.
    """
    records.get_record(session, entity, record_id)
    found = _changes(session, entity, record_id, limit)
    if entity in ABOUT:
        found += talks_of(session, entity, record_id, limit=limit)
        found += _tasks(session, entity, record_id, limit)
    if entity in CUSTOMERS:
        found += _cases(session, entity, record_id, limit)
    # What was written down in the moment a record was made came after it.
    return sorted(found, key=lambda e: (e.at, e.kind != "change"), reverse=True)[:limit]


def talks_of(session: ScopedSession, entity: str, record_id: int, *, limit: int = 30) -> list[Entry]:
    """Talks of a record, the newest first, archived ones among them. One statement, and two more where talks came by mail."""
    may = partial(session.actor.holds, "interaction", UPDATE)
    rows = session.execute(_talks_of(entity).limit(limit), {"record": record_id}).all()
    mails = [row.id for row in rows if row.kind == "email"]
    asked = select(IncomingMessage.interaction_id, IncomingMessage.id)
    found = session.execute(asked.where(IncomingMessage.interaction_id.in_(mails))) if mails else ()
    came: dict[int | None, int] = {row[0]: row[1] for row in found}
    files = files_of(session, interaction_id=mails)
    return [
        Entry(
            r.kind,
            r.happened_at,
            r.owner or "",
            r.subject,
            r.body or "",
            r.id,
            r.version,
            detail=_detail(r),
            archived=r.archived_at is not None,
            may_change=may(owner_id=r.owner_id, team_id=r.team_id),
            incoming_id=came.get(r.id),
            files=tuple(files.get(r.id, ())),
        )
        for r in rows
    ]


def _detail(row: Any) -> str:
    direction = {"in": _("incoming"), "out": _("outgoing")}.get(row.direction, "")
    long = _("{n} min").format(n=row.duration_minutes) if row.duration_minutes else ""
    return " · ".join(part for part in (direction, long, row.contact or "") if part)


@cache
def _talks_of(entity: str) -> Any:
    columns = ("kind", "direction", "happened_at", "duration_minutes", "subject", "body", "id", "version")
    contact = Contact.name if entity != "contact" else null()
    statement = (
        select(
            *(getattr(Interaction, name) for name in (*columns, "archived_at", "owner_id", "team_id")),
            User.name.label("owner"),
            contact.label("contact"),
        )
        .outerjoin(User, User.id == Interaction.owner_id)
        .where(getattr(Interaction, ABOUT[entity]) == bindparam("record"))
        .order_by(Interaction.happened_at.desc(), Interaction.id.desc())
    )
    return (
        statement.outerjoin(Contact, Contact.id == Interaction.contact_id)
        if entity != "contact"
        else statement
    )


def _tasks(session: ScopedSession, entity: str, record_id: int, limit: int) -> list[Entry]:
    rows = session.execute(_done_of(entity).limit(limit), {"record": record_id})
    return [Entry("task", r[0], r[1] or "", r[2], "", r[3], r[4]) for r in rows if r[0] is not None]


@cache
def _done_of(entity: str) -> Any:
    mine = getattr(Task, ABOUT[entity]) == bindparam("record")
    return (
        select(Task.done_at, User.name, Task.title, Task.id, Task.version)
        .outerjoin(User, User.id == Task.owner_id)
        .where(mine, Task.done_at.is_not(None), Task.archived_at.is_(None))
        .order_by(Task.done_at.desc())
    )


def _cases(session: ScopedSession, entity: str, record_id: int, limit: int) -> list[Entry]:
    rows = session.execute(_cases_of(entity).limit(limit), {"record": record_id})
    return [Entry("case", r[0], r[1] or "", f"{r[2]} {r[3]}", r[4] or "", r[5], r[6]) for r in rows]


@cache
def _cases_of(entity: str) -> Any:
    return (
        select(
            Case.opened_at,
            User.name,
            Case.number,
            Case.subject,
            Case.resolution,
            Case.id,
            Case.version,
        )
        .outerjoin(User, User.id == Case.owner_id)
        .where(getattr(Case, CUSTOMERS[entity]) == bindparam("record"), Case.archived_at.is_(None))
        .order_by(Case.opened_at.desc(), Case.id.desc())
    )


def _changes(session: ScopedSession, entity: str, record_id: int, limit: int) -> list[Entry]:
    titles = {"C": _("Created"), "D": _("Deleted"), "U": _("Changed")}
    return [
        Entry(
            "change",
            c.at,
            c.who or c.cause,
            titles[c.op],
            "" if c.cause == "screen" else c.cause,
            c.batch_id,
            changes=c.fields,
        )
        for c in record_changes(session, entity, record_id, limit=limit)
    ]


def open_tasks(
    session: ScopedSession, entity: str, record_id: int, *, limit: int = 20
) -> list[dict[str, Any]]:
    """Tasks of a record that are not done, the next due first: id, title, due_on, due_time, priority, owner, version."""
    rows = session.execute(_open_of(entity).limit(limit), {"record": record_id})
    return [dict(r) for r in rows.mappings()]


@cache
def _open_of(entity: str) -> Select[Any]:
    owner = registry.alias("user", "owner_id")
    mine = getattr(Task, ABOUT[entity]) == bindparam("record")
    return (
        select(
            Task.id,
            Task.title,
            Task.due_on,
            Task.due_time,
            Task.priority,
            owner.name.label("owner"),
            Task.version,
        )
        .outerjoin(owner, owner.id == Task.owner_id)
        .where(mine, Task.done_at.is_(None), Task.archived_at.is_(None))
        .order_by(Task.due_on.is_(None), Task.due_on, Task.due_time, Task.id)
    )
