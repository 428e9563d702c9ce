"""Every row of the process's database as the driver gives it, and a way to put the same rows into another one."""

from __future__ import annotations

from collections.abc import Callable, Collection
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
        with_rows = filled(connection)
        return {
            name: [
                tuple(map(str, row))
                for row in connection.exec_driver_sql(f"SELECT * FROM {name} ORDER BY id")
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


#: What the first call of a maker in this process stored in an empty database, and what it gave.
_first: dict[Callable[[], Any], tuple[Rows, Any]] = {}


def stored_once(make: Callable[[], T]) -> T:
    """What ``make`` gives. An empty database gets the rows of its first call anew, which takes a tenth of the time."""
    if make in _first and put_rows(_first[make][0]):
        return _first[make][1]  # type: ignore[no-any-return]
    was_empty = not keep_rows()
    made = make()
    if was_empty:
        _first[make] = keep_rows(), made
    return made


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
    return {str(row[0]) for row in connection.exec_driver_sql(_asked())}


@cache
def _asked() -> str:
    return " UNION ALL ".join(f"SELECT '{n}' WHERE EXISTS (SELECT 1 FROM {n})" for n in _names())
