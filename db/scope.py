"""Row scope: what an actor may read and write, enforced where statements meet the database.

Three walls. (1) Every ORM select gets the actor's criteria for every guarded class. (2) A statement that names a guarded
table outside the ORM, or writes to one in bulk, is refused. (3) SQL that reaches the driver without the mark of wall 1
is refused. Writes through objects are checked before the flush. Deny by default.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, event, false, inspect, or_, select
from sqlalchemy.orm import ORMExecuteState, Session, UOWTransaction
from sqlalchemy.orm.util import LoaderCriteriaOption
from sqlalchemy.sql.util import ClauseAdapter

from db.actor import (
    ACTIONS,
    ALL,
    CREATE,
    DELETE,
    EXPORT,
    IMPORT,
    NONE,
    OWN,
    READ,
    SCOPES,
    SYSTEM,
    TEAM,
    UPDATE,
    Actor,
    OutOfScope,
)
from db.walls import SearchRows, bare_name, guarded, guarded_names

__all__ = [
    "ACTIONS", "ALL", "CREATE", "DELETE", "EXPORT", "IMPORT", "NONE", "OWN", "READ", "SCOPES", "SYSTEM", "TEAM", "UPDATE",
    "Actor", "OutOfScope", "ScopedSession", "SearchRows", "criterion", "guard_cursor", "guarded",
]  # fmt: skip

_flushing: ContextVar[bool] = ContextVar("flushing", default=False)


def criterion(
    actor: Actor, cls: type[Any], action: str = READ, target: Any = None
) -> ColumnElement[bool] | None:
    """The condition that a row of ``cls`` lies within the actor's reach; None when there is no limit.

    ``target`` is the class, alias or table whose columns the condition uses.
    """
    if actor.is_system or cls.__guard__ == "open":
        return None
    if cls.__guard__ == "system":
        return false()
    columns = cls if target is None else getattr(target, "c", target)
    if cls.__guard__ == "self":
        return _by_owner(actor, actor.reach(cls.__entity__, action), columns)
    return _by_parent(actor, cls, action, columns)


def _by_owner(actor: Actor, scope: str, columns: Any) -> ColumnElement[bool] | None:
    if scope == ALL:
        return None
    if scope == OWN:
        return columns.owner_id == actor.user_id  # type: ignore[no-any-return]
    if scope == TEAM:
        return or_(columns.owner_id == actor.user_id, columns.team_id.in_(actor.teams))
    return false()


def _by_parent(actor: Actor, cls: type[Any], action: str, columns: Any) -> ColumnElement[bool] | None:
    parts = []
    for name in cls.__guard__:
        parent = _target_class(cls, name)
        alias = parent.__table__.alias()
        inner = criterion(actor, parent, action, alias)
        column = getattr(columns, name)
        parts.append(column.is_not(None) if inner is None else column.in_(select(alias.c.id).where(inner)))
    if all(criterion(actor, _target_class(cls, n), action) is None for n in cls.__guard__):
        return None
    return or_(*parts)


@cache
def _target_class(cls: type[Any], column: str) -> type[Any]:
    (key,) = cls.__table__.c[column].foreign_keys
    return next(m.class_ for m in cls.registry.mappers if m.local_table is key.column.table)


class _Rule(LoaderCriteriaOption):
    """The criteria of one class, adapted to each alias of it.

    The library adapts only criteria made by lambdas, and caches those by their code: one piece of code that serves many
    classes would be taken for the first. The adapted expression keeps its bound values, so cached statements stay right.
    """

    _cache_key_traversal = LoaderCriteriaOption._traverse_internals

    def _resolve_where_criteria(self, ext_info: Any) -> ColumnElement[bool]:
        resolved = super()._resolve_where_criteria(ext_info)
        if not ext_info.is_aliased_class:
            return resolved
        return ClauseAdapter(ext_info.selectable).traverse(resolved)  # type: ignore[no-any-return]


class ScopedSession(Session):
    """A session for one actor and one unit of work. The actor is mandatory; ``cause`` names what set the work off."""

    def __init__(self, bind: Engine, actor: Actor, *, cause: str = "screen", **options: Any) -> None:
        super().__init__(bind, expire_on_commit=False, **options)
        self.actor, self.cause = actor, cause
        self.rules = tuple(
            _Rule(cls, limit, include_aliases=True)
            for cls in guarded().values()
            if (limit := criterion(actor, cls)) is not None
        )

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Flush; what the unit of work itself sends is already checked."""
        token = _flushing.set(True)
        try:
            super().flush(objects)
        finally:
            _flushing.reset(token)


