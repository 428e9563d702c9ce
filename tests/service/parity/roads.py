"""One row by every road into the house, and everything that came of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from starlette.testclient import TestClient

from crm.errors import Refused
from crm.exchange.storing.engine import run_import
from crm.exchange.storing.plan import Plan, Step
from crm.http.api import api
from crm.http.calls.once import asking
from crm.money import exponent
from crm.records import records, registry
from crm.records.checks import check_value
from crm.records.fields import Kind
from crm.work import SYSTEM, reading, unit_of_work
from tests.rows import emptied, keep_rows, restored

#: What tells of a road and not of what came in by it.
STORY = {"imports", "import_failures", "change_batches", "changes", "jobs", "leases"}
MASKED = {"import_id", "created_at", "changed_at"}
FILE = "rows.csv"
NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
built_once = cache(api)  # it knows no row and no person, and to build it takes longer than to ask it


@dataclass(frozen=True)
class Came:
    """What became of a row: every table, or the complaints as field and sentence; what was told as history."""

    rows: Any
    problems: frozenset[tuple[str, str]] = frozenset()
    history: tuple[str, ...] = ()


def by_form(actor, entity, values, stored=None):
    try:
        with unit_of_work(actor) as work:
            if stored is None:
                records.create_record(work, entity, values)
            else:
                seen = stored.get("version", 1)
                records.update_record(work, entity, stored["id"], values, seen_version=seen)
    except Refused as refused:
        return Came(dump(), frozenset((p.field, p.message) for p in refused.problems))
    return Came(dump())


def by_api(actor, entity, values, stored=None):
    app = built_once()
    app.dependency_overrides[asking] = lambda: actor
    with TestClient(app) as client:
        sent = {name: plain(value) for name, value in values.items()}
        if stored is None:
            answer = client.post(f"/{entity}", json=sent)
        else:
            change = {"values": sent, "version": stored.get("version", 1)}
            answer = client.patch(f"/{entity}/{stored['id']}", json=change)
    if answer.status_code == 422:
        told = answer.json()["problems"]
        return Came(dump(), frozenset((p["field"], p["message"]) for p in told))
    assert answer.status_code in (200, 201), answer.text
    return Came(dump())


def by_file(actor, entity, values, stored=None, key=""):
    cells = {name: cell(entity, name, value, values) for name, value in values.items()}
    if stored is not None:
        cells[key] = str(stored[key])
        if stored.get(within := registry.number_within(entity)):  # a line is told apart by its order
            cells.setdefault(within, cell(entity, within, stored[within], values))
    out = io.StringIO()
    csv.writer(out).writerows([list(cells), list(cells.values())])
    step = Step(
        FILE, entity, {name: name for name in cells}, key=(key,) if key else (), date_order="ymd", decimal="."
    )
    # Cells that cannot be read keep their row out, as a form does.
    plan = Plan("Road", (step,), on_problem="fail")
    report = run_import(actor, plan, {FILE: out.getvalue().encode()})
    told = frozenset((str(e["column"]), str(e["reason"])) for e in report.steps[0].examples)
    return Came(dump(), told, tuple(report.steps[0].history))


def cell(entity, name, value, row):
    """A value as a careful person writes it into a cell."""
    about = registry.entity(entity).by_name.get(name)
    if value is None:
        return ""
    if about is None or isinstance(value, str):
        return str(value)
    if about.kind is Kind.LINK:
        return parent_name(about.link, value)
    if about.kind is Kind.MONEY:
        digits = exponent(row.get(about.currency_field) or "EUR")
        return f"{value / 10**digits:.{digits}f}"
    if about.kind is Kind.PERCENT:
        return f"{value * 100:.10g}%"
    if isinstance(value, (list, tuple)):
        return "; ".join(map(str, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(value) if isinstance(value, (date, datetime)) else str(value)


def parent_name(entity, record):
    with reading(SYSTEM) as session:
        row = records.get_record(session, entity, record)
    keys = registry.entity(entity).keys if entity in registry.names() else ()
    return str(next((row[n] for n in (*keys, registry.title_field(entity)) if row.get(n)), record))


def plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (date, datetime)) else value


def dump() -> Mapping[str, list[dict[str, Any]]]:
    """Every row that is not of the road's own story."""
    return without_story(keep_rows())


