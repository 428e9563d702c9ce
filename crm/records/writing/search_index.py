"""Keep SQLite's search tables in step in bulk.

The triggers that feed them cost ten times the row itself; one statement for a whole chunk costs a tenth of it. Inside
the transaction of a chunk the triggers are set aside and put back as they were, so a rollback restores both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection

_AT_ONCE = 5_000
_SYSTEM = {"system": True}


@contextmanager
def in_bulk(
    connection: Connection,
    table: str,
    *,
    made: Sequence[int] = (),
    changed: Sequence[int] = (),
    fields: Collection[str] = (),
) -> Iterator[None]:
    """Write rows of a table inside.

    ``made`` are the ids of new rows, ``changed`` those of rows in which the columns ``fields`` may change.
    """
    triggers = _triggers(connection, table)
    names = _columns(connection, table) if triggers else []
    if not triggers or not (made or set(fields).intersection(names)):
        yield
        return
    for name in triggers:
        _run(connection, f"DROP TRIGGER {name}")
    listed = ", ".join(names)
    for part in _parts(changed):
        _run(
            connection,
            f"INSERT INTO {table}_fts({table}_fts, rowid, {listed}) "  # noqa: S608 - names come from the schema
            f"SELECT 'delete', id, {listed} FROM {table} WHERE id IN ({part})",
        )
    yield
    for part in (*_parts(made), *_parts(changed)):
        _run(
            connection,
            f"INSERT INTO {table}_fts(rowid, {listed}) SELECT id, {listed} FROM {table} WHERE id IN ({part})",  # noqa: S608
        )
    for sql in triggers.values():
        _run(connection, sql)


def _triggers(connection: Connection, table: str) -> dict[str, str]:
    if connection.dialect.name != "sqlite":
        return {}
    asked = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? AND name LIKE ?"
    found = connection.exec_driver_sql(asked, (table, f"{table}_fts_%"), execution_options=_SYSTEM)
    return {str(name): str(sql) for name, sql in found}


def _columns(connection: Connection, table: str) -> list[str]:
    found = connection.exec_driver_sql(f"PRAGMA table_info({table}_fts)", execution_options=_SYSTEM)
    return [str(row[1]) for row in found]


def _run(connection: Connection, sql: str) -> None:
    connection.exec_driver_sql(sql, execution_options=_SYSTEM)


def _parts(ids: Sequence[int]) -> list[str]:
    return [",".join(map(str, map(int, ids[at : at + _AT_ONCE]))) for at in range(0, len(ids), _AT_ONCE)]
