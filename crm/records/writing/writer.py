"""Rows stored on the program's own account: many at once, with log, version, search and the import that brings them.

An import stores its rows by this road; on every road it carries what follows elsewhere (``Rules.after``): history,
channels, totals of a parent. The right to the row from which it follows was demanded before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, Update, bindparam, insert, literal, select, text, update

from crm.records.matching import name_key
from crm.records.numbers import give_numbers
from crm.records.rules import Road
from crm.records.writing.bulk import among, insert_rows
from crm.records.writing.search_index import in_bulk
from db.audit import SILENT, SYSTEM_OPTIONS, open_batch, plain
from db.ids import last_id
from db.models import Change

LOG: Table = Change.__table__  # type: ignore[assignment]  # mapped classes are typed as any FromClause
#: One changed row: its id, the stored values that change (at least), the new values.
Changed = tuple[int, Mapping[str, Any], Mapping[str, Any]]


class Writer:
    """Stores and changes rows within one unit of work."""

    def __init__(self, road: Road) -> None:
        self.road, self.work, self.import_id = road, road.work, road.import_id
        self.connection = road.work.session.connection()
        self._touched = False

    def send(self, statement: Any, rows: Any = None) -> Any:
        """A statement of the program's own."""
        self._touched |= isinstance(statement, Update)
        return self.connection.execute(statement, rows, execution_options=SYSTEM_OPTIONS)

    def ids(self, table: Table, count: int) -> list[int]:
        """Numbers for new rows, so that everything that points to them can be stored in bulk as well."""
        if self.connection.dialect.name == "postgresql":
            sequence = text("SELECT nextval(pg_get_serial_sequence(:name, 'id')) FROM generate_series(1, :n)")
            return [int(row[0]) for row in self.send(sequence, {"name": table.name, "n": count})]
        # The transaction holds SQLite's only write lock: nobody else can take these numbers.
        last = last_id(self.connection, table)
        return list(range(last + 1, last + count + 1))

    def insert(self, cls: type[Any], rows: Sequence[dict[str, Any]]) -> list[int]:
        """Store complete rows, which get their ids and numbers in place, and give the ids in order."""
        if not rows:
            return []
        table: Table = cls.__table__
        ids = self.ids(table, len(rows))
        for record, row in zip(ids, rows, strict=True):
            row["id"] = record
            if "import_id" in table.c:
                row["import_id"] = self.import_id
        give_numbers(self.work, cls, rows)
        with in_bulk(self.connection, table.name, made=ids):
            insert_rows(self.connection, table, rows)
        if cls.__logged__:
            batch = open_batch(self.work.session, import_id=self.import_id)
            made = select(literal(batch), literal(table.name), table.c.id, literal("C"))
            made = made.where(self.among(table.c.id, ids))
            self.send(insert(Change).from_select(["batch_id", "entity", "record_id", "op"], made))
        return ids

    def among(self, column: Any, ids: Sequence[int]) -> Any:
        """That a column holds one of many ids; a run of them is no list for the database."""
        if ids and list(ids) == list(range(ids[0], ids[0] + len(ids))):
            return column.between(ids[0], ids[-1])
        return among(self.work.session, column, ids)

    def change(self, cls: type[Any], changed: Sequence[Changed]) -> None:
        """Give stored rows other values, field by field in the log; a row that gets none is passed over."""
        changed = [(record, old, new) for record, old, new in changed if new]
        if not changed:
            return
        table: Table = cls.__table__
        batch = open_batch(self.work.session, import_id=self.import_id)
        names = sorted({name for _record, _old, new in changed for name in new})
        settings: dict[str, Any] = {
            name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names
        }
        if "version" in table.c:
            settings["version"] = table.c.version + 1
        if "changed_at" in table.c:
            settings["changed_at"] = self.work.now
        keyed = "name" in names and "name_key" in table.c and "name_key" not in names
        if keyed:
            settings["name_key"] = bindparam("new_name_key")
        values = []
        for record, old, new in changed:
            row = {f"new_{name}": new[name] if name in new else old[name] for name in names}
            if keyed:
                row["new_name_key"] = name_key(str(row["new_name"]))
            values.append({**row, "row_id": record})
        ids = [record for record, _old, _new in changed]
        with in_bulk(self.connection, table.name, changed=ids, fields=names):
            self.send(update(table).where(table.c.id == bindparam("row_id")).values(settings), values)
        if cls.__logged__:
            log = [
                {
                    "batch_id": batch, "entity": table.name, "record_id": record, "op": "U",
                    "old": {name: plain(old[name]) for name in new if name not in SILENT},
                    "new": {name: plain(value) for name, value in new.items() if name not in SILENT},
                }
                for record, old, new in changed
                if new.keys() - SILENT
            ]  # fmt: skip
            if log:
                insert_rows(self.connection, LOG, log)

    def add(self, cls: type[Any], rows: Sequence[dict[str, Any]]) -> None:
        """Store rows that hang on others and have no log of their own: steps of a way, channels. All name the same columns."""
        if not rows:
            return
        table: Table = cls.__table__
        held = {"import_id": self.import_id} if "import_id" in table.c else {}
        insert_rows(self.connection, table, [{**row, **held} for row in rows])

    def settled(self) -> None:
        """Have the session read anew what was changed past it."""
        if self._touched:
            self.work.session.expire_all()


def full_rows(writer: Writer, cls: type[Any], ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Every column of stored rows by id, on the program's account."""
    table: Table = cls.__table__
    found = writer.send(select(table).where(writer.among(table.c.id, list(ids)))).mappings()
    return {int(row["id"]): dict(row) for row in found}