def without_story(kept) -> Mapping[str, list[dict[str, Any]]]:
    """Of kept rows what ``dump`` gives."""
    return {
        name: masked(sorted(rows, key=lambda row: row["id"]))
        for name, rows in kept.items()
        if name not in STORY
    }


__all__ = ["Came", "by_api", "by_file", "by_form", "check_value", "restored"]


@dataclass(frozen=True)
class At:
    """In a row of test data: the record that the scene calls so."""

    name: str


class EntityRoads:
    """Good and bad rows of one entity: each ends alike by form, API and one-row file.

    ``changes`` are pairs of a row to make and what is changed of it, found again in a file by the field ``key``.
    ``bad`` and ``bad_changes`` end with the fields that the complaints name, blanks between them. ``history`` holds good
    rows that only a file may bring, with a part of what the report says; the form's refusal names the field.
    ``history_changes`` begin with the row that a form made.
    """

    entity = ""
    key = "number"
    good: tuple[dict[str, Any], ...] = ()
    bad: tuple[tuple[dict[str, Any], str], ...] = ()
    changes: tuple[tuple[dict[str, Any], dict[str, Any]], ...] = ()
    bad_changes: tuple[tuple[dict[str, Any], dict[str, Any], str], ...] = ()
    history: tuple[tuple[dict[str, Any], str, str], ...] = ()
    history_changes: tuple[tuple[dict[str, Any], dict[str, Any], str, str], ...] = ()

    def scene(self, actor) -> dict[str, int]:
        """What the rows point to, by name."""
        return {}

    def _set(self, people, row=None):
        """The scene with perhaps a row in it, kept; the row as stored."""
        from tests.factories import make_people

        actor = people["ada"]
        if not hasattr(self, "_scene"):
            emptied()
            make_people()
            self._scene = self.scene(actor), keep_rows()
            self._stands = self._scene[1]
        named, kept = self._scene
        if row is None:
            return actor, named, None, kept
        self._restore(kept)
        with unit_of_work(actor) as work:
            stored = records.create_record(work, self.entity, self._filled(row, named))
        self._stands = keep_rows()
        return actor, named, stored, self._stands

    def _restore(self, kept):
        """Put back what was kept, unless it stands: what is refused leaves nothing, and to restore takes longest."""
        if self._stands is not kept:
            restored(kept)
            self._stands = kept

    def _by(self, road, actor, values, stored, kept, **more):
        self._restore(kept)
        came = road(actor, self.entity, values, stored, **more)
        if came.rows != without_story(kept):
            self._stands = None
        return came

    @staticmethod
    def _filled(row, named):
        return {name: named[value.name] if isinstance(value, At) else value for name, value in row.items()}

    def _by_all(self, actor, values, stored, kept):
        came = {}
        for road in (by_form, by_api, by_file):
            more = {"key": self.key} if road is by_file and stored is not None else {}
            came[road.__name__] = self._by(road, actor, values, stored, kept, **more)
        return came

    def test_good_rows_and_changes_end_alike_on_every_road(self, people, frozen):
        offenders = []
        for row, change in [(None, row) for row in self.good] + list(self.changes):
            actor, named, stored, kept = self._set(people, row)
            values = self._filled(change, named)
            came = self._by_all(actor, values, stored, kept)
            before = {name: rows for name, rows in kept.items() if name not in STORY}
            for road, found in came.items():
                if found.problems:
                    offenders.append((change, road, "refused", sorted(found.problems)))
                elif found.rows != came["by_form"].rows:
                    offenders.append((change, road, "differs", difference(came["by_form"].rows, found.rows)))
            if {n: len(r) for n, r in came["by_form"].rows.items()} == {n: len(r) for n, r in before.items()}:
                stored_now = came["by_form"].rows
                if row is None or all(masked(before[n]) == stored_now[n] for n in before):
                    offenders.append((change, "nothing was stored"))
        assert not offenders, told(offenders)

    def test_bad_rows_and_changes_are_refused_alike_and_leave_nothing(self, people, frozen):
        offenders = []
        for row, change, field in [(None, *bad) for bad in self.bad] + list(self.bad_changes):
            actor, named, stored, kept = self._set(people, row)
            values, before = self._filled(change, named), without_story(kept)
            came = self._by_all(actor, values, stored, kept)
            form = came["by_form"].problems
            for road, found in came.items():
                if not found.problems:
                    offenders.append((change, road, "stored", difference(before, found.rows)))
                elif found.rows != before:
                    offenders.append((change, road, "left something", difference(before, found.rows)))
                elif not set(field.split()) <= {name for name, _text in found.problems}:
                    offenders.append((change, road, "names another field", sorted(found.problems)))
                elif found.problems != form:
                    offenders.append((change, road, "other words", sorted(found.problems), sorted(form)))
        assert not offenders, told(offenders)

    def test_strangers_are_refused_alike_and_leave_nothing(self, people, frozen):
        """Every field at once gets what is none of its kind, beyond its bounds or far away; every link leads nowhere."""
        offenders = []
        actor, _named, stored, kept = self._set(people)
        before = without_story(kept)
        for row, fields in strangers(self.entity):
            links = [name for name in fields if registry.entity(self.entity)[name].kind is Kind.LINK]
            roads = (by_form, by_api) if links else (by_form, by_api, by_file)
            came = {}
            for road in roads:
                came[road.__name__] = self._by(road, actor, row, stored, kept)
            form = came["by_form"].problems
            if missing := fields - {name for name, _text in form}:
                offenders.append((self.entity, "by_form takes", sorted(missing)))
            for road, found in came.items():
                if found.rows != before:
                    offenders.append((self.entity, road, "left something", difference(before, found.rows)))
                elif found.problems != form:
                    offenders.append((self.entity, road, sorted(found.problems ^ form)))
        assert not offenders, told(offenders)

    def test_history_comes_in_by_file_and_is_told(self, people, frozen):
        offenders = []
        for first, row, field, words in [(None, *one) for one in self.history] + list(self.history_changes):
            actor, named, stored, kept = self._set(people, first)
            came = self._by_all(actor, self._filled(row, named), stored, kept)
            for road in ("by_form", "by_api"):
                if field and field not in {name for name, _text in came[road].problems}:
                    offenders.append((row, road, "took it", sorted(came[road].problems)))
            if came["by_file"].problems or not any(words in said for said in came["by_file"].history):
                offenders.append((row, sorted(came["by_file"].problems), came["by_file"].history))
        assert not offenders, told(offenders)


