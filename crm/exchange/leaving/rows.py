"""What is asked of the database for a list that leaves: rights first, then its rows within scope, block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, func, null, select, type_coerce
from sqlalchemy.orm import aliased

from crm.errors import NotAllowed, Refused
from crm.exchange import entities
from crm.exchange.leaving.cells import Values, telling
from crm.exchange.leaving.own import called, own_keys, telling_keys
from crm.i18n import _
from crm.records import registry
from crm.records.fields import Field, Kind
from crm.records.lists import list_conditions
from db.scope import EXPORT, ScopedSession, criterion

#: Rows held in memory at once.
BLOCK = 5000
#: What SQLite holds as text and hands over faster so: the values repeat, and each needs to be read only once.
_WRITTEN = (Kind.DATE, Kind.DATETIME, Kind.TAGS)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows leave: those of a list, as it was narrowed; ``archived`` None means all, whether in use or not."""

    columns: Sequence[str] | None = None
    search: str = ""
    filters: Mapping[str, Any] | None = None
    archived: bool | None = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file; its raw values are ``width`` columns of the answer, behind which may stand their currencies."""

    name: str
    kind: Kind
    width: int = 1
    is_telling: bool = False


@dataclass(frozen=True, slots=True)
class Leaving:
    """The columns of a file and, block by block, the values of each: raw ones, with their currencies for amounts."""

    columns: tuple[Column, ...]
    blocks: Iterator[list[tuple[Values, Values | None]]]


def demand_export(session: ScopedSession, entity: str) -> None:
    """Refuse whoever may not take such records out.

    Raises
    ------
    NotAllowed
        The actor's role does not export this kind of record.
    """
    if not session.actor.may(registry.rights_name(entity), EXPORT):
        plural = _(registry.entity(entity).plural).lower()
        raise NotAllowed(_("Your role does not export {plural}. Ask an administrator.").format(plural=plural))


def conditions_of(session: ScopedSession, entity: str, asked: Asked) -> list[Any]:
    """The rows that leave: those the actor may export, and never more than those they may read."""
    found: list[Any] = list_conditions(
        session, entity, search=asked.search, filters=asked.filters, archived=asked.archived, by_other_order=True
    )  # fmt: skip
    if (limit := criterion(session.actor, registry.model(entity), EXPORT)) is not None:
        found.append(limit)
    return found


def leaving(session: ScopedSession, entity: str, asked: Asked) -> Leaving:
    """The rows of a list by id; the first column is their id.

    Raises
    ------
    NotAllowed
        The actor's role does not export this kind of record.
    Refused
        A filter or column that is not there.
    """
    demand_export(session, entity)
    about, cls = registry.entity(entity), registry.model(entity)
    sqlite = session.get_bind().dialect.name == "sqlite"
    beside = {link: column for column, link in own_keys(about).items()}
    statement: Any = select(cls.id)
    columns, currencies = [Column("id", Kind.INTEGER)], []
    picked: list[Any] = []

    def pick(attribute: Any, kind: Kind = Kind.TEXT) -> None:
        coerced = type_coerce(attribute, String) if sqlite and kind in _WRITTEN else attribute
        picked.append(coerced.label(f"c{len(picked)}"))

    for field in _fields(entity, asked.columns):
        attribute = getattr(cls, field.name)
        columns.append(Column(called(field), field.kind))
        if field.kind is not Kind.LINK:
            pick(attribute, field.kind)
            if field.currency_field:
                currencies.append((len(columns) - 1, getattr(cls, field.currency_field)))
            continue
        target = aliased(registry.model(field.link))
        pick(getattr(target, registry.title_field(field.link)))
        statement = statement.outerjoin(target, target.id == attribute)
        if field.name in beside and (keys := _namesakes(session, field.link)) is not None:
            pick(target.id)
            pick(getattr(target, "created_at", null()), Kind.DATETIME)
            for key in keys:
                pick(getattr(target, key))
            columns.append(Column(beside[field.name], Kind.TEXT, 2 + len(keys), is_telling=True))
    further = entities.beside(entity) if asked.columns is None else None
    said = further.names_out(session, entity) if further else ()
    columns += [Column(name, Kind.TEXT, 0) for name in said]
    statement = statement.add_columns(*picked, *(code.label(f"currency_{at}") for at, code in currencies))
    statement = statement.where(*conditions_of(session, entity, asked)).order_by(cls.id)
    result: Any = session.execute(statement.execution_options(yield_per=BLOCK))

    def blocks() -> Iterator[list[tuple[Values, Values | None]]]:
        # The session has seen to the scope; what it would build anew from each row of the cursor is the same row.
        for rows in result.raw.partitions(BLOCK):
            raw = list(zip(*rows, strict=True))
            codes = dict(
                zip((at for at, _code in currencies), raw[len(raw) - len(currencies) :], strict=True)
            )
            texts = further.texts_out(session, entity, raw[0]) if further and said else {}
            block: list[tuple[Values, Values | None]] = []
            place = 0
            for at, column in enumerate(columns):
                values = raw[place : place + column.width]
                place += column.width
                made = telling(*values) if column.is_telling else values[0] if values else texts[column.name]
                block.append((made, codes.get(at)))
            yield block

    return Leaving(tuple(columns), blocks())


def _fields(entity: str, names: Sequence[str] | None) -> list[Field]:
    """The fields that leave; an amount takes its currency along, or nobody could say what it is."""
    about = registry.entity(entity)
    if not names:
        return [f for f in about.fields if f.exportable]
    fields: dict[str, Field] = {}
    for name in names:
        if name not in about.by_name:
            text = _("{entity} have no field “{name}”. There are: {known}.")
            known = ", ".join(about.by_name)
            raise Refused(text.format(entity=_(about.plural), name=name[:80], known=known))
        fields[name] = about[name]
    holders = [f.currency_field for f in fields.values() if f.currency_field]
    return [*fields.values(), *(about[name] for name in dict.fromkeys(holders) if name not in fields)]


def _namesakes(session: ScopedSession, entity: str) -> tuple[str, ...] | None:
    """None where no two records that the actor sees share a name, as an import compares names; else the fields that tell
    them apart: none where some share these as well.
    """
    cls = registry.model(entity)
    name = getattr(cls, "name_key", getattr(cls, registry.title_field(entity)))
    shared = select(name).where(name.is_not(None)).group_by(name).having(func.count() > 1)
    if session.scalars(shared.limit(1)).first() is None:
        return None
    keys = telling_keys(entity)
    if not keys:
        return ()
    key = func.coalesce(*(func.nullif(getattr(cls, k), "") for k in keys), None)
    alike = select(key).where(key.is_not(None)).group_by(key).having(func.count() > 1)
    return () if session.scalars(alike.limit(1)).first() is not None else keys
