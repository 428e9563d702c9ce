"""Rows that no key tells apart from others: one that stands there already as it is does not come in a second time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from crm.records.fields import Entity, Kind
from crm.records.rules import Draft
from crm.records.writing.bulk import among
from crm.work import Work

_WORDED = frozenset({Kind.TEXT, Kind.EMAIL, Kind.PHONE})
_AT_ONCE = 5_000


class Twins:
    """Finds records that hold what a row without a key holds."""

    def __init__(self, cls: Any, entity: Entity, key: Sequence[str]) -> None:
        self.cls, self.entity, self.key = cls, entity, tuple(key)
        worded = [f.name for f in entity.fields if f.kind in _WORDED and f.name in cls.__table__.c]
        # The title says most; what a title is made of comes next.
        self.probes = list(dict.fromkeys((entity.title_field, "last_name", *worded)))

    def of(self, work: Work, drafts: Sequence[Draft], import_id: int | None) -> dict[int, int]:
        """By the identity of a new draft the record that is the same; rows of this very import do not count."""
        keys = [[draft.row.get(name) for draft in drafts] for name in self.key]
        told = list(map(all, zip(*keys, strict=True))) if keys else [False] * len(drafts)
        if all(told):
            return {}
        bare = [
            draft
            for draft, is_told in zip(drafts, told, strict=True)
            if not is_told and draft.is_new and not draft.problems
        ]
        probe = next((name for name in self.probes if _tells_apart(bare, name)), "")
        if not probe:
            return {}
        column = getattr(self.cls, probe)
        wanted = sorted({draft.row[probe] for draft in bare if draft.row.get(probe)})
        names = sorted({name for draft in bare for name in draft.given})
        asked = select(self.cls.id, *(getattr(self.cls, name) for name in names))
        if "import_id" in self.cls.__table__.c:
            asked = asked.where(func.coalesce(self.cls.import_id, 0) != (import_id or -1))
        there: dict[Any, list[Any]] = {}
        for start in range(0, len(wanted), _AT_ONCE):
            part = among(work.session, column, wanted[start : start + _AT_ONCE])
            for record in work.session.execute(asked.add_columns(column.label("probed")).where(part)):
                there.setdefault(record.probed, []).append(record)
        found = {}
        for draft in bare if there else ():
            for record in there.get(draft.row[probe], ()):
                if all(_plain(getattr(record, name)) == _plain(draft.row[name]) for name in draft.given):
                    found[id(draft)] = int(record.id)
                    break
        return found


def _tells_apart(bare: Sequence[Draft], name: str) -> bool:
    """Whether most rows differ in a value: a region or a channel would find half the table."""
    values = [value for draft in bare if (value := draft.row.get(name))]
    return bool(values) and len(values) * 2 >= len(bare) and len(set(values)) * 2 >= len(values)


def _plain(value: Any) -> Any:
    return value.strip().lower() if isinstance(value, str) else value
