"""What was changed on a record, by whom, in words: one entry for everything one person stored at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select, union_all

from crm.errors import Refused
from crm.i18n import N_, _
from crm.records import records, registry
from crm.records.fields import Entity, Kind
from crm.work import Work
from db.models import Address, Change, ChangeBatch, Channel, ContactRole, DealLine
from db.scope import ScopedSession

#: Rows that belong to a record and stand in the log under their own table.
CHILDREN: dict[str, tuple[tuple[type[Any], str], ...]] = {
    "contact": ((Channel, "contact_id"), (Address, "contact_id"), (ContactRole, "contact_id")),
    "organisation": (
        (Channel, "organisation_id"),
        (Address, "organisation_id"),
        (ContactRole, "organisation_id"),
    ),
    "deal": ((DealLine, "deal_id"),),
}
_CHILD_LABELS = {"channels": N_("Ways to reach"), "addresses": N_("Address"), "contact_roles": N_("Role")}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after; links are already titles. ``name`` is empty for a row that belongs to the record."""

    name: str
    label: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """What one person stored at once. ``op`` is C (made), U (changed) or D (deleted)."""

    at: datetime
    who: str
    cause: str
    op: str
    batch_id: int
    fields: tuple[FieldChange, ...] = field(default=())


def record_changes(session: ScopedSession, entity: str, record_id: int, *, limit: int) -> list[ChangeEntry]:
    """The newest changes of a record and of what belongs to it, newest first.

    One statement for the changes and one for each kind of record that a changed field links to, whatever the length. The
    caller has found the record within the actor's scope; its log is read on the program's account, titles within scope.
    """
    rows = session.execute(
        _changes_of(entity, limit), {"record": record_id}, execution_options={"system": True}
    ).all()
    about = registry.entity(entity)
    titles = _titles(session, about, rows)
    batches: dict[int, list[Any]] = {}
    for row in rows:
        batches.setdefault(row[7], []).append(row)
    entries = [_entry(about, of_batch, titles) for of_batch in batches.values()]
    return [e for e in entries if e.fields or e.op != "U"][:limit]


def undo_last(work: Work, entity: str, record_id: int, *, seen_version: int) -> dict[str, Any]:
    """Give the fields of the newest change their values from before; done again, it brings the change back.

    Raises
    ------
    Conflict
        Somebody changed the record since ``seen_version``.
    Refused
        The record was never changed, or the old values no longer go together.
    """
    about = registry.entity(entity)
    record = records.get_record(work.session, entity, record_id)
    last = work.session.execute(
        select(Change.op, Change.old)
        .where(Change.entity == registry.model(entity).__tablename__, Change.record_id == record_id)
        .order_by(Change.id.desc())
        .limit(1),
        execution_options={"system": True},
    ).first()
    if last is None or last.op != "U":
        raise Refused(_("Nothing was changed here yet, so there is nothing to undo."))
    old = {name: value for name, value in last.old.items() if name in about.by_name}
    if "archived_at" in old:
        act = records.restore_record if record["archived_at"] else records.archive_record
        return act(work, entity, record_id, seen_version=seen_version)
    return records.update_record(work, entity, record_id, old, seen_version=seen_version)


@lru_cache(maxsize=64)
def _changes_of(entity: str, limit: int) -> Select[Any]:
    who = registry.alias("user", "actor")
    return (
        select(
            ChangeBatch.at,
            func.coalesce(who.name, ""),
            ChangeBatch.cause,
            Change.op,
            Change.entity,
            Change.old,
            Change.new,
            Change.batch_id,
        )
        .join(ChangeBatch, ChangeBatch.id == Change.batch_id)
        .outerjoin(who, who.id == ChangeBatch.actor_id)
        .where(Change.id.in_(_ids(entity, limit)))
        .order_by(Change.id.desc())
    )


