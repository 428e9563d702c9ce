"""Leads who became contacts: a file that names the lead means the contact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select

from crm.records.writing.bulk import among
from db.models import Lead
from db.scope import ScopedSession


def contacts_of_leads(session: ScopedSession, texts: Iterable[str]) -> Mapping[str, int | None]:
    """The contact of each text that is the number or address of a lead; None while that one is no contact yet."""
    asked = {text.strip().lower(): text for text in texts}
    if not asked:
        return {}
    found: dict[str, int | None] = {}
    for name in (Lead.email, Lead.number):
        key = func.lower(name)
        rows = session.execute(
            select(key, Lead.contact_id).where(among(session, key, sorted(asked))).order_by(Lead.id)
        )
        for spelled, contact in rows:
            # Of two leads of one address the one that was converted says who it is.
            found[asked[spelled]] = contact or found.get(asked[spelled])
    return found
