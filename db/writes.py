"""What an actor may write: every new, changed and deleted object is checked before it is sent to the database."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import inspect, select, true
from sqlalchemy.orm import Session
from sqlalchemy.orm.base import LoaderCallableStatus
from sqlalchemy.orm.exc import ObjectDeletedError

from db.actor import CREATE, DELETE, READ, UPDATE, Actor, OutOfScope
from db.criteria import criterion, target_class

#: Set by the program with every change; no right is needed for them.
KEPT = frozenset({"changed_at", "created_at", "version"})

#: Ids that must lie within reach, by class and action.
Wanted = dict[tuple[Any, str], set[int]]


def check_writes(session: Session, actor: Actor) -> None:
    """Refuse a flush that reaches past the actor's rights.

    Rows with an owner are measured by owner and team before and after the change; rows that hang on another record by
    the right to change that record; everything they point to must be visible.

    Raises
    ------
    OutOfScope
        At the first row that lies outside.
    """
    wanted: Wanted = {}
    try:
        for obj in session.new:
            _check_row(session, actor, obj, CREATE, wanted)
        for obj in session.dirty:
            if session.is_modified(obj):
                _check_row(session, actor, obj, UPDATE, wanted)
        for obj in session.deleted:
            _check_row(session, actor, obj, DELETE, wanted)
    except ObjectDeletedError as error:
        raise OutOfScope("The row is not there for you.") from error
    fresh = {
        cls: {obj.id for obj in session.new if type(obj) is cls} for cls in {type(obj) for obj in session.new}
    }
    for (cls, action), ids in wanted.items():
        _demand_rows(session, actor, cls, ids - fresh.get(cls, set()), action)


def _check_row(session: Session, actor: Actor, obj: Any, action: str, wanted: Wanted) -> None:
    cls: Any = type(obj)
    changed = _changed(obj) if action == UPDATE else frozenset()
    if isinstance(cls.__guard__, tuple):
        _check_child(obj, action, wanted)
    else:
        for needed in _actions(action, changed):
            if cls.__guard__ == "system":
                raise OutOfScope(f"{cls.__tablename__} is written by the program only.")
            if not actor.may(cls.__entity__, needed):
                raise OutOfScope(
                    f"No right to {needed} {cls.__entity__}.", entity=cls.__entity__, action=needed
                )
            if cls.__guard__ == "self":
                _check_owner(actor, obj, needed, wanted)
    if action != DELETE:
        for name, parent in _links(cls):
            value = getattr(obj, name) if action == CREATE or name in changed else None
            if value is not None:
                wanted.setdefault((parent, READ), set()).add(value)


def _actions(action: str, changed: frozenset[str]) -> list[str]:
    """Putting a row away and taking it back need the right to delete, all other changes the right to change."""
    if action != UPDATE:
        return [action]
    archives = ["archived_at"] if "archived_at" in changed else []
    rest = changed - {"archived_at"} - KEPT
    return [*([DELETE] if archives else []), *([UPDATE] if rest or not archives else [])]


def _changed(obj: Any) -> frozenset[str]:
    state = inspect(obj)
    return frozenset(name for name in state.committed_state if state.attrs[name].history.has_changes())


def _check_owner(actor: Actor, obj: Any, action: str, wanted: Wanted) -> None:
    cls: Any = type(obj)
    owners = {(obj.owner_id, obj.team_id)}
    if action != CREATE:
        before = _before(obj, "owner_id"), _before(obj, "team_id")
        if LoaderCallableStatus.NO_VALUE in before:
            # What was stored is not known, as when an object only claims to be stored: the database decides.
            wanted.setdefault((cls, action), set()).add(obj.id)
        else:
            owners.add(before)
    for owner, team in owners:
        if not actor.holds(cls.__entity__, action, owner_id=owner, team_id=team):
            raise OutOfScope(
                f"The {cls.__entity__} lies outside your reach.", entity=cls.__entity__, action=action
            )


def _before(obj: Any, name: str) -> Any:
    """The stored value, or NO_VALUE when it was never loaded."""
    state = inspect(obj)
    if name not in state.committed_state:
        return getattr(obj, name)
    value = state.committed_state[name]
    return LoaderCallableStatus.NO_VALUE if isinstance(value, LoaderCallableStatus) else value


def _check_child(obj: Any, action: str, wanted: Wanted) -> None:
    """A row that hangs on others is part of them: each of them, before and after, must be one the actor may change."""
    cls: Any = type(obj)
    found = False
    for name in cls.__guard__:
        values = {getattr(obj, name)}
        if action != CREATE:
            before = _before(obj, name)
            if before is LoaderCallableStatus.NO_VALUE:
                wanted.setdefault((cls, UPDATE), set()).add(obj.id)
            else:
                values.add(before)
        for value in values - {None}:
            found = True
            wanted.setdefault((target_class(cls, name), UPDATE), set()).add(value)
    if not found:
        raise OutOfScope(f"{cls.__tablename__} hang on a record; this one has none.", entity=cls.__entity__)


@cache
def _links(cls: Any) -> tuple[tuple[str, Any], ...]:
    """Foreign keys to guarded records, but for those a child hangs on."""
    hangs_on = cls.__guard__ if isinstance(cls.__guard__, tuple) else ()
    columns = [c.key for c in cls.__table__.c if c.foreign_keys and c.key not in hangs_on]
    # The journal's own tables are the program's; pointing to them gives nothing away.
    return tuple(
        (key, parent)
        for key in columns
        if (parent := target_class(cls, key)).__guard__ not in ("open", "system")
    )


def _demand_rows(session: Session, actor: Actor, cls: type[Any], ids: set[int], action: str) -> None:
    limit = criterion(actor, cls, action)
    if not ids or limit is None:
        return
    # What is read and what is written may reach differently far, and both limits stand here: the session, which does
    # not follow the parents named in them, has nothing to add.
    seen = criterion(actor, cls, READ)
    statement = select(cls.id).where(cls.id.in_(ids), limit, true() if seen is None else seen)
    with session.no_autoflush:
        found = session.scalars(statement, execution_options={"system": True}).all()
    if missing := ids - set(found):
        raise OutOfScope(
            f"There is no {cls.__entity__} {min(missing)} for you.", entity=cls.__entity__, action=action
        )
