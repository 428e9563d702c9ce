"""What administrators set up for service: queues, calendars of working hours, and what is promised to whom."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import func, select

from crm.clock import zones
from crm.errors import Conflict, NotAllowed, NotFound, Problem, Refused
from crm.i18n import _
from crm.service.levels.working_time_rules import (
    MOST_MINUTES,
    clock_text,
    known_countries,
    parse_hours,
    public_holidays,
)
from crm.work import Work
from db.models import Organisation, Queue, ServicePolicy, Team, User, WorkCalendar
from db.models.service.cases import CASE_PRIORITIES
from db.scope import UPDATE, ScopedSession

_DASH = re.compile(r"[-\N{EN DASH}]")
Row = TypeVar("Row", Queue, WorkCalendar, ServicePolicy)
Form = TypeVar("Form", "QueueForm", "CalendarForm", "PolicyForm")


@dataclass(frozen=True, slots=True)
class QueueForm:
    """A queue as entered; ``id`` None makes a new one, ``version`` is the one that was seen."""

    id: int | None
    name: str
    team_id: int | None = None
    is_active: bool = True
    version: int | None = None


@dataclass(frozen=True, slots=True)
class CalendarForm:
    """A calendar as entered; ``hours`` are seven texts such as "08:00–12:00, 13:00–17:00", ``closed`` ISO days."""

    id: int | None
    name: str
    time_zone: str
    hours: tuple[str, ...]
    country: str | None = None
    subdivision: str | None = None
    closed: tuple[str, ...] = ()
    version: int | None = None


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """A promise as entered; None for priority or organisation means all of them, for minutes no promise."""

    id: int | None
    name: str
    calendar_id: int | None
    priority: str | None = None
    organisation_id: int | None = None
    response_minutes: int | None = None
    resolution_minutes: int | None = None
    warn_share: float = 0.8
    escalate_to_id: int | None = None
    is_active: bool = True
    version: int | None = None


@dataclass(frozen=True, slots=True)
class ServiceSetup:
    """Everything of the section, in order."""

    queues: tuple[QueueForm, ...]
    calendars: tuple[CalendarForm, ...]
    policies: tuple[PolicyForm, ...]


def read_setup(session: ScopedSession) -> ServiceSetup:
    """Queues, calendars and policies, also those out of use. Three statements."""
    queues = session.scalars(select(Queue).order_by(Queue.position, Queue.id))
    calendars = session.scalars(
        select(WorkCalendar).order_by(WorkCalendar.is_default.desc(), WorkCalendar.name)
    )
    policies = session.scalars(select(ServicePolicy).order_by(ServicePolicy.position, ServicePolicy.id))
    return ServiceSetup(
        tuple(_form(QueueForm, row) for row in queues),
        tuple(_calendar_form(row) for row in calendars),
        tuple(_form(PolicyForm, row) for row in policies),
    )


def _form(cls: type[Form], row: Any, **read: Any) -> Form:
    """The form with the values of a row in it; ``read`` are those that stand there otherwise than they are entered."""
    return cls(**{f.name: read.get(f.name, getattr(row, f.name)) for f in fields(cls)})


def _calendar_form(row: WorkCalendar) -> CalendarForm:
    texts = tuple(hours_text(intervals) for intervals in parse_hours(row.hours))
    return _form(CalendarForm, row, hours=texts, closed=tuple(row.closed or ()))


def hours_text(intervals: Collection[tuple[int, int]]) -> str:
    """A weekday's hours as people write them: "08:00–12:00, 13:00–17:00"."""
    return ", ".join(f"{clock_text(start)}–{clock_text(end)}" for start, end in intervals)


