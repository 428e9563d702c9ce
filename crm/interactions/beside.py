"""What a file may say of tasks beside their own fields: whether one was done, without the moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from crm.clock import noon
from crm.i18n import N_
from crm.records.fields import Field, Kind
from crm.records.writing.writer import Writer
from db.models import Task
from db.scope import ScopedSession


class Done:
    """A task that is done without a day was done on the day it was due, if that is over, else now."""

    fields = (
        Field(
            "completed", N_("Completed"), Kind.BOOLEAN, exportable=False,
            aliases=("status", "task status", "done", "finished", "is completed", "closed", "erledigt"),
        ),
    )  # fmt: skip
    chains: Mapping[str, tuple[str, ...]] = {}

    def names_out(self, _session: ScopedSession, _entity: str) -> list[str]:
        """None: a task's own fields say when it was done."""
        return []

    def texts_out(self, _session: ScopedSession, _entity: str, _ids: Sequence[int]) -> dict[str, list[str]]:
        """None."""
        return {}

    def store(self, writer: Writer, entity: str, rows: Mapping[int, Mapping[str, Any]]) -> set[int]:
        """Close the tasks that the file calls done and that are open."""
        done = sorted(record for record, values in rows.items() if values.get("completed"))
        if not done:
            return set()
        asked = select(Task.id, Task.due_on).where(writer.among(Task.id, done), Task.done_at.is_(None))
        now = writer.work.now
        changed = [
            (int(record), {"done_at": None}, {"done_at": min(now, noon(due)) if due else now})
            for record, due in writer.send(asked)
        ]
        writer.change(Task, changed)
        return {record for record, _old, _new in changed}


TASKS = Done()
