"""Behind a pooler that gives every transaction another server, everything is stored and nothing of a session leaks."""

import os
import shutil
import socket
import subprocess
import threading
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url, text

from crm.keeping.keeping import back_up, look_into
from crm.records.records import create_record
from crm.work import SYSTEM, unit_of_work
from db import session
from tests.conftest import RUN, _own_postgres

PGBOUNCER = shutil.which(
    "pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin"
)
pytestmark = [
    pytest.mark.postgres,
    pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed here; `make test` installs it on Debian"),
]  # fmt: skip


@pytest.fixture
def pooled(request):
    """Address of a migrated database behind PgBouncer in transaction mode, with two servers for everybody."""
    template = request.getfixturevalue("postgres_template")
    for url in _own_postgres(request, template=template):
        real = make_url(url)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        # Another account than root's has to read what the pooler goes by.
        place = Path(os.environ[RUN]) / f"pooler-{port}"
        place.mkdir()
        (place / "users.txt").write_text(f'"{real.username}" ""\n')
        (place / "pool.ini").write_text(
            f"[databases]\n* = host={real.host} port={real.port}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
            f"auth_type = trust\nauth_file = {place / 'users.txt'}\npool_mode = transaction\ndefault_pool_size = 2\n"
            "unix_socket_dir =\nignore_startup_parameters = extra_float_digits\n"
        )
        account = ["-u", "nobody"] if _is_root() else []
        pooler = subprocess.Popen(
            [PGBOUNCER, *account, str(place / "pool.ini")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        address = real.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
        try:
            _await(address)
            session.configure(address)
            yield address
        finally:
            session.engine().dispose()
            session.configure(None)
            pooler.terminate()
            pooler.wait(10)


def _is_root():
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _await(address):
    until = time.monotonic() + 20
    plain = make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
    while True:
        try:
            psycopg.connect(plain, connect_timeout=2).close()
            return
        except psycopg.OperationalError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def test_many_who_write_twelve_records_each_all_store_them(pooled):
    problems = []

    def write(who):
        for time_ in range(6):
            try:
                with unit_of_work(SYSTEM) as work:
                    for number in range(12):
                        create_record(work, "contact", {"name": f"{who} {time_} {number}"})
            except Exception as error:
                problems.append(error)

    writers = [threading.Thread(target=write, args=(who,)) for who in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()

    assert problems == []
    with session.engine().connect().execution_options(system=True) as connection:
        assert connection.scalar(text("SELECT count(*) FROM contacts")) == 4 * 6 * 12


def test_no_setting_of_ours_stays_with_a_server_of_the_pool(pooled):
    with unit_of_work(SYSTEM) as work:
        shown = work.session.execute(text("SHOW lock_timeout"), execution_options={"system": True}).scalar()

    plain = make_url(pooled).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, prepare_threshold=None) as other:
        left = other.execute("SHOW lock_timeout").fetchone()[0]

    assert (shown, left) == ("20s", "0")


def test_a_backup_is_made_through_it(pooled, tmp_path):
    with unit_of_work(SYSTEM) as work:
        create_record(work, "contact", {"name": "Ana"})

    back_up(tmp_path / "b.zip")

    assert look_into(tmp_path / "b.zip").rows["contacts"] == 1
