"""What an imported case needs beside the values of its file: status, dates, priority, the first step of its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, Select, Table, literal, null, select

from crm.i18n import _
from crm.records.writing.bulk import among
from crm.service.cases.moves import (
    ENDED,
    dates_after,
    degrees_of,
    is_reopening,
    priority_of,
    status_from_dates,
    wrong_order,
)
from crm.service.cases.rules import order_words
from crm.service.levels.level_rules import choose_policy
from crm.service.levels.levels import active_policies, policy_time
from crm.work import Work
from db.models import Contact, Equipment, ServicePolicy
from db.scope import ScopedSession

#: Blank until the file gives them, so that what the file says is told from what the program fills in.
TOLD = ("status", "impact", "urgency", "priority", "opened_at")
#: Columns that follow from others and are compared and stored with them.
FOLLOWING = (
    "status",
    "impact",
    "urgency",
    "priority",
    "opened_at",
    "first_response_at",
    "resolved_at",
    "closed_at",
    "reopened",
    "waiting_since",
)
MOVE_COLUMNS = ["case_id", "from_status", "to_status", "at", "user_id", "import_id"]


class Promises:
    """The service levels in force, read once for a chunk: what is promised for a case that is still open."""

    def __init__(self, session: ScopedSession) -> None:
        self.policies = active_policies(session)
        self.times = {policy.id: policy_time(session, policy) for policy in self.policies}
        self.chosen: dict[tuple[str, int | None], ServicePolicy | None] = {}

    def give(self, row: dict[str, Any]) -> None:
        """Policy and due times of a complete row; what has ended was never promised anything here."""
        if row["status"] in ENDED or not self.policies:
            return
        asked = row["priority"], row["organisation_id"]
        if asked not in self.chosen:
            self.chosen[asked] = choose_policy(self.policies, priority=asked[0], organisation_id=asked[1])
        policy = self.chosen[asked]
        if policy is None:
            return
        time, row["policy_id"] = self.times[policy.id], policy.id
        for name, minutes in (
            ("response_due_at", policy.response_minutes),
            ("resolution_due_at", policy.resolution_minutes),
        ):
            row[name] = None if minutes is None else time.add(row["opened_at"], minutes)


def fill(work: Work, rows: Sequence[dict[str, Any]]) -> None:
    """What a chunk of new rows takes over from units, contacts and service levels; its statements do not grow with it."""
    _fill_customers(work, rows)
    promises = Promises(work.session)
    for row in rows:
        complete(row, work.now)
        promises.give(row)


def _fill_customers(work: Work, rows: Sequence[dict[str, Any]]) -> None:
    """Where a file names only the unit or the contact, take over product and customer from them."""
    units = _known(work, Equipment, rows, "equipment_id", ("product_id", "organisation_id", "contact_id"))
    for row in rows:
        unit = units.get(row["equipment_id"] or 0, {})
        row["product_id"] = row["product_id"] or unit.get("product_id")
        row["organisation_id"] = row["organisation_id"] or unit.get("organisation_id")
        if row["organisation_id"] == unit.get("organisation_id"):
            row["contact_id"] = row["contact_id"] or unit.get("contact_id")
    people = _known(work, Contact, rows, "contact_id", ("organisation_id",))
    for row in rows:
        row["organisation_id"] = row["organisation_id"] or people.get(row["contact_id"] or 0, {}).get(
            "organisation_id"
        )


def _known(
    work: Work, cls: Any, rows: Sequence[dict[str, Any]], link: str, names: tuple[str, ...]
) -> dict[int, dict[str, Any]]:
    asked = sorted({row[link] for row in rows if row[link] is not None})
    if not asked:
        return {}
    found = work.session.execute(
        select(cls.id, *(getattr(cls, name) for name in names)).where(among(work.session, cls.id, asked))
    )
    return {r[0]: dict(zip(names, r[1:], strict=True)) for r in found}


def complete(row: dict[str, Any], now: datetime) -> None:
    """Fill in what follows from the values of a new row."""
    if row["priority"] is None:
        row["impact"], row["urgency"] = row["impact"] or "medium", row["urgency"] or "medium"
        row["priority"] = priority_of(row["impact"], row["urgency"])
    elif row["impact"] is None or row["urgency"] is None:
        impact, urgency = degrees_of(row["priority"])
        row["impact"], row["urgency"] = row["impact"] or impact, row["urgency"] or urgency
    if row["status"] is None:
        row["status"] = status_from_dates(row)
    answered, resolved, closed = row["first_response_at"], row["resolved_at"], row["closed_at"]
    if row["opened_at"] is None:
        # A file without the opening still says that it was not later than what followed it.
        row["opened_at"] = min(at for at in (answered, resolved, closed, now) if at is not None)
    if row["status"] in ENDED:
        # One end stands for the other; where the file knows neither, none is invented.
        row["resolved_at"] = resolved or closed
        row["closed_at"] = (closed or resolved) if row["status"] == "closed" else None
        row["waiting_since"] = row["resolved_at"]
    elif row["status"] == "waiting":
        row["waiting_since"] = answered or row["opened_at"]
    if row["satisfaction"] is not None:
        row["satisfaction_at"] = row["closed_at"] or row["resolved_at"] or now


def problem(row: Mapping[str, Any]) -> tuple[str, str] | None:
    """Field and sentence of what keeps a new row from being stored."""
    if row["status"] == "merged":
        return "status", _("A file cannot merge cases. Leave the status blank and merge them by hand.")
    wrong = wrong_order(row)
    if wrong:
        return wrong, order_words(wrong)
    if row["status"] not in ENDED and (row["resolved_at"] or row["closed_at"]):
        return "status", _("The case has an end but is not solved. Correct its status or its dates.")
    return None


def follow(old: Mapping[str, Any], new: dict[str, Any], now: datetime) -> None:
    """Add to the new values of a stored case what follows from them."""
    if "priority" not in new and new.keys() & {"impact", "urgency"}:
        new["priority"] = priority_of(new.get("impact", old["impact"]), new.get("urgency", old["urgency"]))
    elif "priority" in new and not new.keys() & {"impact", "urgency"}:
        new["impact"], new["urgency"] = degrees_of(new["priority"])
    after = new.get("status")
    if after is None:
        return
    before = old["status"]
    at = new.get("closed_at") or new.get("resolved_at") or now
    resolved = new.get("resolved_at") or old["resolved_at"]
    for name, value in dates_after(after, before=before, at=at, resolved_at=resolved).items():
        if new.get(name) is None:
            new[name] = value
    new["waiting_since"] = at if after in (*ENDED, "waiting") else None
    if is_reopening(before, after) and "reopened" not in new:
        new["reopened"] = old["reopened"] + 1


def change_problem(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, str] | None:
    """Field and sentence of what keeps a stored case from being changed."""
    if old["status"] == "merged" and "status" in new:
        return "status", _("This case was merged into another one. Take the merge back first.")
    if new.get("status") == "merged":
        return "status", _("A file cannot merge cases. Leave the status blank and merge them by hand.")
    wrong = wrong_order({**old, **new})
    return (wrong, order_words(wrong)) if wrong else None


def first_moves(work: Work, table: Table, mine: Any, import_id: int | None) -> Select[Any]:
    """The first step of each new case, at its opening."""
    return select(
        table.c.id,
        null(),
        table.c.status,
        table.c.opened_at,
        literal(work.actor.user_id, Integer),
        literal(import_id, Integer),
    ).where(mine)


def later_moves(
    work: Work,
    changed: Sequence[tuple[int, Mapping[str, Any], Mapping[str, Any]]],
    import_id: int | None,
) -> list[dict[str, Any]]:
    """A step for each stored case whose status changed; each case as id, old values, new values."""
    return [
        {
            "case_id": record,
            "from_status": old["status"],
            "to_status": new["status"],
            "at": new.get("closed_at") or new.get("resolved_at") or work.now,
            "user_id": work.actor.user_id,
            "import_id": import_id,
        }
        for record, old, new in changed
        if "status" in new
    ]
