"""What happens by the clock: jobs are queued once per period, however many servers watch the same clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from crm import clock
from crm.config import settings
from crm.jobs import queue
from crm.register import Register
from db.models import Job
from db.scope import SYSTEM
from db.session import engine, write_turn

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Period:
    """A kind of job that is due once in each stretch of so many minutes, counted from midnight UTC."""

    kind: str
    minutes: int

    def start(self, now: datetime) -> datetime:
        """When the stretch that holds ``now`` began."""
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        passed = int((now - midnight).total_seconds()) // 60
        return midnight + timedelta(minutes=passed - passed % self.minutes)

    def key(self, now: datetime) -> str:
        """The same on every server for the same stretch."""
        return f"schedule:{self.kind}:{self.start(now):%Y-%m-%dT%H:%M}"


#: Minutes from one run of a kind of job to the next.
EVERY: Register[int] = Register("every")
#: Seconds after the start: whoever opens the first page is not made to wait for the day's jobs.
FIRST_LOOK = 20.0
#: Rows of ended jobs are kept for so many stretches, and never less than an hour: long enough to see what went wrong.
KEPT_PERIODS = 2
_KEPT_AT_LEAST = timedelta(hours=1)


def periods() -> tuple[Period, ...]:
    """The kinds of job that run by the clock and that the settings ask for."""
    needed = {"mailbox": settings().imap_host, "backup": settings().backup_folder}
    return tuple(Period(kind, minutes) for kind, minutes in EVERY.items() if needed.get(kind, True))


class Schedule:
    """Queues the jobs of the clock until it is stopped; ``start`` and ``stop`` are called by the app's lifespan."""

    def __init__(self, *, delay: float = FIRST_LOOK) -> None:
        self._delay = timedelta(seconds=delay)
        self._clock = BackgroundScheduler(timezone=UTC)
        self._seen: dict[str, str] = {}

    def start(self) -> Schedule:
        """Look at the clock soon and then every minute; nothing where the settings switch it off."""
        if settings().schedule:
            self._clock.add_job(
                self._look,
                "interval",
                seconds=60,
                next_run_time=datetime.now(UTC) + self._delay,
                coalesce=True,
                max_instances=1,
            )
            self._clock.start()
        return self

    def stop(self) -> None:
        """Look no more; a look that is under way ends first."""
        if self._clock.running:
            self._clock.shutdown()

    def tick(self, now: datetime) -> list[str]:
        """Queue what is due and was not queued by anybody in its stretch.

        Returns
        -------
        list of str
            The kinds queued now.
        """
        queued = []
        for period in periods():
            key = period.key(now)
            if self._seen.get(period.kind) == key:
                continue
            if not _is_known(period.kind, key):
                queue.enqueue(SYSTEM, period.kind, {}, unique_key=key)
                queued.append(period.kind)
            self._seen[period.kind] = key
            prune(period, now)
        return queued

    def _look(self) -> None:
        clock.read_again()
        try:
            self.tick(datetime.now(UTC))
        except SQLAlchemyError:
            # The database may be away for a moment; the next look comes in a minute.
            log.exception("schedule_unreachable")


def _is_known(kind: str, key: str) -> bool:
    """True when this stretch has its job, or an earlier one still waits: two of a kind in a row do no more than one."""
    with engine().connect().execution_options(system=True, reading=True) as connection:
        found = connection.scalar(
            select(func.count())
            .select_from(Job)
            .where(
                (Job.unique_key == key)
                | ((Job.kind == kind) & (Job.state == queue.QUEUED) & (Job.actor_id.is_(None)))
            )
        )
    return bool(found)


def prune(period: Period, now: datetime) -> int:
    """Forget ended jobs of the clock that are older than is kept; returns how many."""
    before = now - max(KEPT_PERIODS * timedelta(minutes=period.minutes), _KEPT_AT_LEAST)
    ended = (queue.DONE, queue.FAILED, queue.CANCELLED)
    with write_turn(), engine().execution_options(system=True).begin() as connection:
        gone = connection.execute(
            delete(Job).where(
                Job.kind == period.kind,
                Job.unique_key.startswith(f"schedule:{period.kind}:", autoescape=True),
                Job.state.in_(ended),
                Job.made_at < before,
            )
        )
    return int(gone.rowcount)
