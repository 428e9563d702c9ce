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
    gone: Sequence[int] = (),
) -> Iterator[None]:
    """Write rows of a table inside.

    ``made`` are the ids of new rows, ``changed`` those of rows in which the columns ``fields`` may change, ``gone`` those of
    rows that are removed.
    """
    triggers = _triggers(connection, table)
    names = _columns(connection, table) if triggers else []
    if not set(fields).intersection(names):
        changed = ()
    if not triggers or not (made or changed or gone):
        yield
        return
    for name in triggers:
        _run(connection, f"DROP TRIGGER {name}")
    listed = ", ".join(names)
    for where in (*_parts(changed), *_parts(gone)):
        _run(
            connection,
            f"INSERT INTO {table}_fts({table}_fts, rowid, {listed}) "  # noqa: S608 - names come from the schema
            f"SELECT 'delete', id, {listed} FROM {table} WHERE {where}",
        )
    yield
    for where in (*_parts(made), *_parts(changed)):
        _run(
            connection,
            f"INSERT INTO {table}_fts(rowid, {listed}) SELECT id, {listed} FROM {table} WHERE {where}",  # noqa: S608
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


def _parts(ids: Sequence[int]) -> Iterator[str]:
    """Conditions that together choose the rows; a run of ids, as new rows have, is read in order."""
    if ids and list(ids) == list(range(ids[0], ids[0] + len(ids))):
        yield f"id BETWEEN {int(ids[0])} AND {int(ids[-1])}"
        return
    for at in range(0, len(ids), _AT_ONCE):
        yield f"id IN ({','.join(map(str, map(int, ids[at : at + _AT_ONCE])))})"
