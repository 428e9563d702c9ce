"""What stands in a template's fields for one contact: plain texts, dates in words, nothing else of the record."""

from __future__ import annotations

from datetime import date
from typing import Any

from babel.dates import format_date
from sqlalchemy import select

from crm.firm.firm import firm
from crm.mail.templates.places import FIELDS
from db.models import Campaign, Contact, Organisation, User
from db.scope import ScopedSession

#: What a preview shows where there is no contact, no campaign, or nothing in a field.
SAMPLE: dict[str, Any] = {
    "contact": {
        "name": "Ana Olivares", "first_name": "Ana", "last_name": "Olivares", "email": "ana@example.com",
        "phone": "+4930123456", "job_title": "Head barista", "city": "Berlin", "region": "Berlin",
        "country": "Germany", "number": "K-100", "segment": "Cafés", "tags": ["filter", "espresso"],
    },
    "organisation": {
        "name": "Casa Olivares", "city": "Berlin", "country": "Germany", "sector": "Café",
        "website": "https://example.com",
    },
    "campaign": {
        "name": "Autumn", "number": "M-1", "goal": "More filter coffee", "starts_on": "1 October 2026",
        "ends_on": "31 October 2026",
    },
    "offer": "20 % off the first three months",
    "sender": {"name": "Mona Berg", "email": "mona@example.com", "job_title": "Marketing"},
    "firm": {"name": "Brew & Berg"},
}  # fmt: skip


def contact_values(session: ScopedSession, contact_id: int | None) -> dict[str, Any]:
    """The groups ``contact`` and ``organisation``; empty where the session may not see the record."""
    contact = session.get(Contact, contact_id) if contact_id is not None else None
    firm_id = contact.organisation_id if contact is not None else None
    organisation = session.get(Organisation, firm_id) if firm_id is not None else None
    return {
        "contact": _fields("contact", contact),
        "organisation": _fields("organisation", organisation),
    }


def campaign_values(
    session: ScopedSession, campaign: Campaign | None, language: str, sender_id: int | None = None
) -> dict[str, Any]:
    """The groups that are the same for all of a campaign; ``sender_id`` is used where the campaign has no owner."""
    owner = campaign.owner_id if campaign is not None and campaign.owner_id is not None else sender_id
    about = _fields("campaign", campaign)
    for name in ("starts_on", "ends_on"):
        if isinstance(day := about.get(name), date):
            about[name] = _day(day, language)
    people = select(User.name, User.email, User.job_title).where(User.id == owner)
    sender = session.execute(people).one_or_none() if owner is not None else None
    return {
        "campaign": about,
        "offer": campaign.offer if campaign is not None else None,
        "sender": dict(zip(("name", "email", "job_title"), sender, strict=True)) if sender else {},
        "firm": {"name": firm(session).name},
    }


def _fields(group: str, row: Any) -> dict[str, Any]:
    return {} if row is None else {name: getattr(row, name) for name in FIELDS[group]}


def _day(day: date, language: str) -> str:
    # Day before month, as on the screens.
    return format_date(day, "long", locale="en_GB" if language == "en" else language)
