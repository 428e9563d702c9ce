"""Settled rows into their table, and rows that follow from others, by their own rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crm.errors import Refused
from crm.records import registry
from crm.records.rules import Draft, rules_of
from crm.records.settling import settle
from crm.records.writing.writer import Changed, Writer


def write(writer: Writer, entity: str, drafts: Sequence[Draft], facts: Any) -> None:
    """Store drafts that nothing keeps out; new ones get their ids in place."""
    cls = registry.model(entity)
    writer.insert(cls, [draft.row for draft in drafts if draft.is_new])
    writer.change(cls, [_changed(draft) for draft in drafts if not draft.is_new])
    rules_of(entity).after(writer, drafts, facts)


def follow(writer: Writer, entity: str, drafts: Sequence[Draft]) -> None:
    """Settle and store what follows from other rows; what may not follow was to be refused before those were stored.

    Raises
    ------
    Refused
        It was not.
    """
    facts = settle(writer.road, entity, drafts)
    if problems := [problem for draft in drafts for problem in draft.problems]:
        raise Refused(problems[0].message, problems=problems)
    write(writer, entity, drafts, facts)


def _changed(draft: Draft) -> Changed:
    assert draft.before is not None, "a new row is inserted"
    before = draft.before
    return draft.row["id"], before, {n: value for n, value in draft.row.items() if value != before[n]}
