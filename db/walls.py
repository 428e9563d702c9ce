"""Which tables are guarded, and whether a statement names one of them on a road that scope cannot follow."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.sql.elements import ColumnClause, TextClause
from sqlalchemy.sql.selectable import FromClause, Select, SelectBase, TableClause


@cache
def guarded() -> dict[Table, type[Any]]:
    """Every table that not everybody may read, with its class."""
    from db.models.base import Base

    return {m.local_table: m.class_ for m in Base.registry.mappers if m.class_.__guard__ != "open"}  # type: ignore[misc]


@cache
def guarded_names() -> re.Pattern[str]:
    return re.compile(r"\b(" + "|".join(sorted(t.name for t in guarded())) + r")(_fts)?\b")


class SearchRows(TableClause):
    """A trigram table: it gives row numbers to a scoped select and is never selected from by itself."""

    inherit_cache = True

    def __init__(self, searched: type[Any]) -> None:
        name = f"{searched.__tablename__}_fts"
        super().__init__(name, ColumnClause("rowid"), ColumnClause(name))


def bare_name(statement: Any) -> str:
    """The name of a guarded table that a statement uses without its mapped class, or "raw SQL"; else empty.

    Each SELECT is judged by itself: a bare column is harmless only where the same SELECT reads the mapped class.
    """
    if isinstance(statement, TextClause):
        return "raw SQL"
    selects = [statement] if isinstance(statement, (SelectBase, FromClause)) else []
    seen: set[int] = set()
    while selects:
        one = selects.pop()
        if id(one) not in seen:
            seen.add(id(one))
            if name := _bare_in(one, selects):
                return name
    return ""


def _bare_in(one: Any, nested: list[Any]) -> str:
    """As ``bare_name`` for one SELECT; the selects inside are added to ``nested``."""
    covered: set[Any] = set()
    if isinstance(one, Select):
        froms = [
            *one._raw_columns,
            *one._from_obj,
            *(p for join in one._setup_joins for p in join[:3] if p is not None),
        ]
        covered = {table for element in froms if (table := _covers(element)) is not None}
        stack = [
            *froms,
            *one._where_criteria,
            *one._having_criteria,
            *one._order_by_clauses,
            *one._group_by_clauses,
        ]
    else:
        stack = list(_children(one))
    seen: set[int] = set()
    while stack:
        element = stack.pop()
        if id(element) in seen:
            continue
        seen.add(id(element))
        if isinstance(element, SelectBase):
            nested.append(element)
        elif isinstance(element, TextClause) or _is_literal_sql(element):
            return "raw SQL"
        elif isinstance(element, TableClause) and not isinstance(element, Table):
            if not isinstance(element, SearchRows) and guarded_names().search(element.name):
                return str(element.name)
        elif not _mapped(element):
            if isinstance(element, Table) and element in guarded():
                return str(element.name)
            stack.extend(t for t in _children(element) if t not in covered)
    return ""


def _covers(element: Any) -> Any:
    """The table that a mapped class in FROM stands for; None for aliases, whose columns are their own."""
    mapper = getattr(element, "_annotations", {}).get("parentmapper")
    entity = getattr(element, "_annotations", {}).get("parententity")
    return mapper.local_table if mapper is not None and entity is mapper else None


def _is_literal_sql(element: Any) -> bool:
    return bool(getattr(element, "is_literal", False)) and bool(
        re.search(r"\b(select|from)\b", str(element.name), re.I)
    )


def _mapped(element: Any) -> bool:
    """True for a mapped class, its alias or one of its columns: the session adds the criteria there."""
    annotations = getattr(element, "_annotations", {})
    return "parententity" in annotations or "parentmapper" in annotations


def _children(element: Any) -> list[Any]:
    if isinstance(element, ColumnClause):
        return [] if element.table is None else [element.table]
    get = getattr(element, "get_children", None)
    return list(get()) if get else []
