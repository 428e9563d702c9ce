"""The cases that service reports count, one row each, with how their two promises ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, and_, case, func, or_, select

from crm.clock import zone
from crm.reporting.report import SalesFilter
from crm.service.cases.moves import ENDED, OPEN
from db.models import Case, CaseMessage, CaseMove, Equipment, Failure, User, WorkOrder
from db.scope import ScopedSession

#: Moments that come as timestamps; ``answered``, ``solved`` are the ends of the two clocks.
MOMENTS = (
    "opened_at", "first_response_at", "resolved_at", "closed_at", "response_due_at", "resolution_due_at",
    "waiting_since", "satisfaction_at",
)  # fmt: skip
COLUMNS = (
    "id", "status", "priority", "queue_id", "owner_id", "team_id", "product_id", "fault_code", "reopened", "policy_id",
    "satisfaction", "import_id", *MOMENTS,
)  # fmt: skip
#: A visit that still has to be made.
TO_VISIT = ("planned", "under_way")
#: It is due within so many days.
AHEAD_DAYS = 7


@dataclass(frozen=True, slots=True)
class ServiceFilter:
    """Which cases are counted; empty means all. Days are the firm's and include both ends."""

    start: date | None = None
    end: date | None = None
    teams: tuple[int, ...] = ()
    owners: tuple[int, ...] = ()
    products: tuple[int, ...] = ()
    queues: tuple[int, ...] = ()
    priorities: tuple[str, ...] = ()


def as_service(chosen: SalesFilter) -> ServiceFilter:
    """What the filter of the command line says about cases."""
    return ServiceFilter(chosen.start, chosen.end, chosen.teams, chosen.owners, chosen.products)


def midnight(day: date) -> datetime:
    """When a day begins at the firm's place, as UTC."""
    return datetime.combine(day, time(), zone()).astimezone(UTC)


def standing(end: date | None, now: datetime) -> datetime:
    """As of which moment open, late and aged cases are told: the end of a day that has passed, else now."""
    return now if end is None else min(now, midnight(end + timedelta(days=1)))


def within(moments: pd.Series[Any], start: date | None, end: date | None) -> pd.Series[bool]:
    """Which moments lie in the days, both included; none without a moment."""
    inside = moments.notna()
    if start is not None:
        inside &= moments >= pd.Timestamp(midnight(start))
    if end is not None:
        inside &= moments < pd.Timestamp(midnight(end + timedelta(days=1)))
    return inside


def conditions(chosen: ServiceFilter, cls: Any = Case) -> list[ColumnElement[bool]]:
    """The filter without its days, as conditions on cases, visits or units.

    A visit belongs to the product of its unit, and to the queue and priority of its case; a unit has neither of these two.
    """
    found: list[ColumnElement[bool]] = [cls.archived_at.is_(None)]
    if chosen.teams:
        members = select(User.id).where(User.team_id.in_(chosen.teams))
        by_owner = and_(cls.team_id.is_(None), cls.owner_id.in_(members))
        found.append(or_(cls.team_id.in_(chosen.teams), by_owner))
    if chosen.owners:
        found.append(cls.owner_id.in_(chosen.owners))
    if cls is Case:
        found.append(Case.status != "merged")
    units = WorkOrder.equipment_id.in_(select(Equipment.id).where(Equipment.product_id.in_(chosen.products)))
    if chosen.products:
        found.append(units if cls is WorkOrder else cls.product_id.in_(chosen.products))
    of_case = [
        column.in_(values)
        for column, values in ((Case.queue_id, chosen.queues), (Case.priority, chosen.priorities))
        if values
    ]
    if of_case and cls is not Equipment:
        found += of_case if cls is Case else [WorkOrder.case_id.in_(select(Case.id).where(*of_case))]
    return found


