"""The job table: put work in, look at it, stop it, take the next piece, say how far it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, case, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from crm.errors import NotAllowed, NotFound
from crm.i18n import _
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Job
from db.scope import Actor
from db.session import engine, write_turn

QUEUED, RUNNING, DONE, FAILED, CANCELLED = "queued", "running", "done", "failed", "cancelled"
#: A running job whose worker has not been heard of for this long is taken up by another.
SILENCE = timedelta(seconds=60)
MOST_TRIES = 5


class Stopped(Exception):
    """The job was asked to stop, or the program ends; raised inside the job by ``step``."""


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as people see it; ``total`` is 0 while unknown."""

    id: int
    kind: str
    state: str
    done: int
    total: int
    note: str
    result: dict[str, Any]
    actor_id: int | None
    made_at: datetime

    @property
    def is_active(self) -> bool:
        """True while it waits or runs."""
        return self.state in (QUEUED, RUNNING)

    @property
    def share(self) -> float:
        """How much is done, 0 to 1."""
        return min(1.0, self.done / self.total) if self.total else 0.0


_COLUMNS = (Job.id, Job.kind, Job.state, Job.done, Job.total, Job.note, Job.result, Job.actor_id, Job.made_at)


def _writing() -> Engine:
    return engine().execution_options(system=True)


def _reading() -> Engine:
    return engine().execution_options(system=True, reading=True)


def enqueue(actor: Actor, kind: str, args: dict[str, Any], *, unique_key: str | None = None) -> int:
    """Queue a job that will run with the actor's rights; a second one with the same key is the first one.

    Returns
    -------
    int
        The job's id.
    """
    values = {
        "kind": kind,
        "args": args,
        "actor_id": actor.user_id,
        "state": QUEUED,
        "unique_key": unique_key,
        "made_at": datetime.now(UTC),
        "done": 0,
        "total": 0,
        "note": "",
        "result": {},
        "stop": False,
        "tries": 0,
    }
    with write_turn(), _writing().begin() as connection:
        if unique_key is not None:
            return _enqueue_once(connection, values, unique_key)
        return int(connection.execute(insert(Job).values(values).returning(Job.id)).scalar_one())


def _enqueue_once(connection: Connection, values: dict[str, Any], unique_key: str) -> int:
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(make(Job).values(values).on_conflict_do_nothing(index_elements=["unique_key"]))
    return int(connection.execute(select(Job.id).where(Job.unique_key == unique_key)).scalar_one())


def get_job(actor: Actor, job_id: int) -> JobView:
    """One job of the actor's own; administrators see every job.

    Raises
    ------
    NotFound
        No such job, or somebody else's.
    """
    with _reading().connect() as connection:
        row = connection.execute(select(*_COLUMNS).where(Job.id == job_id)).one_or_none()
    if row is None or not _is_theirs(actor, row.actor_id):
        raise NotFound(_("There is no job {id}, or it is not yours to see.").format(id=job_id))
    return JobView(*row)


def _is_theirs(actor: Actor, owner: int | None) -> bool:
    return actor.is_system or actor.role == "administrator" or (owner is not None and owner == actor.user_id)


def recent_jobs(actor: Actor, *, kind: str | None = None, limit: int = 20) -> list[JobView]:
    """The newest jobs of the actor, newest first."""
    statement = select(*_COLUMNS).order_by(Job.id.desc()).limit(limit)
    if not (actor.is_system or actor.role == "administrator"):
        statement = statement.where(Job.actor_id == actor.user_id)
    if kind:
        statement = statement.where(Job.kind == kind)
    with _reading().connect() as connection:
        return [JobView(*row) for row in connection.execute(statement)]


def active_jobs(actor: Actor, *, kind: str | None = None) -> list[JobView]:
    """The actor's jobs that wait or run."""
    return [job for job in recent_jobs(actor, kind=kind) if job.is_active]


def cancel_job(actor: Actor, job_id: int) -> None:
    """Ask a job to stop: at once when it waits, at its next step when it runs."""
    job = get_job(actor, job_id)
    if not job.is_active:
        raise NotAllowed(_("This job has ended already."))
    with write_turn(), _writing().begin() as connection:
        connection.execute(update(Job).where(Job.id == job_id).values(stop=True))
        connection.execute(
            update(Job)
            .where(Job.id == job_id, Job.state == QUEUED)
            .values(state=CANCELLED, ended_at=datetime.now(UTC))
        )


def resume_job(actor: Actor, job_id: int) -> None:
    """Queue a cancelled or failed job again; a job that keeps a cursor goes on where it stopped."""
    get_job(actor, job_id)
    with write_turn(), _writing().begin() as connection:
        connection.execute(
            update(Job)
            .where(Job.id == job_id, Job.state.in_((CANCELLED, FAILED)))
            .values(state=QUEUED, stop=False, ended_at=None, note="", tries=0)
        )


