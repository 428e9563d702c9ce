"""The clock: each job once per stretch, whoever watches; ended ones are forgotten."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.config import settings
from crm.jobs import Worker, schedule
from crm.jobs import worker as worker_module
from crm.jobs.schedule import Period, Schedule, prune
from db.models import Job
from db.session import engine

NOW = datetime(2026, 3, 10, 12, 7, 30, tzinfo=UTC)


@pytest.fixture
def minutely(database, monkeypatch):
    """A program that does one kind of job each minute and one each day."""
    monkeypatch.setattr(schedule, "EVERY", {"probe": 1, "daily": 24 * 60})
    monkeypatch.setattr(
        worker_module, "KINDS", dict.fromkeys(("probe", "daily"), lambda actor, args, step: {})
    )


def jobs():
    with engine().connect().execution_options(system=True, reading=True) as connection:
        return connection.execute(select(Job.kind, Job.unique_key, Job.state).order_by(Job.id)).all()


def test_two_servers_queue_a_job_once_per_stretch(minutely):
    one, other = Schedule(), Schedule()

    assert one.tick(NOW) == ["probe", "daily"]
    assert other.tick(NOW) == []
    assert one.tick(NOW + timedelta(seconds=20)) == []
    assert [row.unique_key for row in jobs()] == [
        "schedule:probe:2026-03-10T12:07",
        "schedule:daily:2026-03-10T00:00",
    ]


def test_the_next_stretch_brings_the_next_job_once_the_last_one_was_taken(minutely):
    clock = Schedule()
    clock.tick(NOW)

    assert clock.tick(NOW + timedelta(minutes=1)) == []

    while Worker().run_one():
        pass
    assert clock.tick(NOW + timedelta(minutes=2)) == ["probe"]


def test_ended_jobs_of_the_clock_are_forgotten_and_the_others_stay(minutely):
    clock, now = Schedule(), datetime.now(UTC)
    clock.tick(now)
    while Worker().run_one():
        pass
    kept = prune(Period("probe", 1), now + timedelta(minutes=59))

    gone = prune(Period("probe", 1), now + timedelta(minutes=61))

    assert (kept, gone) == (0, 1)
    assert [row.kind for row in jobs()] == ["daily"]


def test_the_mailbox_is_read_only_where_there_is_one(minutely, monkeypatch):
    monkeypatch.setattr(schedule, "EVERY", {"mailbox": 5})
    settings.cache_clear()

    assert Schedule().tick(NOW) == []

    monkeypatch.setenv("CRM_IMAP_HOST", "127.0.0.1")
    settings.cache_clear()
    assert Schedule().tick(NOW) == ["mailbox"]
    settings.cache_clear()


def test_a_schedule_that_is_switched_off_queues_nothing_and_stops_at_once(minutely, monkeypatch):
    monkeypatch.setenv("CRM_SCHEDULE", "false")
    settings.cache_clear()

    Schedule().start().stop()

    assert jobs() == []
    settings.cache_clear()


def test_a_started_schedule_looks_by_itself(minutely, monkeypatch):
    monkeypatch.setenv("CRM_SCHEDULE", "true")
    settings.cache_clear()
    clock = Schedule(delay=0).start()

    for _ in range(3_000):
        if len(jobs()) == 2:
            break
        time.sleep(0.02)

    clock.stop()
    settings.cache_clear()
    assert [row.kind for row in jobs()] == ["probe", "daily"]


def test_stretches_are_counted_from_midnight():
    assert Period("x", 5).start(NOW) == datetime(2026, 3, 10, 12, 5, tzinfo=UTC)
    assert Period("x", 24 * 60).start(NOW) == datetime(2026, 3, 10, tzinfo=UTC)
