"""Backups in a storage that speaks S3: whole or not there, rotated, put back, and said where they fail."""

import logging
import os
import random
import signal
import sqlite3
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select
from typer.testing import CliRunner

from crm.commands import app
from crm.config import settings
from crm.errors import Refused
from crm.jobs import Worker, enqueue, get_job, queue
from crm.jobs.schedule import periods
from crm.keeping import keeping, places
from crm.keeping.keeping import back_up, chosen_place, list_backups, look_into, restore
from crm.keeping.rotation import kept
from crm.keeping.status import backup_notice, backup_status
from crm.work import SYSTEM, reading
from db import session
from db.models import Setting
from tests.service.keeping.firm import add, names
from tests.service.keeping.storage_scene import BUCKET, KEY, SECRET, bucket, storage
from tests.service.keeping.storage_scene import names as objects

__all__ = ["bucket", "storage"]
PLACE = f"s3://{BUCKET}/daily"


@pytest.fixture
def by_clock(bucket, monkeypatch):
    """Backups of the clock go into the bucket."""
    monkeypatch.setenv("CRM_BACKUP_FOLDER", PLACE)
    monkeypatch.setenv("CRM_BACKUP_KEEP", "2")
    settings.cache_clear()
    return bucket


def backed_up(actor=SYSTEM):
    """The job of the clock, done by a worker."""
    job_id = enqueue(actor, "backup", {})
    while Worker().run_one():
        pass
    return get_job(actor, job_id)


class TestThereAndBack:
    def test_it_comes_back_whole_and_leaves_nothing_on_this_machine(
        self, firm, bucket, tmp_path, monkeypatch
    ):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        label = back_up(f"{PLACE}/b.zip")
        add("Later")

        assert look_into(f"{PLACE}/b.zip") == label
        restore(f"{PLACE}/b.zip", overwrite=True)

        assert names() == ["Contact 0", "Contact 1", "Contact 2"]
        assert (objects(bucket), list(tmp_path.iterdir())) == (["daily/b.zip"], [])

    def test_commands_take_an_address(self, firm, bucket, monkeypatch):
        monkeypatch.setenv("CRM_BACKUP_FOLDER", PLACE)
        settings.cache_clear()
        address = f"{PLACE}/rapport-20260301-030000.zip"

        def crm(*words):
            return CliRunner().invoke(app, words)

        assert crm("backup", address).exit_code == 0
        again = crm("backup", address)
        assert (again.exit_code, "--overwrite" in again.output) == (1, True)
        assert crm("backup", address, "--overwrite").exit_code == 0
        assert "sound" in crm("restore", address, "--check").output
        assert address in crm("backups").output
        assert crm("restore", address, "--overwrite").exit_code == 0

    def test_a_file_of_many_parts_needs_no_memory_of_its_size(self, bucket, tmp_path):
        file, total = tmp_path / "large.zip", 40 << 20
        chance = random.Random(1)
        with file.open("wb") as out:
            for _part in range(total >> 20):
                out.write(chance.randbytes(1 << 20))
        told = []

        places.send(file, f"{PLACE}/large.zip", lambda *step: told.append(step))

        assert told == [(done, total, "large.zip") for done in range(0, total, places._PART)]
        with places.at_hand(f"{PLACE}/large.zip") as back:
            assert back.read_bytes() == file.read_bytes()


class TestBrokenOff:
    def test_stopped_on_the_way_nothing_is_there_under_its_name(self, firm, bucket, monkeypatch):
        monkeypatch.setattr(places, "_PART", 5 << 20)
        monkeypatch.setattr(keeping, "_written", lambda made: made.write_bytes(os.urandom(20 << 20)))

        def stop(done, total, note):
            if done:
                raise queue.Stopped

        with pytest.raises(queue.Stopped):
            back_up(f"{PLACE}/b.zip", step=stop)

        assert objects(bucket) == []

    def test_killed_on_the_way_nothing_is_there_under_its_name_and_the_next_one_is(
        self, sqlite_database, bucket, nursery, tmp_path
    ):
        with sqlite3.connect(sqlite_database.removeprefix("sqlite:///")) as raw:
            raw.execute("CREATE TABLE ballast (bytes BLOB)")
            raw.executemany("INSERT INTO ballast VALUES (randomblob(1000000))", [()] * 20)
        raw.close()
        words = ("crm", "backup", f"{PLACE}/b.zip")
        process = nursery.start(*words, env=os.environ, output=Path(os.devnull), own_group=True)
        while process.poll() is None and not bucket.list_multipart_uploads(Bucket=BUCKET).get("Uploads"):
            time.sleep(0.005)
        process.kill_all()

        assert process.wait(30) == -signal.SIGKILL
        assert objects(bucket) == []
        assert nursery.start(*words, env=os.environ, output=Path(os.devnull)).wait(60) == 0
        look_into(f"{PLACE}/b.zip")

    def test_what_was_cut_short_there_touches_nothing(self, firm, bucket):
        back_up(f"{PLACE}/b.zip")
        whole = bucket.get_object(Bucket=BUCKET, Key="daily/b.zip")["Body"].read()
        bucket.put_object(Bucket=BUCKET, Key="daily/b.zip", Body=whole[:-5000])

        with pytest.raises(Refused, match=r"b\.zip"):
            restore(f"{PLACE}/b.zip", overwrite=True)

        assert len(names()) == 3


