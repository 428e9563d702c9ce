"""A finished or cancelled visit taken back: exactly what ending it wrote, found in the change log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import delete, func, insert, select

from crm.errors import Conflict, Refused
from crm.i18n import _
from crm.records import registry
from crm.records.rules import Draft, rules_of
from crm.records.settling import road_of
from crm.records.writing.writer import Writer, full_rows
from crm.service.equipment.labour import PartUsed
from crm.service.visits.base import find_visit
from crm.work import Work
from db.audit import SYSTEM_OPTIONS, open_batch, plain, typed
from db.models import (
    Change,
    Equipment,
    Failure,
    MaintenancePlan,
    MeterReading,
    PartChange,
    StoredFile,
    WorkOrder,
    WorkOrderPart,
)
from db.scope import ScopedSession

#: What ending a visit makes, what it changes, by table.
MADE: dict[str, Any] = {
    cls.__tablename__: cls for cls in (WorkOrderPart, PartChange, Failure, MeterReading, WorkOrder)
}
CHANGED: dict[str, Any] = {cls.__tablename__: cls for cls in (WorkOrder, Equipment, MaintenancePlan)}


def reopen_visit(work: Work, order_id: int, *, seen_version: int | None = None) -> None:
    """Take back what finishing or cancelling a visit wrote: parts, failures, reading, cost, plan and next visit.

    Raises
    ------
    Refused
        The visit is open, or was ended otherwise than here, such as by an import.
    Conflict
        Something followed that rests on it: a later reading, a change of the next visit, of the plan or of the report.
        Nothing is taken back then; the sentence names what.
    """
    order = find_visit(work, order_id)
    if seen_version is not None and order.version != seen_version:
        raise Conflict(_("Someone else changed this visit meanwhile. Reload and look again."))
    if order.status not in ("done", "cancelled"):
        raise Refused(_("{number} is still open.").format(number=order.number))
    changes = _changes(work, order)
    made = [c for c in changes if c.op == "C" and c.entity in MADE and _is_of(c, order)]
    back = [c for c in changes if c.op == "U" and _is_about(c, order)]
    _demand_untouched(work, order, made, changes[0].batch_id)
    for change in back:
        _changed(work, order, change)
    _remove(work, made)
    _give_back(work, order, back)
    work.session.flush()


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody had entered when they ended a visit that was taken back; ``parts`` as they were put in."""

    done_on: date | None
    hours: float | None
    meter: float | None
    report: str
    fault_code: str
    next_on: date | None
    parts: tuple[PartUsed, ...]


def typed_before(session: ScopedSession, order_id: int) -> Typed | None:
    """What was entered before the visit was last taken back, for the form to begin with; None where it never was.

    Reads the change log past its scope: ask only for a visit that the actor may see. Two statements.
    """
    mine = (
        select(Change.batch_id, Change.old, Change.new)
        .where(Change.entity == WorkOrder.__tablename__, Change.record_id == order_id, Change.op == "U")
        .order_by(Change.id.desc())
        .limit(50)
    )
    steps = session.execute(mine, execution_options=SYSTEM_OPTIONS)
    last = next((s for s in steps if "status" in (s.new or {})), None)
    if last is None or last.old.get("status") != "done":
        return None
    gone = (
        select(Change.old)
        .where(
            Change.batch_id == last.batch_id, Change.op == "D", Change.entity == WorkOrderPart.__tablename__
        )
        .order_by(Change.record_id)
    )
    parts = [
        # The log leaves out what was blank.
        PartUsed(
            old["name"],
            old.get("quantity", 1.0),
            old.get("product_id"),
            old.get("unit_cost_minor"),
            bool(old.get("after_failure")),
        )
        for old in session.scalars(gone, execution_options=SYSTEM_OPTIONS)
        if old["work_order_id"] == order_id
    ]
    table = WorkOrder.__table__
    names = ("done_on", "hours", "meter_value", "report", "fault_code", "next_on")
    done_on, hours, meter, report, fault, next_on = (typed(table, n, last.old.get(n)) for n in names)
    return Typed(done_on, hours, meter, report or "", fault or "", next_on, tuple(parts))


def _changes(work: Work, order: WorkOrder) -> Sequence[Any]:
    """The log of the unit of work that ended the visit, newest first."""
    mine = (
        select(Change.id, Change.batch_id, Change.op, Change.new)
        .where(Change.entity == WorkOrder.__tablename__, Change.record_id == order.id)
        .order_by(Change.id.desc())
    )
    steps = work.session.execute(mine, execution_options=SYSTEM_OPTIONS).all()
    ended = next((s for s in steps if s.op == "U" and (s.new or {}).get("status") == order.status), None)
    if ended is None or any(s.op == "C" and s.batch_id == ended.batch_id for s in steps):
        raise Refused(
            _(
                "{number} was not ended here, so there is nothing to take back. Plan a new visit instead."
            ).format(number=order.number)
        )
    # As plain rows: what is removed past the session makes it read its own anew.
    columns = (Change.batch_id, Change.entity, Change.record_id, Change.op, Change.old, Change.new)
    whole = select(*columns).where(Change.batch_id == ended.batch_id).order_by(Change.id.desc())
    return work.session.execute(whole, execution_options=SYSTEM_OPTIONS).all()


