"""The promise to a customer: which policy holds for a case, until when, and how much time is left.

How time is kept: ``waiting_since`` is the moment at which the clocks stopped, because the case waits for the customer or
has ended. When the case goes on, the working minutes since then move the due times later by exactly that and are added,
rounded, to ``paused_minutes``. So a reopened case goes on with the time it had left when it was solved. Only a first
answer stops the clock of the answer for good; a solution without one counts as the answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from crm.records.writing.bulk import among
from crm.service.levels.level_rules import (
    ENDED,
    STOPPED,
    Clock,
    Hand,
    Pause,
    choose_policy,
    ends_stop,
    hand,
    paused_between,
)
from crm.service.levels.working_time_rules import WorkingTime, working_time
from crm.work import Work
from db.models import CaseMove, ServicePolicy, WorkCalendar
from db.scope import ScopedSession

__all__ = [
    "Clock", "Hand", "Move", "Promises", "clock", "follow_status", "moves_of", "note_answer", "time_of",
]  # fmt: skip


def time_of(calendar: WorkCalendar) -> WorkingTime:
    """The working time of a stored calendar; equal calendars share what was counted."""
    return working_time(
        calendar.time_zone,
        calendar.hours,
        country=calendar.country,
        subdivision=calendar.subdivision,
        closed=calendar.closed or (),
    )


def policy_time(session: ScopedSession, policy: ServicePolicy) -> WorkingTime:
    """The working time in which a policy counts."""
    calendar = session.get(WorkCalendar, policy.calendar_id)
    assert calendar is not None
    return time_of(calendar)


#: A step of a case's way: from, to, when.
Move = tuple["str | None", str, datetime]


class Promises:
    """The service levels in force, read once for a batch of cases: what is promised for each."""

    def __init__(self, session: ScopedSession) -> None:
        self._policies = session.scalars(select(ServicePolicy).where(ServicePolicy.is_active)).all()
        # Kept as well, so that whoever asks the session for one of them sends no statement.
        self._calendars = {c.id: c for c in session.scalars(select(WorkCalendar))} if self._policies else {}
        self._times = {policy.id: time_of(self._calendars[policy.calendar_id]) for policy in self._policies}
        self._minutes = {p.id: (p.response_minutes, p.resolution_minutes) for p in self._policies}
        self._named = {policy.organisation_id for policy in self._policies}
        self._found: dict[tuple[int, datetime, float], datetime] = {}
        self._chosen: dict[tuple[str, int | None], ServicePolicy | None] = {}

    def give(self, row: dict[str, Any], now: datetime, stops: Sequence[Pause] = ()) -> None:
        """Put in the promise that fits customer and priority, and the due times that follow from it.

        For a case that is made, or whose priority, organisation or opening changes; one that has ended keeps the promise
        that it was answered under. Waits so far count by the new policy's calendar.

        Parameters
        ----------
        row : dict of column to value
            The case; changed in place.
        stops : sequence of (from, to)
            When its clocks stood still.
        """
        before = row["response_due_at"], row["resolution_due_at"]
        row["policy_id"] = row["response_due_at"] = row["resolution_due_at"] = None
        # Customers that no policy names are promised the same.
        asked = row["priority"], row["organisation_id"] if row["organisation_id"] in self._named else None
        if asked not in self._chosen:
            self._chosen[asked] = choose_policy(self._policies, priority=asked[0], organisation_id=asked[1])
        policy = self._chosen[asked]
        if policy is not None:
            time, row["policy_id"] = self._times[policy.id], policy.id
            waited = paused_between(time, stops) if stops else 0.0
            row["paused_minutes"] = round(waited)
            response, resolution = self._minutes[policy.id]
            if response is not None:
                unanswered = paused_between(time, stops, row["first_response_at"]) if stops else 0.0
                row["response_due_at"] = self._due(time, row["opened_at"], response + unanswered)
            if resolution is not None:
                row["resolution_due_at"] = self._due(time, row["opened_at"], resolution + waited)
        if before not in ((None, None), (row["response_due_at"], row["resolution_due_at"])):
            _forget_marks(row, now)

    def _due(self, time: WorkingTime, start: datetime, minutes: float) -> datetime:
        """When so many working minutes are over; cases of one file often begin at one moment."""
        asked = id(time), start, minutes
        if asked not in self._found:
            self._found[asked] = time.add(start, minutes)
        return self._found[asked]


def moves_of(session: ScopedSession, cases: Sequence[int]) -> dict[int, list[Move]]:
    """The way of each of these cases, oldest step first."""
    if not cases:
        return {}
    asked = (
        select(CaseMove.case_id, CaseMove.from_status, CaseMove.to_status, CaseMove.at)
        .where(among(session, CaseMove.case_id, cases))
        .order_by(CaseMove.at, CaseMove.id)
    )
    found: dict[int, list[Move]] = {}
    for case, before, after, at in session.execute(asked, execution_options={"system": True}):
        found.setdefault(case, []).append((before, after, at))
    return found


def _forget_marks(row: dict[str, Any], now: datetime) -> None:
    """A promise with a later end is not broken yet, and its owner will be warned anew."""
    for name in ("response", "resolution"):
        if row[f"{name}_due_at"] is None or row[f"{name}_due_at"] > now:
            row[f"{name}_breached_at"] = None
    if row["response_breached_at"] is None and row["resolution_breached_at"] is None:
        row["warned_at"] = None


def follow_status(work: Work, case: Any, before: str, after: str, at: datetime) -> None:
    """Stop the clocks of a case that begins to wait or ends, and let them go on where they stopped.

    Call it once per change of status, before the end dates of the case are emptied by a reopening; ``case`` is a ``Case`` or
    anything with its columns.
    """
    if ends_stop(before, after):
        _go_on(work, case, at)
    if after in STOPPED and case.waiting_since is None:
        case.waiting_since = at
    if after in ENDED and case.resolution_due_at is not None and at > case.resolution_due_at:
        case.resolution_breached_at = case.resolution_breached_at or case.resolution_due_at
    note_answer(case, case.first_response_at or (at if after in ENDED else None))


def note_answer(case: Any, at: datetime | None) -> None:
    """Mark a first answer that came late. Call it when the first answer is given."""
    if at is not None and case.response_due_at is not None and at > case.response_due_at:
        case.response_breached_at = case.response_breached_at or case.response_due_at


def _go_on(work: Work, case: Any, at: datetime) -> None:
    # An imported case that comes back has no mark of when its clock stopped, only its end.
    since = case.waiting_since or case.resolved_at or case.closed_at
    case.waiting_since = None
    policy = work.session.get(ServicePolicy, case.policy_id) if case.policy_id else None
    if since is None or policy is None or at <= since:
        return
    time = policy_time(work.session, policy)
    waited = time.between(since, at)
    case.paused_minutes = round((case.paused_minutes or 0) + waited)
    if case.resolution_due_at is not None:
        case.resolution_due_at = time.add(case.resolution_due_at, waited)
    if case.response_due_at is not None and case.first_response_at is None:
        case.response_due_at = time.add(case.response_due_at, waited)


def clock(session: ScopedSession, case: Any, now: datetime) -> Clock:
    """How the clocks of a case stand; ``case`` is a ``Case`` or anything with its columns."""
    policy = session.get(ServicePolicy, case.policy_id) if case.policy_id else None
    if policy is None:
        return Clock()
    time = policy_time(session, policy)
    end = (case.resolved_at or case.closed_at or case.waiting_since) if case.status in ENDED else None
    since = case.waiting_since if case.status in STOPPED else None
    answered = case.first_response_at or end
    return Clock(
        response=hand(time, case.response_due_at, ended=answered, since=since, now=now),
        resolution=hand(time, case.resolution_due_at, ended=end, since=since, now=now),
        policy=policy.name,
        waiting_since=since,
        paused_minutes=case.paused_minutes or 0,
    )
