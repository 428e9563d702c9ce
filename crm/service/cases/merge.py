"""Two cases about the same thing become one, and the way back; what hung on the one hangs on the other."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from crm.errors import Conflict, NotAllowed, Refused
from crm.i18n import _
from crm.records import records
from crm.records.settling import road_of
from crm.records.writing.writer import Writer
from crm.service.cases.find import demand_unmerged
from crm.service.cases.rules import move_entry
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Case, CaseMessage, CaseMove, Change, Failure, Interaction, Task, WorkOrder
from db.scope import UPDATE

#: What hangs on a case and goes with it.
FOLLOWERS: tuple[Any, ...] = (CaseMessage, Interaction, Task, WorkOrder, Failure)


def merge_cases(work: Work, source_id: int, into_id: int) -> dict[str, Any]:
    """Let a case live on in another: thread, tasks, visits and faults go over, and the source says where.

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
    writer = Writer(road_of(work))
    for cls in FOLLOWERS:
        _take_back(writer, cls, batch, source.id, into.id)
    # The case goes on as if it had never been merged: the step is taken off its way, the log keeps it.
    step = select(CaseMove).where(CaseMove.case_id == source.id, CaseMove.to_status == "merged")
    for move in work.session.scalars(step):
        work.session.delete(move)
    source.status, source.merged_into_id = before, None
    work.session.flush()
    writer.settled()
    return records.get_record(work.session, "case", source_id)


def _demand_right(work: Work, case: Case) -> None:
    # What hangs on a case is moved on the program's account, so the right to both ends is asked for first.
    if not work.actor.holds("case", UPDATE, owner_id=case.owner_id, team_id=case.team_id):
        raise NotAllowed(
            _("You may not change {number}. Ask its owner or an administrator.").format(number=case.number)
        )


def _hand_over(writer: Writer, cls: Any, source_id: int, into_id: int) -> None:
    changes = []
    for record, row in _hanging(writer, cls, source_id).items():
        new = {"case_id": into_id}
        if cls is CaseMessage and row["merged_from_id"] is None:
            # What came from an earlier merge keeps its first home.
            new["merged_from_id"] = source_id
        changes.append((record, row, new))
    writer.change(cls, changes)


def _take_back(writer: Writer, cls: Any, batch: int, source_id: int, into_id: int) -> None:
    entries = writer.send(
        select(Change.record_id, Change.old, Change.new).where(
            Change.batch_id == batch, Change.entity == cls.__tablename__, Change.op == "U"
        )
    )
    brought = {
        e.record_id: e.old
        for e in entries
        if e.old.get("case_id") == source_id and e.new.get("case_id") == into_id
    }
    there = _hanging(writer, cls, into_id)
    writer.change(cls, [(record, there[record], old) for record, old in brought.items() if record in there])


def _hanging(writer: Writer, cls: Any, case_id: int) -> dict[int, Any]:
    """What hangs on a case, on the program's account, by id."""
    names = ["id", "case_id", *(["merged_from_id"] if cls is CaseMessage else [])]
    asked = select(*(getattr(cls, name) for name in names)).where(cls.case_id == case_id).order_by(cls.id)
    return {row["id"]: row for row in writer.send(asked).mappings()}


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
