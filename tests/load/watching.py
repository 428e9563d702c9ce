"""Which SQL each script run sends. The listeners are set once: setting them in each run would break off the others'."""

import time
from contextvars import ContextVar

from sqlalchemy import Engine, event


class Watched:
    """The statements of one run, each with the seconds until the database began to answer."""

    def __init__(self) -> None:
        self.statements: list[tuple[float, str]] = []
        self.started = 0.0


#: Of the run in this thread; other people's runs go on in other threads and are not counted.
run: ContextVar[Watched | None] = ContextVar("run", default=None)


@event.listens_for(Engine, "before_cursor_execute")
def _before(_connection: object, _cursor: object, _statement: str, *_: object) -> None:
    if (watched := run.get()) is not None:
        watched.started = time.perf_counter()


@event.listens_for(Engine, "after_cursor_execute")
def _after(_connection: object, _cursor: object, statement: str, *_: object) -> None:
    if (watched := run.get()) is not None and not statement.startswith(("BEGIN", "PRAGMA")):
        watched.statements.append((time.perf_counter() - watched.started, statement))
