"""What every test may use: migrated databases of both kinds, counted SQL, a fixed clock, no network."""

import gc
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import time_machine
from hypothesis import settings
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import URL

import crm.areas  # noqa: F401 - hands in what the areas offer
from crm import clock, links
from crm.access import passwords
from crm.i18n import set_language
from tests import postgres
from tests.nursery import Nursery

RUN = "RAPPORT_TEST_RUN"
BROWSER = "browser"
#: Bytes that must be free in memory for the files of a run; it uses a fifth of that.
MEMORY = 4 << 30
LOOPBACK = {"127.0.0.1", "::1", "localhost", "", None}
#: What passwords are hashed by outside the tests.
FULL = passwords._hasher
BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]

settings.register_profile("rapport", derandomize=True, deadline=None, database=None, print_blob=False)
settings.load_profile("rapport")


def pytest_configure(config: pytest.Config) -> None:
    # Workers inherit the variable, so the whole run shares one folder and one PostgreSQL.
    if not hasattr(config, "workerinput"):
        run = Path(tempfile.mkdtemp(prefix="rapport_test_", dir=_memory()))
        run.chmod(0o755)  # PostgreSQL runs under another account where the tests run as root
        (run / "owner").write_text(str(os.getpid()))
        os.environ[RUN] = str(run)
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(run))  # where pytest makes ``tmp_path``
        # A test that wants the clock's own jobs asks for them; all others count what they caused themselves.
        os.environ.setdefault("CRM_SCHEDULE", "false")


def _memory() -> str | None:
    """A folder in memory with room for a run: a test that stores a row on a disk waits for the disk most of its time."""
    folder = Path("/dev/shm")  # noqa: S108
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return None
    for owner in folder.glob("rapport_test_*/owner"):
        if not postgres.is_alive(int(owner.read_text() or os.getpid())):
            shutil.rmtree(owner.parent, ignore_errors=True)  # of a run that was killed
    told = os.statvfs(folder)
    holds_programs = not told.f_flag & os.ST_NOEXEC  # those of PostgreSQL are copied there
    return str(folder) if holds_programs and told.f_bavail * told.f_frsize > MEMORY else None


def pytest_unconfigure(config: pytest.Config) -> None:
    postgres.let_go()
    if not hasattr(config, "workerinput"):
        run = Path(os.environ.pop(RUN))
        postgres.stop(run)
        shutil.rmtree(run, ignore_errors=True)


def pytest_collection_finish() -> None:
    """Take modules and tests out of the collector's rounds, and let these come less often: a tenth of a run was theirs."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 20)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a file to one worker, so that what its tests share is made once, and all of the browser to one.

    xdist's own groups are names it appends to the ids of tests, which pytest 9.2 no longer lets it do.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):  # type: ignore[misc]
        def _split_scope(self, nodeid: str) -> str:
            return BROWSER if nodeid.startswith("tests/browser/") else nodeid.partition("::")[0]

        def _assign_work_unit(self, node: Any) -> None:
            # What takes longest begins first, or one worker would be left with it at the end.
            if BROWSER in self.workqueue and config.option.loadscopereorder:
                self.workqueue.move_to_end(BROWSER, last=False)
            super()._assign_work_unit(node)

    return ByFile(config, log)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    """A test that speaks another language, or whose firm moves, leaves it behind for no other one."""
    clock.take({})
    yield
    clock.take({})
    set_language("en")


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash with a hundredth of the work; what it has to cost is tested with ``full_passwords``."""
    yield from _hashing_by(PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),)))


@pytest.fixture
def full_passwords() -> Iterator[None]:
    """Hash as the program does."""
    yield from _hashing_by(FULL)


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Let tests talk to this machine only; ``pytest.fail`` cannot be swallowed by ``except Exception``."""

    def guarded(name: str) -> Any:
        original = getattr(socket.socket, name)

        def call(self: socket.socket, *args: Any) -> Any:
            # The address is the last argument of connect, connect_ex and sendto alike.
            if self.family != socket.AF_UNIX and args[-1][0] not in LOOPBACK:
                pytest.fail(f"A test reached for the network: {args[-1]}")
            return original(self, *args)

        return call

    lookup = socket.getaddrinfo

    def guarded_lookup(host: Any, *args: Any, **options: Any) -> Any:
        if (host.decode() if isinstance(host, bytes) else host) not in LOOPBACK | {socket.gethostname()}:
            pytest.fail(f"A test asked for the address of {host}")
        return lookup(host, *args, **options)

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, guarded(name))
        patch.setattr(socket, "getaddrinfo", guarded_lookup)
        yield


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Where programs of ours come from that a test starts beside itself."""
    made = Nursery()
    yield made
    made.close()


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """A migrated SQLite file without rows of its own, made once a run."""
    return _sqlite_template(Path(os.environ[RUN]))