def stored_hours(texts: tuple[str, ...]) -> dict[str, list[list[str]]]:
    """Hours of seven weekdays as the calendar stores them; blank is closed.

    Raises
    ------
    Refused
        With one problem per weekday that cannot be read.
    """
    hours = {
        str(day): [[end.strip() for end in _DASH.split(part)] for part in text.split(",") if part.strip()]
        for day, text in enumerate(texts)
    }
    week = parse_hours(hours)
    return {
        str(day): [[clock_text(start), clock_text(end)] for start, end in intervals]
        for day, intervals in enumerate(week)
        if intervals
    }


def next_holidays(
    country: str | None, subdivision: str | None, today: date, *, count: int = 6
) -> list[tuple[date, str]]:
    """The next public holidays of a country, soonest first."""
    if not country:
        return []
    days: Mapping[date, str] = {
        **public_holidays(country, subdivision, today.year),
        **public_holidays(country, subdivision, today.year + 1),
    }
    return [(day, name) for day, name in sorted(days.items()) if day >= today][:count]


def save_queue(work: Work, form: QueueForm) -> int:
    """Make or change a queue.

    Raises
    ------
    Refused
        No name, a name that is taken, or an unknown team.
    """
    row = _row(work, Queue, form.id, form.version)
    problems = _name_problems(work, Queue, form)
    if form.team_id is not None and work.session.get(Team, form.team_id) is None:
        problems.append(Problem("team_id", _("Choose a team that exists.")))
    _refuse(_("The queue was not stored."), problems)
    return _store(work, row, form)


def save_calendar(work: Work, form: CalendarForm) -> int:
    """Make or change a calendar; due times that were promised already stay as they are.

    Raises
    ------
    Refused
        With one problem per wrong field: hours that cannot be read, a day that is no day, an unknown zone or country.
    """
    row = _row(work, WorkCalendar, form.id, form.version)
    problems = _name_problems(work, WorkCalendar, form)
    hours: dict[str, Any] = {}
    try:
        hours = stored_hours(form.hours)
    except Refused as refused:
        names = weekday_names()
        problems += [
            Problem("hours", f"{names[int(p.field)]}: {p.message}" if p.field.isdigit() else p.message)
            for p in refused.problems
        ]
    if form.time_zone not in zones():
        problems.append(Problem("time_zone", _("Choose a time zone such as Europe/Berlin.")))
    parts = known_countries().get(form.country or "")
    if form.country and parts is None:
        problems.append(
            Problem("country", _("The holidays of this country are not known. Enter closed days."))
        )
    elif form.subdivision and form.subdivision not in (parts or ()):
        problems.append(Problem("subdivision", _("Choose a part of the country, or none.")))
    closed, wrong = _days(form.closed)
    problems += [Problem("closed", _("“{text}” is no day. Write 2026-12-24.").format(text=t)) for t in wrong]
    _refuse(_("The calendar was not stored."), problems)
    return _store(work, row, form, hours=hours, closed=closed)


def _days(texts: Collection[str]) -> tuple[list[str], list[str]]:
    """Days in order, each once, and the texts that are none."""
    found, wrong = set(), []
    for text in (t.strip() for t in texts if t.strip()):
        try:
            found.add(date.fromisoformat(text).isoformat())
        except ValueError:
            wrong.append(text)
    return sorted(found), wrong


def save_policy(work: Work, form: PolicyForm) -> int:
    """Make or change a promise; it holds for cases that are opened or change their priority from now on.

    Raises
    ------
    Refused
        With one problem per wrong field: no promise at all, an answer later than the solution, somebody who left.
    """
    row = _row(work, ServicePolicy, form.id, form.version)
    problems = _name_problems(work, ServicePolicy, form)
    if form.calendar_id is None or work.session.get(WorkCalendar, form.calendar_id) is None:
        problems.append(Problem("calendar_id", _("Choose a calendar: it says when the time runs.")))
    if form.priority is not None and form.priority not in dict(CASE_PRIORITIES):
        problems.append(Problem("priority", _("Choose a priority, or all of them.")))
    if form.organisation_id is not None and work.session.get(Organisation, form.organisation_id) is None:
        problems.append(Problem("organisation_id", _("Choose a customer that exists, or all of them.")))
    problems += _time_problems(form)
    person = work.session.get(User, form.escalate_to_id) if form.escalate_to_id is not None else None
    if form.escalate_to_id is not None and (person is None or not person.is_active):
        problems.append(Problem("escalate_to_id", _("Choose somebody who works here now, or nobody.")))
    _refuse(_("The promise was not stored."), problems)
    return _store(work, row, form)


