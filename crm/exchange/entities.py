"""What a file can hold of an entity: its fields, and what other tables keep of it, as its area hands it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import bindparam, update

from crm.records import registry
from crm.records.fields import Entity, Field
from crm.records.writing.writer import Writer
from crm.register import Register
from crm.work import Work
from db.audit import SYSTEM_OPTIONS

#: When a record was made and last changed elsewhere: nobody enters it, but a file may bring it for a new record.
MARKS = ("created_at", "changed_at")


class Beside(Protocol):
    """Fields that a file may feed and other tables hold: further addresses of a contact, for example.

    ``chains`` names, for a field, those that take what stands beside a first value in the same cell, in order.
    """

    fields: tuple[Field, ...]
    chains: Mapping[str, tuple[str, ...]]

    def store(self, writer: Writer, entity: str, rows: Mapping[int, Mapping[str, Any]]) -> set[int]:
        """Store what is not there yet; gives the records that something came to."""
        ...


def entity(name: str) -> Entity:
    """The entity as a file sees it."""
    further = beside(name)
    return _whole(registry.entity(name), further.fields if further else ())


def beside(name: str) -> Beside | None:
    """What other tables hold of an entity and a file may feed."""
    known = Register[Beside]("beside")
    return known.get(name)


@lru_cache(maxsize=200)
def _whole(about: Entity, further: tuple[Field, ...]) -> Entity:
    fields = (replace(f, importable=True) if f.name in MARKS else f for f in about.fields)
    return replace(about, fields=(*fields, *further), by_name={})


def mark(work: Work, cls: Any, values: Mapping[str, Any], created: Mapping[int, int]) -> None:
    """Give new records the moments at which they were made and changed elsewhere, as far as these are over."""
    for name in MARKS:
        fed = values.get(name)
        if fed is None:
            continue
        rows = [
            {"row": record, "moment": moment}
            for at, record in created.items()
            if (moment := fed[at]) is not None and moment <= work.now
        ]
        if rows:
            table = cls.__table__
            told = update(table).where(table.c.id == bindparam("row")).values({name: bindparam("moment")})
            work.session.connection().execute(told, rows, execution_options=SYSTEM_OPTIONS)
