"""What an import would change, in words: record, field, old and new value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from crm.exchange.storing.report import StepReport
from crm.i18n import _
from crm.money import to_major
from crm.records import registry
from crm.records.fields import Entity, Field, Kind
from crm.records.rules import Draft
from crm.records.writing.bulk import among
from crm.work import Work

#: So many are told one by one; all are counted.
MOST = 20_000


def tell_changes(
    work: Work,
    entity: Entity,
    changed: Sequence[tuple[int, Draft]],
    report: StepReport,
    line: Callable[[int], int],
) -> None:
    """Add the values that differ to the report, with the names of what links point to."""
    told: list[tuple[int, Draft, Field]] = []
    for at, draft in changed:
        before = draft.before or {}
        fields = [
            f
            for f in entity.fields
            if f.name in before and before[f.name] != draft.row[f.name] and f.exportable
        ]
        told += [(at, draft, field) for field in fields if field.name not in ("changed_at", "created_at")]
        report.renamed += any(field.name == entity.title_field and before[field.name] for field in fields)
    report.changed += len(told)
    told = told[: max(0, MOST - len(report.changes))]
    names = _names(work, told)
    for at, draft, field in told:
        before = draft.before or {}
        report.changes.append(
            {
                "row": line(at), "name": str(before.get(entity.title_field) or ""), "label": _(field.label),
                "old": _shown(field, before, names), "new": _shown(field, draft.row, names),
            }
        )  # fmt: skip


def _names(work: Work, told: Sequence[tuple[int, Draft, Field]]) -> dict[tuple[str, int], str]:
    asked: dict[str, set[int]] = {}
    for _at, draft, field in told:
        if field.kind is Kind.LINK:
            ids = {draft.row[field.name], (draft.before or {}).get(field.name)} - {None}
            asked.setdefault(field.link, set()).update(ids)
    found: dict[tuple[str, int], str] = {}
    for link, ids in asked.items():
        cls = registry.model(link)
        title = getattr(cls, registry.title_field(link))
        for record, name in work.session.execute(
            select(cls.id, title).where(among(work.session, cls.id, sorted(ids)))
        ):
            found[link, int(record)] = str(name)
    return found


def _shown(field: Field, row: Any, names: dict[tuple[str, int], str]) -> str:
    value = row[field.name]
    if value is None or value == "":
        return ""
    if field.kind is Kind.LINK:
        return names.get((field.link, int(value)), str(value))
    if field.kind is Kind.MONEY:
        code = row.get(field.currency_field) or ""
        return f"{to_major(int(value), code):,} {code}".strip()
    if field.kind is Kind.BOOLEAN:
        return _("yes") if value else _("no")
    return (
        ", ".join(map(str, value)) if isinstance(value, list) else field.names().get(str(value), str(value))
    )
