"""Backups made while everybody works, and put back: on SQLite, on PostgreSQL, and from either to the other."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Engine, func, inspect, select, update
from sqlalchemy.exc import DBAPIError, OperationalError

from crm.config import settings
from crm.errors import CrmError, Refused
from crm.i18n import _
from crm.keeping import places
from crm.keeping.archive import Label, pack, unpacked
from crm.keeping.copying import copy_rows
from crm.keeping.rotation import kept
from crm.keeping.status import note_backup
from crm.upgrade import bring_up
from crm.work import Actor, told
from db import migrate
from db.models import ApiToken, Job, LoginSession, Outbox, User
from db.session import engine, make_engine

log = structlog.get_logger(__name__)
_NAMED = "rapport-%Y%m%d-%H%M%S.zip"


@contextmanager
def _spoken() -> Iterator[None]:
    """Say in a sentence what the database or the disk refuses."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise told(OperationalError(None, None, error)) from error
    except DBAPIError as error:
        raise told(error) from error
    except OSError as error:
        raise Refused(_("The backup cannot be written or read: {why}.").format(why=error)) from error


@_spoken()
def back_up(target: Path | str, *, overwrite: bool = False, step: places.Step | None = None) -> Label:
    """Write the process's database as it is at one moment into a file or, named ``s3://bucket/name``, a storage; others
    read and write meanwhile. ``step`` is told how much of it was sent.

    Raises
    ------
    Refused
        The file is there already, there is no database, or one on PostgreSQL stands at another version than this program.
    """
    is_remote = places.is_remote(target)
    if not overwrite and (places.exists(str(target)) if is_remote else Path(target).exists()):
        raise Refused(
            _("{name} is there already. Choose another name, or say --overwrite.").format(name=target)
        )
    if not is_remote:
        return _written(Path(target))
    with tempfile.TemporaryDirectory(prefix="rapport-send-") as folder:
        made = Path(folder) / str(target).rpartition("/")[2]
        label = _written(made)
        places.send(made, str(target), step)
        return label


def _written(target: Path) -> Label:
    used = engine()
    if used.dialect.name == "sqlite" and _is_live(target, _file_of(used)):
        raise Refused(_("{name} is the database itself. Choose another name.").format(name=target))
    with tempfile.TemporaryDirectory(prefix="rapport-backup-", dir=_roomy(target)) as folder:
        data = Path(folder) / "rapport.db"
        if used.dialect.name == "sqlite":
            _snapshot(_file_of(used), data)
        else:
            _exported(used, data)
        return pack(data, target, origin=used.dialect.name)


def _is_live(target: Path, live: Path) -> bool:
    """Whether a file is the database or one of those beside it."""
    return target.resolve() in {
        live.resolve().with_name(live.name + end) for end in ("", "-wal", "-shm", "-journal")
    }