def _time_problems(form: PolicyForm) -> list[Problem]:
    answer, solution = form.response_minutes, form.resolution_minutes
    problems = []
    if answer is None and solution is None:
        problems.append(Problem("response_minutes", _("Promise a first answer, a solution, or both.")))
    for field, minutes in (("response_minutes", answer), ("resolution_minutes", solution)):
        if minutes is not None and not 1 <= minutes <= MOST_MINUTES:
            problems.append(Problem(field, _("A promise lasts between one minute and 8,760 hours.")))
    if answer is not None and solution is not None and answer > solution:
        problems.append(
            Problem("response_minutes", _("The first answer comes before the solution: shorten its time."))
        )
    if not 0.05 <= form.warn_share <= 1:
        problems.append(Problem("warn_share", _("Warn between 5 and 100 % of the time.")))
    return problems


def make_default(work: Work, calendar_id: int) -> None:
    """Let a calendar be the one that new promises and plans start with."""
    row = _row(work, WorkCalendar, calendar_id, None)
    for other in work.session.scalars(select(WorkCalendar).where(WorkCalendar.is_default)):
        other.is_default = False
    row.is_default = True
    work.session.flush()


def weekday_names() -> list[str]:
    """Monday to Sunday."""
    return [
        _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
    ]  # fmt: skip


def _row(work: Work, cls: type[Row], row_id: int | None, seen: int | None) -> Row:
    """The row to change, or a new one that is not stored yet."""
    if not work.actor.may("setting", UPDATE):
        raise NotAllowed(
            _("Only administrators change settings. Ask one if something here should be different.")
        )
    if row_id is None:
        return cls()
    row = work.session.get(cls, row_id)
    if row is None:
        raise NotFound(_("This does not exist any more. Load the page anew."))
    if seen not in (None, row.version):
        raise Conflict(_("Someone else changed “{name}” meanwhile. Nothing was stored; look at it again.").format(
            name=row.name))  # fmt: skip
    return row


def _name_problems(work: Work, cls: type[Any], form: QueueForm | CalendarForm | PolicyForm) -> list[Problem]:
    name = form.name.strip()
    if not name or len(name) > 200:
        return [Problem("name", _("Enter a name of at most 200 characters."))]
    taken = select(cls.id).where(func.lower(cls.name) == name.lower(), cls.id != (form.id or 0))
    if work.session.scalars(taken.limit(1)).first() is not None:
        return [Problem("name", _("Another one is called “{name}”. Choose another name.").format(name=name))]
    return []


def _refuse(message: str, problems: list[Problem]) -> None:
    if len(problems) == 1:
        message = f"{message} {problems[0].message}"
    if problems:
        raise Refused(message, problems=problems)


def _store(work: Work, row: Row, form: QueueForm | CalendarForm | PolicyForm, **read: Any) -> int:
    """Put what was entered into the row; ``read`` are values that stand there otherwise. A new one comes last."""
    for name in {f.name for f in fields(form)} - {"id", "version"}:
        entered = getattr(form, name)
        setattr(row, name, read.get(name, (entered.strip() or None) if isinstance(entered, str) else entered))
    cls: type[Any] = type(row)
    known: int | None = row.id
    if known is None:
        if not isinstance(row, WorkCalendar):
            last = work.session.scalar(select(func.max(cls.position)))
            row.position = 0 if last is None else last + 1
        work.session.add(row)
    work.session.flush()
    return row.id
