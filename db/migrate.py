"""Bring a database to the version this program knows, under a lock; refuse one that is newer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from db.ids import keep_ids, marks
from db.models import Base

if TYPE_CHECKING:  # a start that has nothing to upgrade does without Alembic
    from alembic.config import Config

#: Any number that no other program on the same PostgreSQL uses for its advisory locks.
LOCK = 7_246_110
#: A process that finds another one migrating waits this long.
WAIT_SECONDS = 120
MIGRATIONS = Path(__file__).parent / "migrations"


class NewerDatabase(Exception):
    """The database was upgraded by a newer Rapport than this one."""


class OtherDatabase(NewerDatabase):
    """The database says that it stands at this version, and lacks what this version needs."""


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    """One connection in one transaction that no second process can enter at the same time."""
    with engine.connect().execution_options(system=True) as connection:
        if connection.dialect.name == "sqlite":
            # Batch migrations rebuild tables; foreign keys must rest meanwhile, which only works outside a transaction.
            raw = connection.connection.dbapi_connection
            assert raw is not None
            raw.execute("PRAGMA foreign_keys=OFF")
            raw.execute(f"PRAGMA busy_timeout={WAIT_SECONDS * 1000}")
            try:
                with connection.begin():
                    yield connection
            finally:
                raw.execute("PRAGMA foreign_keys=ON")
                raw.execute("PRAGMA busy_timeout=30000")
        else:
            with connection.begin():
                connection.execute(text(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'"))
                connection.execute(text("SET LOCAL statement_timeout = 0"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
                yield connection


def head() -> str:
    """The newest revision this program knows: migrations stand one after the other, by number."""
    newest = max((MIGRATIONS / "versions").glob("[0-9]*.py")).read_text("utf-8")
    return str(re.findall(r'^revision = "(\w+)"', newest, re.MULTILINE)[0])


def current(connection: Connection) -> str | None:
    """The revision a database stands at, None when it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    stands: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return stands


def upgrade(engine: Engine) -> bool:
    """Bring the database to this program's version; True when something was done.

    Two processes at once: one migrates, the other waits and finds nothing to do.

    Raises
    ------
    NewerDatabase
        The database stands at a revision that this program does not know.
    """
    with engine.connect().execution_options(reading=True, system=True) as connection:
        if current(connection) == head():
            return False
    from alembic import command
    from alembic.script import ScriptDirectory

    with _locked(engine) as connection:
        config = _config(connection)
        at = current(connection)
        if at == head():
            return False
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if at is not None and at not in known:
            raise NewerDatabase(
                f"This database stands at version {at}, which this Rapport ({head()}) does not know. "
                "It was upgraded by a newer Rapport: install that version, or restore a backup from before."
            )
        given = marks(connection)
        command.upgrade(config, "head")
        keep_ids(connection, given)
        return True


def demand_whole(engine: Engine) -> None:
    """Refuse a database that lacks a table or column of this version.

    Raises
    ------
    OtherDatabase
        The message names what is missing.
    """
    if missing := lacking(engine):
        named = ", ".join(missing[:5]) + (" …" if len(missing) > 5 else "")
        raise OtherDatabase(
            f"This database says that it stands at version {head()} and lacks {named}. "
            "It was changed by hand or by another program: restore a backup, or add what is missing."
        )


def lacking(engine: Engine) -> list[str]:
    """Tables and columns of the models that the database does not have, as ``table`` or ``table.column``; one look each.

    A database that was changed by hand, or by a migration that was edited after it had landed, is found so at the start.
    """
    with engine.connect().execution_options(system=True, reading=True) as connection:
        seen = inspect(connection)
        stored = {
            name: {column["name"] for column in columns}
            for (_schema, name), columns in seen.get_multi_columns().items()
        }
    found = []
    for table in Base.metadata.sorted_tables:
        if table.name not in stored:
            found.append(table.name)
        else:
            found += [f"{table.name}.{c.name}" for c in table.c if c.name not in stored[table.name]]
    return found


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Take the migrations back to a revision; for tests and for going back to an older program."""
    from alembic import command

    with _locked(engine) as connection:
        command.downgrade(_config(connection), revision)


def differences(engine: Engine) -> list[object]:
    """What Alembic would still change to make the database equal to the models; empty when nothing."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    with engine.connect().execution_options(system=True, reading=True) as connection:
        context = MigrationContext.configure(
            connection,
            # The search tables and indexes differ by database and live in their migration alone.
            opts={"compare_type": True, "include_name": lambda name, *_: "_fts" not in (name or "")},
        )
        return list(compare_metadata(context, Base.metadata))
