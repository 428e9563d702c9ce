"""A backup holds everything that was confirmed when it began, and comes back whole on either database, or not at all."""

import sqlite3
import threading
import time
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crm import links
from crm.access.cli import issue_session
from crm.access.sessions import hash_of, is_live, sign_out
from crm.errors import Refused, Unavailable
from crm.jobs import queue
from crm.keeping import copying, keeping
from crm.keeping.keeping import back_up, look_into, restore
from crm.links import make_token, read_token
from crm.mail.sending.outbox import queue_mail
from crm.mail.sending.status import mail_status
from crm.records.records import create_record
from crm.upgrade import bring_up
from crm.work import SYSTEM, reading, unit_of_work
from db import migrate, session
from db.models import Base, Contact
from tests import stored
from tests.conftest import BOTH, _own_postgres
from tests.service.keeping.firm import add, names

COMPANY = Path(__file__).parents[2] / "data" / "company_0014.json"


def values(url):
    """Every value of every table, as the program reads it."""
    engine = session.make_engine(url)
    try:
        with engine.connect().execution_options(system=True, reading=True) as connection:
            return {
                name: [tuple(row) for row in connection.execute(select(table).order_by(table.c.id))]
                for name, table in Base.metadata.tables.items()
            }
    finally:
        engine.dispose()


def differing(one, other):
    return sorted(name for name in one if one[name] != other[name])


@pytest.fixture
def company(empty_database_url):
    """Address of a database with rows in every table of an earlier release, at today's version, in force."""
    engine = session.make_engine(empty_database_url)
    stored.load(engine, stored.of_file(COMPANY))
    migrate.upgrade(engine)
    with engine.connect().execution_options(system=True) as connection, connection.begin():
        copying._count_on(connection, {})
    engine.dispose()
    session.configure(empty_database_url)
    yield empty_database_url
    session.configure(None)