def _roomy(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return target.parent


def _file_of(used: Engine) -> Path:
    return Path(str(used.url.database))


def _snapshot(live: Path, data: Path) -> None:
    if not live.is_file():
        raise Refused(_("There is no database at {name}.").format(name=live))
    with closing(sqlite3.connect(live, timeout=60, isolation_level=None)) as raw:
        # One reading transaction: what is committed when it begins, and nothing that comes after.
        raw.execute("VACUUM INTO ?", (str(data),))


def _exported(used: Engine, data: Path) -> None:
    with used.connect() as plain, _made_at_head(data) as made:
        source = plain.execution_options(
            system=True, isolation_level="REPEATABLE READ", postgresql_readonly=True
        )
        if migrate.current(source) != migrate.head():
            raise Refused(_("This database stands at another version. Run `python -m crm upgrade` first."))
        with made.connect().execution_options(system=True) as target, target.begin():
            copy_rows(source, target)


@contextmanager
def _made_at_head(data: Path) -> Iterator[Engine]:
    made = make_engine(f"sqlite:///{data}")
    try:
        migrate.upgrade(made)
        yield made
    finally:
        made.dispose()


@_spoken()
def look_into(source: Path | str) -> Label:
    """What a backup holds, after comparing it with what it says it holds.

    Raises
    ------
    Refused
        As for ``restore``.
    """
    with places.at_hand(source) as file, unpacked(file) as (label, _data):
        return label


@_spoken()
def restore(source: Path | str, *, overwrite: bool = False, send_waiting: bool = False) -> tuple[Label, int]:
    """Put a backup in the place of the process's database, in one transaction, and bring it to this version.

    On SQLite the rows come into the file that is there: a server that has it open sees them, and no journal of the old
    rows is left beside it. Messages that waited when the backup was made may have gone out since, and jobs and sessions
    ended: none of them goes on unless ``send_waiting`` is said; gives how many messages were held.

    Raises
    ------
    Refused
        The file is no sound backup, or somebody uses the database and ``overwrite`` was not said.
    db.migrate.NewerDatabase
        The backup comes from a newer Rapport.
    """
    used = engine()
    with places.at_hand(source) as file, unpacked(file) as (label, data):
        if not overwrite and _in_use(used):
            raise Refused(
                _("The database holds people and records already. Say --overwrite to replace all of them.")
            )
        # An older backup comes to this version, and a newer one is refused, before anything is touched; a server that has
        # the database open never sees what waited as something to do.
        with _made_at_head(data) as made:
            held = 0 if send_waiting else _calmed(made)
        if used.dialect.name == "sqlite":
            _poured(data, used)
        else:
            _imported(data, used)
    bring_up(used, older=label.version != migrate.head())
    return label, held


@_spoken()
def start_over(fill: Callable[[Engine], None]) -> None:
    """Put a new database, filled by ``fill``, in the place of the process's one; nothing of that is left."""
    used = engine()
    with tempfile.TemporaryDirectory(prefix="rapport-start-") as folder:
        data = Path(folder) / "rapport.db"
        with _made_at_head(data) as made:
            fill(made)
        if used.dialect.name == "sqlite":
            _poured(data, used)
        else:
            _imported(data, used)
    bring_up(used)


def _calmed(made: Engine) -> int:
    """Let nothing go on that may have ended since: gives how many messages of the outbox are held.

    Such a message counts as handed over and not confirmed, which is never sent again. Jobs that somebody began can be
    taken up again by hand. Who signed out since stays out, and so does a token revoked since.
    """
    now = datetime.now(UTC)
    job = {"state": "cancelled", "note": _("Was under way when a backup was made that was put back since."),
           "ended_at": now, "beat_at": None, "owner": None}  # fmt: skip
    mail = {"state": "handed", "handed_at": now, "owner": None,
            "problem": _("Waited when a backup was made that was put back since; it may have gone out.")}  # fmt: skip
    with made.execution_options(system=True).begin() as connection:
        for entered in (LoginSession, ApiToken):
            connection.execute(update(entered).where(entered.ended_at.is_(None)).values(ended_at=now))
        # The clock's own jobs do no harm twice, and nobody would queue them again in their stretch.
        by_hand = Job.state.in_(("queued", "running")) & Job.actor_id.is_not(None)
        connection.execute(update(Job).where(by_hand).values(job))
        waiting = update(Outbox).where(Outbox.state.in_(("queued", "sending")))
        return int(connection.execute(waiting.values(mail)).rowcount)


def _in_use(used: Engine) -> bool:
    if used.dialect.name == "sqlite" and not _file_of(used).is_file():
        return False
    with used.connect().execution_options(system=True, reading=True) as connection:
        if not inspect(connection).has_table(User.__tablename__):
            return False
        return bool(connection.scalar(select(func.count()).select_from(User)))


def _poured(data: Path, used: Engine) -> None:
    # A database nobody opened yet has no journal and perhaps no folder; the engine sees to both.
    with used.connect().execution_options(reading=True):
        pass
    with (
        closing(sqlite3.connect(data)) as source,
        closing(sqlite3.connect(_file_of(used), timeout=60, isolation_level=None)) as target,
    ):
        source.backup(target)
        target.execute("PRAGMA journal_mode=WAL")
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _imported(data: Path, used: Engine) -> None:
    migrate.upgrade(used)
    made = make_engine(f"sqlite:///{data}")
    try:
        with (
            made.connect().execution_options(system=True, reading=True) as source,
            used.connect().execution_options(system=True) as target,
            target.begin(),
        ):
            copy_rows(source, target)
    finally:
        made.dispose()


def run(_actor: Actor, _args: dict[str, Any], step: places.Step | None) -> dict[str, Any]:
    """The backup of the clock: one more in the place of the settings; those beyond what is kept go.

    Raises
    ------
    Refused
        It could not be made, or the settings name no place.
    """
    place = chosen_place()
    name = f"{datetime.now(UTC):{_NAMED}}"
    label = back_up(place.address(name), step=step)
    size, removed = _tidied(place, name)
    note_backup(name, size=size, rows=label.total)
    return {"file": name, "rows": label.total, "removed": removed}


def chosen_place() -> places.Folder | places.Bucket:
    """Where the settings put the backups of the clock.

    Raises
    ------
    Refused
        They name no place.
    """
    if not settings().backup_folder:
        raise Refused(_("No place for backups is set. Set CRM_BACKUP_FOLDER."))
    return places.place(settings().backup_folder)


def list_backups(place: places.Folder | places.Bucket) -> list[places.Held]:
    """Those of the clock in a place, oldest first; what else lies there is none of ours."""
    with _spoken():
        return [one for one in place.held() if _moment(one.name)]


def _moment(name: str) -> datetime | None:
    try:
        return datetime.strptime(name, _NAMED).replace(tzinfo=UTC)
    except ValueError:
        return None


def _tidied(place: places.Folder | places.Bucket, name: str) -> tuple[int, int]:
    """The size of the new one, and how many went that are beyond the settings.

    A storage may let nothing be listed or removed, which harms no backup.
    """
    chosen, size, gone = settings(), 0, 0
    try:
        held = {one.name: one.size for one in list_backups(place)}
        size = held.get(name, 0)
        moments = {at: name for name in held if (at := _moment(name))}
        stay = kept(
            moments, days=chosen.backup_keep, weeks=chosen.backup_keep_weeks, months=chosen.backup_keep_months
        )
        with _spoken():
            for at in moments.keys() - stay:
                place.remove(moments[at])
                gone += 1
    except CrmError as problem:
        log.warning("backups_not_removed", reason=problem.message)
    return size, gone
