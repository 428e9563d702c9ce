"""No id is ever given twice: links, the log and an import's undo name rows by id, and must not reach another row.

PostgreSQL counts by sequences. SQLite would give the highest id anew once its row is gone, unless the table counts by
``AUTOINCREMENT``, which ``db.migrate`` sees to after each upgrade.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, TableClause, column, func, insert, select, table, text

#: SQLite looks for a table's mark from the first one on: those that take most rows stand first.
_BUSY = (
    "changes",
    "order_lines",
    "orders",
    "contacts",
    "deals",
    "meter_readings",
    "interactions",
    "import_failures",
)
_SEQUENCE = table("sqlite_sequence", column("name"), column("seq"))
_PLAIN, _KEPT = "PRIMARY KEY (id)", "PRIMARY KEY (id AUTOINCREMENT)"


def last_id(connection: Connection, target: TableClause) -> int:
    """The highest id that SQLite ever gave in a table; ids above it are free."""
    asked = (select(func.max(target.c.id)), select(_SEQUENCE.c.seq).where(_SEQUENCE.c.name == target.name))
    system = {"system": True}
    return max(connection.execute(one, execution_options=system).scalar() or 0 for one in asked)


def marks(connection: Connection) -> dict[str, int]:
    """The highest id that each table ever gave, as far as SQLite knows; empty on PostgreSQL, which keeps its own."""
    if connection.dialect.name != "sqlite" or not _tables(connection, "sqlite_sequence"):
        return {}
    return dict(map(tuple, connection.execute(select(_SEQUENCE.c.name, _SEQUENCE.c.seq))))


def keep_ids(connection: Connection, known: Mapping[str, int]) -> None:
    """Let every table of an SQLite database count on from the highest id that it ever gave.

    How rows are stored is the same with and without ``AUTOINCREMENT``: the word in the schema is enough, and no table
    need be rebuilt (https://www.sqlite.org/lang_altertable.html#otheralter). ``known`` holds the marks from before the
    upgrade, which a rebuilt table loses.
    """
    if connection.dialect.name != "sqlite":
        return
    connection.execute(text("CREATE TABLE counting_begins (id INTEGER PRIMARY KEY AUTOINCREMENT)"))
    connection.execute(text("DROP TABLE counting_begins"))
    version = int(connection.execute(text("PRAGMA schema_version")).scalar_one())
    connection.execute(text("PRAGMA writable_schema = ON"))
    try:
        change = (
            "UPDATE sqlite_master SET sql = replace(sql, :plain, :kept) WHERE type = 'table' "
            "AND instr(sql, :plain) > 0 AND instr(sql, 'id INTEGER NOT NULL') > 0 AND name NOT LIKE '%\\_fts%' ESCAPE '\\'"
        )
        connection.execute(text(change), {"plain": _PLAIN, "kept": _KEPT})
        connection.execute(text(f"PRAGMA schema_version = {version + 1}"))
    finally:
        connection.execute(text("PRAGMA writable_schema = OFF"))
    _mark(connection, known)


def _mark(connection: Connection, known: Mapping[str, int]) -> None:
    counting = _tables(connection, sql=f"%{_KEPT}%")
    logged: dict[str, int] = {}
    if "changes" in counting:
        # The log knows rows that were gone before.
        found = connection.execute(text("SELECT entity, max(record_id) FROM changes GROUP BY entity"))
        logged = dict(map(tuple, found))
    connection.execute(text("DELETE FROM sqlite_sequence"))
    for name in sorted(counting, key=lambda n: (_BUSY.index(n) if n in _BUSY else len(_BUSY), n)):
        stored = last_id(connection, table(name, column("id")))
        row = {"name": name, "seq": max(stored, known.get(name, 0), logged.get(name, 0))}
        connection.execute(insert(_SEQUENCE).values(row))


def _tables(connection: Connection, name: str = "%", sql: str = "%") -> list[str]:
    asked = text("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE :name AND sql LIKE :sql")
    return list(connection.execute(asked, {"name": name, "sql": sql}).scalars())
