"""What identifies a row of a file, and the stored record that it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import repeat
from typing import Any

from sqlalchemy import Table, func, select

from crm.errors import Problem
from crm.records import registry
from crm.records.fields import Entity, Kind
from crm.records.matching import name_key
from crm.records.writing.bulk import among
from crm.work import Work

#: Spreadsheets keep times to the minute.
_MINUTE = 60.0
#: Stored records that a row may be.
_Stored = Sequence[dict[str, Any]]


@dataclass(slots=True)
class Row:
    """One row of a step on its way: its place in the step, its values, what was wrong with it before, and, of our own
    export, the id that its record has here or had elsewhere, and when it was made.
    """

    at: int
    values: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    record: int | None = None
    made: datetime | None = None


class Keys:
    """The fields that tell the records of an entity apart in a file."""

    def __init__(self, entity: Entity, key: Sequence[str]) -> None:
        self.entity, self.key = entity, tuple(key)
        self.cls = registry.model(entity.name)
        self.table: Table = self.cls.__table__
        self.columns = [column.name for column in self.table.c]
        self.named = {entity.title_field} if "name_key" in self.table.c else set()
        self.lowered = {f.name for f in entity.fields if f.kind is Kind.EMAIL}
        self.under = registry.number_within(entity.name)
        #: Other numbers and codes that tell records apart, for rows in which the key is blank; a name alone names nobody.
        others = [name for name in entity.keys if name not in (*self.key, entity.title_field)]
        self.spare = others if self.key and not self.under else []
        self.needed = [at for at, name in enumerate(self.key) if name != self.under or len(self.key) == 1]

    def key_of(self, values: Mapping[str, Any]) -> tuple[str, ...] | None:
        """What identifies a row; None when a part of it is empty. A line may lie beneath nothing."""
        parts = [self._part(name, values.get(name)) for name in self.key]
        return tuple(parts) if parts and all(parts[at] for at in self.needed) else None

    def keys_of(self, columns: Mapping[str, Sequence[Any]]) -> list[tuple[str, ...] | None]:
        """What identifies each row, from the columns of the key."""
        if not self.key:
            return []
        parts = [list(map(self._part, repeat(name), columns[name])) for name in self.key]
        if len(self.needed) < len(self.key):
            return [key if all(key[at] for at in self.needed) else None for key in zip(*parts, strict=True)]
        return [key if all(key) else None for key in zip(*parts, strict=True)]

    def _part(self, name: str, value: Any) -> str:
        if value is None or value == "":
            return ""
        if name in self.named:
            return name_key(str(value))
        return str(value).casefold() if name in self.lowered else str(value)

    def stored(self, work: Work, rows: Sequence[Row], import_id: int | None = None) -> list[_Stored | None]:
        """The stored records of each row: by our own id, by the key, or where that is blank by another one; None for a
        row that nothing tells apart. What this very import made of other rows of our own export is none of them.
        """
        stored: list[_Stored | None] = [None] * len(rows)
        self._by_id(work, rows, stored)
        for key in (self.key, *((name,) for name in self.spare)) if self.key else ():
            asked = [(at, row) for at, row in enumerate(rows) if stored[at] is None]
            if key != self.key:
                asked = [(at, row) for at, row in asked if row.values.get(key[0])]
            if not asked:
                continue
            with_key = Keys(self.entity, key)
            open_ones = [row for _at, row in asked]
            keys = with_key._keys(open_ones)
            known = with_key._known(work, open_ones, keys)
            for (at, _row), told in zip(asked, keys, strict=True):
                if told is not None:
                    stored[at] = self._narrowed(rows[at], known.get(told, ()), import_id)
        return stored

    def _narrowed(self, row: Row, found: _Stored, import_id: int | None) -> _Stored:
        """Of records that share a key the one that a row of our own export names."""
        if row.record is None:
            return found
        found = [old for old in found if import_id is None or old.get("import_id") != import_id]
        same = [
            old for old in found if old[self.entity.title_field] == row.values.get(self.entity.title_field)
        ]
        return same if len(found) > 1 and same else found

    def _by_id(self, work: Work, rows: Sequence[Row], stored: list[_Stored | None]) -> None:
        """Rows of our own export; another house may have given the id to another record: title, keys, what it hangs on
        and when it was made must be the same as far as both say it.
        """
        bare = [(at, row) for at, row in enumerate(rows) if stored[at] is None and row.record is not None]
        if not bare:
            return
        title = self.entity.title_field
        ids = sorted({row.record for _at, row in bare if row.record is not None})
        known = {old["id"]: old for old in self._read(work, among(work.session, self.cls.id, ids))}
        held = [
            f.name
            for f in self.entity.fields
            if f.required and f.kind is Kind.LINK and f.name in self.columns
        ]
        telling = dict.fromkeys((*self.key, *self.entity.keys, *held))
        for at, row in bare:
            old, values = known.get(row.record or 0), row.values
            if not old or name_key(str(old[title] or "")) != name_key(str(values.get(title) or "")):
                continue
            parts = ((self._part(n, old[n]), self._part(n, values.get(n))) for n in telling if n != title)
            made, told = old.get("created_at"), row.made
            is_then = made is None or told is None or abs((made - told).total_seconds()) < _MINUTE
            if is_then and all(mine == theirs for mine, theirs in parts if mine and theirs):
                stored[at] = [old]

    def _keys(self, rows: Sequence[Row]) -> list[tuple[str, ...] | None]:
        keys = self.keys_of({name: [row.values.get(name) for row in rows] for name in self.key})
        return keys or [None] * len(rows)

    def _known(
        self, work: Work, rows: Sequence[Row], keys: Sequence[tuple[str, ...] | None]
    ) -> dict[tuple[str, ...], list[dict[str, Any]]]:
        first = self.key[0]
        named, lowered = first in self.named, first in self.lowered
        column = getattr(self.cls, "name_key" if named else first)
        wanted = {
            key[0] if named or lowered else row.values[first]
            for row, key in zip(rows, keys, strict=True)
            if key is not None
        }
        found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        if not wanted:
            return found
        compared = func.lower(column) if lowered else column
        for values in self._read(work, among(work.session, compared, sorted(wanted, key=str))):
            key = self.key_of(values)
            if key is not None:
                found.setdefault(key, []).append(values)
        return found

    def _read(self, work: Work, condition: Any) -> Iterator[dict[str, Any]]:
        """Stored rows, locked where the database has more than one lock for writers."""
        statement = select(*(getattr(self.cls, name) for name in self.columns)).where(condition)
        if work.session.get_bind().dialect.name == "postgresql":
            statement = statement.with_for_update(of=self.cls)
        for record in work.session.execute(statement):
            yield dict(zip(self.columns, record, strict=True))

    def find(self, work: Work, rows: Sequence[Row]) -> dict[int, int]:
        """The records of rows by their keys; rows whose key names none or several are left out."""
        keys = self._keys(rows)
        known = self._known(work, rows, keys)
        found = {}
        for row, key in zip(rows, keys, strict=True):
            records = known.get(key, []) if key is not None else []
            if len(records) == 1:
                found[row.at] = records[0]["id"]
        return found
