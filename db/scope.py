"""Row scope: what an actor may read and write, enforced where statements meet the database.

Three walls. (1) Every ORM select gets the actor's criteria for every guarded class. (2) A statement that names a guarded
table outside the ORM, or writes to one in bulk, is refused. (3) SQL that reaches the driver without the mark of wall 1
is refused. Writes through objects are checked before the flush. Deny by default.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, event
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
from db.criteria import criterion
from db.walls import SearchRows, closure, guarded, guarded_names, named_tables, survey
from db.writes import check_writes

__all__ = [
    "ACTIONS", "ALL", "CREATE", "DELETE", "EXPORT", "IMPORT", "NONE", "OWN", "READ", "SCOPES", "SYSTEM", "TEAM", "UPDATE",
    "Actor", "OutOfScope", "ScopedSession", "SearchRows", "criterion", "guard_cursor", "guarded",
]  # fmt: skip

_flushing: ContextVar[bool] = ContextVar("flushing", default=False)


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
        return ClauseAdapter(ext_info.selectable).traverse(resolved)


class ScopedSession(Session):
    """A session for one actor and one unit of work. The actor is mandatory; ``cause`` names what set the work off."""

    def __init__(self, bind: Engine, actor: Actor, *, cause: str = "screen", **options: Any) -> None:
        super().__init__(bind, expire_on_commit=False, **options)
        self.actor, self.cause = actor, cause

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Flush; what the unit of work itself sends is already checked."""
        token = _flushing.set(True)
        try:
            super().flush(objects)
        finally:
            _flushing.reset(token)


@lru_cache(maxsize=512)
def _rules(actor: Actor) -> dict[Any, _Rule]:
    """The criteria of an actor for every class that is limited for them."""
    limits = ((cls, criterion(actor, cls)) for cls in guarded().values())
    return {cls: _Rule(cls, limit, include_aliases=True) for cls, limit in limits if limit is not None}


@event.listens_for(ScopedSession, "do_orm_execute")
def _limit(state: ORMExecuteState) -> None:
    session = state.session
    assert isinstance(session, ScopedSession)
    if state.execution_options.get("system") or session.actor.is_system:
        state.update_execution_options(system=True)
        return
    if state.is_column_load:
        # A refresh takes no criteria from options: a row that is only claimed to be stored would be loaded.
        classes: frozenset[Any] = frozenset({state.bind_mapper.class_} if state.bind_mapper else ())
        for cls in classes:
            assert isinstance(state.statement, Select)
            if (limit := criterion(session.actor, cls)) is not None:
                state.statement = state.statement.where(limit)
    else:
        problem, classes = survey(state.statement)
        if problem:
            raise OutOfScope(f"Scope cannot follow this statement: {problem}.")
        rules = _rules(session.actor)
        # Only the rules of what is read: each one costs time. The cursor's wall checks that none is missing.
        mine = sorted((cls for cls in classes if cls in rules), key=lambda cls: str(cls.__tablename__))
        if mine:
            state.statement = state.statement.options(*(rules[cls] for cls in mine))
    state.update_execution_options(scope_ok=frozenset().union(*(closure(cls) for cls in classes)))


@event.listens_for(ScopedSession, "before_flush")
def _check(session: ScopedSession, _context: UOWTransaction, _instances: Any) -> None:
    if not session.actor.is_system:
        check_writes(session, session.actor)


def guard_cursor(_conn: Any, _cursor: Any, sql: str, _params: Any, context: Any, _many: bool) -> None:
    """The last wall: SQL that names a guarded table must carry the mark of the session, or of the program."""
    if _flushing.get():
        return
    options = dict(_conn.get_execution_options()) | dict(context.execution_options if context else {})
    if options.get("system"):
        return
    covered = options.get("scope_ok")
    if covered is None:
        found = guarded_names().search(sql)
        name = found.group(1) if found else ""
    else:
        name = next((n for n in named_tables().findall(sql) if n.lower() not in covered), "")
    if name:
        raise OutOfScope(f"SQL names {name} outside a scoped session.")
