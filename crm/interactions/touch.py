"""When somebody last had to do with a record, and what comes next: one definition for lists and record pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select

from crm.clock import now
from crm.i18n import N_
from crm.interactions.service import ABOUT
from crm.interactions.timeline import CUSTOMERS
from crm.records import registry
from crm.records.fields import Field, Kind
from crm.records.listing.columns import Further
from crm.records.listing.quick import Quick, is_open
from db.models import Case, CaseMessage, Interaction, Task
from db.scope import ScopedSession


def is_talk(cls: Any = Interaction) -> ColumnElement[bool]:
    """A note is no talk, and one put away does not count."""
    return and_(cls.archived_at.is_(None), cls.kind != "note")


def is_open_task() -> ColumnElement[bool]:
    """A task that is still to be done."""
    return and_(Task.done_at.is_(None), Task.archived_at.is_(None))


def _touches(entity: str) -> list[tuple[Any, Any, Select[Any]]]:
    """Whom each touch is of, when it was, and its rows: talks, tasks done, and what was said in cases."""
    by = ABOUT[entity]
    found: list[tuple[Any, Any, Select[Any]]] = [
        (getattr(Interaction, by), Interaction.happened_at, select(Interaction.id).where(is_talk())),
        (getattr(Task, by), Task.done_at, select(Task.id).where(Task.archived_at.is_(None))),
    ]
    # An answer by a machine is nobody's touch.
    said = select(CaseMessage.id).where(CaseMessage.kind != "automatic")
    if entity == "case":
        found.append((CaseMessage.case_id, CaseMessage.at, said))
    elif entity in CUSTOMERS:
        at_case = said.join(Case, Case.id == CaseMessage.case_id)
        found.append((getattr(Case, CUSTOMERS[entity]), CaseMessage.at, at_case))
    return found


def last_touches(session: ScopedSession, entity: str, ids: Sequence[int]) -> dict[int, datetime]:
    """The newest talk, finished task or message of each record. A statement for each of these."""
    found: dict[int, datetime] = {}
    for whose, when, rows in _touches(entity):
        newest = rows.with_only_columns(whose, func.max(when)).where(whose.in_(ids), when.is_not(None))
        for record_id, at in session.execute(newest.group_by(whose)):
            found[record_id] = max(at, found.get(record_id, at))
    return found


def next_tasks(session: ScopedSession, entity: str, ids: Sequence[int]) -> dict[int, tuple[date | None, str]]:
    """Day and title of the open task of each record that is due first. One statement."""
    whose = getattr(Task, ABOUT[entity])
    order = (Task.due_on.is_(None), Task.due_on, Task.due_time, Task.id)
    place = func.row_number().over(partition_by=whose, order_by=order).label("place")
    rows = select(whose.label("record"), Task.due_on, Task.title, place).where(whose.in_(ids), is_open_task())
    first = rows.subquery()
    found = select(first.c.record, first.c.due_on, first.c.title).where(first.c.place == 1)
    return {row[0]: (row[1], row[2]) for row in session.execute(found)}


def _quiet(days: int) -> Any:
    def condition(session: ScopedSession, entity: str) -> ColumnElement[bool]:
        since, cls = now() - timedelta(days=days), registry.model(entity)
        touched = (
            rows.where(whose == cls.id, when >= since).exists() for whose, when, rows in _touches(entity)
        )
        # What was made since then has not been quiet for so long.
        return and_(is_open(entity), cls.created_at < since, *(~one for one in touched))

    return condition


def _no_step(session: ScopedSession, entity: str) -> ColumnElement[bool]:
    cls = registry.model(entity)
    task = select(Task.id).where(getattr(Task, ABOUT[entity]) == cls.id, is_open_task())
    return and_(is_open(entity), ~task.exists())


def _steps(session: ScopedSession, entity: str, ids: Sequence[int]) -> dict[int, str]:
    return {i: title for i, (_due, title) in next_tasks(session, entity, ids).items()}


def _days(session: ScopedSession, entity: str, ids: Sequence[int]) -> dict[int, date | None]:
    return {i: due for i, (due, _title) in next_tasks(session, entity, ids).items()}


def _has(entity: str) -> bool:
    return entity in ABOUT


QUIET_30 = Quick(N_("Quiet for 30 days"), _quiet(30), _has)
QUIET_90 = Quick(N_("Quiet for 90 days"), _quiet(90), _has)
NO_STEP = Quick(N_("No next step"), _no_step, _has)
LAST_TOUCH = Further(Field("last_touch", N_("Last touch"), Kind.DATETIME), last_touches, _has)
NEXT_STEP = Further(Field("next_step", N_("Next step"), Kind.TEXT), _steps, _has)
NEXT_STEP_ON = Further(Field("next_step_on", N_("Next step on"), Kind.DATE), _days, _has)