@event.listens_for(ScopedSession, "do_orm_execute")
def _limit(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, ScopedSession)
    if state.execution_options.get("system") or session.actor.is_system:
        state.update_execution_options(scope_ok=True)
        return
    if not (state.is_relationship_load or state.is_column_load) and (name := bare_name(state.statement)):
        raise OutOfScope(f"A statement names {name} outside the mapped classes.")
    if state.is_insert or state.is_update or state.is_delete:
        table = getattr(state.statement, "table", None)
        if table in guarded() or getattr(table, "name", "") in {t.name for t in guarded()}:
            raise OutOfScope("Rows of guarded tables are written through objects.")
        cls = _class_of(table)
        if cls is not None:
            action = CREATE if state.is_insert else UPDATE if state.is_update else DELETE
            _demand(session.actor, cls, action)
    state.statement = (
        state.statement.options(*session.rules) if session.rules and state.is_select else state.statement
    )
    state.update_execution_options(scope_ok=True)


def _class_of(table: Any) -> type[Any] | None:
    from db.models.base import Base

    return next((m.class_ for m in Base.registry.mappers if m.local_table is table), None)


@event.listens_for(ScopedSession, "before_flush")
def _check_writes(session: ScopedSession, _context: UOWTransaction, _instances: Any) -> None:
    actor = session.actor
    if actor.is_system:
        return
    for obj in session.new:
        _check_row(session, obj, CREATE)
    for obj in session.dirty:
        if session.is_modified(obj):
            _check_row(session, obj, UPDATE)
    for obj in session.deleted:
        _check_row(session, obj, DELETE)
    _check_parents(session)


def _demand(actor: Actor, cls: type[Any], action: str) -> None:
    if cls.__guard__ == "system":
        raise OutOfScope(
            f"{cls.__tablename__} is written by the program only.", entity=cls.__entity__, action=action
        )
    if not actor.may(cls.__entity__, action):
        raise OutOfScope(f"No right to {action} {cls.__entity__}.", entity=cls.__entity__, action=action)


def _check_row(session: ScopedSession, obj: Any, action: str) -> None:
    cls = type(obj)
    if cls.__guard__ != "self":
        _demand(session.actor, cls, UPDATE if isinstance(cls.__guard__, tuple) else action)
        return
    if action == UPDATE and _history(obj, "archived_at").has_changes():
        action = DELETE
    _demand(session.actor, cls, action)
    for owner, team in (
        {_before(obj), (obj.owner_id, obj.team_id)} if action != CREATE else {(obj.owner_id, obj.team_id)}
    ):
        if not session.actor.holds(cls.__entity__, action, owner_id=owner, team_id=team):
            raise OutOfScope(
                f"The {cls.__entity__} lies outside your reach.", entity=cls.__entity__, action=action
            )


def _history(obj: Any, name: str) -> Any:
    return inspect(obj).attrs[name].load_history()


def _before(obj: Any) -> tuple[int | None, int | None]:
    values = []
    for name in ("owner_id", "team_id"):
        history = _history(obj, name)
        values.append(history.deleted[0] if history.deleted else getattr(obj, name))
    return values[0], values[1]


def _check_parents(session: ScopedSession) -> None:
    """Every guarded record that a new or changed row points to must be one the actor can see."""
    wanted: dict[type[Any], set[int]] = {}
    for obj in [*session.new, *session.dirty]:
        for column in inspect(type(obj)).local_table.c:  # type: ignore[union-attr]
            if not column.foreign_keys or not _history(obj, column.key).has_changes():
                continue
            parent, value = _target_class(type(obj), column.key), getattr(obj, column.key)
            # The journal's own tables are the program's; pointing to them gives nothing away.
            if (
                value is not None
                and parent.__guard__ not in ("open", "system")
                and not _is_new(session, parent, value)
            ):
                wanted.setdefault(parent, set()).add(value)
    with session.no_autoflush:
        for parent, ids in wanted.items():
            limit = criterion(session.actor, parent)
            if limit is None:
                continue
            found = session.scalars(select(parent.id).where(and_(parent.id.in_(ids), limit))).all()
            if missing := ids - set(found):
                raise OutOfScope(
                    f"There is no {parent.__entity__} {min(missing)} for you.",
                    entity=parent.__entity__,
                    action=READ,
                )


def _is_new(session: ScopedSession, parent: type[Any], value: int) -> bool:
    return any(type(obj) is parent and obj.id == value for obj in session.new)


def guard_cursor(_conn: Any, _cursor: Any, sql: str, _params: Any, context: Any, _many: bool) -> None:
    """The last wall: SQL that names a guarded table must carry the mark of the session, or of the program."""
    if _flushing.get():
        return
    options = dict(_conn.get_execution_options()) | dict(context.execution_options if context else {})
    if options.get("scope_ok") or options.get("system"):
        return
    if (found := guarded_names().search(sql)) is not None:
        raise OutOfScope(f"SQL names {found.group(1)} outside a scoped session.")
