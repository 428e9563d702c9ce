"""Talks found by their words, as hits on the record they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import aliased

from crm.records import registry
from crm.records.search import TRIGRAM, Hit, around, search_condition, words
from crm.records.writing.bulk import among
from db.models import Case, Contact, Deal, Interaction, Organisation
from db.scope import READ, ScopedSession

#: Where a talk stands, the first that it has.
_OWNERS: tuple[tuple[str, type[Any]], ...] = (
    ("contact", Contact), ("deal", Deal), ("case", Case), ("organisation", Organisation),
)  # fmt: skip

#: So many of the newest talks are looked through first: all that hold a word of every third talk take long to sort.
RECENT = 1_000


def _among_newest(
    session: ScopedSession, newest: Select[int], query: str, condition: ColumnElement[bool], most: int
) -> Sequence[int]:
    """Of the newest talks those that hold every word, at most so many."""
    if session.get_bind().dialect.name == "sqlite":
        wanted = words(query)
        if not all(word.isascii() and len(word) >= TRIGRAM for word in wanted):
            return ()
        # The index gives only all rows of a word; few rows are read sooner one by one.
        texts = (Interaction.subject, Interaction.body)
        condition = and_(*(or_(*(t.icontains(w, autoescape=True) for t in texts)) for w in wanted))
    recent = session.scalars(newest.limit(RECENT)).all()
    return session.scalars(newest.where(among(session, Interaction.id, recent), condition).limit(most)).all()


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
        .where(Interaction.archived_at.is_(None))
        .order_by(Interaction.happened_at.desc(), Interaction.id.desc())
    )
    ids = _among_newest(session, newest, query, condition, 3 * limit)
    if len(ids) < 3 * limit:
        ids = session.scalars(newest.where(condition).limit(3 * limit)).all()
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
