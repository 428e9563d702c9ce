"""Numbers that people say on the phone: ``C-1041`` for a case, ``W-230`` for a visit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from crm.records import registry
from crm.records.writing.bulk import among
from crm.work import Work
from db.audit import SYSTEM_OPTIONS


def prefix_of(entity: str) -> str:
    """The letter before an entity's numbers; empty where it gives none."""
    return registry.card(entity).number if registry.is_known(entity) else ""


def give_numbers(work: Work, cls: type[Any], rows: Sequence[dict[str, Any]]) -> None:
    """Give new rows that have their ids, in place, a number made of it that no other row has."""
    prefix = prefix_of(registry.entity_of_table(cls.__tablename__))
    if not prefix:
        return
    bare = [row for row in rows if not row["number"]]
    given = {row["number"] for row in rows if row["number"]}
    wanted = {row["id"]: f"{prefix}-{row['id']}" for row in bare}
    while wanted:
        asked = select(cls.number).where(among(work.session, cls.number, list(wanted.values())))
        taken = given | set(work.session.scalars(asked, execution_options=SYSTEM_OPTIONS))
        for row in bare:
            number = wanted.get(row["id"])
            if number is not None and number not in taken:
                row["number"] = number
                given.add(number)
                del wanted[row["id"]]
        wanted = {record: _next(number) for record, number in wanted.items()}


def _next(number: str) -> str:
    """The number's next turn: ``C-7``, ``C-7-2``, ``C-7-3``."""
    prefix, record, *turn = number.split("-")
    return f"{prefix}-{record}-{int(turn[0]) + 1 if turn else 2}"