def _ids(entity: str, limit: int) -> Any:
    """Ids of changes by index look-ups only; an "or" over both tables would walk the whole log."""
    table = registry.model(entity).__tablename__
    record: Any = bindparam("record")
    parts: list[Select[Any]] = [
        select(Change.id)
        .where(Change.entity == table, Change.record_id == record)
        .order_by(Change.id.desc())
        .limit(4 * limit)
    ]
    for cls, column in CHILDREN.get(entity, ()):
        children = select(cls.id).where(getattr(cls, column) == record)
        parts.append(
            select(Change.id)
            .where(Change.entity == cls.__tablename__, Change.record_id.in_(children))
            .order_by(Change.id.desc())
            .limit(4 * limit)
        )
    return select(union_all(*(select(p.subquery().c.id) for p in parts)).subquery().c.id)


def _titles(session: ScopedSession, about: Entity, rows: Iterable[Any]) -> dict[tuple[str, int], str]:
    wanted: dict[str, set[int]] = {}
    for row in rows:
        for values in (row[5], row[6]) if row[3] == "U" else ():
            for name, value in (values or {}).items():
                if name in about.by_name and about[name].kind is Kind.LINK and value is not None:
                    wanted.setdefault(about[name].link, set()).add(int(value))
    found: dict[tuple[str, int], str] = {}
    for entity, ids in wanted.items():
        cls = registry.model(entity)
        title = getattr(cls, registry.title_field(entity))
        for row_id, text in session.execute(select(cls.id, title).where(cls.id.in_(ids))):
            found[entity, row_id] = str(text)
    return found


def _entry(about: Entity, rows: list[Any], titles: Mapping[tuple[str, int], str]) -> ChangeEntry:
    own = registry.model(about.name).__tablename__
    ops = {row[3] for row in rows if row[4] == own}
    op = "C" if "C" in ops else "D" if "D" in ops else "U"
    fields: list[FieldChange] = []
    for row in reversed(rows):
        if row[4] == own and row[3] == "U":
            fields += _own_fields(about, row[5] or {}, row[6] or {}, titles)
        elif row[4] != own and op != "C":
            fields += _child_fields(row)
    first = rows[0]
    return ChangeEntry(first[0], first[1], first[2], op, first[7], tuple(fields))


def _own_fields(
    about: Entity, old: Mapping[str, Any], new: Mapping[str, Any], titles: Mapping[tuple[str, int], str]
) -> list[FieldChange]:
    def said(name: str, value: Any) -> Any:
        kind = about[name].kind
        if kind is Kind.LINK and value is not None:
            return titles.get((about[name].link, int(value)), f"#{value}")
        return value

    return [
        FieldChange(name, _(about[name].label), said(name, old.get(name)), said(name, value))
        for name, value in new.items()
        if name in about.by_name
    ]


def _child_fields(row: Any) -> list[FieldChange]:
    op, table, old, new = row[3], row[4], row[5] or {}, row[6] or {}
    label = _(_CHILD_LABELS.get(table, table))
    if op == "C":
        return [FieldChange("", label, None, _child_text(table, new))]
    if op == "D":
        return [FieldChange("", label, _child_text(table, old), None)]
    # Which channel is the primary one follows from the record's own field, which stands in the log itself.
    told = [name for name in new if name not in ("is_primary", "updated_at")]
    return [FieldChange("", f"{label}, {_child_word(name)}", old.get(name), new[name]) for name in told]


def _child_text(table: str, values: Mapping[str, Any]) -> str:
    names = {
        "channels": ("value",),
        "addresses": ("street", "postal_code", "city", "country"),
        "contact_roles": ("role",),
        "deal_lines": ("description", "quantity"),
    }
    return ", ".join(str(values[n]) for n in names.get(table, ()) if values.get(n) not in (None, ""))


def _child_word(name: str) -> str:
    words = {
        "valid_from": _("valid from"),
        "valid_until": _("valid until"),
        "since": _("since"),
        "until": _("until"),
        "value": _("value"),
        "label": _("label"),
        "role": _("role"),
    }
    return words.get(name, name.replace("_", " "))
