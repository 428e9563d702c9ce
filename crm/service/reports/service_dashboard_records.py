"""The cases and visits behind a number or a mark of the service dashboard: the same rows that it counts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import aliased

from crm.periods import Period
from crm.service.reports.service_dashboard import ServiceQuestion, read_from
from crm.service.reports.service_reports import PROMISES, age_days
from crm.service.reports.service_reports_facts import (
    due_visits,
    newest_case,
    read_cases,
    read_visits,
    stand,
    standing,
    within,
)
from db.models import Case, Equipment, Organisation, User, WorkOrder
from db.scope import ScopedSession

#: What a click or a number means: the kind of part and its value, such as ("age", (3, 7)).
Part = tuple[str, Any]


@dataclass(frozen=True)
class CaseRecords:
    """The first cases, newest opening first, and how many there are in all."""

    rows: pd.DataFrame
    total: int


def _matches(cases: pd.DataFrame, part: Part, period: Period, at: datetime) -> Any:
    """Which cases a part means, a boolean per row: the same that its number counts, as of a moment."""
    what, value = part
    start, end = period.start, period.end
    if what in PROMISES:
        return within(cases[f"{what}_decided"], start, end)
    if what == "broken":
        return within(cases[f"{value}_decided"], start, end) & ~cases[f"{value}_in_time"]
    if what == "priority":
        promise, priority = value
        return within(cases[f"{promise}_decided"], start, end) & (cases["priority"] == priority)
    if what == "age":
        low, high = value
        ages = age_days(cases, at).clip(lower=0)
        return cases["is_open"] & (ages >= low) & (ages < (float("inf") if high is None else high))
    if what == "week":
        last = min(value + timedelta(days=6), end) if end else value + timedelta(days=6)
        return within(cases["opened_at"], value, last)
    if what == "owner":
        mine = cases["owner_id"].isna() if value is None else (cases["owner_id"] == value).fillna(False)
        return mine.astype(bool) & cases["is_open"]
    if what == "rating":
        return within(cases["rated"], start, end) & (cases["satisfaction"] == value).fillna(False).astype(
            bool
        )
    opened = within(cases["opened_at"], start, end)
    by_number: dict[str, Any] = {
        "open": cases["is_open"],
        "late": cases["late_now"],
        "first_contact": within(cases["solved"], start, end) & cases["thread_known"],
        "once": opened & (cases["solved"].notna() | (cases["reopened"] > 0)),
        "reopened": opened & (cases["reopened"] > 0),
        "rated": within(cases["rated"], start, end),
        "status": opened & (cases["status"] == value),
        "code": opened & (cases["fault_code"] == value),
    }
    return by_number[what]


def service_records(
    session: ScopedSession, asked: ServiceQuestion, parts: Sequence[Part], *, limit: int = 50
) -> CaseRecords:
    """The cases that a number counts, or that all clicks together mean: those of one kind add up, kinds narrow each other.

    Returns
    -------
    CaseRecords
        ``id, number, subject, organisation, owner, status, priority, opened_at, due_at, resolved_at``.
    """
    now = datetime.now(UTC)
    period, _moved = asked.period(newest_case(session, asked.chosen, asked.today))
    first = read_from(period, None, period.end or asked.today)
    cases = stand(read_cases(session, replace(asked.chosen, start=first)), now, period.end)
    for kind in dict.fromkeys(what for what, _value in parts):
        wanted = pd.Series(False, index=cases.index)
        for part in parts:
            if part[0] == kind:
                wanted |= _matches(cases, part, period, standing(period.end, now))
        cases = cases[wanted]
    ids = cases.sort_values(["opened_at", "id"], ascending=False)["id"].tolist()
    # An organisation that is not the actor's to see stays unnamed: the outer join finds nothing in their scope.
    party, owner = aliased(Organisation), aliased(User)
    statement = (
        select(
            Case.id, Case.number, Case.subject, party.name, owner.name, Case.status, Case.priority, Case.opened_at,
            Case.resolution_due_at, Case.resolved_at,
        )
        .outerjoin(party, party.id == Case.organisation_id)
        .outerjoin(owner, owner.id == Case.owner_id)
        .where(Case.id.in_(ids[:limit]))
        .order_by(Case.opened_at.desc(), Case.id.desc())
    )  # fmt: skip
    columns = [
        "id", "number", "subject", "organisation", "owner", "status", "priority", "opened_at", "due_at", "resolved_at",
    ]  # fmt: skip
    return CaseRecords(pd.DataFrame(session.execute(statement).all(), columns=columns), len(ids))


def visit_records(session: ScopedSession, asked: ServiceQuestion) -> pd.DataFrame:
    """The visits that are due, the oldest day first: ``id, number, title, unit, organisation, owner, planned_on``."""
    ids = due_visits(read_visits(session, asked.chosen), asked.today)["id"].tolist()
    technician = aliased(User)
    statement = (
        select(
            WorkOrder.id, WorkOrder.number, WorkOrder.title, Equipment.name, Organisation.name, technician.name,
            WorkOrder.planned_on,
        )
        .outerjoin(Equipment, Equipment.id == WorkOrder.equipment_id)
        .outerjoin(Organisation, Organisation.id == WorkOrder.organisation_id)
        .outerjoin(technician, technician.id == WorkOrder.owner_id)
        .where(WorkOrder.id.in_(ids))
        .order_by(WorkOrder.planned_on, WorkOrder.id)
    )  # fmt: skip
    columns = ["id", "number", "title", "unit", "organisation", "owner", "planned_on"]
    return pd.DataFrame(session.execute(statement).all(), columns=columns)
