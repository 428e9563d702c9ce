"""Many rows or values in one statement, with no work per value that a whole column can share."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import repeat
from operator import is_, itemgetter
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    String,
    Table,
    any_,
    column,
    func,
    insert,
    literal,
    select,
    table,
)
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from db.types import UtcDateTime

#: Days and moments.
_FEW = (UtcDateTime, Date)
#: Values that one statement of SQLite takes; more make it no quicker.
_MOST_VALUES = 20_000
#: Values that JSON and PostgreSQL's arrays hold as they are.
_SIMPLE: dict[type, TypeEngine[Any]] = {str: String(), int: BigInteger()}


def among(session: Session, attribute: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """That a column holds one of many values; a list of thousands goes as a single parameter.

    One parameter for each value would take longer to name and bind than the database needs to find the rows.
    """
    listed = list(values)
    kinds = set(map(type, listed))
    found: ColumnElement[bool]
    if len(kinds) != 1 or not kinds <= _SIMPLE.keys():
        found = attribute.in_(listed)
    elif session.get_bind().dialect.name == "sqlite":
        each = func.json_each(json.dumps(listed)).table_valued("value")
        found = attribute.in_(select(each.c.value))
    else:
        found = attribute == any_(literal(listed, ARRAY(_SIMPLE[kinds.pop()])))
    return found


def known(
    session: Session, cls: Any, ids: Iterable[int | None], *names: str, system: bool = False
) -> dict[int, dict[str, Any]]:
    """Some columns of the rows with these ids, by id; those beyond the session's reach are left out unless ``system``."""
    asked = sorted({record for record in ids if record is not None})
    if not asked:
        return {}
    columns = [getattr(cls, name) for name in names]
    statement = select(cls.id, *columns).where(among(session, cls.id, asked))
    found = session.execute(statement, execution_options={"system": system})
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in found}


def insert_rows(connection: Connection, target: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows that all name the same columns; a column that is empty in every row is left to its default.

    SQLAlchemy would convert and name each value of each row, which takes longer than SQLite needs to store it. Here a
    column that needs no conversion is handed on as it is, and one that holds a single object is converted once.
    """
    dialect = connection.dialect
    columns: dict[str, Sequence[Any]] = {}
    names = list(rows[0])
    # Row by row, because a row's values lie near each other in memory; of a single name no tuple would come.
    all_values = zip(*map(itemgetter(*names, names[0]), rows), strict=True)
    for name, values in zip(names, all_values, strict=False):
        first = values[0]
        same = all(map(is_, values, repeat(first)))
        if same and first is None:
            continue
        kind = target.c[name].type
        convert = kind.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            if same:
                values = (convert(first),) * len(values)
            else:
                # Many rows hold the same day or moment, and it takes long to write one down.
                once = cache(convert) if isinstance(kind, _FEW) else convert
                values = tuple(map(once, values))
        columns[name] = values
    if dialect.name == "postgresql":
        _copy(connection, target, columns)
    else:
        _insert(connection, target, columns)


def _insert(connection: Connection, target: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """SQLite begins and ends a statement at nearly the cost of a row, so each takes as many rows as it may."""
    # A bare table knows no Python defaults: what is not named takes the database's.
    bare = table(target.name, *(column(name, target.c[name].type) for name in columns))
    compiled = insert(bare).compile(dialect=connection.dialect, column_keys=list(columns))
    order = [columns[name] for name in compiled.positiontup or columns]
    width, count = len(order), len(order[0])
    driver: Any = connection.connection.driver_connection
    most = min(driver.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER), _MOST_VALUES) // width * width
    flat: list[Any] = [None] * (width * count)
    for at, values in enumerate(order):
        flat[at::width] = values
    start, _values, one = str(compiled).partition(" VALUES ")
    for at in range(0, len(flat), most):
        part = flat[at : at + most]
        sql = f"{start} VALUES {', '.join([one] * (len(part) // width))}"
        connection.exec_driver_sql(sql, tuple(part), execution_options={"system": True})


def _copy(connection: Connection, target: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """PostgreSQL takes rows by COPY four times as fast as by INSERT."""
    quoted = connection.dialect.identifier_preparer.quote
    names = ", ".join(map(quoted, columns))
    driver: Any = connection.connection
    sql = f"COPY {quoted(target.name)} ({names}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(sql) as rows:
        for row in zip(*columns.values(), strict=True):
            rows.write_row(row)
