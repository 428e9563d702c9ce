"""Whether an SQLite file is still the one that was opened: put back, moved or deleted under a running program, it would
go on to take rows that nobody finds again.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

_Mark = tuple[int, int] | None


class FileChanged(OperationalError):
    """The database's file, or the journal beside it, is another one than the program opened."""

    def __init__(self, path: Path) -> None:
        super().__init__(None, None, Exception(f"{path} was replaced or removed under the running program"))


@dataclass
class Known:
    """What the first connection to a file opened; ``changed`` stays until a new start: others may hold the old file."""

    path: Path
    file: _Mark = None
    journal: _Mark = None
    changed: bool = False

    def check(self, file: _Mark, journal: _Mark) -> None:
        """Refuse every use once the file or its journal is another one than these.

        Raises
        ------
        FileChanged
            Always from the first difference on.
        """
        # A new file has its journal from its first row on.
        same = self.marks() == (file, journal) if journal else _mark(self.path) == file
        if self.changed or not same:
            self.changed = True
            raise FileChanged(self.path)

    def marks(self) -> tuple[_Mark, _Mark]:
        """The file and its journal as they are now."""
        return _mark(self.path), _mark(self.path.with_name(self.path.name + "-wal"))


def watch(engine: Engine, path: Path) -> Known:
    """Compare the file at each use of the engine; gives what is known, for others that use the same file."""
    known = Known(path)

    def opening(*_: Any) -> None:
        if known.changed or known.file:
            known.check(known.file, None)

    def opened(_raw: Any, record: Any) -> None:
        record.info["marks"] = known.marks()
        known.file, known.journal = record.info["marks"]

    def used(_raw: Any, record: Any, _proxy: Any) -> None:
        file, journal = record.info["marks"]
        known.check(file, journal)
        if journal is None:
            record.info["marks"] = known.marks()
            known.journal = record.info["marks"][1]

    def closed(_engine: Engine) -> None:
        known.file = known.journal = None
        known.changed = False

    event.listen(engine, "do_connect", opening)
    event.listen(engine, "connect", opened)
    event.listen(engine, "checkout", used)
    event.listen(engine, "engine_disposed", closed)
    return known


def _mark(path: Path) -> _Mark:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