def _silent(now: datetime) -> ColumnElement[bool]:
    """Running, by a worker that has not been heard of; a sign of life from the future is from before a clock went back."""
    unheard = Job.beat_at.is_(None) | (Job.beat_at < now - SILENCE) | (Job.beat_at > now + SILENCE)
    return (Job.state == RUNNING) & unheard


def bury(now: datetime) -> int:
    """End the running jobs that nobody takes up again: their worker fell silent after they were asked to stop, or once
    too often. Returns how many; each can be queued again.
    """
    gone = _silent(now) & (Job.stop | (Job.tries >= MOST_TRIES))
    with _reading().connect() as connection:
        if connection.scalar(select(Job.id).where(gone).limit(1)) is None:
            return 0
    told = _(
        "The process that did this ended {n} times on the way. Try again, or ask an administrator for the log."
    )
    values = {
        "state": case((Job.stop, CANCELLED), else_=FAILED),
        "note": case((Job.stop, _("Cancelled")), else_=told.format(n=MOST_TRIES)),
        "ended_at": now,
        "beat_at": None,
        "owner": None,
    }
    with write_turn(), _writing().begin() as connection:
        return int(connection.execute(update(Job).where(gone).values(values)).rowcount)


def take(owner: str) -> tuple[int, str, dict[str, Any], int | None] | None:
    """Claim the oldest waiting job, or one whose worker fell silent: id, kind, arguments, who caused it."""
    now = datetime.now(UTC)
    bury(now)
    free = or_(Job.state == QUEUED, _silent(now))
    oldest = select(Job.id).where(free).order_by(Job.id).limit(1).with_for_update(skip_locked=True)
    with _reading().connect() as connection:
        # Looking costs no write lock; most looks find nothing.
        if connection.scalar(select(Job.id).where(free).limit(1)) is None:
            return None
    with write_turn(), _writing().begin() as connection:
        row = connection.execute(
            update(Job)
            .where(Job.id == oldest.scalar_subquery())
            .values(state=RUNNING, owner=owner, beat_at=now, stop=False, tries=Job.tries + 1)
            .returning(Job.id, Job.kind, Job.args, Job.actor_id)
        ).one_or_none()
    return None if row is None else (row[0], row[1], row[2], row[3])


def live(job_id: int, owner: str) -> None:
    """Say that the job's worker lives, whatever the job is busy with."""
    with write_turn(), _writing().begin() as connection:
        connection.execute(
            update(Job)
            .where(Job.id == job_id, Job.owner == owner, Job.state == RUNNING)
            .values(beat_at=datetime.now(UTC))
        )


def beat(
    job_id: int, owner: str, *, done: int | None = None, total: int | None = None, note: str | None = None
) -> bool:
    """Write progress and a sign of life; True when the job should stop or belongs to somebody else now."""
    values: dict[str, Any] = {"beat_at": datetime.now(UTC)}
    values |= {k: v for k, v in {"done": done, "total": total, "note": note}.items() if v is not None}
    with write_turn(), _writing().begin() as connection:
        stop = connection.execute(
            update(Job)
            .where(Job.id == job_id, Job.owner == owner, Job.state == RUNNING)
            .values(values)
            .returning(Job.stop)
        ).one_or_none()
    return stop is None or bool(stop[0])


def end_with(work: Work, job_id: int, result: dict[str, Any]) -> None:
    """End a job as done in the transaction of what it did: killed right after it, it is not done a second time.

    No ``step`` may follow: what is stored cannot be cancelled any more.
    """
    values = {"state": DONE, "note": "", "result": result, "beat_at": None, "ended_at": work.now}
    running = update(Job).where(Job.id == job_id, Job.state == RUNNING)
    work.session.connection().execute(running.values(values), execution_options=SYSTEM_OPTIONS)


def finish(
    job_id: int, owner: str, state: str, *, note: str = "", result: dict[str, Any] | None = None
) -> None:
    """End a job, or put it back (``queued``) when the program stops; only its own worker may."""
    values: dict[str, Any] = {"state": state, "note": note, "beat_at": None}
    if state != QUEUED:
        values["ended_at"] = datetime.now(UTC)
    else:
        values["tries"] = Job.tries - 1
    if result is not None:
        values["result"] = result
    try:
        with write_turn(), _writing().begin() as connection:
            connection.execute(update(Job).where(Job.id == job_id, Job.owner == owner).values(values))
    except IntegrityError:  # The database was emptied under a running job; there is nothing left to note.
        return
