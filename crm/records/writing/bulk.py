"""Many rows or values in one statement, with no work per value that a whole column can share."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cache
from itertools import repeat
from operator import is_
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
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
    columns: dict[str, list[Any]] = {}
    moments: Any = None
    for name in rows[0]:
        values = [row[name] for row in rows]
        first = values[0]
        same = all(map(is_, values, repeat(first)))
        if same and first is None:
            continue
        convert = target.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        if convert is not None:
            if not same and isinstance(target.c[name].type, UtcDateTime):
                # Several columns of a row hold the same moment, and it takes long to write one down.
                moments = moments or cache(convert)
                convert = moments
            values = [convert(first)] * len(values) if same else [convert(value) for value in values]
        columns[name] = values
    if dialect.name == "postgresql":
        _copy(connection, target, columns)
        return
    # A bare table knows no Python defaults: what is not named takes the database's.
    bare = table(target.name, *(column(name, target.c[name].type) for name in columns))
    compiled = insert(bare).compile(dialect=dialect, column_keys=list(columns))
    order = [columns[name] for name in compiled.positiontup or columns]
    connection.exec_driver_sql(
        str(compiled), list(zip(*order, strict=True)), execution_options={"system": True}
    )


def _copy(connection: Connection, target: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """PostgreSQL takes rows by COPY four times as fast as by INSERT."""
    quoted = connection.dialect.identifier_preparer.quote
    names = ", ".join(map(quoted, columns))
    driver: Any = connection.connection
    sql = f"COPY {quoted(target.name)} ({names}) FROM STDIN"
    with driver.cursor() as cursor, cursor.copy(sql) as rows:
        for row in zip(*columns.values(), strict=True):
            rows.write_row(row)
