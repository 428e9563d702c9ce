"""Quick filters: questions that are asked of many kinds of records, each with how many rows it leaves.

An area hands one in under ``name``, for all entities that it fits, or under ``entity.name`` for one alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select

from crm.clock import now, today
from crm.i18n import N_
from crm.records import registry
from crm.records.fields import Kind
from crm.register import Register
from db.scope import ScopedSession

#: The name of these filters among those of a list.
QUICK = "quick"


@dataclass(frozen=True, slots=True)
class Quick:
    """A question with its condition on an entity; ``fits`` says of which entities it is asked."""

    label: str
    condition: Callable[[ScopedSession, str], ColumnElement[bool]]
    fits: Callable[[str], bool] = lambda entity: True


_QUICK: Register[Quick] = Register("quick")


def quick_filters(entity: str) -> dict[str, Quick]:
    """The questions that may be asked of an entity, by name."""
    found: dict[str, Quick] = {}
    for key in _QUICK:
        of, dot, name = key.rpartition(".")
        if (not dot or of == entity) and _QUICK[key].fits(entity):
            found[name] = _QUICK[key]
    return found


def is_open(entity: str) -> ColumnElement[bool]:
    """The condition that a record is not over, where its card says what ends one."""
    card, cls = registry.card(entity), registry.model(entity)
    parts: list[ColumnElement[bool]] = []
    if card.open_while_blank:
        parts.append(getattr(cls, card.open_while_blank).is_(None))
    if card.over:
        parts.append(getattr(cls, card.pill).not_in(card.over.split()))
    return and_(True, *parts)


def counted(
    session: ScopedSession, entity: str, conditions: Mapping[str, Collection[ColumnElement[bool]]], most: int
) -> dict[str, int]:
    """How many rows each question leaves, at most one more than ``most``. One statement."""
    if not conditions:
        return {}
    cls = registry.model(entity)
    parts = [
        select(func.count())
        .select_from(select(cls.id).where(*wanted).limit(most + 1).subquery())
        .scalar_subquery()
        .label(f"n{place}")
        for place, wanted in enumerate(conditions.values())
    ]
    return dict(zip(conditions, map(int, session.execute(select(*parts)).one()), strict=True))


def _has_owner(entity: str) -> bool:
    return hasattr(registry.model(entity), "owner_id")


def _mine(session: ScopedSession, entity: str) -> ColumnElement[bool]:
    mine: ColumnElement[bool] = registry.model(entity).owner_id == session.actor.user_id
    return mine


def _nobodys(_session: ScopedSession, entity: str) -> ColumnElement[bool]:
    free: ColumnElement[bool] = registry.model(entity).owner_id.is_(None)
    return free


def _overdue(_session: ScopedSession, entity: str) -> ColumnElement[bool]:
    due: Any = registry.card(entity).due
    moment = today() if registry.entity(entity)[due].kind is Kind.DATE else now()
    return and_(getattr(registry.model(entity), due) < moment, is_open(entity))


MINE = Quick(N_("Mine"), _mine, _has_owner)
NOBODYS = Quick(N_("Nobody's"), _nobodys, _has_owner)
OVERDUE = Quick(N_("Overdue"), _overdue, lambda entity: bool(registry.card(entity).due))
