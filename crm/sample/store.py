"""Columns into tables, many rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from sqlalchemy import Connection, Table, func, insert, select, text

from crm.sample.world import Columns
from db.ids import last_id
from db.models import Base

_BATCH = 10_000


def store(connection: Connection, table_name: str, columns: Columns) -> int:
    """Insert the rows; their ids follow the highest one in the table. Returns how many there were.

    The statements go past the session, so nothing of this stands in the change log: it is the state from
    which the log starts.
    """
    table = Base.metadata.tables[table_name]
    sqlite = connection.dialect.name == "sqlite"
    first = (
        last_id(connection, table) if sqlite else connection.scalar(select(func.max(table.c.id))) or 0
    ) + 1
    lists = {name: value for name, value in columns.items() if isinstance(value, (list, np.ndarray))}
    shared = {name: value for name, value in columns.items() if name not in lists}
    if "custom" in table.c:
        shared["custom"] = {}
    lengths = {len(value) for value in lists.values()}
    if len(lengths) != 1:
        raise ValueError(
            f"The columns of {table_name} differ in length: { ({n: len(v) for n, v in lists.items()}) }."
        )
    count = lengths.pop()
    rows = _rows(lists, shared, first, count)
    statement = insert(table)
    while batch := list(islice(rows, _BATCH)):
        connection.execute(statement, batch)
    return count


def _rows(lists: dict[str, Any], shared: dict[str, Any], first: int, count: int) -> Iterator[dict[str, Any]]:
    names = ("id", *lists)
    plain = [value.tolist() if isinstance(value, np.ndarray) else value for value in lists.values()]
    for values in zip(range(first, first + count), *plain, strict=True):
        yield dict(zip(names, values, strict=True)) | shared


def continue_counting(connection: Connection, tables: list[Table]) -> None:
    """Let PostgreSQL number the next row after the stored ones; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in tables:
        highest = connection.scalar(select(func.max(table.c.id)))
        if highest is not None:
            sequence = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :highest)")
            connection.execute(sequence, {"name": table.name, "highest": highest})
