"""Every row of the process's database as the driver gives it, and a way to put the same rows into another one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, insert, select

Rows = dict[str, list[dict[str, Any]]]
T = TypeVar("T")


def all_rows(*, without: Collection[str] = ()) -> dict[str, list[tuple[str, ...]]]:
    """Every row of every table, to prove that a refused write left nothing behind.

    Past the mapped classes: there are many tables, and many tests look twice.
    """
    from db.session import engine

    with engine().connect().execution_options(system=True, reading=True) as connection:
        with_rows, raw = filled(connection), connection.connection.cursor()
        return {
            name: [
                tuple(map(str, row)) for row in raw.execute(f"SELECT * FROM {name} ORDER BY id").fetchall()
            ]
            if name in with_rows
            else []
            for name in _names()
            if name not in without
        }


def keep_rows() -> Rows:
    """All rows there are, parents first, for ``put_rows``."""
    from db.session import engine

    with engine().connect().execution_options(system=True, reading=True) as connection:
        with_rows = filled(connection)
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in _tables()
            if table.name in with_rows
        }


def put_rows(rows: Rows) -> bool:
    """Store kept rows under the same ids where their tables are empty; False, and nothing done, where one is not."""
    from db.models import Base
    from db.session import engine

    with engine().connect().execution_options(system=True) as connection, connection.begin():
        if filled(connection) & rows.keys():
            return False
        for name, found in rows.items():
            connection.execute(insert(Base.metadata.tables[name]), found)
            if connection.dialect.name == "postgresql":
                last = max(row["id"] for row in found)
                connection.exec_driver_sql(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), {last})")
    return True


def emptied() -> None:
    """No row in any table, numbers begin anew. Only tables with rows are touched: to truncate all takes PostgreSQL seconds."""
    from db.session import engine

    with engine().connect().execution_options(system=True) as connection, connection.begin():
        postgres = connection.dialect.name == "postgresql"
        connection.exec_driver_sql(
            "SET LOCAL session_replication_role = replica" if postgres else "PRAGMA defer_foreign_keys = ON"
        )
        for name in filled(connection):
            connection.exec_driver_sql(f"DELETE FROM {name}")
        connection.exec_driver_sql(
            "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'"
            if postgres
            else "UPDATE sqlite_sequence SET seq = 0"
        )


def restored(kept: Rows) -> None:
    """The database as it was when ``kept`` was taken."""
    emptied()
    assert put_rows(kept)


#: What the first call of a maker in this process stored in an empty database of this kind, and what it gave.
_first: dict[tuple[str, Callable[[], Any]], tuple[list[tuple[str, Any]], Any]] = {}


def stored_once(make: Callable[[], T]) -> T:
    """What ``make`` gives. An empty database gets the rows of its first call anew, which takes a tenth of the time."""
    with _by_driver() as connection:
        kind, was_empty = connection.dialect.name, not filled(connection)
        if was_empty and (kind, make) in _first:
            kept, given = _first[kind, make]
            _put(connection, kept)
            return given  # type: ignore[no-any-return]
    made = make()
    if was_empty:
        with _by_driver() as connection:
            _first[kind, make] = _kept(connection), made
    return made


def _kept(connection: Connection) -> list[tuple[str, Any]]:
    """The rows of each table as its driver gives and takes them quickest: PostgreSQL's own text, plain values of SQLite."""
    raw, with_rows = connection.connection.cursor(), filled(connection)
    names = [name for name in _names() if name in with_rows]
    kept: list[tuple[str, Any]] = []
    if connection.dialect.name == "postgresql":
        for name in names:
            with raw.copy(f"COPY {name} TO STDOUT") as rows:
                kept.append((f"COPY {name} FROM STDIN", b"".join(rows)))
        counters = ", ".join(
            f"setval(pg_get_serial_sequence('{name}', 'id'), (SELECT max(id) FROM {name}))" for name in names
        )
        return [*kept, (f"SELECT {counters}", None)]
    for name in names:
        rows = raw.execute(f"SELECT * FROM {name} ORDER BY id").fetchall()
        kept.append((f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", rows))
    return kept


def _put(connection: Connection, kept: list[tuple[str, Any]]) -> None:
    raw = connection.connection.cursor()
    for sql, rows in kept:
        if rows is None:
            raw.execute(sql)
        elif isinstance(rows, bytes):
            with raw.copy(sql) as into:
                into.write(rows)
        else:
            raw.executemany(sql, rows)


@contextmanager
def _by_driver() -> Iterator[Connection]:
    """One transaction past the mapped classes, and past what SQLAlchemy does for each statement."""
    from db.session import engine

    with engine().connect().execution_options(system=True) as connection, connection.begin():
        yield connection


@cache
def _tables() -> list[Table]:
    """All tables, parents first; to sort them takes as long as to read one."""
    from db.models import Base

    return Base.metadata.sorted_tables


@cache
def _names() -> list[str]:
    return [table.name for table in _tables()]


def filled(connection: Connection) -> set[str]:
    """Names of the tables that have rows."""
    return {str(row[0]) for row in connection.connection.cursor().execute(_asked()).fetchall()}


@cache
def _asked() -> str:
    return " UNION ALL ".join(f"SELECT '{n}' WHERE EXISTS (SELECT 1 FROM {n})" for n in _names())
