"""Talks found by their words, as hits on the record they belong to."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from crm.records import registry
from crm.records.search import Hit, around, search_condition
from db.models import Case, Contact, Deal, Interaction, Organisation
from db.scope import READ, ScopedSession

#: Where a talk stands, the first that it has.
_OWNERS: tuple[tuple[str, type[Any]], ...] = (
    ("contact", Contact), ("deal", Deal), ("case", Case), ("organisation", Organisation),
)  # fmt: skip


def find_talks(session: ScopedSession, query: str, limit: int) -> list[Hit]:
    """Records of whom or of what a talk holds every word, the newest talk first, with the words around the first."""
    condition = search_condition(session, Interaction, query)
    if condition is None or not session.actor.may("interaction", READ):
        return []
    owners = {name: aliased(cls) for name, cls in _OWNERS}
    titles = (
        part for name, cls in owners.items() for part in (cls.id, getattr(cls, registry.title_field(name)))
    )
    asked = select(Interaction.subject, Interaction.body, *titles)
    for name, cls in owners.items():
        asked = asked.outerjoin(
            cls, (cls.id == getattr(Interaction, f"{name}_id")) & cls.archived_at.is_(None)
        )
    # Only these are read whole: the words around need the text.
    newest = (
        select(Interaction.id)
        .where(condition, Interaction.archived_at.is_(None))
        .order_by(Interaction.happened_at.desc(), Interaction.id.desc())
        .limit(3 * limit)
    )
    ids = session.scalars(newest).all()
    rows = session.execute(
        asked.where(Interaction.id.in_(ids)).order_by(Interaction.happened_at.desc(), Interaction.id.desc())
    )
    hits: dict[tuple[str, int], Hit] = {}
    for row in rows:
        for at, name in enumerate(owners):
            if (record := row[2 + 2 * at]) is not None:
                # A talk without a subject is called by the first line of its words.
                is_once = (row[1] or "").startswith(row[0])
                said = around(row[1] if is_once else f"{row[0]}\n{row[1] or ''}", query)
                hits.setdefault((name, record), Hit(name, record, row[3 + 2 * at], f"“{said}”"))
                break
    return list(hits.values())[:limit]
