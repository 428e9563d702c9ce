"""Write down a talk, plan the next one, tick a task off."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from crm.interactions.rules import LINKS
from crm.records import records
from crm.work import Work
from db.models import Task

#: The records a talk or task can belong to, by the field that holds their id.
ABOUT = {name.removesuffix("_id"): name for name in LINKS}


def log_talk(work: Work, *, next_task: str = "", next_due_on: date | None = None, **values: Any) -> int:
    """Write down a talk and, when given, the task that follows from it, in one go.

    Parameters
    ----------
    values
        Fields of the talk. A blank subject takes the first line of the text, so that one field is enough; a blank moment
        is now.

    Returns
    -------
    int
        The interaction's id.
    """
    made = records.create_record(work, "interaction", values)
    follow_up(work, made, title=next_task, due_on=next_due_on)
    return int(made["id"])


def follow_up(work: Work, talk: Mapping[str, Any], *, title: str, due_on: date | None = None) -> None:
    """Plan what follows from a talk: a task about the same, the actor's own; nothing where no title is given."""
    if title.strip():
        add_task(work, title=title, due_on=due_on, **{name: talk[name] for name in LINKS})


def add_task(work: Work, **values: Any) -> int:
    """Plan a task from its fields; it is the actor's own unless given to somebody."""
    return int(records.create_record(work, "task", values)["id"])


def finish_task(work: Work, *, task_id: int, seen_version: int, done: bool = True) -> int:
    """Tick a task off, or open it again; the new version."""
    task = work.session.get(Task, task_id)
    was_done = task is not None and task.done_at is not None
    values = {"done_at": work.now if done else None}
    if was_done == done and task is not None:
        return task.version
    return int(records.update_record(work, "task", task_id, values, seen_version=seen_version)["version"])
