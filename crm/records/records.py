"""Create, change, archive and restore any record of the registry: checked, versioned, logged, within scope."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any, TypeVar

from sqlalchemy import inspect

from crm.errors import Conflict, NotFound, Problem, Refused
from crm.i18n import _
from crm.records import registry
from crm.records.checks import check_values
from crm.records.fields import Entity, Kind
from crm.records.numbers import give_numbers, prefix_of
from crm.records.rules import Draft, rules_of
from crm.records.settling import (
    KEPT,
    changing_draft,
    kept_words,
    new_draft,
    not_there,
    road_of,
    settle,
    shape_of,
)
from crm.records.writing.writer import Writer
from crm.work import Work
from db.models.base import Base
from db.scope import READ, ScopedSession

Row = TypeVar("Row", bound=Base)


def get_record(session: ScopedSession, entity: str, record_id: int) -> dict[str, Any]:
    """All values of one record, as plain data.

    Raises
    ------
    NotFound
        No such record, or not one this actor may see.
    """
    return _plain(find(session, registry.model(entity), record_id))


def find(session: ScopedSession, cls: type[Row], record_id: int) -> Row:
    """The row within the actor's scope.

    Raises
    ------
    NotFound
        There is none, or not for this actor.
    """
    # What has no owner is not limited by the session.
    row = session.get(cls, record_id) if session.actor.may(cls.__entity__, READ) else None
    if row is None:
        raise NotFound(not_there(cls, record_id))
    return row


def _label(cls: type[Base]) -> str:
    return _(cls.__about__["label"]).lower()


def _plain(row: Any) -> dict[str, Any]:
    return {a.key: getattr(row, a.key) for a in inspect(row).mapper.column_attrs}


def create_record(work: Work, entity: str, values: dict[str, Any]) -> dict[str, Any]:
    """Store a new record. Amounts are in minor units, times aware; blanks take the defaults.

    Returns
    -------
    dict
        Every stored value, ``id`` and ``version`` included.

    Raises
    ------
    Refused
        With one ``Problem`` per wrong field.
    NotAllowed
        The actor may not create such a record, or not for that owner.
    """
    about = registry.entity(entity)
    stored, problems = check_values(about.by_name, {k: v for k, v in values.items() if v not in (None, "")})
    return store_new(work, entity, stored, problems)


def store_new(
    work: Work, entity: str, values: Mapping[str, Any], problems: Sequence[Problem] = ()
) -> dict[str, Any]:
    """Store a new record by the rules, from values of its columns that were checked or are the program's own.

    Returns and raises what ``create_record`` does; ``problems`` are told together with what the rules say.
    """
    about, shape = registry.entity(entity), shape_of(entity)
    draft = new_draft(values, shape.defaults(work.now))
    draft.problems = list(problems)
    road = road_of(work)
    with work.session.no_autoflush:
        facts = settle(road, entity, [draft])
        _refuse(about, draft.problems)
        writer = Writer(road)
        if prefix_of(entity) and not draft.row["number"]:
            draft.row["id"] = writer.ids(shape.table, 1)[0]
            give_numbers(work, shape.cls, [draft.row])
        row = shape.cls(**draft.row)
        work.session.add(row)
    work.session.flush()
    draft.row["id"] = row.id
    _afterwards(entity, writer, draft, facts)
    return _plain(row)


def _afterwards(entity: str, writer: Writer, draft: Draft, facts: Any) -> None:
    rules = rules_of(entity)
    rules.after(writer, [draft], facts)
    links = [field.name for field in registry.entity(entity).fields if field.kind is Kind.LINK]
    rules.finish(writer, {name: {draft.row[name]} - {None} for name in links})
    writer.settled()


def _kept(about: Entity, values: Mapping[str, Any], before: Any) -> list[Problem]:
    """What only the program writes, where somebody gives it another value."""
    return [
        Problem(name, kept_words(_(about[name].label)))
        for name in KEPT
        if name in values and name in about.by_name and values[name] != getattr(before, name)
    ]


def _refuse(about: Entity, problems: list[Problem]) -> None:
    if problems:
        first = (
            problems[0].message
            if len(problems) == 1
            else _("{n} fields need attention.").format(n=len(problems))
        )
        raise Refused(
            _("The {label} was not stored. {first}").format(label=_(about.label).lower(), first=first),
            problems=problems,
        )


def update_record(
    work: Work, entity: str, record_id: int, values: dict[str, Any], *, seen_version: int
) -> dict[str, Any]:
    """Change some fields of a record.

    Raises
    ------
    Conflict
        Somebody changed the record since ``seen_version``; ``mine`` and ``theirs`` hold both values of the fields that differ.
    Refused, NotFound, NotAllowed
        As ``create_record``.
    """
    about = registry.entity(entity)
    row: Any = find(work.session, registry.model(entity), record_id)
    # A blank that follows from other values is no wrong value; whether they suffice is seen below.
    loose = {name: replace(field, required=False) for name, field in about.by_name.items()}
    stored, problems = check_values(loose, values)
    problems += _kept(about, stored, row)
    if not problems:
        demand_version(row, seen_version, stored, label=_(about.label).lower())
    store_change(work, entity, row, stored, problems)
    return _plain(row)


def store_change(
    work: Work, entity: str, row: Any, values: Mapping[str, Any], problems: Sequence[Problem] = ()
) -> None:
    """Change a record that was loaded within this unit of work, by the rules; its version is the caller's to ask for.

    ``problems`` are those found before: they are told together with what the rules say.

    Raises
    ------
    Refused
        With one ``Problem`` per wrong field.
    """
    draft = changing_draft(values, _plain(row))
    draft.problems = list(problems)
    if not draft.given and not problems:
        return
    road = road_of(work)
    # Half a change must not be sent: it would take a version of its own.
    with work.session.no_autoflush:
        facts = settle(road, entity, [draft])
        _refuse(registry.entity(entity), draft.problems)
        for name, value in draft.row.items():
            if value != draft.old(name):
                setattr(row, name, value)
    work.session.flush()
    _afterwards(entity, Writer(road), draft, facts)


def demand_version(row: Any, seen_version: int, wanted: dict[str, Any], *, label: str) -> None:
    """Raise Conflict with both values when the row is no longer the one that was seen."""
    # Rows that only hang on another record, such as failures, have no version of their own.
    if getattr(row, "version", seen_version) == seen_version:
        return
    theirs = {k: getattr(row, k) for k, v in wanted.items() if getattr(row, k) != v}
    raise Conflict(
        _(
            "Someone else changed this {label} meanwhile. Nothing was stored; choose which values to keep."
        ).format(label=label),
        mine={k: wanted[k] for k in theirs},
        theirs=theirs,
        version=row.version,
    )


def archive_record(work: Work, entity: str, record_id: int, *, seen_version: int) -> dict[str, Any]:
    """Put a record away; nothing is lost, ``restore_record`` brings it back."""
    return _archived(work, entity, record_id, work.now, seen_version)


def restore_record(work: Work, entity: str, record_id: int, *, seen_version: int) -> dict[str, Any]:
    """Bring an archived record back."""
    return _archived(work, entity, record_id, None, seen_version)


def _archived(
    work: Work, entity: str, record_id: int, at: datetime | None, seen_version: int
) -> dict[str, Any]:
    row: Any = find(work.session, registry.model(entity), record_id)
    demand_version(row, seen_version, {}, label=_label(type(row)))
    rules, road = rules_of(entity), road_of(work)
    if at is None and rules.checks_restored:
        store_change(work, entity, row, {"archived_at": at})
        return _plain(row)
    draft = changing_draft({"archived_at": at}, _plain(row))
    row.archived_at = at
    work.session.flush()
    _afterwards(entity, Writer(road), draft, rules.facts(road, [draft]))
    return _plain(row)


def delete_record(work: Work, entity: str, record_id: int, *, seen_version: int) -> None:
    """Take a record away for good that only hangs on another one: a line, a failure."""
    row: Any = find(work.session, registry.model(entity), record_id)
    demand_version(row, seen_version, {}, label=_label(type(row)))
    draft = Draft({**_plain(row), "archived_at": work.now}, _plain(row), {"archived_at"})
    rules, road = rules_of(entity), road_of(work)
    facts = rules.facts(road, [draft])
    work.session.delete(row)
    work.session.flush()
    _afterwards(entity, Writer(road), draft, facts)


def shown(about: Entity, name: str, value: Any) -> Any:
    """A stored value as JSON and CSV carry it: ISO dates and times."""
    kind = about[name].kind if name in about.by_name else None
    if kind in (Kind.DATE, Kind.DATETIME) or isinstance(value, (date, datetime, time)):
        return value.isoformat() if value is not None else None
    return value
