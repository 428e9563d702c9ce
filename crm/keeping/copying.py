"""Every row of one database into another of the same version, whatever kind either is."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import JSON, Connection, Table, bindparam, func, insert, select, text

from db.ids import keep_ids, marks
from db.models import Base

_AT_ONCE = 2_000


def copy_rows(source: Connection, target: Connection) -> None:
    """Replace all rows of the target by those of the source, within the target's transaction.

    Both stand at the models' version. Ids are kept, and no id that the source ever gave is given again.
    """
    tables = list(Base.metadata.tables.values())
    for end in (source, target):
        if end.dialect.name == "postgresql":
            end.execute(text("SET LOCAL statement_timeout = 0"))
    keys = _loosened(target)
    for one in tables:
        target.execute(one.delete())
    for one in tables:
        _copy(source, target, one)
    for statement in keys:
        target.execute(text(statement))
    _count_on(target, _given(source, tables))


def _copy(source: Connection, target: Connection, one: Table) -> None:
    # JSON keeps "nothing" and "null" apart; a column that may hold nothing gets nothing back.
    values = {
        c.name: bindparam(c.name, type_=JSON(none_as_null=True) if isinstance(c.type, JSON) else c.type)
        for c in one.columns
    }
    statement = insert(one).values(values)
    found = source.execution_options(yield_per=_AT_ONCE).execute(select(one).order_by(*one.primary_key))
    for rows in found.mappings().partitions():
        target.execute(statement, [dict(row) for row in rows])


def _loosened(target: Connection) -> list[str]:
    """Let rows come in any order; gives the statements that make the keys to other tables hold again."""
    if target.dialect.name == "sqlite":
        # Judged when the transaction ends.
        target.execute(text("PRAGMA defer_foreign_keys = ON"))
        return []
    found = target.execute(
        text(
            "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
        )
    ).all()
    for table, name, _rule in found:
        target.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {name}"))
    return [f"ALTER TABLE {table} ADD CONSTRAINT {name} {rule}" for table, name, rule in found]


def _given(source: Connection, tables: list[Table]) -> dict[str, int]:
    """The highest id that each table ever gave."""
    if source.dialect.name == "sqlite":
        return marks(source)
    asked = text("SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence(:table, 'id')::regclass), 0)")
    return {one.name: int(source.execute(asked, {"table": one.name}).scalar_one()) for one in tables}


def _count_on(target: Connection, known: Mapping[str, int]) -> None:
    if target.dialect.name == "sqlite":
        keep_ids(target, known)
        return
    for one in Base.metadata.tables.values():
        used = max(known.get(one.name, 0), target.scalar(select(func.max(one.c.id))) or 0)
        asked = text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :next, false)")
        target.execute(asked, {"table": one.name, "next": used + 1})
