"""What somebody who leaves hands over: what still has to be done or looked after goes to others, and can come back.

What is over stays theirs, so that past sales and talks keep their names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select

from crm.access.giving import demand_person
from crm.access.people import demand
from crm.errors import Conflict, NotAllowed, Refused
from crm.i18n import _
from crm.records import registry
from crm.records.settling import TeamOf, road_of, still_here
from crm.records.writing.writer import Writer
from crm.register import Register
from crm.work import Work
from db.audit import SYSTEM_OPTIONS, open_batch
from db.models import Change, User
from db.scope import ALL, UPDATE, ScopedSession

#: What of an entity still lives: a field and the values by which it does. What names none lives until it is archived;
#: where no value does, all of it is history.
LIVING: Register[tuple[str, tuple[str | None, ...]]] = Register("living")
CAUSE = "hand-over"
_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What was given to others: how many rows, and the batch of the log by which it can be taken back."""

    rows: int
    batch_id: int


def _kinds() -> dict[str, type[Any]]:
    """The classes that people see and own, by entity."""
    cards = {card.name: card.model for card in registry.cards()}
    return {name: cls for name, cls in cards.items() if "owner_id" in cls.__table__.c}


def _theirs(name: str, cls: type[Any], user_id: int) -> list[ColumnElement[bool]] | None:
    conditions = [cls.owner_id == user_id]
    if "archived_at" in cls.__table__.c:
        conditions.append(cls.archived_at.is_(None))
    if name in LIVING:
        field, values = LIVING[name]
        if not values:
            return None
        column = getattr(cls, field)
        conditions.append(column.is_(None) if values == (None,) else column.in_(values))
    return conditions


def held_by(session: ScopedSession, user_id: int) -> dict[str, int]:
    """How much somebody still looks after, by entity; also the people who report to them, as ``user``."""
    demand(session, UPDATE)
    counts = {}
    for name, cls in _kinds().items():
        if (theirs := _theirs(name, cls, user_id)) is not None:
            counted = select(func.count()).select_from(cls).where(*theirs)
            counts[name] = int(session.scalar(counted, execution_options=SYSTEM_OPTIONS) or 0)
    below = select(func.count(User.id)).where(User.manager_id == user_id)
    return {name: n for name, n in {**counts, "user": int(session.scalar(below) or 0)}.items() if n}


def hand_over(work: Work, *, user_id: int, to: Mapping[str, int | None]) -> HandedOver:
    """Give what somebody looks after to others, by entity; None leaves it to their team, without an owner.

    Raises
    ------
    Refused
        Somebody chosen does not work here, or is the one who leaves.
    NotAllowed
        The actor may not change all records of a kind.
    """
    demand(work.session, UPDATE)
    demand_person(work.session, user_id)
    for name, receiver in to.items():
        if work.actor.reach(registry.rights_name(name), UPDATE) != ALL:
            raise NotAllowed(_("Handing over needs the right to change all records of the kind."))
        if receiver == user_id or (receiver is not None and still_here(work.session, receiver) is None):
            raise Refused(_("Choose somebody else who works here now."))
    writer, teams = Writer(road_of(work)), TeamOf(work.session)
    rows = sum(_give(writer, teams, name, user_id, receiver) for name, receiver in to.items())
    batch = open_batch(work.session)
    writer.settled()
    return HandedOver(rows, batch)


def _give(writer: Writer, teams: TeamOf, name: str, user_id: int, receiver: int | None) -> int:
    cls: type[Any] = registry.model(name)
    if cls is User:
        found = select(User.id).where(User.manager_id == user_id)
        rows = writer.connection.execute(found, execution_options=SYSTEM_OPTIONS).all()
        # Nobody becomes their own manager.
        moved = [(r.id, {"manager_id": user_id}, {"manager_id": receiver}) for r in rows if r.id != receiver]
        writer.change(User, moved)
        return len(moved)
    theirs = _theirs(name, cls, user_id)
    if theirs is None:
        return 0
    done = 0
    team = teams[receiver] if receiver is not None else None
    asked = select(cls.id, cls.team_id).where(*theirs).order_by(cls.id).limit(_ROWS)
    while rows := writer.connection.execute(asked, execution_options=SYSTEM_OPTIONS).all():
        changed = []
        for row in rows:
            old: dict[str, Any] = {"owner_id": user_id, "team_id": row.team_id}
            new: dict[str, Any] = {"owner_id": receiver}
            if team is not None and team != row.team_id:
                new["team_id"] = team
            changed.append((row.id, old, new))
        writer.change(cls, changed)
        done += len(rows)
    return done


def take_back(work: Work, *, batch_id: int) -> int:
    """Undo a hand-over: whatever the receiver still has goes back; what was given on since stays. How many rows.

    Raises
    ------
    Conflict
        Nothing of it is as it was left.
    """
    demand(work.session, UPDATE)
    asked = select(Change.entity, Change.record_id, Change.old, Change.new).where(Change.batch_id == batch_id)
    changes = work.session.execute(asked, execution_options=SYSTEM_OPTIONS).all()
    writer, back = Writer(road_of(work)), 0
    classes: list[type[Any]] = [*_kinds().values(), User]
    by_table = {cls.__tablename__: cls for cls in classes}
    for table in dict.fromkeys(change.entity for change in changes):
        cls = by_table.get(table)
        if cls is not None:
            of_table = {c.record_id: c for c in changes if c.entity == table}
            back += _return(writer, cls, of_table)
    if not back:
        raise Conflict(_("Nothing of this is as it was left; there is nothing to take back."))
    writer.settled()
    return back


def _return(writer: Writer, cls: type[Any], changes: Mapping[int, Any]) -> int:
    names = ["owner_id", "team_id"] if cls is not User else ["manager_id"]
    table = cls.__table__
    asked = select(table.c.id, *(table.c[name] for name in names))
    moved = []
    for part in _parts(sorted(changes)):
        for row in writer.connection.execute(
            asked.where(writer.among(table.c.id, part)), execution_options=SYSTEM_OPTIONS
        ).mappings():
            change = changes[row["id"]]
            if all(row[name] == value for name, value in change.new.items()):
                moved.append((row["id"], {name: row[name] for name in names}, dict(change.old)))
    writer.change(cls, moved)
    return len(moved)


def _parts(ids: list[int]) -> list[list[int]]:
    return [ids[at : at + _ROWS] for at in range(0, len(ids), _ROWS)]


def in_words(counts: Mapping[str, int]) -> str:
    """What is held, as people say it: 19 deals, 4 tasks."""
    said = []
    for name, n in counts.items():
        about = registry.card(name).model.__about__
        word = str(about["plural"] if n != 1 else about["label"])
        said.append(f"{n:,} {_(word).lower()}")
    return ", ".join(said)
