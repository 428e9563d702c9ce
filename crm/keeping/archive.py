"""The file that a backup is: the whole database as one SQLite file, packed with what it must hold to be believed."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from crm.errors import Refused
from crm.i18n import _

FORMAT = 1
_DATA, _LABEL = "rapport.db", "backup.json"
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Label:
    """What a backup says of itself: when, from which kind of database and version, rows of each table, the sum of its bytes."""

    made_at: str
    origin: str
    version: str
    rows: dict[str, int]
    sha256: str
    format: int = FORMAT

    @property
    def total(self) -> int:
        """Rows of all tables."""
        return sum(self.rows.values())


def pack(data: Path, target: Path, *, origin: str) -> Label:
    """Write the backup beside its place and move it there when it is whole; only its owner may read it."""
    label = Label(datetime.now(UTC).isoformat(timespec="seconds"), origin, *_looked_at(data), _sum_of(data))
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
                packed.writestr(_LABEL, json.dumps(asdict(label), indent=1))
                packed.write(data, _DATA)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, target)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    return label


@contextmanager
def unpacked(source: Path) -> Iterator[tuple[Label, Path]]:
    """The label and the database of a backup, compared with one another.

    Raises
    ------
    Refused
        No backup of ours, of a later format, cut short or changed; the message says which.
    """
    with tempfile.TemporaryDirectory(prefix="rapport-restore-") as folder:
        yield _checked(source, folder)


def _checked(source: Path, folder: str) -> tuple[Label, Path]:
    name = source.name
    try:
        with zipfile.ZipFile(source) as packed:
            told = json.loads(packed.read(_LABEL))
            if told["format"] != FORMAT:
                raise Refused(
                    _("{name} was written by a newer Rapport. Install that version.").format(name=name)
                )
            label = Label(**told)
            data = Path(packed.extract(_DATA, folder))
        _check(data, label, name)
        return label, data
    except FileNotFoundError as error:
        raise Refused(_("There is no file {name}.").format(name=source)) from error
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, sqlite3.DatabaseError) as error:
        raise Refused(
            _("{name} is no backup of Rapport, or it is damaged. Take another one.").format(name=name)
        ) from error


def _check(data: Path, label: Label, name: str) -> None:
    version, rows = _looked_at(data)
    with closing(sqlite3.connect(data)) as raw:
        sound = raw.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
        sound = sound and raw.execute("PRAGMA foreign_key_check").fetchone() is None
    if not sound or _sum_of(data) != label.sha256 or (version, rows) != (label.version, label.rows):
        raise Refused(_("{name} does not hold what it says it holds. Take another backup.").format(name=name))


def _looked_at(data: Path) -> tuple[str, dict[str, int]]:
    """The version of the schema and the rows of each table; the tables of the search are derived and do not count."""
    with closing(sqlite3.connect(data)) as raw:
        names = raw.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
            "AND name NOT LIKE '%\\_fts%' ESCAPE '\\' AND name <> 'alembic_version' ORDER BY name"
        )
        rows = {
            name: int(raw.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608 - names of our own tables
            for (name,) in names.fetchall()
        }  # fmt: skip
        return str(raw.execute("SELECT version_num FROM alembic_version").fetchone()[0]), rows


def _sum_of(data: Path) -> str:
    found = hashlib.sha256()
    with data.open("rb") as file:
        while piece := file.read(_PIECE):
            found.update(piece)
    return found.hexdigest()
