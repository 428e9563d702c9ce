"""One prepared step on its way into the database: links resolved, doubles set aside, rows handed on in chunks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import repeat
from typing import Any

import numpy as np

from crm.errors import Problem
from crm.exchange import entities
from crm.exchange.rows.beside import find_beside
from crm.exchange.rows.failing import Failing
from crm.exchange.storing import plan as plans
from crm.exchange.storing.changes import tell_changes
from crm.exchange.storing.keys import Row
from crm.exchange.storing.lookup import Found, find_parents
from crm.exchange.storing.plan import Lookup, Plan
from crm.exchange.storing.prepared import Prepared, RowProblem
from crm.exchange.storing.report import StepReport
from crm.exchange.storing.store import Outcome, Target
from crm.exchange.undoing.undo import remove_unused
from crm.i18n import _
from crm.records import registry
from crm.records.matching import name_key
from crm.records.rules import rules_of
from crm.records.settling import own_link, road_of
from crm.records.writing.writer import Writer
from crm.work import Work
from db.scope import UPDATE

#: By entity, where its records went of which our own exports tell the ids that they had.
Came = dict[str, dict[int, int]]


class StepRun(Failing):
    """The state of one step between its chunks."""

    def __init__(
        self,
        prepared: Prepared,
        plan: Plan,
        number: int,
        report: StepReport,
        came: Came,
        *,
        telling: bool = False,
    ) -> None:
        self.prepared, self.plan, self.number, self.report = prepared, plan, number, report
        self.step, self.entity = prepared.step, prepared.entity
        self.failures: dict[int, list[RowProblem]] = {}
        self.doubles: set[int] = set()
        self.ids: dict[int, int] = {}
        self.resolved: dict[str, np.ndarray[Any, Any]] = {}
        # Parents made by this step that no stored row belongs to yet.
        self.unused: dict[str, set[int]] = {}
        self.target = Target(
            self.entity, key=self.step.key, mode=self.step.mode, overwrite=self.step.overwrite,
            currency=plan.currency, comes=frozenset(step.entity for step in plan.steps if step.ids),
        )  # fmt: skip
        self.telling, self.came = telling, came
        self.made: dict[int, int] = {}
        self.kept = entities.kept(self.entity)
        self.beside = entities.beside(self.entity.name)
        self.apart = {field.name for field in self.beside.fields} if self.beside else set()
        self.own_links = [name for name in prepared.links if self.entity[name].link == self.entity.name]

    def begin(self, work: Work, import_id: int, *, count: bool) -> None:
        """Look parents up, find doubles; ``count`` is False when an earlier run has counted them already."""
        for problem in self.prepared.problems:
            if self.plan.on_problem == plans.EMPTY:
                if count:
                    _add(self.report.left_empty, problem.column)
            else:
                self.failures.setdefault(problem.row, []).append(problem)
        for column, cells in self.prepared.blanks.items() if count else ():
            _add(self.report.left_empty, column, cells)
        for name in self.prepared.links:
            if name not in self.own_links:
                self._resolve(work, name, import_id)
        self._find_doubles()
        self._find_own_parents(work)
        if count:
            self._note_bad_lines(work, import_id)

    def _resolve(self, work: Work, name: str, import_id: int) -> None:
        listed = self.prepared.links[name].tolist()
        lookup = self._lookup(name)
        parent = self.entity[name].link
        # Lines change what they belong to: the deal must be one the actor may change.
        action = UPDATE if name in self.target.guards else ""
        beside = self.prepared.beside.get(name, ())
        told = find_beside(work, parent, listed, beside, action=action, came=self.came.get(parent))
        ids = np.array(told, dtype=object)
        # Nothing is made for a row that is not stored.
        failed = self.failures.keys() if lookup.missing == plans.CREATE else ()
        wanted = [text for row, text in enumerate(listed) if text and ids[row] is None and row not in failed]
        found = find_parents(work, parent, wanted, lookup, import_id=import_id, action=action)
        self._tell(parent, found)
        self.unused.setdefault(parent, set()).update(found.made)
        for row, text in enumerate(listed):
            if not text or ids[row] is not None:
                continue
            ids[row] = found.ids.get(text)
            if text in found.reasons:
                self.fail(row, name, text, found.reasons[text])
            elif text in found.empty and row not in self.failures:
                _add(self.report.left_empty, self._column(name))
        self.resolved[name] = ids

    def _tell(self, parent: str, found: Found) -> None:
        if found.made:
            _add(self.report.parents, parent, len(found.made))
        self.report.taken_near.update({text: near for text, near in found.near.items() if text in found.ids})

    def fail(self, row: int, name: str, value: str, reason: str) -> None:
        """Set a row aside."""
        problem = RowProblem(row, self._column(name), value, reason, name)
        self.failures.setdefault(row, []).append(problem)

    def _lookup(self, name: str) -> Lookup:
        lookup = self.step.lookups.get(name) or Lookup(missing=self.plan.on_missing_parent)
        # Our own export calls each by its name, never by a number that happens to be one.
        return (
            replace(lookup, by=registry.title_field(self.entity[name].link)) if self.prepared.own else lookup
        )

    def _column(self, name: str) -> str:
        return self.prepared.sources.get(name) or name

    def _find_doubles(self) -> None:
        """A key may stand once in a file: the same row again is passed over, another row with it fails."""
        if not self.step.key or self.step.distinct:
            return
        arrays = {name: self._array(name) for name in self.step.key}
        keys: list[Any] = self.target.keys_of(arrays)
        if records := self.prepared.records:
            # Those of our own export are told apart by their ids, whatever else they share.
            keys = [key if record is None else (record,) for key, record in zip(keys, records, strict=True)]
        if len(set(keys)) == len(keys):
            return
        first: dict[Any, int] = {}
        for row, key in enumerate(keys):
            if key is None or row in self.failures:
                continue
            before = first.setdefault(key, row)
            if before == row:
                continue
            if self._same(before, row):
                self.doubles.add(row)
            else:
                name = self.step.key[0]
                reason = _("Line {line} has the same {label} and other values.").format(
                    line=self.prepared.line(before), label=_(self.entity[name].label).lower()
                )
                self.fail(row, name, str(arrays[name][row]), reason)

    def _array(self, name: str) -> Any:
        if name in self.prepared.values:
            return self.prepared.values[name]
        return self.resolved.get(name, self.prepared.links.get(name))

    def _same(self, one: int, other: int) -> bool:
        values = all(array[one] == array[other] for array in self.prepared.values.values())
        return values and all(
            str(texts.iat[one]) == str(texts.iat[other]) for texts in self.prepared.links.values()
        )

    def rows(self, start: int, stop: int) -> list[Row]:
        """The rows of a chunk; also those that were set aside, so that the rules can say what else is wrong."""
        columns = {
            name: array[start:stop]
            for name, array in (*self.prepared.values.items(), *self.resolved.items())
            if name not in self.apart and name not in self.kept
        }
        names, records = list(columns), self.prepared.records
        made = self.prepared.values.get("created_at") if records else None
        chosen = []
        # A file may hold nothing but links within the entity, which are set later.
        cells = (
            zip(*columns.values(), strict=True)
            if names
            else repeat((), min(stop, len(self.prepared)) - start)
        )
        for at, values in enumerate(cells, start):
            if at in self.doubles:
                continue
            row = Row(at, dict(zip(names, values, strict=True)))
            if records:
                row.record = records[at]
                row.made = None if made is None else made[at]
            if at in self.failures:
                row.problems = [Problem(wrong.field, wrong.reason) for wrong in self.failures[at]]
                # What would have been made for it is no complaint.
                row.problems += [
                    Problem(name, "")
                    for name, ids in self.resolved.items()
                    if ids[at] is None and self.prepared.links[name].iat[at]
                ]
            chosen.append(row)
        return chosen

    def _find_own_parents(self, work: Work) -> None:
        """Links within the entity to what no row of the file is called; those to its rows wait until all are there.

        A row that names itself where it should name another record fails as it would by hand.
        """
        named = [*self.step.key, *self.entity.keys, self.entity.title_field]
        mine = [array for name in dict.fromkeys(named) if (array := self._array(name)) is not None]
        here = {name_key(str(value)) for array in mine for value in array if value} if self.own_links else ()
        for name in self.own_links:
            texts, beside = self.prepared.links[name].tolist(), self.prepared.beside.get(name)
            for row, text in enumerate(texts):
                if beside and beside[row]:
                    continue  # A namesake, perhaps.
                if text and any(name_key(text) == name_key(str(array[row] or "")) for array in mine):
                    self.fail(row, name, text, own_link(self.entity.name, name))
            elsewhere = {text for text in texts if text and name_key(text) not in here}
            lookup = Lookup(by=self._lookup(name).by, missing=plans.EMPTY)
            found = find_parents(work, self.entity.name, elsewhere, lookup, import_id=None).ids
            self.resolved[name] = np.array([found.get(text) for text in texts], dtype=object)

    def store(self, work: Work, import_id: int, start: int, stop: int) -> None:
        """Store one chunk and count it."""
        rows = self.rows(start, stop)
        outcome = self.target.store(work, rows, import_id)
        values = {row.at: row.values for row in rows}
        for at, problems in outcome.failed.items():
            for problem in problems:
                value = values[at].get(problem.field)
                self.fail(at, problem.field, "" if value is None else str(value), problem.message)
        for name, ids in self.resolved.items():
            if unused := self.unused.get(self.entity[name].link):
                unused.difference_update(ids[[*outcome.created, *outcome.updated]].tolist())
        for words, count in outcome.history.items():
            _add(self.report.history, words, count)
        self._store_beside(work, import_id, outcome)
        entities.mark(work, self.target.cls, self.prepared.values, outcome.created, self.kept)
        for name, count in outcome.kept.items():
            # A link to a row of the same file may still come.
            if name not in self.own_links:
                _add(self.report.kept, self._column(name), count)
        if self.telling:
            tell_changes(work, self.entity, outcome.changed, self.report, self.prepared.line)
        self._count(rows, outcome, start, stop)
        self._note_failures(work, import_id, start, stop)
        if self.own_links:
            self.ids.update(outcome.ids())
        if records := self.prepared.records:
            self.made.update(outcome.created)
            if (came := self.came.get(self.entity.name)) is not None:
                came.update(
                    (old, new) for at, new in outcome.ids().items() if (old := records[at]) is not None
                )

    def _store_beside(self, work: Work, import_id: int, outcome: Outcome) -> None:
        """What other tables hold of the rows' records; a record that stood there already is changed by it."""
        fed = [name for name in self.apart if name in self.prepared.values]
        if self.beside is None or not fed:
            return
        rows: dict[int, dict[str, Any]] = {}
        for at, record in outcome.ids().items():
            given = {name: value for name in fed if (value := self.prepared.values[name][at])}
            if given and (self.step.mode != plans.CREATE or at in outcome.created):
                rows[record] = given
        road = road_of(work, currency=self.plan.currency, import_id=import_id)
        came = self.beside.store(Writer(road), self.entity.name, rows)
        moved = {at: record for at, record in outcome.same.items() if record in came}
        outcome.updated |= moved
        outcome.same = {at: record for at, record in outcome.same.items() if at not in moved}

    def _count(self, rows: Sequence[Row], outcome: Outcome, start: int, stop: int) -> None:
        self.report.created += len(outcome.created)
        self.report.updated += len(outcome.updated)
        self.report.alike += outcome.alike
        self.report.skipped += len(outcome.same) + sum(start <= at < stop for at in self.doubles)
        self.report.failed += sum(start <= at < stop for at in self.failures)
        stored = np.array(sorted(outcome.ids()), dtype=np.intp)
        for column in self.report.columns:
            array = self._array(column.field)
            if array is not None and len(stored):
                column.stored += sum(value is not None for value in array[stored])

    def finish(self, work: Work, import_id: int) -> None:
        """Links within the entity (a manager among the users) are set when all rows are there."""
        for name in self.own_links:
            texts = self.prepared.links[name].tolist()
            known = self.resolved[name]
            asked = [
                r for r, text in enumerate(texts) if text and known[r] is None and r not in self.failures
            ]
            self._know_ids(work, [row for row in asked if row not in self.ids and row not in self.doubles])
            told = find_beside(
                work,
                self.entity.name,
                texts,
                self.prepared.beside.get(name, ()),
                came=self.came.get(self.entity.name),
            )
            wanted = [texts[row] for row in asked if told[row] is None]
            found = find_parents(work, self.entity.name, wanted, self._lookup(name), import_id=import_id)
            self._tell(self.entity.name, found)
            pairs = []
            for row in asked:
                parent, record = told[row] or found.ids.get(texts[row]), self.ids.get(row)
                if parent is not None and record is not None and parent != record:
                    pairs.append((record, parent))
                elif parent is None:
                    self._without_link(
                        work, import_id, row, name, texts[row], found.reasons.get(texts[row], "")
                    )
            refused = self.target.link(work, name, pairs, import_id)
            at = {record: row for row, record in self.ids.items()}
            for record, reason in refused.items():
                self._without_link(work, import_id, at[record], name, texts[at[record]], reason)
            column = next(column for column in self.report.columns if column.field == name)
            column.stored += len(pairs) - len(refused)
        parents = {name: {i for i in ids if i is not None} for name, ids in self.resolved.items()}
        road = road_of(work, currency=self.plan.currency, import_id=import_id)
        self.report.told += list(rules_of(self.entity.name).finish(Writer(road), parents))
        for kind, made in self.unused.items():
            if made:
                self.report.parents[kind] -= remove_unused(work, import_id, kind, made)
        self.report.parents = {kind: n for kind, n in self.report.parents.items() if n}

    def end(self, work: Work) -> None:
        """What came later may have changed what was made: of our own export it stands as the file says."""
        if self.prepared.own:
            told = {**self.prepared.values, **self.resolved}
            moved = entities.moved(work, self.target.cls, self.made)
            entities.mark(work, self.target.cls, told, moved, [n for n in told if n not in self.apart])

    def _without_link(self, work: Work, import_id: int, row: int, name: str, text: str, reason: str) -> None:
        column = self._column(name)
        _add(self.report.left_empty, column)
        if reason:
            told = _("{reason} The row is stored without it.").format(reason=reason)
            self._note(work, import_id, [[RowProblem(row, column, text, told, name)]])

    def _know_ids(self, work: Work, rows: Sequence[int]) -> None:
        """After a resume: find the records of rows that an earlier run stored, by their key."""
        if rows and self.step.key:
            asked = [Row(at, {name: self._array(name)[at] for name in self.step.key}) for at in rows]
            self.ids.update(self.target.find(work, asked))


def _add(counts: dict[str, int], name: str, n: int = 1) -> None:
    counts[name] = counts.get(name, 0) + n