#: What is none of a kind, or far away, as somebody may write it.
_STRANGE = {
    Kind.EMAIL: ("nobody", "@"), Kind.PHONE: ("12", "call me"), Kind.URL: ("javascript:alert(1)", "no address"),
    Kind.CURRENCY: ("ZZZ", "money"), Kind.BOOLEAN: ("perhaps", "2"), Kind.CHOICE: ("no such word", "§"),
    Kind.DATE: ("0001-01-01", "9999-12-31"), Kind.DATETIME: ("0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00"),
    Kind.INTEGER: ("1e12", "many"), Kind.MONEY: ("1e25", "inf"), Kind.NUMBER: ("1e400", "-inf"),
    Kind.PERCENT: ("1e400", "half"),
}  # fmt: skip


def strangers(entity):
    """Rows of nothing but wrong values, with the fields that are to be complained of; the last one has links alone."""
    fields = [field for field in registry.entity(entity).fields if field.importable]
    for at in (0, 1):
        row = {field.name: _STRANGE[field.kind][at] for field in fields if field.kind in _STRANGE}
        row |= {field.name: "x" * (field.max_length + 1) for field in fields if field.max_length and at == 0}
        if row:
            yield row, set(row)
    links = {field.name: 999_999 for field in fields if field.kind is Kind.LINK}
    if links:
        yield links, set(links)


def masked(rows):
    return [{k: v for k, v in row.items() if k not in MASKED} for row in rows]


def difference(one, other):
    """What differs between two dumps, in few words."""
    found = []
    for name in sorted(one.keys() | other.keys()):
        left, right = one.get(name, []), other.get(name, [])
        if len(left) != len(right):
            found.append(
                (name, f"{len(left)} rows, {len(right)} rows", right[len(left) :] or left[len(right) :])
            )
            continue
        for a, b in zip(left, right, strict=True):
            if a != b:
                found.append((name, {k: (a[k], b.get(k)) for k in a if a[k] != b.get(k)}))
    return found


def told(offenders):
    return "\n".join([f"{len(offenders)} offenders:", *map(str, offenders)])