def read_cases(session: ScopedSession, chosen: ServiceFilter) -> pd.DataFrame:
    """All cases of the filter that matter from its first day on: open now, or something happened since. Two statements.

    Returns
    -------
    DataFrame
        ``COLUMNS``, ``messages, replies`` and ``ends`` for :func:`stand`. Merged and archived cases are left out. The
        first day limits only which rows are read; each number picks its own moment with :func:`within`.
    """
    where = conditions(chosen)
    if chosen.start is not None:
        since = midnight(chosen.start)
        moments = (
            Case.opened_at, Case.first_response_at, Case.resolved_at, Case.closed_at, Case.response_due_at,
            Case.resolution_due_at, Case.satisfaction_at,
        )  # fmt: skip
        where.append(or_(Case.status.in_(OPEN), *(moment >= since for moment in moments)))
    # Public replies of each case, and whether anything at all was written in its thread.
    thread = (
        select(
            CaseMessage.case_id,
            func.count(CaseMessage.id).label("messages"),
            func.count(CaseMessage.id).filter(CaseMessage.kind == "reply").label("replies"),
        )
        .group_by(CaseMessage.case_id)
        .subquery()
    )
    statement = (
        select(*(getattr(Case, name) for name in COLUMNS), thread.c.messages, thread.c.replies)
        .outerjoin(thread, thread.c.case_id == Case.id)
        .where(*where)
    )
    rows = pd.DataFrame(session.execute(statement).all(), columns=[*COLUMNS, "messages", "replies"])
    for name in MOMENTS:
        rows[name] = pd.to_datetime(rows[name], utc=True).astype("datetime64[us, UTC]")
    for name in ("messages", "replies", "reopened"):
        rows[name] = pd.to_numeric(rows[name]).fillna(0).astype("int64")
    for name in ("queue_id", "owner_id", "team_id", "product_id", "policy_id", "import_id", "satisfaction"):
        rows[name] = pd.array(rows[name].tolist(), dtype="Int64")
    ends = _ends(session, where)
    rows["ends"] = pd.Series([ends.get(int(key), []) for key in rows["id"]], index=rows.index, dtype=object)
    return rows


def _ends(
    session: ScopedSession, where: list[ColumnElement[bool]]
) -> dict[int, list[tuple[datetime, datetime]]]:
    """By case that came back from when to when it had ended before."""
    statement = (
        select(CaseMove.case_id, CaseMove.to_status, CaseMove.at)
        .join(Case, Case.id == CaseMove.case_id)
        .where(*where, Case.reopened > 0)
        .order_by(CaseMove.case_id, CaseMove.at, CaseMove.id)
    )
    found: dict[int, list[tuple[datetime, datetime]]] = {}
    since: dict[int, datetime] = {}
    for case_id, status, at in session.execute(statement):
        if status in ENDED:
            since.setdefault(case_id, at)
        elif case_id in since:
            found.setdefault(case_id, []).append((since.pop(case_id), at))
    return found


def stand(rows: pd.DataFrame, now: datetime, end: date | None = None) -> pd.DataFrame:
    """Add how each case stands, and what became of its promises.

    ``is_open`` and ``late_now`` as of now, or of the end of a day that has passed. As known now: ``solved`` and
    ``answered`` (a solution without an answer counts as one); per promise ``…_in_time``, ``…_late`` (ended after it was
    due), ``…_open_late`` (due has passed and the clock runs) and ``…_decided``, the moment from which the outcome is known:
    the end, or the due time where that came first. A waiting case is judged as of the moment when its clocks stopped.
    """
    at = standing(end, now)
    moment, is_past = pd.Timestamp(at), at < now
    rows = rows.copy()
    ended = rows["status"].isin(ENDED)
    rows["solved"] = rows["resolved_at"].fillna(rows["closed_at"]).where(ended)
    rows["answered"] = rows["first_response_at"].fillna(rows["solved"])
    rows["is_open"] = rows["status"].isin(OPEN)
    if is_past:
        # A case that came back later had ended at the moment: nothing but its moves tells that.
        gone = pd.Series(
            [any(a < at <= b for a, b in ends) for ends in rows["ends"]], index=rows.index, dtype=bool
        )
        rows["is_open"] = (
            (rows["is_open"] | (rows["solved"] >= moment)) & (rows["opened_at"] < moment) & ~gone
        )
    stopped = rows["waiting_since"].where(rows["status"] == "waiting")
    rows["late_now"] = False
    for promise, finish in (("response", "answered"), ("resolution", "solved")):
        due, done = rows[f"{promise}_due_at"], rows[finish]
        promised = due.notna() & rows["policy_id"].notna()
        rows[f"{promise}_in_time"] = promised & done.notna() & (done <= due)
        rows[f"{promise}_late"] = promised & done.notna() & (done > due)
        rows[f"{promise}_open_late"] = promised & done.isna() & (due < stopped.fillna(pd.Timestamp(now)))
        known = rows[f"{promise}_in_time"] | rows[f"{promise}_late"] | rows[f"{promise}_open_late"]
        rows[f"{promise}_decided"] = due.where(done.isna() | (done > due), done).where(known)
        pending = done.isna() | (done >= moment) & is_past
        rows["late_now"] |= pending & (due < stopped.where(stopped < moment).fillna(moment))
    rows["late_now"] &= rows["is_open"]
    rows["rated"] = (
        rows["satisfaction_at"]
        .fillna(rows["solved"])
        .fillna(rows["opened_at"])
        .where(rows["satisfaction"].notna())
    )
    # An imported case without a thread does not tell how many answers it took.
    rows["thread_known"] = rows["import_id"].isna() | (rows["messages"] > 0)
    return rows


