"""The journal of imports: begun, how far, ended; what people see of it; failed rows to download."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update

from crm.errors import NotFound, Refused
from crm.exchange.leaving.own import failed_mark, neutral
from crm.exchange.storing.plan import Plan
from crm.exchange.storing.report import ImportReport
from crm.i18n import _
from crm.work import SYSTEM, Actor, Work, reading, unit_of_work
from db.audit import SYSTEM_OPTIONS
from db.models import Import, ImportFailure, Job, User
from db.scope import ScopedSession

#: So many imports are looked through for a file that came in before.
_LOOKED_BACK = 1_000


@dataclass
class Cursor:
    """How far an import is: the step, and the rows of it that are stored."""

    step: int = 0
    row: int = 0


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One import as the journal lists it."""

    id: int
    name: str
    state: str
    who: str
    started_at: datetime
    ended_at: datetime | None
    undone_at: datetime | None
    report: ImportReport


@dataclass(frozen=True, slots=True)
class FailedRow:
    """A row that was not stored: where, what stands there, why, and the whole line."""

    file: str
    row: int
    column: str
    value: str
    reason: str
    cells: dict[str, str]


#: An import of a command that noted no progress for this long was broken off with its process.
_SILENCE = timedelta(minutes=15)


def is_broken_off(connection: Connection, state: str, started: datetime, report: Mapping[str, Any]) -> bool:
    """True for an import that says it runs while nothing does it: its job has ended, or its command fell silent."""
    if state != "running":
        return False
    kind, _blank, number = str(report.get("token", "")).partition(" ")
    if kind == "job" and number.isdecimal():
        active = select(Job.id).where(Job.id == int(number), Job.state.in_(("queued", "running")))
        return connection.execute(active, execution_options=SYSTEM_OPTIONS).first() is None
    last = datetime.fromisoformat(report["at"]) if report.get("at") else started
    return abs(datetime.now(UTC) - last) > _SILENCE


def list_imports(actor: Actor, *, limit: int = 50) -> list[JournalEntry]:
    """The newest imports: all for an administrator, their own for everybody else."""
    statement = select(Import, User.name).outerjoin(User, User.id == Import.actor_id)
    if not _sees_all(actor):
        statement = statement.where(Import.actor_id == actor.user_id)
    with reading(SYSTEM) as session:
        found = session.execute(statement.order_by(Import.id.desc()).limit(limit)).all()
        return [_entry(session, made, who) for made, who in found]


def get_import(actor: Actor, import_id: int) -> JournalEntry:
    """One import.

    Raises
    ------
    NotFound
        No such import, or somebody else's.
    """
    with reading(SYSTEM) as session:
        made = session.get(Import, import_id)
        if made is None or not sees(actor, made.actor_id):
            raise NotFound(_("There is no import {id}, or it is not yours.").format(id=import_id))
        return _entry(
            session, made, session.scalars(select(User.name).where(User.id == made.actor_id)).first()
        )


def fingerprint(source: Path | bytes) -> str:
    """What a file is known by when it comes again, under whatever name."""
    if isinstance(source, bytes):
        return sha256(source).hexdigest()
    with source.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def seen_before(actor: Actor, prints: Mapping[str, str]) -> dict[str, JournalEntry]:
    """For each file the newest import of the same bytes that was not undone."""
    statement = select(Import.id, Import.report["files"]).where(
        Import.state.in_(("done", "cancelled", "failed"))
    )
    if not _sees_all(actor):
        statement = statement.where(Import.actor_id == actor.user_id)
    found: dict[str, int] = {}
    with reading(SYSTEM) as session:
        for record, files in session.execute(statement.order_by(Import.id.desc()).limit(_LOOKED_BACK)):
            for one in (files or {}).values():
                found.setdefault(one, int(record))
    return {name: get_import(actor, found[one]) for name, one in prints.items() if one in found}


def sees(actor: Actor, owner: int | None) -> bool:
    """Whether an import that this person made is the actor's to see."""
    return _sees_all(actor) or owner == actor.user_id


def _sees_all(actor: Actor) -> bool:
    return actor.is_system or actor.role == "administrator"


def _entry(session: ScopedSession, made: Import, who: str | None) -> JournalEntry:
    broken = is_broken_off(session.connection(), made.state, made.started_at, made.report)
    state = "failed" if broken else made.state
    report = ImportReport.from_json({**made.report, "name": made.name, "id": made.id, "state": state})
    return JournalEntry(
        made.id,
        made.name,
        state,
        who or "Rapport",
        made.started_at,
        made.ended_at,
        made.undone_at,
        report,
    )


def failed_rows(actor: Actor, import_id: int, *, limit: int | None = None) -> list[FailedRow]:
    """The rows of an import that were not stored, in the order of the files."""
    get_import(actor, import_id)
    statement = select(ImportFailure).where(ImportFailure.import_id == import_id)
    statement = statement.order_by(ImportFailure.step, ImportFailure.row, ImportFailure.id).limit(limit)
    with reading(SYSTEM) as session:
        plan = session.scalars(select(Import.plan).where(Import.id == import_id)).one()
        files = [str(step["file"]) for step in plan["steps"]]
        return [
            FailedRow(files[f.step], f.row, f.column or "", f.value or "", f.reason, f.line)
            for f in session.scalars(statement)
        ]


