"""Which tables are guarded, and whether a statement names one of them on a road that scope cannot follow."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.sql.elements import ColumnClause, TextClause
from sqlalchemy.sql.selectable import Select, SelectBase, TableClause


@cache
def guarded() -> dict[Table, Any]:
    """Every table that not everybody may read, with its class."""
    from db.models.base import Base

    return {m.local_table: m.class_ for m in Base.registry.mappers if m.class_.__guard__ != "open"}  # type: ignore[misc]


@cache
def guarded_names() -> re.Pattern[str]:
    return re.compile(r"\b(" + "|".join(sorted(t.name for t in guarded())) + r")(_fts)?\b", re.IGNORECASE)


@cache
def named_tables() -> re.Pattern[str]:
    """Finds the guarded tables that SQL reads from; names of columns and labels are not meant."""
    names = "|".join(sorted(t.name for t in guarded()))
    return re.compile(rf'\b(?:FROM|JOIN)\s+\(*"?({names})\b', re.IGNORECASE)


@cache
def closure(cls: Any) -> frozenset[str]:
    """The tables that a class's rows and its rule read."""
    guard = cls.__guard__ if isinstance(cls.__guard__, tuple) else ()
    parents = {key.column.table.name for name in guard for key in cls.__table__.c[name].foreign_keys}
    return frozenset({cls.__tablename__, *parents})


class SearchRows(TableClause):
    """A trigram table: it gives row numbers to a scoped select and is never selected from by itself."""

    inherit_cache = True

    def __init__(self, searched: type[Any]) -> None:
        name = f"{searched.__tablename__}_fts"
        super().__init__(name, ColumnClause("rowid"), ColumnClause("rank"), ColumnClause(name))


def survey(statement: Any) -> tuple[str, frozenset[Any]]:
    """What in a statement scope cannot follow, else empty; and the mapped classes it reads, however deep inside.

    Scope cannot follow a guarded table without its mapped class, raw SQL, or a write that is not made by objects. Each
    SELECT is judged by itself: a bare column is harmless only where the same SELECT reads the mapped class.
    """
    if not isinstance(statement, SelectBase):
        # Writes in bulk would pass the checks and the change log by; a statement from text is what its text says.
        return "raw SQL or a write without objects", frozenset()
    # Statements that the library compiles only once, since they differ in nothing but values, are looked at only once.
    key = statement._generate_cache_key()
    known = _surveyed.get(key.key) if key is not None else None
    if known is None:
        known = _survey(statement)
        if key is not None:
            if len(_surveyed) >= _MOST_SURVEYED:
                _surveyed.clear()
            _surveyed[key.key] = known
    return known


_surveyed: dict[Any, tuple[str, frozenset[Any]]] = {}
_MOST_SURVEYED = 2000


def _survey(statement: Any) -> tuple[str, frozenset[Any]]:
    selects: list[Any] = [statement]
    seen: set[int] = set()
    classes: set[Any] = set()
    while selects:
        one = selects.pop()
        if id(one) not in seen:
            seen.add(id(one))
            if name := _bare_in(one, selects, classes):
                return name, frozenset(classes)
    return "", frozenset(classes)


def _bare_in(one: Any, nested: list[Any], classes: set[Any]) -> str:
    """As ``survey`` for one SELECT; the selects inside are added to ``nested``, what it reads to ``classes``."""
    covered: set[Any] = set()
    if isinstance(one, Select):
        if one._prefixes or one._suffixes or one._hints or one._statement_hints:
            return "raw SQL"
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
            *one._distinct_on,
            *one._independent_ctes,
            *(p for p in (one._limit_clause, one._offset_clause, one._fetch_clause) if p is not None),
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
        else:
            classes.add(_class_of(element))
            if (inner := _inside(element)) is not None:
                nested.append(inner)
    return ""


def _class_of(element: Any) -> type[Any]:
    annotations = element._annotations
    mapper = annotations.get("parentmapper") or annotations["parententity"].mapper
    return mapper.class_  # type: ignore[no-any-return]


def _inside(element: Any) -> Any:
    """The select that an alias of a class reads from instead of the class's own table."""
    entity: Any = getattr(element, "_annotations", {}).get("parententity")
    inner = (
        getattr(entity.selectable, "element", None) if getattr(entity, "is_aliased_class", False) else None
    )
    return inner if isinstance(inner, SelectBase) else None


def _covers(element: Any) -> Any:
    """The table that a mapped class in FROM stands for; None for aliases, whose columns are their own."""
    mapper: Any = getattr(element, "_annotations", {}).get("parentmapper")
    entity: Any = getattr(element, "_annotations", {}).get("parententity")
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
