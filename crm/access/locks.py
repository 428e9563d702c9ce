"""One at a time: look and write without anybody in between, on both databases."""

from __future__ import annotations

from sqlalchemy import text

from crm.work import Work
from db.models import Base


def lock_tables(work: Work, *classes: type[Base]) -> None:
    """Let one transaction at a time past this line; SQLite's writing transactions queue anyway."""
    if work.session.get_bind().dialect.name == "postgresql":
        names = ", ".join(cls.__tablename__ for cls in classes)
        work.session.execute(
            text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"), execution_options={"system": True}
        )
