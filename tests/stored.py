"""A small filled database of an earlier schema: cut out of a SQLite file once, loaded into a database of either kind.

To keep the schema of a release: fill a SQLite database (``python -m crm sample --scale small``), then
``python -m tests.stored rapport.db tests/data/company_0014.json``.
"""

import json
import sqlite3
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, Engine, text

from db import migrate

#: Rows taken of each table, evenly spread; what they refer to comes with them.
ROWS = 7
#: Values of made-up rows by declared type, for tables that a sample leaves empty.
MADE: dict[str, Any] = {
    "DATETIME": "2026-11-29 08:30:00.000000",
    "DATE": "2026-11-29",
    "JSON": '{"a": [1, "č"]}',
    "BOOLEAN": 1,
}

Stored = dict[str, Any]


def cut(file: Path) -> Stored:
    """Some rows of every table, every row that they refer to, and made-up rows where a table has none."""
    with sqlite3.connect(file) as db:
        db.row_factory = sqlite3.Row
        names = [
            r[0] for r in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        ]
        names = [n for n in names if "_fts" not in n and not n.startswith(("sqlite_", "alembic_"))]
        links = {
            n: [(r["from"], r["table"]) for r in db.execute(f"PRAGMA foreign_key_list({n})")] for n in names
        }
        for name in _parents_first(names, links):
            if not db.execute(f"SELECT EXISTS (SELECT 1 FROM {name})").fetchone()[0]:
                _make(db, name, dict(links[name]))
        kept: dict[str, dict[int, dict[str, Any]]] = {n: {} for n in names}
        for name in names:
            ids = [r[0] for r in db.execute(f"SELECT id FROM {name} ORDER BY id")]
            _keep(db, name, ids[:: max(1, len(ids) // ROWS)], links, kept)
        revision = db.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        db.rollback()
    rows = {n: [kept[n][i] for i in sorted(kept[n])] for n in names}
    return {"revision": revision, "tables": rows}


def _parents_first(names: Iterable[str], links: dict[str, list[tuple[str, str]]]) -> list[str]:
    done: list[str] = []

    def visit(name: str) -> None:
        for _column, parent in links[name]:
            if parent != name and parent not in done:
                visit(parent)
        if name not in done:
            done.append(name)

    for name in names:
        visit(name)
    return done


def _make(db: sqlite3.Connection, name: str, links: dict[str, str]) -> None:
    for n in (1, 2):
        row: dict[str, Any] = {}
        for column in db.execute(f"PRAGMA table_info({name})").fetchall():
            label, kind = column["name"], column["type"]
            if label in links:
                row[label] = db.execute(f"SELECT max(id) FROM {links[label]} WHERE id <= ?", (n,)).fetchone()[
                    0
                ]
            elif kind.startswith("VARCHAR"):
                row[label] = f"{label} {n}"[: int(kind[8:-1])]
            else:
                row[label] = MADE.get(kind, n)
        columns = ", ".join(f'"{c}"' for c in row)
        db.execute(
            f"INSERT INTO {name} ({columns}) VALUES ({', '.join('?' * len(row))})", tuple(row.values())
        )


def _keep(
    db: sqlite3.Connection,
    name: str,
    ids: Iterable[int],
    links: dict[str, list[tuple[str, str]]],
    kept: dict[str, dict[int, dict[str, Any]]],
) -> None:
    for row_id in ids:
        if row_id in kept[name]:
            continue
        row = dict(db.execute(f"SELECT * FROM {name} WHERE id = ?", (row_id,)).fetchone())
        kept[name][row_id] = row
        for column, parent in links[name]:
            if row[column] is not None:
                _keep(db, parent, [row[column]], links, kept)


def load(engine: Engine, stored: Stored) -> None:
    """Build the schema of that time in an empty database and put the rows into it."""
    with migrate._locked(engine) as connection:
        command.upgrade(migrate._config(connection), stored["revision"])
        if connection.dialect.name == "postgresql":
            connection.execute(
                text("SET session_replication_role = replica")
            )  # no order among tables to mind
        for name, rows in stored["tables"].items():
            connection.execute(text(f"DELETE FROM {name}"))
            for row in rows:
                _insert(connection, name, row)
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET session_replication_role = DEFAULT"))


def _insert(connection: Connection, name: str, row: dict[str, Any]) -> None:
    columns = ", ".join(f'"{c}"' for c in row)
    marks = ", ".join(f":{c}" for c in row)
    if connection.dialect.name == "postgresql":
        # Texts without a type: PostgreSQL reads each as its column's own, "1" as true and a JSON text as JSON.
        row = {c: None if v is None else str(v) for c, v in row.items()}
    connection.execute(text(f"INSERT INTO {name} ({columns}) VALUES ({marks})"), row)


def read(connection: Connection, name: str) -> list[dict[str, Any]]:
    """Every row of a table as the database itself holds it."""
    rows = connection.execute(text(f"SELECT * FROM {name} ORDER BY id"))
    return [dict(row) for row in rows.mappings()]


def _text(stored: Stored) -> str:
    """One row a line under the names of its columns, so that a change of the file can be read."""
    lines = []
    for name, rows in stored["tables"].items():
        values = [list(rows[0]), *(list(row.values()) for row in rows)]
        said = ",\n".join(json.dumps(v, ensure_ascii=False, separators=(",", ":")) for v in values)
        lines.append(f"{json.dumps(name)}: [\n{said}\n]")
    return f'{{"revision": {json.dumps(stored["revision"])}, "tables": {{\n' + ",\n".join(lines) + "\n}}\n"


def of_file(file: Path) -> Stored:
    """What ``cut`` made, from the file it was kept in."""
    kept = json.loads(file.read_text("utf-8"))
    tables = {
        n: [dict(zip(names, row, strict=True)) for row in rows]
        for n, (names, *rows) in kept["tables"].items()
    }
    return {"revision": kept["revision"], "tables": tables}


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(_text(cut(Path(sys.argv[1]))), "utf-8")
