"""What a new row takes over from the record it belongs to, where its own file does not say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from crm.exchange import case_rows
from crm.records import registry
from crm.work import Work
from db.scope import CREATE

_AT_ONCE = 5_000
#: For each entity the link to what it belongs to, the entity behind it, and field taken over: field there.
_FROM: Mapping[str, tuple[str, str, Mapping[str, str]]] = {
    "order_line": (
        "order_id",
        "order",
        {
            "sold_on": "ordered_on", "organisation_id": "organisation_id", "contact_id": "contact_id",
            "channel": "channel", "region": "region", "owner_id": "owner_id", "team_id": "team_id",
        },
    ),
    "contract": (
        "equipment_id", "equipment", {"organisation_id": "organisation_id", "owner_id": "owner_id", "team_id": "team_id"}
    ),
    "work_order": (
        "equipment_id",
        "equipment",
        {
            "organisation_id": "organisation_id", "contact_id": "contact_id", "owner_id": "owner_id", "team_id": "team_id",
        },
    ),
}  # fmt: skip


def inherit(work: Work, entity: str, rows: Sequence[dict[str, Any]]) -> None:
    """Fill in, in place, what the rows leave empty and their parent knows."""
    if entity == "case" and rows:
        case_rows.fill(work, rows)
    if entity not in _FROM or not rows:
        return
    link, parent, fields = _FROM[entity]
    rights = registry.rights_name(entity)
    cls = registry.model(parent)
    asked = sorted({row[link] for row in rows if row.get(link) is not None})
    columns = [getattr(cls, name) for name in ("id", *fields.values())]
    known: dict[int, dict[str, Any]] = {}
    for start in range(0, len(asked), _AT_ONCE):
        statement = select(*columns).where(cls.id.in_(asked[start : start + _AT_ONCE]))
        for found in work.session.execute(statement):
            known[found[0]] = dict(zip(fields, found[1:], strict=True))
    for row in rows:
        taken = known.get(row.get(link, 0) or 0)
        if taken is None:
            continue
        owned = row.get("owner_id") is not None or row.get("team_id") is not None
        # Whoever may not make rows for the parent's owner makes them as their own.
        owner, team = taken["owner_id"], taken["team_id"]
        owned = owned or not work.actor.holds(rights, CREATE, owner_id=owner, team_id=team)
        for name, value in taken.items():
            if row.get(name) is None and not (owned and name in ("owner_id", "team_id")):
                row[name] = value