def _is_of(change: Any, order: WorkOrder) -> bool:
    """True for a row that ending this visit made; one unit of work may have ended several."""
    new = change.new or {}
    if change.entity == WorkOrder.__tablename__:
        same = new.get("equipment_id") == order.equipment_id and new.get("title") == order.title
        return same and order.next_on is not None and new.get("planned_on") == plain(order.next_on)
    if change.entity == MeterReading.__tablename__:
        return new.get("equipment_id") == order.equipment_id and order.meter_value == new.get("value")
    return bool(new.get("work_order_id") == order.id)


def _is_about(change: Any, order: WorkOrder) -> bool:
    ids = {"work_orders": order.id, "equipment": order.equipment_id, "maintenance_plans": order.plan_id}
    if change.entity == "equipment":
        return change.record_id == order.equipment_id and set(change.new) <= {"meter_value", "meter_at"}
    if change.entity == "maintenance_plans" and change.record_id != order.plan_id:
        # A reading moves the due days of all plans of the unit by usage, and nothing else of them.
        return set(change.new) == {"next_due_on"}
    return change.entity in CHANGED and change.record_id == ids[change.entity]


def _demand_untouched(work: Work, order: WorkOrder, made: Sequence[Any], batch: int) -> None:
    for change in made:
        later = select(func.count()).where(
            Change.entity == change.entity, Change.record_id == change.record_id, Change.batch_id > batch
        )
        photos = select(StoredFile.id).where(StoredFile.work_order_id == change.record_id).limit(1)
        is_visit = change.entity == WorkOrder.__tablename__
        if work.session.scalar(later, execution_options=SYSTEM_OPTIONS) or (
            is_visit and work.session.scalar(photos, execution_options=SYSTEM_OPTIONS)
        ):
            if change.entity == WorkOrder.__tablename__:
                raise Conflict(
                    _(
                        "The next visit {other} was changed since. Cancel that one; {number} stays as it is."
                    ).format(other=(change.new or {}).get("number", ""), number=order.number)
                )
            raise Conflict(
                _("A part, failure or reading of {number} was changed since; it stays as it is.").format(
                    number=order.number
                )
            )


def _changed(work: Work, order: WorkOrder, change: Any) -> Any:
    """The row that ending the visit changed; refused where somebody stored another value since."""
    cls = CHANGED[change.entity]
    row = work.session.get(cls, change.record_id)
    if row is None:
        raise Conflict(_("What {number} changed is gone; it stays as it is.").format(number=order.number))
    if any(plain(getattr(row, name)) != value for name, value in change.new.items()):
        raise Conflict(_followed(cls, order))
    return row


def _give_back(work: Work, order: WorkOrder, back: Sequence[Any]) -> None:
    """Old values, newest change first: exactly those, also where the rules would come to others by now."""
    for change in back:
        row = work.session.get_one(CHANGED[change.entity], change.record_id)
        for name, value in change.old.items():
            setattr(row, name, typed(row.__table__, name, value))


def _followed(cls: Any, order: WorkOrder) -> str:
    if cls is Equipment:
        text = _("The meter was read again after {number}; it stays as it is.")
    elif cls is MaintenancePlan:
        text = _("The maintenance plan was changed after {number}; it stays as it is.")
    else:
        text = _("{number} was changed after it was ended; it stays as it is.")
    return text.format(number=order.number)


def _remove(work: Work, made: Sequence[Any]) -> None:
    """Rows away on the program's account, with what their rules let follow: who may end a visit may take that back, also a
    next visit of a colleague."""
    road, batch = road_of(work), open_batch(work.session)
    writer = Writer(road)
    for change in made:
        cls, entity = MADE[change.entity], registry.entity_of_table(change.entity)
        row = full_rows(writer, cls, [change.record_id])[change.record_id]
        draft, rules = Draft({**row, "archived_at": work.now}, row, {"archived_at"}), rules_of(entity)
        facts = rules.facts(road, [draft])
        writer.send(delete(cls).where(cls.id == change.record_id))
        log = {"batch_id": batch, "entity": change.entity, "record_id": change.record_id, "op": "D"}
        writer.send(insert(Change).values(**log, old=change.new))
        rules.after(writer, [draft], facts)
    writer.settled()
