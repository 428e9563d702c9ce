"""Takes jobs one after the other. Embedded: a thread of the app; at scale: ``python -m crm worker`` on many machines."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from crm.errors import CrmError, NotAllowed
from crm.i18n import _
from crm.jobs import queue
from crm.register import Register
from db.scope import SYSTEM, Actor

log = structlog.get_logger(__name__)

#: Progress is written at most this often, in seconds.
WRITE_EVERY = 0.4
#: A sign of life comes so often, in seconds, also from a job that tells no progress.
LIVE_EVERY = 15.0
#: Between two looks at an empty queue, in seconds.
PAUSE = 1.0

Step = Callable[[int, int, str], None]
Runner = Callable[[Actor, dict[str, Any], Step], dict[str, Any]]

#: Which function does which kind of job.
KINDS: Register[Runner] = Register("job")


class Worker:
    """One thread that takes jobs until it is stopped; ``start`` and ``stop`` are called by the app's lifespan."""

    def __init__(self) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self._end = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> Worker:
        """Begin to take jobs in a thread of this process."""
        self._thread = threading.Thread(target=self.run, name="jobs", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ask the running job to put itself back and wait for it, at most eight seconds."""
        self._end.set()
        if self._thread is not None:
            self._thread.join(8)

    def run(self) -> None:
        """Take jobs until ``stop``."""
        while not self._end.is_set():
            try:
                worked = self.run_one()
            except Exception:
                # The database may be away for a moment; the worker outlives that.
                log.exception("job_queue_unreachable")
                worked = False
            if not worked:
                self._end.wait(PAUSE)

    def run_one(self) -> bool:
        """Do one waiting job; False when there was none."""
        taken = queue.take(self.owner)
        if taken is None:
            return False
        job_id, kind, args, user_id = taken
        log.info("job_started", job=job_id, kind=kind)
        try:
            with self._living(job_id):
                result = KINDS[kind](self._actor(user_id), args | {"job_id": job_id}, self._step(job_id))
            queue.finish(job_id, self.owner, queue.DONE, result=result)
        except queue.Stopped:
            stopping = self._end.is_set()
            queue.finish(
                job_id,
                self.owner,
                queue.QUEUED if stopping else queue.CANCELLED,
                note="" if stopping else _("Cancelled"),
            )
        except CrmError as problem:
            queue.finish(job_id, self.owner, queue.FAILED, note=problem.message[:500])
        except Exception:
            reference = uuid.uuid4().hex[:8]
            log.exception("job_failed", job=job_id, kind=kind, reference=reference)
            queue.finish(
                job_id,
                self.owner,
                queue.FAILED,
                note=_("An error of the program, reference {ref}.").format(ref=reference),
            )
        return True

    @contextmanager
    def _living(self, job_id: int) -> Iterator[None]:
        """Give signs of life while the job is busy with something that tells no progress, as a long statement."""
        over = threading.Event()

        def live() -> None:
            while not over.wait(LIVE_EVERY):
                with suppress(SQLAlchemyError):
                    queue.live(job_id, self.owner)

        thread = threading.Thread(target=live, name="jobs-pulse", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()

    def _actor(self, user_id: int | None) -> Actor:
        # A job has the rights of whoever caused it, as they are now: a person who left starts nothing any more.
        if user_id is None:
            return SYSTEM
        from crm.access.actors import find_actor

        actor = find_actor(user_id)
        if actor is None:
            raise NotAllowed(_("Whoever started this job may not sign in any more."))
        return actor

    def _step(self, job_id: int) -> Step:
        last = 0.0

        def step(done: int, total: int, note: str = "") -> None:
            nonlocal last
            if self._end.is_set():
                raise queue.Stopped
            if time.monotonic() - last < WRITE_EVERY and done < total:
                return
            last = time.monotonic()
            if queue.beat(job_id, self.owner, done=done, total=total, note=note[:500]):
                raise queue.Stopped

        return step