def first_contact(rows: pd.DataFrame) -> pd.Series[bool]:
    """Which solved cases needed at most one public reply and never came back."""
    return (rows["replies"] <= 1) & (rows["reopened"] == 0)


def newest_case(session: ScopedSession, chosen: ServiceFilter, today: date) -> date | None:
    """The day of the newest opening or solution by today; None without a case."""
    end = datetime.combine(today + timedelta(days=1), time(), zone())
    known = (func.max(case((column < end, column))) for column in (Case.opened_at, Case.resolved_at))
    found = [at for at in session.execute(select(*known).where(*conditions(chosen))).one() if at is not None]
    return max(found).astimezone(zone()).date() if found else None


def read_visits(session: ScopedSession, chosen: ServiceFilter) -> pd.DataFrame:
    """Visits that still have to be made: ``id, planned_on, owner_id, kind``."""
    where = [*conditions(chosen, WorkOrder), WorkOrder.status.in_(TO_VISIT)]
    columns = (WorkOrder.id, WorkOrder.planned_on, WorkOrder.owner_id, WorkOrder.kind)
    return pd.DataFrame(
        session.execute(select(*columns).where(*where).order_by(WorkOrder.planned_on, WorkOrder.id)).all(),
        columns=["id", "planned_on", "owner_id", "kind"],
    )


def due_visits(visits: pd.DataFrame, today: date) -> pd.DataFrame:
    """Visits whose day has passed or comes within ``AHEAD_DAYS``."""
    return planned_within(visits, date.min, today + timedelta(days=AHEAD_DAYS))


def planned_within(visits: pd.DataFrame, first: date, last: date) -> pd.DataFrame:
    """Visits planned for a day of a stretch."""
    inside = [not pd.isna(day) and first <= day <= last for day in visits["planned_on"]]
    # As a series: an empty list would choose columns, not rows.
    return visits[pd.Series(inside, index=visits.index, dtype=bool)]


def failed_parts(
    session: ScopedSession, chosen: ServiceFilter, start: date | None, end: date | None
) -> pd.DataFrame:
    """Failures in the days by part, most first: ``part, failures``, of units that the filter means."""
    units = select(Equipment.id).where(*conditions(chosen, Equipment))
    where: list[ColumnElement[bool]] = [Failure.equipment_id.in_(units)]
    if start is not None:
        where.append(Failure.failed_at >= midnight(start))
    if end is not None:
        where.append(Failure.failed_at < midnight(end + timedelta(days=1)))
    part = func.coalesce(func.nullif(Failure.part, ""), func.nullif(Failure.code, ""))
    grouped = (
        select(part.label("fault_name"), func.count(Failure.id).label("failures"))
        .where(*where)
        .group_by("fault_name")
    )
    rows = pd.DataFrame(session.execute(grouped).all(), columns=["part", "failures"])
    return rows.sort_values(["failures", "part"], ascending=[False, True], ignore_index=True)
