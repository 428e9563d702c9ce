"""Whether an SQLite file is still the one that was opened: put back, moved or deleted under a running program, it would
go on to take rows that nobody finds again.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

_Mark = tuple[int, int] | None


class FileChanged(OperationalError):
    """The database's file, or the journal beside it, is another one than the program opened."""

    def __init__(self, path: Path) -> None:
        super().__init__(None, None, Exception(f"{path} was replaced or removed under the running program"))


def watch(engine: Engine, path: Path) -> None:
    """Refuse every use of the engine once the file at ``path`` is another one than its first connection opened.

    It stays refused until the engine is disposed, as at a new start: what else is open may still hold the old file.
    """
    first: list[_Mark] = []
    changed: list[bool] = []

    def refuse() -> None:
        changed.append(True)
        raise FileChanged(path)

    def opening(*_: Any) -> None:
        if changed or (first and _mark(path) != first[0]):
            refuse()

    def opened(_raw: Any, record: Any) -> None:
        if not first:
            first.append(_mark(path))
        record.info["marks"] = _marks(path)

    def used(_raw: Any, record: Any, _proxy: Any) -> None:
        file, journal = _marks(path)
        known_file, known_journal = record.info["marks"]
        if changed or file != known_file or journal != (known_journal or journal):
            refuse()
        if known_journal is None:  # A new file has its journal from its first row on.
            record.info["marks"] = file, journal

    def closed(_engine: Engine) -> None:
        first.clear()
        changed.clear()

    event.listen(engine, "do_connect", opening)
    event.listen(engine, "connect", opened)
    event.listen(engine, "checkout", used)
    event.listen(engine, "engine_disposed", closed)


def _marks(path: Path) -> tuple[_Mark, _Mark]:
    return _mark(path), _mark(path.with_name(path.name + "-wal"))


def _mark(path: Path) -> _Mark:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
