"""Received messages that become talks: with whom they are from, or about a deal."""

from __future__ import annotations

from typing import Any

from crm.records import records
from crm.records.settling import still_here
from crm.work import Work
from db.models import IncomingMessage

#: A talk holds so much; the message itself has all of it.
MOST_WORDS = 20_000


def file_talk(work: Work, message: IncomingMessage, _record_id: int | None, **about: Any) -> int:
    """Write a message down as a talk with whom it is from; the talk's id."""
    links = {
        "contact_id": message.contact_id,
        "organisation_id": message.organisation_id,
        "campaign_id": message.campaign_id,
    }
    values: dict[str, Any] = {
        "kind": "email",
        # A colleague's own copy is what we said.
        "direction": "out" if message.kind == "copy" else "in",
        "subject": (message.subject or message.body.strip().split("\n")[0] or message.sender or "?")[:500],
        "body": message.body[:MOST_WORDS] or None,
        "happened_at": min(message.written_at or message.taken_at, work.now),
    }
    if work.actor.is_system:
        values |= {"owner_id": still_here(work.session, message.owner_id), "team_id": message.team_id}
    given = {name: value for name, value in (values | links | about).items() if value is not None}
    message.interaction_id = int(records.create_record(work, "interaction", given)["id"])
    return message.interaction_id


def file_with_deal(work: Work, message: IncomingMessage, deal_id: int | None) -> int:
    """Write a message down as a talk about a deal; the deal's id."""
    assert deal_id is not None, "a message makes no deal"
    file_talk(work, message, None, deal_id=deal_id)
    return deal_id
