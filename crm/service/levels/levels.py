"""The promise to a customer: which policy holds for a case, until when, and how much time is left.

How time is kept: ``waiting_since`` is the moment at which the clocks stopped, because the case waits for the customer or
has ended. When the case goes on, the working minutes since then move the due times later by exactly that and are added,
rounded, to ``paused_minutes``. So a reopened case goes on with the time it had left when it was solved. Only a first
answer stops the clock of the answer for good; a solution without one counts as the answer.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from crm.i18n import _
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
    pauses,
)
from crm.service.levels.working_time_rules import WorkingTime, in_words, working_time
from crm.work import Work
from db.models import Case, CaseMove, ServicePolicy, WorkCalendar
from db.scope import ScopedSession

__all__ = ["Clock", "Hand", "apply_policy", "clock", "follow_status", "left_words", "note_answer", "time_of"]


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


def active_policies(session: ScopedSession) -> list[ServicePolicy]:
    """Every policy that applies to new cases."""
    return list(session.scalars(select(ServicePolicy).where(ServicePolicy.is_active)))


def apply_policy(work: Work, case: Case) -> None:
    """Give a case the promise that fits its customer and priority, and the due times that follow from it.

    Call it when a case is made and when its priority, organisation or opening changes; a case that has ended keeps the
    promise that it was answered under. Waits so far count by the new policy's calendar.
    """
    if case.id is not None and case.status in ENDED:
        return
    before = case.response_due_at, case.resolution_due_at
    with work.session.no_autoflush:
        policy = choose_policy(
            active_policies(work.session), priority=case.priority, organisation_id=case.organisation_id
        )
        case.policy_id = policy.id if policy else None
        case.response_due_at = case.resolution_due_at = None
        if policy is not None:
            opened = case.opened_at = case.opened_at or work.now
            time, stops = policy_time(work.session, policy), _stops(work, case)
            waited = paused_between(time, stops)
            case.paused_minutes = round(waited)
            if policy.response_minutes is not None:
                unanswered = paused_between(time, stops, case.first_response_at)
                case.response_due_at = time.add(opened, policy.response_minutes + unanswered)
            if policy.resolution_minutes is not None:
                case.resolution_due_at = time.add(opened, policy.resolution_minutes + waited)
    if before != (case.response_due_at, case.resolution_due_at):
        _forget_marks(case, work.now)


def _stops(work: Work, case: Case) -> list[Pause]:
    """The ended stops of a stored case, those of this unit of work among them."""
    known: int | None = case.id
    if known is None:
        return []
    stored = select(CaseMove).where(CaseMove.case_id == case.id)
    moves = list(work.session.scalars(stored, execution_options={"system": True}))
    moves += [m for m in work.session.new if isinstance(m, CaseMove) and m.case_id == case.id]
    return list(pauses((m.from_status, m.to_status, m.at) for m in sorted(moves, key=lambda m: m.at)))


def _forget_marks(case: Case, now: datetime) -> None:
    """A promise with a later end is not broken yet, and its owner will be warned anew."""
    if case.response_due_at is None or case.response_due_at > now:
        case.response_breached_at = None
    if case.resolution_due_at is None or case.resolution_due_at > now:
        case.resolution_breached_at = None
    if case.response_breached_at is None and case.resolution_breached_at is None:
        case.warned_at = None


def follow_status(work: Work, case: Case, before: str, after: str, at: datetime) -> None:
    """Stop the clocks of a case that begins to wait or ends, and let them go on where they stopped.

    Call it once per change of status, before the end dates of the case are emptied by a reopening.
    """
    if ends_stop(before, after):
        _go_on(work, case, at)
    if after in STOPPED and case.waiting_since is None:
        case.waiting_since = at
    if after in ENDED and case.resolution_due_at is not None and at > case.resolution_due_at:
        case.resolution_breached_at = case.resolution_breached_at or case.resolution_due_at
    note_answer(case, case.first_response_at or (at if after in ENDED else None))


def note_answer(case: Case, at: datetime | None) -> None:
    """Mark a first answer that came late. Call it when the first answer is given."""
    if at is not None and case.response_due_at is not None and at > case.response_due_at:
        case.response_breached_at = case.response_breached_at or case.response_due_at


def _go_on(work: Work, case: Case, at: datetime) -> None:
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


def left_words(one: Hand) -> str:
    """How a clock stands, to people: "2 h 10 min left", "late by 40 min", "paused, 3 h left"."""
    if one.left_minutes is None:
        return ""
    time = in_words(one.left_minutes)
    return {
        "running": _("{time} left"),
        "paused": _("paused, {time} left"),
        "met": _("in time, {time} to spare"),
        "late": _("late by {time}"),
        "none": "",
    }[one.state].format(time=time)
