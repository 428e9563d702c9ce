"""One chunk of rows into the database: match by key, compare, update with log, insert, count."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table, bindparam, func, select, update

from crm.exchange import area_rows
from crm.exchange.inherit import inherit
from crm.exchange.storing import plan as plans
from crm.exchange.storing.targets import Inserter, Stages, defaults, derive, follow_changes, own
from crm.i18n import _
from crm.records import registry
from crm.records.fields import Entity, Kind
from crm.records.matching import name_key
from crm.records.writing.bulk import among, insert_rows
from crm.records.writing.search_index import in_bulk
from crm.work import Work
from db.audit import SYSTEM_OPTIONS, open_batch, plain
from db.models import Change
from db.scope import CREATE, UPDATE

_AT_ONCE = 5_000
LOG: Table = Change.__table__  # type: ignore[assignment]  # mapped classes are typed as any FromClause
#: Columns that follow from others and are compared and stored with them.
_FOLLOWING = {
    "deal": ("status", "pipeline_id", "stage_since", "team_id"),
    "contact": ("name",),
    **area_rows.FOLLOWING,
    "social_post": ("weekday", "hour"),
}


@dataclass
class Row:
    """One row of a step on its way: its place in the step, its values, and the text of its key."""

    at: int
    values: dict[str, Any]


@dataclass
class Outcome:
    """Where each row went; places are those of the step."""

    created: dict[int, int] = field(default_factory=dict)
    updated: dict[int, int] = field(default_factory=dict)
    same: dict[int, int] = field(default_factory=dict)
    failed: dict[int, tuple[str, str]] = field(default_factory=dict)

    def ids(self) -> dict[int, int]:
        """The record of each row that has one."""
        return {**self.created, **self.updated, **self.same}


class Target:
    """An entity that rows go into: what identifies a row, what may be done, what was seen so far."""

    def __init__(
        self,
        work: Work,
        entity: Entity,
        *,
        key: Sequence[str],
        mode: str,
        overwrite: bool,
        currency: str = "",
    ) -> None:
        self.entity, self.key, self.mode, self.overwrite = entity, tuple(key), mode, overwrite
        self.cls = registry.model(entity.name)
        self.table: Table = self.cls.__table__
        self.rights = registry.rights_name(entity.name)
        self.stages = Stages(work, currency=currency)
        self.unique = [c.name for c in self.table.c if c.unique and c.name in entity.by_name]
        self.taken: dict[str, set[str]] = {name: set() for name in self.unique}

    def key_of(self, values: Mapping[str, Any]) -> tuple[str, ...] | None:
        """What identifies a row; None when a part of it is empty."""
        parts = [self._part(name, values.get(name)) for name in self.key]
        return tuple(parts) if parts and all(parts) else None

    def _part(self, name: str, value: Any) -> str:
        if value is None or value == "":
            return ""
        if name == self.entity.title_field and "name_key" in self.table.c:
            return name_key(str(value))
        return str(value).casefold() if self.entity[name].kind is Kind.EMAIL else str(value)

    def store(self, work: Work, rows: Sequence[Row], import_id: int) -> Outcome:
        """Store a chunk; nothing of it is committed here."""
        outcome = Outcome()
        keys = [self.key_of(row.values) for row in rows]
        known = self._known(work, rows, keys) if self.key else {}
        fresh: list[Row] = []
        changed: list[tuple[Row, dict[str, Any], dict[str, Any]]] = []
        for row, key in zip(rows, keys, strict=True):
            found = known.get(key, []) if key is not None else []
            active = [old for old in found if old.get("archived_at") is None] or found
            if len(active) > 1:
                reason = _("There are {n} such records already.").format(n=len(active))
                outcome.failed[row.at] = (self.key[0], reason)
            elif active:
                self._compare(work, row, active[0], changed, outcome)
            elif self.mode == plans.UPDATE:
                outcome.failed[row.at] = (
                    self.key[0] if self.key else "",
                    _("There is no such record to update."),
                )
            else:
                fresh.append(row)
        self._update(work, changed, outcome, import_id)
        self._insert(work, fresh, outcome, import_id)
        return outcome

    def _known(
        self, work: Work, rows: Sequence[Row], keys: Sequence[tuple[str, ...] | None]
    ) -> dict[tuple[str, ...], list[dict[str, Any]]]:
        first = self.key[0]
        named = first == self.entity.title_field and "name_key" in self.table.c
        column = getattr(self.cls, "name_key" if named else first)
        lowered = self.entity[first].kind is Kind.EMAIL
        wanted = {
            key[0] if named or lowered else row.values[first]
            for row, key in zip(rows, keys, strict=True)
            if key is not None
        }
        names = self._watched(rows)
        columns = [getattr(self.cls, name) for name in names]
        found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        if not wanted:
            return found
        compared = func.lower(column) if lowered else column
        statement = select(*columns).where(among(work.session, compared, sorted(wanted, key=str)))
        if work.session.get_bind().dialect.name == "postgresql":
            statement = statement.with_for_update(of=self.cls)
        for record in work.session.execute(statement):
            values = dict(zip(names, record, strict=True))
            key = self.key_of(values)
            if key is not None:
                found.setdefault(key, []).append(values)
        return found

    def find(self, work: Work, rows: Sequence[Row]) -> dict[int, int]:
        """The records of rows by their keys; rows whose key names none or several are left out."""
        keys = [self.key_of(row.values) for row in rows]
        known = self._known(work, rows, keys)
        found = {}
        for row, key in zip(rows, keys, strict=True):
            records = known.get(key, []) if key is not None else []
            if len(records) == 1:
                found[row.at] = records[0]["id"]
        return found

    def link(self, work: Work, name: str, pairs: Sequence[tuple[int, int]], import_id: int) -> None:
        """Set a link between records of this entity; each pair is a record and what it points to."""
        changed = []
        by_id = dict(pairs)
        for start in range(0, len(pairs), _AT_ONCE):
            ids = [record for record, _parent in pairs[start : start + _AT_ONCE]]
            columns = [
                getattr(self.cls, c)
                for c in ("id", name, "import_id", *(("version",) if "version" in self.table.c else ()))
            ]
            for old in work.session.execute(select(*columns).where(self.cls.id.in_(ids))).mappings():
                if old[name] != by_id[old["id"]]:
                    changed.append((Row(-1, {}), dict(old), {name: by_id[old["id"]]}))
        # Records that this import made are not news to the log, and undo takes them away as a whole.
        made = [
            {"row_id": old["id"], "parent": new[name]}
            for _row, old, new in changed
            if old["import_id"] == import_id
        ]
        if made:
            statement = (
                update(self.table)
                .where(self.table.c.id == bindparam("row_id"))
                .values({name: bindparam("parent")})
            )
            work.session.connection().execute(statement, made, execution_options=SYSTEM_OPTIONS)
        self._update(work, [c for c in changed if c[1]["import_id"] != import_id], Outcome(), import_id)

    def _watched(self, rows: Sequence[Row]) -> list[str]:
        fields = rows[0].values.keys() if rows else ()
        names = {"id", *self.key, *fields, *_FOLLOWING.get(self.entity.name, ())}
        names |= {name for name in ("version", "owner_id", "team_id", "archived_at") if name in self.table.c}
        if self.entity.name == "contact":
            names |= {"first_name", "last_name", "email", "phone"}
        return [column.name for column in self.table.c if column.name in names]

    def _compare(
        self,
        work: Work,
        row: Row,
        old: dict[str, Any],
        changed: list[tuple[Row, dict[str, Any], dict[str, Any]]],
        outcome: Outcome,
    ) -> None:
        if self.mode == plans.CREATE:
            outcome.same[row.at] = old["id"]
            return
        area_rows.spell(self.entity.name, row.values)
        new = {
            name: value
            for name, value in row.values.items()
            if value is not None and value != old[name] and (self.overwrite or old[name] in (None, "", []))
        }
        # Two spellings of one name identify the same record: the one in the database stays.
        for name in self.key:
            if name in new and self._part(name, new[name]) == self._part(name, old[name]):
                del new[name]
        if not new:
            outcome.same[row.at] = old["id"]
            return
        wrong = area_rows.change_problem(self.entity.name, old, new)
        if wrong is not None:
            outcome.failed[row.at] = wrong
            return
        follow_changes(self.entity.name, old, new, self.stages, work.now)
        owners = {(old.get("owner_id"), old.get("team_id"))}
        owners.add((new.get("owner_id", old.get("owner_id")), new.get("team_id", old.get("team_id"))))
        for owner, team in owners:
            if not self._within_reach(work, UPDATE, owner, team):
                outcome.failed[row.at] = ("", _("You may not change this record."))
                return
        changed.append((row, old, new))

    def _within_reach(self, work: Work, action: str, owner: int | None, team: int | None) -> bool:
        """Whether the actor may do this to a row of that owner and team.

        A row that only its parent guards lies where that lies, which was looked up within the actor's reach.
        """
        if "owner_id" not in self.table.c and isinstance(self.cls.__guard__, tuple):
            return work.actor.may(self.rights, action)
        return work.actor.holds(self.rights, action, owner_id=owner, team_id=team)

    def _update(
        self,
        work: Work,
        changed: Sequence[tuple[Row, dict[str, Any], dict[str, Any]]],
        outcome: Outcome,
        import_id: int,
    ) -> None:
        if not changed:
            return
        connection = work.session.connection()
        batch = open_batch(work.session, import_id=import_id)
        names = sorted({name for _row, _old, new in changed for name in new})
        versioned, dated = "version" in self.table.c, "changed_at" in self.table.c
        settings: dict[str, Any] = {
            name: bindparam(f"new_{name}", type_=self.table.c[name].type) for name in names
        }
        statement = update(self.table).where(self.table.c.id == bindparam("row_id"))
        if versioned:
            statement = statement.where(self.table.c.version == bindparam("row_version"))
            settings["version"] = self.table.c.version + 1
        if dated:
            settings["changed_at"] = work.now
        missing = [name for name in names if name not in changed[0][1]]
        assert not missing, f"not read before the update: {missing}"
        values = [
            {
                **{f"new_{name}": new.get(name, old[name]) for name in names},
                "row_id": old["id"],
                **({"row_version": old["version"]} if versioned else {}),
            }
            for _row, old, new in changed
        ]
        ids = [old["id"] for _row, old, _new in changed]
        with in_bulk(connection, self.table.name, changed=ids, fields=names):
            connection.execute(statement.values(settings), values, execution_options=SYSTEM_OPTIONS)
        log = [
            {
                "batch_id": batch,
                "entity": self.table.name,
                "record_id": old["id"],
                "op": "U",
                "old": {name: plain(old[name]) for name in new},
                "new": {name: plain(value) for name, value in new.items()},
            }
            for _row, old, new in changed
        ]
        insert_rows(connection, LOG, log)
        follow = Inserter(work, self.entity.name, import_id)
        follow.follow_updates([(old["id"], old, new) for _row, old, new in changed])
        outcome.updated.update({row.at: old["id"] for row, old, _new in changed})

    def _insert(self, work: Work, fresh: Sequence[Row], outcome: Outcome, import_id: int) -> None:
        base = defaults(self.entity.name, work.now)
        needed = [f for f in self.entity.fields if f.required]
        ready: list[dict[str, Any]] = []
        places: list[int] = []
        clashes = self._clashes(work, fresh)
        reach: dict[tuple[Any, Any], bool] = {}
        complete = [
            {**base, **{name: value for name, value in row.values.items() if value is not None}}
            for row in fresh
        ]
        inherit(work, self.entity.name, complete)
        taken = area_rows.clashes(work, self.entity.name, complete)
        for place, (row, values) in enumerate(zip(fresh, complete, strict=True)):
            own(work, values, self.stages)
            derive(self.entity.name, values, self.stages, work.now)
            empty = next((f for f in needed if values[f.name] is None), None)
            owners = (values.get("owner_id"), values.get("team_id"))
            if owners not in reach:
                reach[owners] = self._within_reach(work, CREATE, *owners)
            if empty is not None:
                outcome.failed[row.at] = (empty.name, _("{label} is needed.").format(label=_(empty.label)))
            elif row.at in clashes:
                outcome.failed[row.at] = clashes[row.at]
            elif place in taken:
                outcome.failed[row.at] = taken[place]
            elif (wrong := area_rows.problem(self.entity.name, values)) is not None:
                outcome.failed[row.at] = wrong
            elif not reach[owners]:
                outcome.failed[row.at] = ("owner_id", _("You may not make such a record for this owner."))
            else:
                ready.append(values)
                places.append(row.at)
        ids = Inserter(work, self.entity.name, import_id).insert(ready)
        outcome.created.update(zip(places, ids, strict=True))

    def _clashes(self, work: Work, fresh: Sequence[Row]) -> dict[int, tuple[str, str]]:
        """Rows whose value must be the only one of its kind and is not."""
        clashes: dict[int, tuple[str, str]] = {}
        for name in self.unique:
            given = {row.at: str(row.values[name]) for row in fresh if row.values.get(name) is not None}
            stored = self._stored(work, name, given.values())
            for at, value in given.items():
                if value in stored or value in self.taken[name]:
                    reason = _("Another record has this {label} already.").format(
                        label=_(self.entity[name].label).lower()
                    )
                    clashes.setdefault(at, (name, reason))
                else:
                    self.taken[name].add(value)
        return clashes

    def _stored(self, work: Work, name: str, values: Iterable[str]) -> set[str]:
        column, listed = getattr(self.cls, name), sorted(set(values))
        if not listed:
            return set()
        return set(work.session.scalars(select(column).where(among(work.session, column, listed))))