@pytest.fixture(scope="session")
def postgres_server() -> Any:
    """Address of the server's own database, for making others."""
    return postgres.server(Path(os.environ[RUN]))


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Any) -> str:
    """Name of a migrated PostgreSQL database, made once a run."""
    run = Path(os.environ[RUN])
    name = f"{run.name}_template"
    with postgres.locked(run, "postgres_template"):
        if not (run / "postgres_template").exists():
            _migrate(postgres.create(postgres_server, name).render_as_string(hide_password=False))
            (run / "postgres_template").touch()
    return name


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Address of a migrated database of this test's own; the test runs once on each kind."""
    if request.param == "sqlite":
        yield _copied(request.getfixturevalue("sqlite_template"))
    else:
        yield _shared_postgres(request, template=request.getfixturevalue("postgres_template"))


@pytest.fixture(params=BOTH)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a database without any table; the test runs once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        yield from _own_postgres(request, template="template0")


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Make the test's own database, of each kind, the one of this process and of those it starts."""
    yield from _in_force(database_url, monkeypatch)


@pytest.fixture(scope="module", params=BOTH)
def module_database(request: pytest.FixtureRequest) -> Iterator[str]:
    """As ``database``, one of each kind for all tests of a file: for what takes long to fill and is only read."""
    if request.param == "sqlite":
        url = _copied(request.getfixturevalue("sqlite_template"))
    else:
        url = _shared_postgres(request, template=request.getfixturevalue("postgres_template"))
    with pytest.MonkeyPatch.context() as patch:
        yield from _in_force(url, patch)


@pytest.fixture
def sqlite_database(sqlite_template: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """As ``database``, on SQLite only: for pages and other tests that do not depend on the kind."""
    yield from _in_force(_copied(sqlite_template), monkeypatch)


@pytest.fixture
def engine(database: str) -> Any:
    """The process's engine on the test's own database."""
    from db import session

    return session.engine()


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """The SQL executed so far by any engine of this process; clear it before the act that is counted."""
    from sqlalchemy import Engine, event

    executed: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
            executed.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    yield executed
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def at_noon() -> Iterator[time_machine.Traveller]:
    """Stop the clock at Tuesday, 10 March 2026, 12:00 UTC; ``shift`` and ``move_to`` move it."""
    with time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=UTC), tick=False) as clock:
        yield clock


def _hashing_by(hasher: PasswordHash) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", hasher)
        passwords._dummy.cache_clear()
        yield
    passwords._dummy.cache_clear()


def _migrate(url: str) -> None:
    # Imported here and above where used, so that tests of rules and charts start without the models.
    from db import migrate, session

    engine = session.make_engine(url)
    migrate.upgrade(engine)
    engine.dispose()


def _sqlite_template(run: Path) -> Path:
    template = run / "template.db"
    with postgres.locked(run, "sqlite_template"):
        if not template.exists():
            _migrate(f"sqlite:///{run / 'new.db'}")
            assert not (run / "new.db-wal").exists(), "the template would be copied without its newest pages"
            (run / "new.db").rename(template)
    return template


def _copied(template: Path) -> str:
    """A fresh copy at the one place that this worker's SQLite tests use, so that compiled statements serve them all."""
    place = Path(os.environ[RUN]) / f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.db"
    for leftover in place.parent.glob(f"{place.name}-*"):
        leftover.unlink()
    return f"sqlite:///{shutil.copyfile(template, place)}"


#: The one migrated PostgreSQL database of this worker, emptied before each test that uses it.
_worker_database: list[URL] = []


def _shared_postgres(request: pytest.FixtureRequest, *, template: str) -> str:
    if _worker_database:
        try:
            kept = postgres.emptied(_worker_database[0])
        except psycopg.Error:
            kept = False
        if not kept:
            _worker_database.clear()
    if not _worker_database:
        server = request.getfixturevalue("postgres_server")
        name = f"{Path(os.environ[RUN]).name}_{uuid4().hex[:12]}"
        _worker_database.append(postgres.create(server, name, template=template))
    return _worker_database[0].render_as_string(hide_password=False)


def _own_postgres(request: pytest.FixtureRequest, *, template: str) -> Iterator[str]:
    server = request.getfixturevalue("postgres_server")
    name = f"{Path(os.environ[RUN]).name}_{uuid4().hex[:12]}"
    yield postgres.create(server, name, template=template).render_as_string(hide_password=False)
    postgres.drop(server, name)


def _in_force(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("CRM_DATABASE_URL", url)
    _choose(url)
    # The databases of all tests stand at one place, each with its own key.
    links._keys.clear()
    yield url
    _choose(None)


def _choose(url: str | None) -> None:
    """Connections to a file end before it goes; those to PostgreSQL stay, because each new one reads the catalogue anew."""
    from db import session

    if session.database_url().startswith("sqlite"):
        session.configure(url)
    else:
        session._configured.clear()
        session._configured.update({"url": url} if url else {})