@pytest.fixture(params=BOTH)
def elsewhere(request, tmp_path):
    """Address of another database, not yet made."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new' / 'elsewhere.db'}"
    else:
        yield from _own_postgres(request, template="template0")


class TestThereAndBack:
    def test_every_value_comes_to_either_database(self, company, elsewhere, tmp_path):
        before = values(company)
        label = back_up(tmp_path / "b.zip")
        session.configure(elsewhere)

        told, _held = restore(tmp_path / "b.zip", send_waiting=True)

        assert (label.total, label.rows) == (told.total, {n: len(r) for n, r in before.items()})
        assert all(label.rows[name] for name in stored.of_file(COMPANY)["tables"] if name in label.rows)
        assert differing(before, values(elsewhere)) == []
        assert migrate.differences(session.engine()) == []

    def test_an_id_of_a_record_that_went_is_not_given_again(self, company, elsewhere, tmp_path):
        with reading(SYSTEM) as found:
            highest = found.scalar(select(func.max(Contact.id)))
        gone = add("Gone")["id"]
        with unit_of_work(SYSTEM) as work:
            work.session.delete(work.session.get(Contact, gone))
        back_up(tmp_path / "b.zip")
        session.configure(elsewhere)

        restore(tmp_path / "b.zip")

        assert add("Next")["id"] == max(gone, highest) + 1

    def test_the_search_finds_what_came_back(self, firm, elsewhere, tmp_path):
        from crm.records.lists import list_rows

        back_up(tmp_path / "b.zip")
        session.configure(elsewhere)

        restore(tmp_path / "b.zip")

        with reading(SYSTEM) as found:
            assert list_rows(found, "contact", search="Contact 1").total == 1

    @pytest.mark.parametrize("rows", [stored.of_file(COMPANY)["tables"], {}], ids=["rows", "none"])
    def test_an_older_backup_comes_to_this_version(self, rows, tmp_path):
        old = session.make_engine(f"sqlite:///{tmp_path / 'old.db'}")
        stored.load(old, {"revision": stored.of_file(COMPANY)["revision"], "tables": rows})
        old.dispose()
        session.configure(f"sqlite:///{tmp_path / 'old.db'}")
        back_up(tmp_path / "b.zip")
        session.configure(f"sqlite:///{tmp_path / 'new.db'}")

        label, _held = restore(tmp_path / "b.zip")

        assert label.version != migrate.head()
        # As the same database does that is upgraded where it stands.
        back = values(session.database_url())
        session.configure(f"sqlite:///{tmp_path / 'old.db'}")
        bring_up(session.engine())
        counted = {name: len(rows) for name, rows in values(session.database_url()).items()}
        assert {name: len(rows) for name, rows in back.items()} == counted
        session.configure(f"sqlite:///{tmp_path / 'new.db'}")
        with session.engine().connect().execution_options(reading=True) as connection:
            assert migrate.current(connection) == migrate.head()
        session.configure(None)

    def test_rows_written_meanwhile_are_in_it_as_one_moment_saw_them(self, firm, tmp_path):
        confirmed, stop = [], threading.Event()

        def write(who):
            number = 0
            while not stop.is_set():
                # Two records of one unit: never one without the other.
                with unit_of_work(SYSTEM) as work:
                    for half in "ab":
                        create_record(work, "contact", {"name": f"{who}.{number}{half}"})
                confirmed.append(f"{who}.{number}")
                number += 1

        writers = [threading.Thread(target=write, args=(who,)) for who in range(3)]
        for one in writers:
            one.start()
        for number in range(3):
            while len(confirmed) < 5 * (number + 1):
                stop.wait(0.01)
            known = list(confirmed)
            back_up(tmp_path / f"{number}.zip")
        stop.set()
        for one in writers:
            one.join()
        session.configure(f"sqlite:///{tmp_path / 'new.db'}")

        restore(tmp_path / "2.zip")

        found = set(names())
        assert {f"{one}{half}" for one in known for half in "ab"} <= found
        assert {n[:-1] for n in found if n.endswith("a")} == {n[:-1] for n in found if n.endswith("b")}
        session.configure(None)


class TestCare:
    def test_a_running_program_sees_what_was_put_back_and_no_journal_of_before(self, firm, tmp_path):
        back_up(tmp_path / "b.zip")
        add("Later")
        assert len(names()) == 4

        restore(tmp_path / "b.zip", overwrite=True)

        assert names() == ["Contact 0", "Contact 1", "Contact 2"]
        add("After")
        assert names()[-1] == "After"

    def test_a_message_that_may_have_gone_out_is_not_sent_again(self, firm, tmp_path):
        with unit_of_work(SYSTEM) as work:
            queue_mail(work, key="k", to="ana@example.com", subject="Hello", text="Hello")
        back_up(tmp_path / "b.zip")

        _label, held = restore(tmp_path / "b.zip", overwrite=True)

        stands = mail_status()
        assert (held, stands.waiting, stands.unconfirmed) == (1, 0, 1)

    def test_a_server_that_runs_never_sees_what_waited_as_something_to_do(self, firm, tmp_path, monkeypatch):
        with unit_of_work(SYSTEM) as work:
            queue_mail(work, key="k", to="ana@example.com", subject="Hello", text="Hello")
        back_up(tmp_path / "b.zip")
        seen = []
        monkeypatch.setattr(keeping, "bring_up", lambda *_, **__: seen.append(mail_status().waiting))

        restore(tmp_path / "b.zip", overwrite=True)

        assert seen == [0]

    def test_jobs_and_sessions_of_the_backup_do_not_go_on(self, firm, people, tmp_path):
        stan = people["stan"]
        token = issue_session("stan@example.com")
        by_hand, by_clock = queue.enqueue(stan, "plan_campaign", {}), queue.enqueue(SYSTEM, "wear", {})
        assert queue.take("worker") is not None
        back_up(tmp_path / "b.zip")
        sign_out(hash_of(token))

        restore(tmp_path / "b.zip", overwrite=True)

        assert not is_live(hash_of(token))
        assert [queue.get_job(SYSTEM, job).state for job in (by_hand, by_clock)] == ["cancelled", "queued"]
        assert "put back" in queue.get_job(stan, by_hand).note
        queue.resume_job(stan, by_hand)
        assert queue.get_job(stan, by_hand).is_active

    def test_links_of_another_installation_hold_soon_after_its_backup_is_put_back(
        self, firm, tmp_path, monkeypatch
    ):
        theirs = make_token("rate", 1)
        back_up(tmp_path / "b.zip")
        session.configure(f"sqlite:///{tmp_path / 'new.db'}")
        bring_up(session.engine())
        make_token("rate", 1)

        restore(tmp_path / "b.zip")
        began = time.monotonic()
        monkeypatch.setattr(links.time, "monotonic", lambda: began + 11)

        assert read_token("rate", theirs) == (1,)
        session.configure(None)

    def test_trouble_with_the_database_is_not_told_of_the_backup(self, firm, tmp_path, monkeypatch):
        back_up(tmp_path / "b.zip")

        def full(*_):
            raise sqlite3.OperationalError("database or disk is full")

        monkeypatch.setattr(keeping, "_poured", full)
        with pytest.raises(Unavailable, match="disk of the database is full"):
            restore(tmp_path / "b.zip", overwrite=True)
        monkeypatch.setattr(keeping, "_snapshot", full)
        with pytest.raises(Unavailable, match="disk of the database is full"):
            back_up(tmp_path / "c.zip")
        with pytest.raises(Refused, match="cannot be written"):
            back_up(tmp_path / "b.zip" / "c.zip")

    def test_nothing_is_overwritten_unasked(self, firm, tmp_path, people):
        back_up(tmp_path / "b.zip")
        held = names()

        with pytest.raises(Refused, match="--overwrite"):
            back_up(tmp_path / "b.zip")
        with pytest.raises(Refused, match="--overwrite"):
            restore(tmp_path / "b.zip")

        assert names() == held

    @pytest.mark.parametrize("beside", ["", "-wal", "-shm"])
    def test_the_database_itself_is_no_place_for_its_backup(self, beside, firm):
        live = session.engine().url.database

        with pytest.raises(Refused, match="the database itself"):
            back_up(Path(live + beside), overwrite=True)

        assert len(names()) == 3

    @pytest.mark.parametrize("harm", ["cut", "turned", "counted", "other", "none", "text"])
    def test_a_file_that_is_not_whole_touches_nothing(self, harm, firm, tmp_path):
        file = tmp_path / "b.zip"
        back_up(file)
        add("Later")
        _HARM[harm](file)

        with pytest.raises(Refused, match=r"b\.zip|no file"):
            restore(file, overwrite=True)

        assert len(names()) == 4

    def test_a_backup_of_a_newer_program_is_refused(self, firm, tmp_path):
        with sqlite3.connect(session.engine().url.database) as raw:
            raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.close()
        back_up(tmp_path / "b.zip")
        with sqlite3.connect(session.engine().url.database) as raw:
            raw.execute("UPDATE alembic_version SET version_num = ?", (migrate.head(),))
        raw.close()

        with pytest.raises(migrate.NewerDatabase, match="9999"):
            restore(tmp_path / "b.zip", overwrite=True)

        assert len(names()) == 3

    def test_only_its_owner_may_read_a_backup(self, firm, tmp_path):
        back_up(tmp_path / "b.zip")

        assert (tmp_path / "b.zip").stat().st_mode & 0o077 == 0
        assert look_into(tmp_path / "b.zip").rows["contacts"] == 3
        assert [p.name for p in tmp_path.iterdir()] == ["b.zip"]


def _rewritten(file, change):
    with zipfile.ZipFile(file) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    change(parts)
    with zipfile.ZipFile(file, "w") as packed:
        for name, data in parts.items():
            packed.writestr(name, data)


def _turned(parts):
    data = bytearray(parts["rapport.db"])
    data[len(data) // 2] ^= 1
    parts["rapport.db"] = bytes(data)


def _counted(parts):
    parts["backup.json"] = parts["backup.json"].replace(b'"contacts": 3', b'"contacts": 4')


_HARM = {
    "cut": lambda file: file.write_bytes(file.read_bytes()[:-5000]),
    "turned": lambda file: _rewritten(file, _turned),
    "counted": lambda file: _rewritten(file, _counted),
    "other": lambda file: _rewritten(file, lambda parts: parts.pop("backup.json")),
    "none": lambda file: file.unlink(),
    "text": lambda file: file.write_text("hello"),
}
