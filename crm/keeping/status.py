"""How the backups of the clock stand: the last one, and what is wrong with them, for screens, bell and figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from crm.clock import now
from crm.config import settings
from crm.firm.firm import get_setting, put_setting
from crm.i18n import _
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Job

_NAME = "backup"
#: The clock makes one a day; one that is missing for longer is missed.
_LATE = timedelta(hours=50)


@dataclass(frozen=True, slots=True)
class BackupStatus:
    """The place of the settings, the last backup there, and why there is no newer one; blank when all is well."""

    place: str
    at: datetime | None = None
    name: str = ""
    size: int = 0
    rows: int = 0
    problem: str = ""


def note_backup(name: str, *, size: int, rows: int) -> None:
    """Remember a backup of the clock, longer than its job is."""
    made: dict[str, Any] = {"at": datetime.now(UTC).isoformat(), "name": name, "size": size, "rows": rows}
    with unit_of_work(SYSTEM, cause="backup") as work:
        put_setting(work, _NAME, made)


def backup_status() -> BackupStatus:
    """How they stand; nothing is wrong where the settings ask for none."""
    place = settings().backup_folder
    asked = select(Job.state, Job.note).where(Job.kind == _NAME, Job.state.in_(("done", "failed")))
    with reading(SYSTEM) as session:
        last = get_setting(session, _NAME)
        ended = session.execute(asked.order_by(Job.id.desc()).limit(1)).one_or_none()
    at = datetime.fromisoformat(last["at"]) if last else None
    problem = ""
    if place and ended is not None and ended.state == "failed":
        problem = ended.note
    elif place and at is not None and now() - at > _LATE:
        problem = _("None was made for more than two days.")
    if at is None:
        return BackupStatus(place, problem=problem)
    return BackupStatus(place, at, last["name"], last["size"], last["rows"], problem)


def backup_notice() -> str:
    """What administrators should know at once; blank when all is well."""
    problem = backup_status().problem
    return _("Backup: {why}").format(why=problem) if problem else ""
