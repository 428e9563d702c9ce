"""What the service areas say of an imported row: how it is spelt, and why it cannot be stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm.exchange import case_rows, unit_rows
from crm.exchange.unit_rows import Wrong
from crm.work import Work

#: Columns that follow from others and are compared and stored with them.
FOLLOWING: Mapping[str, tuple[str, ...]] = {"case": case_rows.FOLLOWING, **unit_rows.FOLLOWING}


def spell(entity: str, values: dict[str, Any]) -> None:
    """Write the values of a row as they are stored, so that they can be compared."""
    if entity in unit_rows.ENTITIES:
        unit_rows.spell(values)


def problem(entity: str, row: Mapping[str, Any]) -> Wrong | None:
    """Field and sentence of what keeps a new row from being stored."""
    if entity in unit_rows.ENTITIES:
        return unit_rows.problem(entity, row)
    return case_rows.problem(row) if entity == "case" else None


def change_problem(entity: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Wrong | None:
    """Field and sentence of what keeps a stored row from being changed."""
    if entity in unit_rows.ENTITIES:
        return unit_rows.problem(entity, {**old, **new})
    return case_rows.change_problem(old, new) if entity == "case" else None


def clashes(work: Work, entity: str, rows: Sequence[dict[str, Any]]) -> dict[int, Wrong]:
    """By place, the new rows that cannot stand beside stored ones or beside each other."""
    return unit_rows.clashes(work, entity, rows) if entity in unit_rows.ENTITIES else {}
