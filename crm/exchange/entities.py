"""What a file can hold of an entity: its fields, and what other tables keep of it, as its area hands it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import bindparam, select, update

from crm.records import registry
from crm.records.fields import Entity, Field, Kind
from crm.records.writing.bulk import among
from crm.records.writing.writer import Writer
from crm.register import Register
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.scope import ScopedSession

#: When a record was made, last changed and put away elsewhere: nobody enters it, but a file may bring it for a new record.
MARKS = ("created_at", "changed_at")


class Beside(Protocol):
    """Fields that a file may feed and other tables hold: further addresses of a contact, for example.

    ``chains`` names, for a field, those that take what stands beside a first value in the same cell, in order.
    """

    fields: tuple[Field, ...]
    chains: Mapping[str, tuple[str, ...]]

    def names_out(self, session: ScopedSession, entity: str) -> list[str]:
        """Those of the fields that any record has: what an export has columns for."""
        ...

    def texts_out(
        self, session: ScopedSession, entity: str, ids: Sequence[int]
    ) -> Mapping[str, Sequence[str]]:
        """The cells of these columns for some records, in their order."""
        ...

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
    return replace(about, fields=(*map(_brought, about.fields), *further), by_name={})


def _brought(field: Field) -> Field:
    """The field as a file may bring it: what the program keeps of a record comes with our own export of it."""
    if field.importable or not field.exportable or field.kind is Kind.LINK:
        return field
    return replace(field, importable=True, own=field.name not in MARKS)


def kept(about: Entity) -> list[str]:
    """The fields that no rule settles: what our own export says of a new record holds."""
    return [
        f.name
        for f in about.fields
        if f.name in MARKS or (f.own and f.name in registry.entity(about.name).by_name)
    ]


def moved(work: Work, cls: Any, made: Mapping[int, int]) -> dict[int, int]:
    """Those of new records that were changed since they were made."""
    table = cls.__table__
    if "version" not in table.c or not made:
        return {}
    asked = select(table.c.id).where(
        table.c.version > 1, among(work.session, table.c.id, list(made.values()))
    )
    since = set(work.session.connection().execute(asked, execution_options=SYSTEM_OPTIONS).scalars())
    return {at: record for at, record in made.items() if record in since}


def mark(
    work: Work, cls: Any, values: Mapping[str, Any], created: Mapping[int, int], names: Sequence[str] = MARKS
) -> None:
    """Give new records the moments at which they were made and changed elsewhere, as far as these are over."""
    table = cls.__table__
    for name in names:
        fed = values.get(name)
        if fed is None:
            continue
        rows = [
            {"row": record, "moment": moment}
            for at, record in created.items()
            for moment in (fed[at],)
            if (moment is not None or table.c[name].nullable) and (name not in MARKS or moment <= work.now)
        ]
        if rows:
            told = update(table).where(table.c.id == bindparam("row")).values({name: bindparam("moment")})
            work.session.connection().execute(told, rows, execution_options=SYSTEM_OPTIONS)
