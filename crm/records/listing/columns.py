"""Columns of a list that are no fields: what other records say of those on the page, looked up for its rows alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from crm.records import registry
from crm.records.fields import Entity, Field
from crm.register import Register
from db.scope import ScopedSession


@dataclass(frozen=True, slots=True)
class Further:
    """A column with the values of some rows by id; ``fits`` says which entities have it."""

    field: Field
    values: Callable[[ScopedSession, str, Sequence[int]], Mapping[int, Any]]
    fits: Callable[[str], bool]


_COLUMNS: Register[Further] = Register("column")


def further_columns(entity: str) -> dict[str, Further]:
    """The columns of an entity that are no fields of it, by name."""
    known = registry.entity(entity).by_name
    return {name: _COLUMNS[name] for name in _COLUMNS if name not in known and _COLUMNS[name].fits(entity)}


def field_of(about: Entity, name: str) -> Field:
    """A field of an entity, or what stands for one in a further column."""
    return about.by_name[name] if name in about.by_name else further_columns(about.name)[name].field


def fill(session: ScopedSession, entity: str, rows: pd.DataFrame, names: Sequence[str]) -> None:
    """Add the further columns among ``names`` to a page of rows."""
    further = further_columns(entity)
    ids = [int(i) for i in rows["id"]] if len(rows) else []
    for name in names:
        if name in further:
            found = further[name].values(session, entity, ids) if ids else {}
            rows[name] = pd.Series([found.get(i) for i in ids], dtype=object, index=rows.index)
