"""One chunk of rows into the database: match by key, settle by the rules, store, count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import bindparam, select, update

from crm.errors import Problem
from crm.exchange.storing import plan as plans
from crm.exchange.storing.keys import Keys, Row
from crm.exchange.storing.twins import Twins
from crm.i18n import _
from crm.money import to_major, to_minor
from crm.records import registry
from crm.records.fields import Entity, Kind
from crm.records.rules import Draft, Road
from crm.records.settling import (
    KEPT,
    changing_draft,
    kept_words,
    new_draft,
    own_link,
    road_of,
    settle,
    shape_of,
)
from crm.records.trees import circular
from crm.records.writing.bulk import among
from crm.records.writing.following import write
from crm.records.writing.writer import Writer
from crm.work import Work
from db.criteria import target_class
from db.scope import CREATE, IMPORT, UPDATE, criterion

_AT_ONCE = 5_000
_HELD = ("owner_id", "team_id")


@dataclass
class Outcome:
    """Where each row went; places are those of the step.

    ``history`` counts what only a file may bring; ``kept`` counts, by field, blank cells where a value is stored; ``changed``
    are the drafts of stored records; ``alike`` counts rows without a key that stand there already as they are.
    """

    created: dict[int, int] = field(default_factory=dict)
    updated: dict[int, int] = field(default_factory=dict)
    same: dict[int, int] = field(default_factory=dict)
    failed: dict[int, list[Problem]] = field(default_factory=dict)
    history: dict[str, int] = field(default_factory=dict)
    kept: Counter[str] = field(default_factory=Counter)
    changed: list[tuple[int, Draft]] = field(default_factory=list)
    alike: int = 0

    def ids(self) -> dict[int, int]:
        """The record of each row that has one."""
        return {**self.created, **self.updated, **self.same}


class Target(Keys):
    """An entity that rows go into: what identifies a row, and what may be done."""

    #: Rows of the file itself need the right to import beside that to make or change them.
    by_file = True

    def __init__(
        self,
        entity: Entity,
        *,
        key: Sequence[str],
        mode: str,
        overwrite: bool,
        currency: str = "",
        comes: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(entity, key)
        self.comes = comes
        self.mode, self.overwrite, self.currency = mode, overwrite, currency
        self.rights = registry.rights_name(entity.name)
        #: The links whose record a row belongs to and is guarded by.
        self.guards: tuple[str, ...] = self.cls.__guard__ if isinstance(self.cls.__guard__, tuple) else ()
        self.twins = Twins(self.cls, entity, self.key)
        self.amounts = {
            f.name: f.currency_field for f in entity.fields if f.kind is Kind.MONEY and f.currency_field
        }

    def store(self, work: Work, rows: Sequence[Row], import_id: int) -> Outcome:
        """Store a chunk; nothing of it is committed here."""
        outcome = Outcome()
        road = road_of(work, currency=self.currency, import_id=import_id, comes=self.comes)
        places, drafts = self._drafts(road, rows, outcome)
        # A file that tells rows apart by several values says that one of them alone does not.
        facts = settle(road, self.entity.name, drafts, apart=self.key if len(self.key) > 1 else ())
        self._demand(work, drafts)
        stored: list[tuple[int, Draft]] = []
        known = {row.at: len(row.problems) for row in rows if row.problems}
        twins = self.twins.of(work, drafts, import_id)
        for at, draft in zip(places, drafts, strict=True):
            if draft.problems:
                outcome.failed[at] = draft.problems[known.get(at, 0) :]
            elif id(draft) in twins:
                outcome.same[at] = twins[id(draft)]
                outcome.alike += 1
            elif draft.before is not None and draft.row == draft.before:
                outcome.same[at] = draft.row["id"]
            else:
                stored.append((at, draft))
        outcome.changed = [(at, draft) for at, draft in stored if not draft.is_new]
        write(Writer(road), self.entity.name, [draft for _at, draft in stored], facts)
        for at, draft in stored:
            (outcome.created if draft.is_new else outcome.updated)[at] = draft.row["id"]
            for words in draft.history:
                outcome.history[words] = outcome.history.get(words, 0) + 1
        return outcome

    def _drafts(self, road: Road, rows: Sequence[Row], outcome: Outcome) -> tuple[list[int], list[Draft]]:
        """What becomes of each row that is not the same as stored, with its place."""
        stored = self.stored(road.work, rows, road.import_id)
        base = shape_of(self.entity.name).defaults(road.work.now)
        places: list[int] = []
        drafts: list[Draft] = []
        for row, told in zip(rows, stored, strict=True):
            found = told or ()
            active = (found and [old for old in found if old.get("archived_at") is None]) or found
            if len(active) > 1:
                reason = _("There are {n} such records already.").format(n=len(active))
                outcome.failed[row.at] = [Problem(self.key[0], reason)]
                continue
            if active and self._lies_elsewhere(row, active[0]):
                label = _(self.entity[self.under].label)
                text = _(
                    "{label} is needed to tell it from one of the same number, or choose to update only."
                )
                outcome.failed[row.at] = [Problem(self.under, text.format(label=label))]
                continue
            if active:
                wished = (
                    {} if self.mode == plans.CREATE else self._wished(row.values, active[0], road.currency)
                )
                draft = changing_draft(wished, active[0])
                if self.mode != plans.CREATE:
                    blank = (name for name, value in row.values.items() if value in (None, []))
                    outcome.kept.update(name for name in blank if active[0][name] not in (None, "", []))
                if not draft.given and not row.problems:
                    outcome.same[row.at] = active[0]["id"]
                    continue
            elif self.mode == plans.UPDATE:
                if told is not None or not row.problems:
                    reason = _("There is no such record to update.")
                    outcome.failed[row.at] = [Problem(self.key[0] if self.key else "", reason)]
                continue
            else:
                draft = new_draft(row.values, self._bare(row, base))
                # Nobody's in one house is nobody's in another.
                draft.given |= {name for name in _HELD if row.record is not None and name in row.values}
            draft.problems = list(row.problems)
            places.append(row.at)
            drafts.append(draft)
        return places, drafts

    def _bare(self, row: Row, base: Mapping[str, Any]) -> Mapping[str, Any]:
        """The values of a new record that nobody gave: of our own export a blank says that there was none."""
        if row.record is None:
            return base
        table = self.table.c
        blank = {
            n: None for n, value in row.values.items() if value is None and n in table and table[n].nullable
        }
        return {**base, **blank}

    def _lies_elsewhere(self, row: Row, old: Mapping[str, Any]) -> bool:
        """Whether a row that names no parent has but its number in common with a line beneath one."""
        is_told = not self.under or self.under in row.values or self.mode == plans.UPDATE
        return not is_told and old[self.under] is not None

    def _wished(self, values: Mapping[str, Any], old: Mapping[str, Any], currency: str) -> dict[str, Any]:
        """What a file changes: its filled cells, only blanks unless told to overwrite, no other spelling of the key.

        An amount that names no currency is one in the currency that the record has.
        """
        for name, holder in self.amounts.items():
            if values.get(name) is not None and values.get(holder) is None and old[holder] is not None:
                values = {**values, name: to_minor(to_major(values[name], currency), old[holder])}
        return {
            name: value
            for name, value in values.items()
            if value is not None
            and (self.overwrite or old[name] in (None, "", []))
            and not (name in self.key and self._part(name, value) == self._part(name, old[name]))
        }

    def link(self, work: Work, name: str, pairs: Sequence[tuple[int, int]], import_id: int) -> dict[int, str]:
        """Set a link between records of this entity; each pair is a record and what it points to.

        Returns
        -------
        dict of record to reason
            Why a record keeps the link that it has.
        """
        closing = circular(work.session, self.cls, name, pairs)
        refused = {record: own_link(self.entity.name, name, itself=False) for record in closing}
        pairs = [pair for pair in pairs if pair[0] not in closing]
        held = [n for n in ("owner_id", "team_id") if n in self.table.c]
        writer = Writer(road_of(work, import_id=import_id))
        by_id = dict(pairs)
        changed: list[tuple[int, dict[str, Any], dict[str, Any]]] = []
        made: list[dict[str, Any]] = []
        for start in range(0, len(pairs), _AT_ONCE):
            ids = [record for record, _parent in pairs[start : start + _AT_ONCE]]
            columns = [getattr(self.cls, c) for c in ("id", name, "import_id", *held)]
            found = work.session.execute(select(*columns).where(self.cls.id.in_(ids)))
            for record, old, brought, *owner in found:
                if old == by_id[record]:
                    continue
                if brought != import_id and (
                    self.mode == plans.CREATE or (old is not None and not self.overwrite)
                ):
                    continue
                if brought != import_id and not self._within_reach(work, UPDATE, *(owner or (None, None))):
                    refused[record] = _("You may not change this record.")
                    continue
                if brought == import_id:
                    # Records that this import made are not news to the log, and undo takes them away as a whole.
                    made.append({"row_id": record, "parent": by_id[record]})
                else:
                    changed.append((record, {name: old}, {name: by_id[record]}))
        if made:
            statement = update(self.table).where(self.table.c.id == bindparam("row_id"))
            writer.send(statement.values({name: bindparam("parent")}), made)
        writer.change(self.cls, changed)
        return refused

    def _demand(self, work: Work, drafts: Sequence[Draft]) -> None:
        """Refuse rows that would lie, or lie now, where the actor may not make or change them."""
        reach: dict[tuple[str, Any, Any], bool] = {}
        owned = "owner_id" in self.table.c
        for draft in drafts:
            for name in KEPT if not draft.is_new else ():
                if name in draft.given:
                    draft.refuse(name, kept_words(shape_of(self.entity.name).label(name)))
            if draft.problems:
                continue
            action = CREATE if draft.is_new else UPDATE
            states = (draft.row,) if draft.before is None else (draft.row, draft.before)
            for state in states:
                asked = (action, state["owner_id"], state["team_id"]) if owned else (action, None, None)
                if asked not in reach:
                    reach[asked] = self._within_reach(work, *asked)
                if not reach[asked]:
                    made = _("You may not make such a record for this owner.")
                    draft.refuse("owner_id", made if draft.is_new else _("You may not change this record."))
                    break

        self._demand_parents(work, [d for d in drafts if not d.problems])

    def _demand_parents(self, work: Work, drafts: Sequence[Draft]) -> None:
        """A row that hangs on others changes them, also where its file does not name them."""
        cls: Any = self.cls
        for name in self.guards:
            parent, asked = target_class(cls, name), {v for d in drafts for v in (d.old(name), d.row[name])}
            asked.discard(None)
            limits = (criterion(work.actor, parent, action) for action in (UPDATE, IMPORT))
            kept = [limit for limit in limits if limit is not None]
            if not kept or not asked:
                continue
            mine = select(parent.id).where(among(work.session, parent.id, sorted(asked)), *kept)
            beyond = asked - set(work.session.scalars(mine))
            for draft in drafts:
                if not beyond.isdisjoint({draft.old(name), draft.row[name]}):
                    draft.refuse(name, _("You may not change this record."))

    def _within_reach(self, work: Work, action: str, owner: int | None, team: int | None) -> bool:
        """Whether the actor may do this to a row of that owner and team.

        A row that only its parent guards lies where that lies, which was looked up within the actor's reach.
        """
        if "owner_id" not in self.table.c and self.guards:
            return work.actor.may(self.rights, action)
        asked = (action, IMPORT) if self.by_file else (action,)
        return all(work.actor.holds(self.rights, one, owner_id=owner, team_id=team) for one in asked)


def make_rows(
    work: Work, entity: str, given: Sequence[Mapping[str, Any]], import_id: int | None
) -> list[tuple[int | None, str]]:
    """Rows that an import makes beside those of its file, from some values each: the id, or the reason why not."""
    road = road_of(work, import_id=import_id)
    base = shape_of(entity).defaults(work.now)
    drafts = [new_draft(values, base) for values in given]
    facts = settle(road, entity, drafts)
    target = Target(registry.entity(entity), key=(), mode=plans.CREATE, overwrite=False)
    target.by_file = False
    target._demand(work, drafts)
    write(Writer(road), entity, [draft for draft in drafts if not draft.problems], facts)
    return [
        (None, draft.problems[0].message) if draft.problems else (int(draft.row["id"]), "")
        for draft in drafts
    ]
