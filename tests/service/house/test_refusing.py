"""A database that does not do what it is for is told in words, and whoever watches the server learns of it in time."""

import contextlib
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.testclient import TestClient

from crm.config import settings
from crm.errors import Conflict, Unavailable
from crm.jobs import Worker, enqueue
from crm.records.records import create_record
from crm.work import SYSTEM, unit_of_work
from db.session import configure, engine
from tests.http.conftest import application


def told(*, prepare="", rows=1):
    with unit_of_work(SYSTEM) as work:
        if prepare:
            work.session.execute(text(prepare), execution_options={"system": True})
        for number in range(rows):
            create_record(work, "contact", {"name": f"Contact {number}"})


@pytest.fixture
def watch():
    def ask(path="/health", client=("127.0.0.1", 1), **headers):
        with TestClient(application(), client=client) as web:
            began = time.monotonic()
            answer = web.get(path, headers=headers)
            return answer.status_code, answer, time.monotonic() - began

    return ask


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        ("PRAGMA max_page_count = 1", "disk of the database is full"),
        ("PRAGMA query_only = ON", "only be read"),
    ],
)
def test_a_full_disk_and_one_that_is_only_read_are_said_as_such(prepare, sentence, sqlite_database, capsys):
    with pytest.raises(Unavailable, match=sentence):
        told(prepare=prepare, rows=300)
    engine().dispose()

    assert "database_refuses" in "".join(capsys.readouterr())


def test_words_of_a_record_are_no_words_of_the_database(sqlite_database):
    told()
    with pytest.raises(Exception, match="does not answer"), unit_of_work(SYSTEM) as work:
        work.session.execute(
            text("SELECT nothing FROM contacts WHERE name = 'disk is full'"),
            execution_options={"system": True},
        )


def test_a_well_server_says_so(database, watch):
    told()

    assert watch()[0] == 200


class TestSqlite:
    def test_thirty_that_write_do_not_keep_the_answer(self, sqlite_database, watch):
        told()
        with contextlib.closing(sqlite3.connect(engine().url.database, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")

            def refused():
                with contextlib.suppress(Conflict):
                    told()

            waiting = [threading.Thread(target=refused) for _n in range(30)]
            for one in waiting:
                one.start()
            status, _answer, took = watch()
            other.execute("ROLLBACK")
        for one in waiting:
            one.join()

        assert (status, took < 4) == (200, True)

    @pytest.mark.parametrize("lost", ["", "-wal"])
    def test_another_file_under_the_server_is_told(self, lost, sqlite_database, watch):
        told()
        live = Path(engine().url.database)
        live.with_name(live.name + lost).unlink()

        status, answer, _took = watch()

        assert (status, "replaced or removed" in answer.json()["detail"]) == (503, True)


@pytest.mark.postgres
class TestPostgres:
    @pytest.fixture
    def own(self, request):
        from tests.conftest import _own_postgres

        template = request.getfixturevalue("postgres_template")
        for url in _own_postgres(request, template=template):
            configure(url)
            yield url
            configure(None)

    def test_a_locked_table_keeps_neither_the_answer_nor_others_for_ever(self, own, watch, monkeypatch):
        monkeypatch.setattr("db.session._TIMEOUTS", "SET {local}lock_timeout = '500ms'")
        with engine().connect().execution_options(system=True) as other, other.begin():
            other.execute(text("LOCK TABLE contacts, leases IN ACCESS EXCLUSIVE MODE"))

            status, _answer, took = watch()
            with pytest.raises(Conflict, match="busy"):
                told()

        assert (status, took < 4) == (200, True)

    def test_a_database_that_is_only_read_is_not_well(self, own, watch):
        name = engine().url.database
        with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as raw:
            raw.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on'))

        status, answer, _took = watch()

        assert (status, "only be read" in answer.json()["detail"]) == (503, True)


class TestFigures:
    @pytest.mark.parametrize(
        ("client", "headers"),
        [(("192.0.2.7", 1), {}), (("127.0.0.1", 1), {"X-Forwarded-For": "127.0.0.1"})],
    )
    def test_they_are_not_for_strangers(self, client, headers, sqlite_database, watch):
        assert watch("/metrics", client, **headers)[0] == 403

    def test_this_machine_reads_them(self, sqlite_database, watch):
        status, answer, _took = watch("/metrics")

        assert status == 200
        assert "rapport_up 1\n" in answer.text
        assert "rapport_backup_problem 0\n" in answer.text
        assert all(line.startswith(("#", "rapport_")) for line in answer.text.splitlines())

    def test_a_backup_that_failed_is_among_them(self, sqlite_database, watch, monkeypatch, tmp_path):
        (tmp_path / "backups").write_text("no folder")
        monkeypatch.setenv("CRM_BACKUP_FOLDER", str(tmp_path / "backups"))
        settings.cache_clear()
        enqueue(SYSTEM, "backup", {})
        Worker().run_one()

        _status, answer, _took = watch("/metrics")

        settings.cache_clear()
        assert "rapport_backup_problem 1\n" in answer.text

    def test_with_a_token_whoever_has_it_reads_them(self, sqlite_database, watch, monkeypatch):
        monkeypatch.setenv("CRM_METRICS_TOKEN", "blue teapot")
        settings.cache_clear()

        right = watch("/metrics", ("192.0.2.7", 1), Authorization="Bearer blue teapot")[0]
        wrong = watch("/metrics", Authorization="Bearer red teapot")[0]

        settings.cache_clear()
        assert (right, wrong) == (200, 403)


def test_a_database_that_cannot_be_opened_at_the_start_is_said_on_every_page(tmp_path):
    import asyncio

    import app

    configure(f"sqlite:///{tmp_path}")  # a folder

    async def served():
        async with app.lifespan(app.app):
            return app.house.problem

    try:
        # In a thread of its own: a worker that had a browser open has a running loop in this one.
        with ThreadPoolExecutor(1) as pool:
            assert "does not answer" in pool.submit(lambda: asyncio.run(served())).result()
    finally:
        app.house.problem = ""
        configure(None)