class TestByTheClock:
    def test_the_settings_say_what_stays_and_other_objects_do_too(self, firm, by_clock):
        by_clock.put_object(Bucket=BUCKET, Key="daily/contract.pdf", Body=b"theirs")
        by_clock.put_object(Bucket=BUCKET, Key="rapport-20250101-000000.zip", Body=b"elsewhere")
        for day in (1, 2, 3):
            with time_machine.travel(f"2026-03-0{day} 03:00"):
                assert backed_up().state == "done"

        mine = [f"rapport-2026030{day}-030000.zip" for day in (2, 3)]
        assert objects(by_clock) == [
            "daily/contract.pdf", *(f"daily/{name}" for name in mine), "rapport-20250101-000000.zip"
        ]  # fmt: skip
        assert [one.name for one in list_backups(chosen_place())] == mine
        assert "backup" in [p.kind for p in periods()]

    def test_how_it_stands_is_known_for_longer_than_its_job_is(self, firm, by_clock):
        job = backed_up()
        with session.engine().execution_options(system=True).begin() as connection:
            connection.exec_driver_sql("DELETE FROM jobs")

        stands = backup_status()

        assert (stands.name, stands.rows, stands.problem) == (job.result["file"], job.result["rows"], "")
        assert stands.size == by_clock.head_object(Bucket=BUCKET, Key=f"daily/{stands.name}")["ContentLength"]
        with time_machine.travel(datetime.now(UTC) + timedelta(days=3)):
            assert "more than two days" in backup_notice()

    def test_a_failure_is_said_until_the_next_one_is_made(self, firm, by_clock, monkeypatch, caplog, capfd):
        backed_up()
        monkeypatch.setenv("CRM_BACKUP_FOLDER", "s3://nobody-has-this/daily")
        settings.cache_clear()
        caplog.set_level(logging.DEBUG)

        job = backed_up()

        assert (job.state, "no such bucket" in job.note) == ("failed", True)
        assert "no such bucket" in backup_notice()
        assert backup_status().at is not None
        monkeypatch.setenv("CRM_BACKUP_FOLDER", PLACE)
        settings.cache_clear()
        time.sleep(1.1)  # backups are called by their second
        assert backed_up().state == "done"
        assert backup_notice() == ""
        # Nobody reads the key: in what was logged, printed or stored.
        with reading(SYSTEM) as found:
            stored = str(found.scalars(select(Setting.value)).all())
        said = "".join((caplog.text, *capfd.readouterr(), job.note, stored, repr(settings().s3_secret)))
        assert SECRET not in said
        assert KEY not in said

    @pytest.mark.parametrize("what", ["remove", "held"])
    def test_a_storage_that_lets_nothing_be_seen_or_removed_harms_no_backup(
        self, what, firm, by_clock, monkeypatch
    ):
        def refuse(*_):
            raise Refused("The key may not do this.")

        monkeypatch.setattr(places.Bucket, what, refuse)
        for day in (1, 2, 3):
            with time_machine.travel(f"2026-03-0{day} 03:00"):
                assert backed_up().state == "done"
                assert (len(objects(by_clock)), backup_notice()) == (day, "")


class TestRefused:
    @pytest.mark.parametrize(
        ("name", "value", "why"),
        [
            ("KEY", "", "CRM_S3_KEY"),
            ("ENDPOINT", "http://storage.example.com", "HTTPS"),
            ("ENDPOINT", "http://127.0.0.1:1", "CRM_S3_ENDPOINT"),
        ],
    )
    def test_settings_that_cannot_be_are_said(self, name, value, why, firm, bucket, monkeypatch):
        monkeypatch.setenv(f"CRM_S3_{name}", value)
        settings.cache_clear()

        with pytest.raises(Refused, match=why) as refused:
            back_up(f"{PLACE}/b.zip")

        assert SECRET not in str(refused.value)

    @pytest.mark.parametrize(
        ("address", "why"),
        [
            ("s3://", "no bucket"),
            (f"s3://{BUCKET}", "no backup"),
            (f"s3://{BUCKET}/daily/", "no backup"),
            (f"s3://{BUCKET}/none.zip", "no backup of this name"),
            ("s3://nobody-has-this/b.zip", "no such bucket"),
        ],
    )
    def test_an_address_of_nothing_is_said(self, address, why, firm, bucket):
        with pytest.raises(Refused, match=why):
            restore(address, overwrite=True)


class TestKept:
    def test_the_newest_of_days_weeks_and_months(self):
        at = [datetime(2026, 1, 1, 3, tzinfo=UTC) + timedelta(days=n) for n in range(90)]

        stay = kept([*at, at[-1].replace(hour=1)], days=3, weeks=2, months=3)

        assert sorted(one.strftime("%m-%d") for one in stay) == ["01-31", "02-28", "03-29", "03-30", "03-31"]
        assert at[-1].replace(hour=1) not in stay

    def test_a_pause_takes_nothing_away(self):
        old = [datetime(2020, 1, day, tzinfo=UTC) for day in (1, 2, 3)]

        assert kept([*old, datetime(2026, 1, 1, tzinfo=UTC)], days=3) == {
            *old[1:],
            datetime(2026, 1, 1, tzinfo=UTC),
        }
