"""Records that stand above one another: a manager among the users, a parent among the organisations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from crm.records.writing.bulk import among
from db.audit import SYSTEM_OPTIONS
from db.scope import ScopedSession


def circular(session: ScopedSession, cls: type[Any], link: str, pairs: Sequence[tuple[int, int]]) -> set[int]:
    """The records that would stand above themselves, at once or through others, if all pairs were stored.

    Parameters
    ----------
    pairs : sequence of record and what it is to point to
        Where several of them make a circle, the last one closes it.
    """
    wished = dict(pairs)
    stored: dict[int, int | None] = {}
    ahead = {*wished, *wished.values()}
    while ahead:
        asked = select(cls.id, getattr(cls, link)).where(among(session, cls.id, sorted(ahead)))
        found = {row[0]: row[1] for row in session.execute(asked, execution_options=SYSTEM_OPTIONS)}
        stored |= found
        ahead = {above for above in found.values() if above is not None} - stored.keys()
    above: dict[int, int | None] = {**stored, **wished}
    closing: set[int] = set()
    while more := next((r for r in reversed(wished) if r not in closing and _comes_back(above, r)), None):
        closing.add(more)
        above[more] = stored.get(more)
    return closing


def _comes_back(above: dict[int, int | None], record: int) -> bool:
    seen: set[int] = set()
    at = above.get(record)
    while at is not None and at != record and at not in seen:
        seen.add(at)
        at = above.get(at)
    return at == record
