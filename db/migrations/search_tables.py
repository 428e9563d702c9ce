"""Search structures of a table, made and removed by migrations. SQLite: a trigram table fed by triggers, so that imports
need nothing. PostgreSQL: full text, and trigram where it has it."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

#: So much of a long text is searched on PostgreSQL.
MOST_INDEXED = 200_000


def make(table: str, fields: tuple[str, ...]) -> None:
    """Make the search structures of one table over these columns."""
    (_sqlite if op.get_bind().dialect.name == "sqlite" else _postgresql)(table, fields)


def remove(table: str) -> None:
    """Remove them; the records stay."""
    if op.get_bind().dialect.name == "sqlite":
        for trigger in ("made", "gone", "changed"):
            op.execute(f"DROP TRIGGER {table}_fts_{trigger}")
        op.execute(f"DROP TABLE {table}_fts")
    else:
        op.execute(f"DROP INDEX IF EXISTS ix_{table}_fts_trigram")
        op.execute(f"DROP INDEX ix_{table}_fts")


def document(fields: tuple[str, ...]) -> str:
    """The expression that both the index and the search use."""
    return " || ' ' || ".join(f"coalesce({_bounded(f)}, '')" for f in fields)


def _bounded(field: str) -> str:
    # PostgreSQL's index of words takes no text beyond a megabyte, and would refuse the row.
    return f"left({field}, {MOST_INDEXED})" if field == "body" else field


def _sqlite(table: str, fields: tuple[str, ...]) -> None:
    names = ", ".join(fields)
    new = ", ".join(f"new.{f}" for f in fields)
    old = ", ".join(f"old.{f}" for f in fields)
    gone = f"INSERT INTO {table}_fts({table}_fts, rowid, {names}) VALUES ('delete', old.id, {old});"
    made = f"INSERT INTO {table}_fts(rowid, {names}) VALUES (new.id, {new});"
    changed = " OR ".join(f"old.{f} IS NOT new.{f}" for f in fields)
    op.execute(
        f"CREATE VIRTUAL TABLE {table}_fts USING fts5({names}, content='{table}', content_rowid='id', "
        "tokenize='trigram')"
    )
    op.execute(f"CREATE TRIGGER {table}_fts_made AFTER INSERT ON {table} BEGIN {made} END")
    op.execute(f"CREATE TRIGGER {table}_fts_gone AFTER DELETE ON {table} BEGIN {gone} END")
    op.execute(
        f"CREATE TRIGGER {table}_fts_changed AFTER UPDATE OF {names} ON {table} WHEN {changed} BEGIN {gone} {made} END"
    )
    op.execute(f"INSERT INTO {table}_fts({table}_fts) VALUES ('rebuild')")


def _postgresql(table: str, fields: tuple[str, ...]) -> None:
    op.execute(
        f"CREATE INDEX ix_{table}_fts ON {table} USING gin (to_tsvector('simple', {document(fields)}))"
    )
    if _has_trigram():
        op.execute(
            f"CREATE INDEX ix_{table}_fts_trigram ON {table} USING gin (({document(fields)}) gin_trgm_ops)"
        )


def _has_trigram() -> bool:
    """True when pg_trgm is or can be installed; hosts without it get full text alone."""
    bind = op.get_bind()
    if bind.execute(text("SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'")).first():
        return True
    if not bind.execute(
        text(
            "SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm' AND "
            "has_database_privilege(current_user, current_database(), 'CREATE')"
        )
    ).first():
        return False
    bind.execute(text("CREATE EXTENSION IF NOT EXISTS pg_trgm"))
    return True
