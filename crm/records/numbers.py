"""Numbers that people say on the phone: ``C-1041`` for a case, ``W-230`` for a visit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select, text

from crm.records import registry
from crm.work import Work
from db.audit import SYSTEM_OPTIONS


def number_of(entity: str, record_id: int) -> str:
    """The number of a record that came without one."""
    return f"{registry.card(entity).number}-{record_id}"


def give_number(work: Work, entity: str, row: Any) -> None:
    """Give a new row its id ahead, and a number made of it that no other row has."""
    if row.number:
        return
    cls = type(row)
    if row.id is None:
        row.id = _next_id(work, cls)
    wanted, turn = number_of(entity, row.id), 1
    while work.session.scalar(select(cls.id).where(cls.number == wanted), execution_options={"system": True}):
        turn += 1
        wanted = f"{number_of(entity, row.id)}-{turn}"
    row.number = wanted


def _next_id(work: Work, cls: Any) -> int:
    connection = work.session.connection()
    if connection.dialect.name == "postgresql":
        asked = text("SELECT nextval(pg_get_serial_sequence(:name, 'id'))")
        found = connection.execute(asked, {"name": cls.__tablename__}, execution_options=SYSTEM_OPTIONS)
        return int(found.scalar_one())
    # The transaction holds SQLite's only write lock: nobody else can take this number.
    last = connection.execute(select(func.max(cls.__table__.c.id)), execution_options=SYSTEM_OPTIONS).scalar()
    return int(last or 0) + 1
