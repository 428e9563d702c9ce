"""The one place that makes an engine. SQLite and PostgreSQL behave alike from here on."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, event, make_url
from sqlalchemy import create_engine as _create_engine
from sqlalchemy.exc import SQLAlchemyError

from db.files import Known, watch
from db.scope import guard_cursor

DEFAULT_URL = "sqlite:///data/rapport.db"

#: Writes of this process on SQLite queue here: cuts the longest wait six-fold against the database's own polling.
_write_lock = threading.RLock()
_configured: dict[str, str] = {}
#: The engines of this process by address; a program has one, tests and tools have a few.
_made: dict[str, Engine] = {}
_known: dict[str, Known] = {}
#: How long PostgreSQL lets a statement wait for a lock, as SQLite's writers wait, and lets it run.
_TIMEOUTS = "SET {local}lock_timeout = '20s'; SET {local}statement_timeout = '300s'"


def configure(url: str | None) -> None:
    """Choose the database of this process; connections made before are closed.

    An engine of the same address is taken up again, with the statements it has compiled.
    """
    if (before := _made.get(database_url())) is not None:
        before.dispose()
    _configured.clear()
    if url:
        _configured["url"] = url


def database_url() -> str:
    """The address in force: configured, else ``CRM_DATABASE_URL``, else a SQLite file under ``data/``."""
    return _configured.get("url") or os.environ.get("CRM_DATABASE_URL") or DEFAULT_URL


def close() -> None:
    """Close what this process opened; on SQLite the journal's pages come into the file first, so that it is whole by itself."""
    for engine in _made.values():
        if engine.dialect.name == "sqlite" and engine.pool.checkedin():  # type: ignore[attr-defined]
            with suppress(SQLAlchemyError), engine.connect() as connection:
                raw = connection.connection.dbapi_connection
                assert raw is not None
                raw.execute("PRAGMA busy_timeout=2000")
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        engine.dispose()


def normal_url(url: str) -> str:
    """The address with the driver we ship: hosts hand out ``postgres://`` and ``postgresql://``."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url[len(prefix) :]
    return url


def make_engine(url: str, **options: Any) -> Engine:
    """An engine with the house rules: foreign keys, WAL, immediate writes, pool larger than the threads."""
    parsed = make_url(normal_url(url))
    if parsed.get_backend_name() == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = _create_engine(
            parsed,
            pool_size=24,
            max_overflow=16,
            connect_args={"timeout": 30},
            hide_parameters=True,  # an error in the log names the statement, not what somebody typed
            **options,
        )
        event.listen(engine, "connect", _prepare_sqlite)
        if parsed.database and parsed.database != ":memory:":
            _known[url] = watch(engine, Path(parsed.database))
        event.listen(engine, "begin", _begin_sqlite)
    else:
        engine = _create_engine(
            parsed,
            pool_size=10,
            max_overflow=20,
            pool_timeout=10,
            pool_recycle=1800,
            pool_pre_ping=True,
            hide_parameters=True,
            **options,
        )
        _prepare_postgresql(engine)
    event.listen(engine, "before_cursor_execute", guard_cursor)
    return engine


def _prepare_postgresql(engine: Engine) -> None:
    """Bound how long statements wait, and keep nothing with a server's session where a pooler stands in between.

    A pooler gives each transaction another server: what one prepared, another does not know, and what one was told,
    another transaction of somebody else finds.
    """
    pooled = []

    def connected(raw: Any, _record: Any) -> None:
        # A pooler's own number stands where a server's would.
        behind = raw.execute("SELECT pg_backend_pid()").fetchone()[0] != raw.info.backend_pid
        if behind:
            raw.prepare_threshold = None
            pooled.append(True)
        else:
            raw.execute(_TIMEOUTS.format(local=""))
        raw.commit()

    def begun(connection: Connection) -> None:
        if pooled:
            connection.exec_driver_sql(_TIMEOUTS.format(local="LOCAL "))

    event.listen(engine, "connect", connected)
    event.listen(engine, "begin", begun)


def probe(store: Callable[[Connection], None], *, limit: float) -> None:
    """Let ``store`` write on a connection of its own that waits no longer than ``limit`` seconds.

    Raises
    ------
    db.files.FileChanged
        The file is another one than the program opened.
    """
    used = _current()
    if used.dialect.name == "sqlite":
        if (known := _known.get(database_url())) and known.file:
            known.check(known.file, known.journal)
        options: dict[str, Any] = {"connect_args": {"timeout": limit}}
    else:
        options = {"connect_args": {"connect_timeout": max(2, int(limit)), "prepare_threshold": None}}
    own = _create_engine(used.url, poolclass=NullPool, **options)
    with own.connect() as connection:
        if used.dialect.name != "sqlite":
            milliseconds = int(limit * 1000)
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {milliseconds}")
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = {milliseconds // 2}")
        store(connection)
        connection.commit()


def _prepare_sqlite(raw: Any, _record: Any) -> None:
    # The driver must not open transactions by itself; with autocommit=True of 3.12 nothing would ever be committed.
    raw.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "cache_size=-32000",
        "temp_store=MEMORY",
    ):
        raw.execute("PRAGMA " + pragma)


def _begin_sqlite(connection: Connection) -> None:
    # A plain BEGIN that writes later is refused at once when another writer is first; IMMEDIATE waits its turn.
    reading = connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def _current() -> Engine:
    url = database_url()
    if url not in _made:
        _made[url] = make_engine(url)
    return _made[url]


def engine() -> Engine:
    """The engine of this process."""
    return _current()


def reading_engine() -> Engine:
    """The same pool for reading: no write lock is taken on SQLite."""
    return _current().execution_options(reading=True)


def refresh_statistics(connection: Connection) -> None:
    """Tell the planner how the rows are spread: at each start and after many rows came at once.

    Without it SQLite walks the index of the sort order where the one of the condition is thousands of times quicker.
    """
    if connection.dialect.name == "sqlite":
        # A sample of each index is enough, and keeps this under 50 ms on a million rows.
        connection.exec_driver_sql("PRAGMA analysis_limit=1000")
    connection.exec_driver_sql("ANALYZE")


@contextmanager
def write_turn() -> Iterator[None]:
    """Wait for this process's turn to write; only SQLite needs it."""
    if _current().dialect.name != "sqlite":
        yield
        return
    with _write_lock:
        yield
