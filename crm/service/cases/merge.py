"""Two cases about the same thing become one, and the way back; what hung on the one hangs on the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from crm.errors import Conflict, NotAllowed, Refused
from crm.i18n import _
from crm.records import records, registry
from crm.records.settling import changing_draft, road_of
from crm.records.writing.following import follow
from crm.records.writing.writer import Writer, full_rows
from crm.service.cases.cases import enter
from crm.service.cases.find import demand_unmerged
from crm.service.cases.moves import OPEN
from crm.service.cases.rules import move_entry
from crm.work import Work
from db.audit import SYSTEM_OPTIONS, plain, typed
from db.models import (
    Case,
    CaseMessage,
    CaseMove,
    Change,
    Failure,
    Interaction,
    StoredFile,
    Task,
    WorkOrder,
)
from db.scope import UPDATE

#: A case in one of these needs somebody to do something.
BUSY = OPEN[:2]
#: What of it no rules of an entity speak of.
_KEPT_BY_THEMSELVES = ("case_messages", "files")
#: What hangs on a case and goes with it.
FOLLOWERS: tuple[Any, ...] = (CaseMessage, StoredFile, Interaction, Task, WorkOrder, Failure)


def merge_cases(work: Work, source_id: int, into_id: int) -> dict[str, Any]:
    """Let a case live on in another: thread, files, tasks, visits and faults go over, and the source says where.

    What goes over follows its new case by its own rules. An heir that waits or has ended comes back where the source
    still needed somebody: nobody would look there.

    Returns
    -------
    dict
        The case in which both live on.

    Raises
    ------
    Refused
        One case with itself, or one of them is merged already.
    NotAllowed
        One of them is not the actor's to change.
    """
    source, into = records.find(work.session, Case, source_id), records.find(work.session, Case, into_id)
    if source.id == into.id:
        raise Refused(_("A case cannot be merged with itself. Choose another one."))
    for case in (source, into):
        demand_unmerged(case)
        _demand_right(work, case)
    at = max(work.now, source.opened_at)
    work.session.add(move_entry(work, source.id, source.status, "merged", at))
    if source.status in BUSY and into.status not in BUSY:
        enter(work, into, "open", max(at, into.opened_at))
    source.status, source.merged_into_id = "merged", into.id
    work.session.flush()
    writer = Writer(road_of(work))
    for cls in FOLLOWERS:
        _hand_over(writer, cls, source.id, into.id)
    writer.settled()
    return records.get_record(work.session, "case", into_id)


def unmerge_case(work: Work, source_id: int) -> dict[str, Any]:
    """Take a merge back: the case stands where it stood, with what it brought along; what came later stays.

    Returns
    -------
    dict
        The case that is its own again.

    Raises
    ------
    Refused
        It was not merged.
    Conflict
        The case it went into was merged further.
    """
    source = records.find(work.session, Case, source_id)
    if source.status != "merged" or source.merged_into_id is None:
        raise Refused(_("{number} was not merged.").format(number=source.number))
    into = records.find(work.session, Case, source.merged_into_id)
    if into.status == "merged":
        raise Conflict(
            _("{into} was merged further. Take that back first, then {number}.").format(
                into=into.number, number=source.number
            )
        )
    for case in (source, into):
        _demand_right(work, case)
    batch, before = _merge_entry(work, source)
    # The case goes on as if it had never been merged: the step is taken off its way, the log keeps it.
    step = select(CaseMove).where(CaseMove.case_id == source.id, CaseMove.to_status == "merged")
    for move in work.session.scalars(step).all():
        _end_again(work, into, batch, move.at)
        work.session.delete(move)
    source.status, source.merged_into_id = before, None
    work.session.flush()
    writer = Writer(road_of(work))
    for cls in FOLLOWERS:
        _take_back(writer, cls, batch, source.id, into.id)
    writer.settled()
    return records.get_record(work.session, "case", source_id)


def _demand_right(work: Work, case: Case) -> None:
    # What hangs on a case is moved on the program's account, so the right to both ends is asked for first.
    if not work.actor.holds("case", UPDATE, owner_id=case.owner_id, team_id=case.team_id):
        raise NotAllowed(
            _("You may not change {number}. Ask its owner or an administrator.").format(number=case.number)
        )


def _hand_over(writer: Writer, cls: Any, source_id: int, into_id: int) -> None:
    rows = _hanging(writer, cls, source_id)
    if cls.__tablename__ in _KEPT_BY_THEMSELVES:
        new: dict[str, Any] = {"case_id": into_id}
        # What came from an earlier merge keeps its first home.
        first = {"merged_from_id": source_id} if cls is CaseMessage else {}
        writer.change(
            cls, [(i, row, new | (first if not row.get("merged_from_id") else {})) for i, row in rows.items()]
        )
    elif rows:
        follow(
            writer,
            registry.entity_of_table(cls.__tablename__),
            [changing_draft({"case_id": into_id}, row) for row in rows.values()],
        )


def _take_back(writer: Writer, cls: Any, batch: int, source_id: int, into_id: int) -> None:
    """What the merge changed of rows that hang on the heir still, but for what somebody changed since."""
    there, changes = _hanging(writer, cls, into_id), []
    for entry in _entries(writer.work, cls, batch):
        if entry.old.get("case_id") == source_id and (row := there.get(entry.record_id)) is not None:
            old = {n: v for n, v in entry.old.items() if plain(row[n]) == entry.new[n]}
            changes.append((entry.record_id, row, {n: typed(cls.__table__, n, v) for n, v in old.items()}))
    writer.change(cls, changes)


def _end_again(work: Work, into: Case, batch: int, at: datetime) -> None:
    """An heir that only the merge brought back ends or waits again, unless something was done with it since."""
    for entry in _entries(work, Case, batch, into.id):
        if any(plain(getattr(into, name)) != value for name, value in entry.new.items()):
            return
        for name, value in entry.old.items():
            setattr(into, name, typed(Case.__table__, name, value))
        way = select(CaseMove).where(CaseMove.case_id == into.id, CaseMove.at >= at).order_by(CaseMove.id)
        for move in work.session.scalars(way).all()[:1]:
            work.session.delete(move)


def _entries(work: Work, cls: Any, batch: int, *ids: int) -> Sequence[Any]:
    """What a unit of work changed of rows of a table, from the log."""
    about = (Change.batch_id == batch, Change.entity == cls.__tablename__, Change.op == "U")
    which = [Change.record_id.in_(ids)] if ids else []
    asked = select(Change.record_id, Change.old, Change.new).where(*about, *which)
    return work.session.execute(asked, execution_options=SYSTEM_OPTIONS).all()


def _hanging(writer: Writer, cls: Any, case_id: int) -> dict[int, Any]:
    """What hangs on a case, on the program's account, by id."""
    asked = select(cls.id).where(cls.case_id == case_id).order_by(cls.id)
    return full_rows(writer, cls, [int(record) for record in writer.send(asked).scalars()])


def _merge_entry(work: Work, source: Case) -> tuple[int, str]:
    """The batch of the log in which the case was merged, and the status that it had before."""
    entries = work.session.execute(
        select(Change.batch_id, Change.old, Change.new)
        .where(Change.entity == Case.__tablename__, Change.record_id == source.id, Change.op == "U")
        .order_by(Change.id.desc()),
        execution_options=SYSTEM_OPTIONS,
    )
    for entry in entries:
        if (entry.new or {}).get("status") == "merged":
            return int(entry.batch_id), str(entry.old["status"])
    raise Conflict(_("The log of this merge is gone; it cannot be taken back."))
