"""Many series on all cores: workers are processes of their own, each fed one series at a time.

Processes, because Prophet's fits differ from run to run in threads. Plain child processes instead of
``multiprocessing``, because that would import the program's main module again in every worker, and the main
module of a running Rapport is its server.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crm.forecasting.result import Forecast
from crm.forecasting.series.series import History
from crm.i18n import _, language

ROOT = Path(__file__).resolve().parents[2]
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS"), "1"
)

Progress = Callable[[int, int], object]
#: Between two signs of life while a series is being computed, in seconds.
PULSE = 0.5


@dataclass(frozen=True)
class Task:
    """One series to forecast, under a name of the caller's choosing."""

    key: str
    history: History
    horizon: int
    seed: int = 1


@dataclass(frozen=True)
class Outcome:
    """What became of a task: a forecast, or the reason why there is none."""

    task: Task
    forecast: Forecast | None
    error: str = ""


class _Worker:
    """One child process that answers line by line."""

    def __init__(self, nice: int) -> None:
        path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(  # noqa: S603 - our own module in our own interpreter
            [sys.executable, "-m", "crm.forecasting.worker", str(nice)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **ONE_THREAD, "PYTHONPATH": path},
            text=True,
            encoding="utf-8",
        )

    def ask(self, request: dict[str, Any]) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise EOFError
        answer: dict[str, Any] = json.loads(line)
        return answer

    def kill(self) -> None:
        """End the process; who waits for its answer gets an EOFError."""
        self._process.kill()

    def close(self) -> None:
        """End the process, wait for it and close its pipes; only by the thread that asks."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                assert pipe is not None
                pipe.close()


def _request(task: Task, spoken: str) -> dict[str, Any]:
    history = task.history
    return {
        "values": history.values.tolist(),
        "first": history.first,
        "frequency": history.frequency.name,
        "phase": history.frequency.phase,
        "notes": list(history.notes),
        "horizon": task.horizon,
        "seed": task.seed,
        "language": spoken,
    }


class _Crew:
    """Threads that each lead one worker through the tasks and put outcomes into one queue."""

    def __init__(self, tasks: Sequence[Task], workers: int, nice: int) -> None:
        self._left: queue.SimpleQueue[Task] = queue.SimpleQueue()
        for task in tasks:
            self._left.put(task)
        self.done: queue.SimpleQueue[Outcome] = queue.SimpleQueue()
        self._nice, self._spoken = nice, language()
        self._over = threading.Event()
        self._live: set[_Worker] = set()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._lead, daemon=True) for _number in range(workers)]
        for thread in self._threads:
            thread.start()

    def _hire(self) -> _Worker:
        worker = _Worker(self._nice)
        with self._lock:
            self._live.add(worker)
        return worker

    def _dismiss(self, worker: _Worker) -> None:
        with self._lock:
            self._live.discard(worker)
        worker.close()

    def _lead(self) -> None:
        worker: _Worker | None = None
        while not self._over.is_set():
            try:
                task = self._left.get_nowait()
            except queue.Empty:
                break
            try:
                worker = worker or self._hire()
                answer = worker.ask(_request(task, self._spoken))
            except (EOFError, OSError, ValueError):
                if worker:
                    self._dismiss(worker)
                worker = None
                self.done.put(
                    Outcome(task, None, _("The process that computed this series ended unexpectedly."))
                )
                continue
            error = str(answer.get("error", ""))
            self.done.put(Outcome(task, None if error else Forecast.from_dict(answer["forecast"]), error))
        if worker:
            self._dismiss(worker)

    def next(self, pulse: Callable[[], object] | None) -> Outcome:
        """The next outcome, with a sign of life to the caller while it is awaited."""
        while True:
            try:
                return self.done.get(timeout=PULSE if pulse else None)
            except queue.Empty:
                assert pulse is not None
                pulse()

    def end(self) -> None:
        """Stop all threads and processes, also in the middle of a series."""
        self._over.set()
        with self._lock:
            for worker in self._live:
                worker.kill()
        for thread in self._threads:
            thread.join()


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def forecast_many(
    tasks: Sequence[Task],
    *,
    workers: int | None = None,
    nice: int = 0,
    progress: Progress | None = None,
    pulse: Callable[[], object] | None = None,
) -> Iterator[Outcome]:
    """Forecast every task, yielding outcomes as they come, in no particular order.

    Parameters
    ----------
    tasks : sequence of Task
        The series. One that fails or kills its process yields an outcome with an error; the rest go on.
    workers : int, optional
        Processes; one per core by default, never more than tasks.
    nice : int
        How far the workers stand back behind other processes, 0 to 19.
    progress : callable, optional
        Called as ``progress(done, total)`` after each outcome, in the caller's thread. Raising in it, or
        closing the generator, ends the workers.
    pulse : callable, optional
        Called every half second while an outcome is awaited, in the caller's thread. Raising in it ends the
        workers in the middle of a series.
    """
    if not tasks:
        return
    crew = _Crew(tasks, max(1, min(workers or cores(), len(tasks))), nice)
    try:
        for done in range(1, len(tasks) + 1):
            outcome = crew.next(pulse)
            if progress:
                progress(done, len(tasks))
            yield outcome
    finally:
        crew.end()