def failed_csv(actor: Actor, import_id: int) -> str:
    """The failed rows as CSV: file, row, column, value, reason, then the cells of the line.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    rows = failed_rows(actor, import_id)
    names = list(dict.fromkeys(name for row in rows for name in row.cells))
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([_("File"), _("Row"), _("Column"), _("Value"), _("Reason"), *map(neutral, names)])
    for row in rows:
        told = [neutral(row.file), row.row, neutral(row.column), neutral(row.value), neutral(row.reason)]
        writer.writerow([*told, *(neutral(row.cells.get(name, "")) for name in names)])
    return out.getvalue()


def failed_files(actor: Actor, import_id: int) -> dict[str, str]:
    """The failed rows as CSV files like those that came in: their columns, and behind them what is wrong.

    The columns are as in the file, so that a corrected row comes in by the same choices.
    """
    parts: dict[str, list[FailedRow]] = {}
    for row in failed_rows(actor, import_id):
        parts.setdefault(row.file, []).append(row)
    made: dict[str, str] = {}
    for file, rows in parts.items():
        names = list(dict.fromkeys(name for row in rows for name in row.cells))
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        writer.writerow([*names, failed_mark()])
        writer.writerows(
            [*(neutral(row.cells.get(name, "")) for name in names), neutral(row.reason)] for row in rows
        )
        # The name comes from outside: it names no folder.
        stem = re.sub(r"[^\w.-]+", "_", file.rpartition(".")[0] or file)
        made[f"failed-{import_id}-{stem}.csv"] = out.getvalue()
    return made


def failed_zip(actor: Actor, import_id: int) -> bytes:
    """The files of ``failed_files`` in one archive."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in failed_files(actor, import_id).items():
            archive.writestr(name, text.encode("utf-8-sig"))
    return packed.getvalue()


def unfinished(actor: Actor, token: str) -> int | None:
    """The import that a job with this token began and did not finish."""
    mine = Import.actor_id.is_(None) if actor.user_id is None else Import.actor_id == actor.user_id
    statement = select(Import.id, Import.report).where(
        mine, Import.state.in_(("running", "cancelled", "failed"))
    )
    with reading(SYSTEM) as session:
        found = session.execute(statement.order_by(Import.id.desc()).limit(50)).all()
    return next((row.id for row in found if row.report.get("token") == token), None)


def open_journal(work: Work, plan: Plan, token: str = "", files: Mapping[str, str] | None = None) -> int:
    """Note that an import begins, and of which files; gives its number."""
    values = {
        "name": plan.name[:200],
        "actor_id": work.actor.user_id,
        "plan": plan.as_json(),
        "started_at": work.now,
    }
    statement = (
        insert(Import)
        .values(**values, state="running", report={"token": token, "files": dict(files or {})})
        .returning(Import.id)
    )
    return int(work.session.connection().execute(statement, execution_options=SYSTEM_OPTIONS).scalar_one())


def mark(work: Work, report: ImportReport, step: int, row: int) -> None:
    """Note how far the import is, in the transaction of what was just stored."""
    before = work.session.connection().execute(
        select(Import.report).where(Import.id == report.id), execution_options=SYSTEM_OPTIONS
    ).scalar_one()  # fmt: skip
    stored = {**report.as_json(), "token": before.get("token", ""), "cursor": {"step": step, "row": row}}
    stored["at"] = work.now.isoformat()
    statement = update(Import).where(Import.id == report.id).values(report=stored)
    work.session.connection().execute(statement, execution_options=SYSTEM_OPTIONS)


def end(
    actor: Actor,
    import_id: int,
    state: str,
    report: ImportReport,
    ending: Callable[[Work, ImportReport], None] | None = None,
) -> None:
    """Note that the import has ended, and how."""
    report.state = state
    with unit_of_work(actor, cause=f"import {import_id}") as work:
        stored = work.session.connection().execute(
            select(Import.report).where(Import.id == import_id), execution_options=SYSTEM_OPTIONS
        ).scalar_one()  # fmt: skip
        # A chunk that was rolled back must not be counted: its numbers stand in memory, not in the journal.
        kept = {**stored, **(report.as_json() if state == "done" else {}), "state": state}
        statement = update(Import).where(Import.id == import_id)
        statement = statement.values(state=state, ended_at=datetime.now(UTC), report=kept)
        work.session.connection().execute(statement, execution_options=SYSTEM_OPTIONS)
        if ending:
            ending(work, report)


def take_up(actor: Actor, plan: Plan, import_id: int, report: ImportReport) -> tuple[int, Cursor]:
    """Go on with an import that was broken off: its counts and how far it was.

    Raises
    ------
    NotFound
        No such import, or somebody else's.
    Refused
        It is done or undone, or the plan is another one.
    """
    with unit_of_work(actor, cause=f"import {import_id}") as work:
        row = work.session.connection().execute(
            select(Import.state, Import.plan, Import.report, Import.actor_id).where(Import.id == import_id),
            execution_options=SYSTEM_OPTIONS,
        ).one_or_none()  # fmt: skip
        if row is None or not sees(actor, row.actor_id):
            raise NotFound(_("There is no import {id}, or it is not yours.").format(id=import_id))
        if row.state not in ("cancelled", "failed", "running"):
            raise Refused(
                _("Import {id} cannot be taken up again: it is {state}.").format(
                    id=import_id, state=row.state
                )
            )
        if Plan.from_json(row.plan) != plan:
            raise Refused(_("Import {id} was started with another plan.").format(id=import_id))
        work.session.connection().execute(
            update(Import).where(Import.id == import_id).values(state="running"),
            execution_options=SYSTEM_OPTIONS,
        )
    if not row.report.get("cursor"):
        return import_id, Cursor()
    report.steps = ImportReport.from_json(row.report).steps
    return import_id, Cursor(**row.report["cursor"])
