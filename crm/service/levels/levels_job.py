"""Watches the promises: warns the owner before one is broken, marks it after, and hands it to a named person as a task.

The marks on the case say what was done already, so a repeated run changes nothing. They leave the case's version alone:
whoever has its form open meanwhile is not told that somebody changed it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, false, or_, select, update

from crm.clock import here
from crm.clock import now as this_moment
from crm.i18n import _
from crm.jobs.worker import Step
from crm.records import records
from crm.service.levels.levels import policy_time
from crm.service.levels.working_time_rules import in_words
from crm.work import Actor, Work, reading, unit_of_work
from db.models import Case, ServicePolicy, User
from db.scope import ScopedSession

#: Cases per transaction: short enough that nobody waits for the write lock.
BATCH = 200
#: Only in these statuses the clocks run.
RUNNING = and_(Case.status.in_(("new", "open")), Case.waiting_since.is_(None), Case.archived_at.is_(None))
UNANSWERED = Case.first_response_at.is_(None)


def run(actor: Actor, args: dict[str, Any], step: Step) -> dict[str, Any]:
    """Warn, mark and escalate what is due now, as a job."""
    return watch(actor, this_moment(), step)


def watch(actor: Actor, at: datetime, step: Step) -> dict[str, Any]:
    """Warn, mark and escalate what is due at a moment.

    Returns
    -------
    dict
        ``warned`` and ``late``: cases that got a warning, and promises that were marked as broken.
    """
    with reading(actor) as session:
        found = select(Case.id).where(RUNNING, or_(*_late(at), *_near(session, at))).order_by(Case.id)
        ids = list(session.scalars(found))
    warned = late = 0
    for start in range(0, len(ids), BATCH):
        step(start, len(ids), _("Promises to customers"))
        with unit_of_work(actor, cause="service levels") as work:
            near = _near(work.session, at)
            for case in _cases(work.session, ids[start : start + BATCH]):
                late += _mark(work, case, at)
                warned += _warn(work, case, at, near)
    step(len(ids), len(ids), "")
    return {"warned": warned, "late": late}


def _late(at: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Promises of an answer and of a solution that are broken and not marked yet."""
    return (
        and_(UNANSWERED, Case.response_due_at < at, Case.response_breached_at.is_(None)),
        and_(Case.resolution_due_at < at, Case.resolution_breached_at.is_(None)),
    )


def _near(session: ScopedSession, at: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Promises of an answer and of a solution of which so much time is used up that somebody must be warned.

    Once for the answer; after it once more for the solution.
    """
    answers: list[ColumnElement[bool]] = [false()]
    solutions: list[ColumnElement[bool]] = [false()]
    for policy in session.scalars(select(ServicePolicy)):
        time, rest = policy_time(session, policy), 1 - policy.warn_share
        for minutes, due, found in (
            (policy.response_minutes, Case.response_due_at, answers),
            (policy.resolution_minutes, Case.resolution_due_at, solutions),
        ):
            if minutes is not None:
                until = time.add(at, minutes * rest)
                found.append(and_(Case.policy_id == policy.id, due >= at, due <= until))
    fresh = or_(Case.warned_at.is_(None), Case.warned_at < Case.first_response_at)
    return and_(UNANSWERED, Case.warned_at.is_(None), or_(*answers)), and_(fresh, or_(*solutions))


def _cases(session: ScopedSession, ids: list[int]) -> list[Row[Any]]:
    columns = (
        Case.id, Case.number, Case.subject, Case.owner_id, Case.contact_id, Case.organisation_id, Case.policy_id,
        Case.response_due_at, Case.resolution_due_at,
    )  # fmt: skip
    return list(session.execute(select(*columns).where(Case.id.in_(ids)).order_by(Case.id)))


def _set(work: Work, case: Row[Any], where: ColumnElement[bool], **values: Any) -> bool:
    """Set a mark where its reason still holds; False when it does not, or somebody else was first."""
    changed = work.session.execute(
        update(Case).where(Case.id == case.id, RUNNING, where).values(**values),
        execution_options={"system": True, "synchronize_session": False},
    )
    return bool(changed.rowcount)  # type: ignore[attr-defined]


def _mark(work: Work, case: Row[Any], at: datetime) -> int:
    """Mark what is broken and give one task to the person named for it."""
    answer, solution = _late(at)
    unanswered = _set(work, case, answer, response_breached_at=case.response_due_at)
    unsolved = _set(work, case, solution, resolution_breached_at=case.resolution_due_at)
    if unanswered or unsolved:
        text = _("{number} is not solved in time: {subject}")
        if not unsolved:
            text = _("{number} is not answered in time: {subject}")
        policy = work.session.get(ServicePolicy, case.policy_id) if case.policy_id else None
        _task(work, case, text, policy.escalate_to_id if policy else None, at)
    return int(unanswered) + int(unsolved)


def _warn(work: Work, case: Row[Any], at: datetime, near: tuple[ColumnElement[bool], ...]) -> int:
    """Tell the owner, or where nobody has taken the case the person named for it, that time runs out."""
    policy = work.session.get(ServicePolicy, case.policy_id) if case.policy_id else None
    if policy is None:
        return 0
    answer, solution = near
    if _set(work, case, answer, warned_at=at):
        text, due = _("{number}: {left} left to answer: {subject}"), case.response_due_at
    elif _set(work, case, solution, warned_at=at):
        text, due = _("{number}: {left} left to solve: {subject}"), case.resolution_due_at
    else:
        return 0
    left = in_words(policy_time(work.session, policy).between(at, due))
    _task(work, case, text, case.owner_id or policy.escalate_to_id, at, left=left)
    return 1


def _task(
    work: Work, case: Row[Any], text: str, owner_id: int | None, at: datetime, *, left: str = ""
) -> None:
    person = work.session.get(User, owner_id) if owner_id else None
    if person is None or not person.is_active:
        return
    values = {
        "title": text.format(number=case.number, subject=case.subject, left=left)[:500],
        "due_on": here(at).date(),
        "priority": "high",
        "case_id": case.id,
        "owner_id": person.id,
        "team_id": person.team_id,
    }
    records.create_record(work, "task", values)
