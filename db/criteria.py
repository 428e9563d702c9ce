"""The condition under which a row lies within an actor's reach: by owner and team, or by the record it hangs on."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, false, or_, select

from db.actor import ALL, OWN, READ, TEAM, Actor


def criterion(actor: Actor, cls: Any, action: str = READ, target: Any = None) -> ColumnElement[bool] | None:
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
        theirs = [columns.owner_id.in_(actor.people)] if actor.people else []
        return or_(columns.owner_id == actor.user_id, columns.team_id.in_(actor.teams), *theirs)
    return false()


def _by_parent(actor: Actor, cls: Any, action: str, columns: Any) -> ColumnElement[bool] | None:
    parts = []
    for name in cls.__guard__:
        parent = target_class(cls, name)
        alias = parent.__table__.alias()
        inner = criterion(actor, parent, action, alias)
        column = getattr(columns, name)
        parts.append(column.is_not(None) if inner is None else column.in_(select(alias.c.id).where(inner)))
    if all(criterion(actor, target_class(cls, n), action) is None for n in cls.__guard__):
        return None
    return or_(*parts)


@cache
def target_class(cls: Any, column: str) -> Any:
    """The class whose rows a foreign key points to."""
    (key,) = cls.__table__.c[column].foreign_keys
    return next(m.class_ for m in cls.registry.mappers if m.local_table is key.column.table)
