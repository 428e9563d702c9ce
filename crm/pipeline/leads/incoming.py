"""Received messages of people whom nobody knows yet become leads."""

from __future__ import annotations

from typing import Any

from crm.records import records
from crm.records.settling import still_here
from crm.work import Work
from db.models import IncomingMessage

_MOST_WORDS = 2_000


def file_lead(work: Work, message: IncomingMessage, lead_id: int | None) -> int:
    """Make a lead of the sender with what they wrote, or leave a known lead as it is; the lead's id."""
    if lead_id is not None:
        return lead_id
    said = "\n\n".join(part for part in (message.subject, message.body.strip()) if part)
    values: dict[str, Any] = {
        "name": (message.sender_name or message.sender.partition("@")[0] or "?")[:200],
        "email": message.sender,
        "interest": said[:_MOST_WORDS],
        "source": "E-mail",
    }
    if work.actor.is_system:
        values |= {"owner_id": still_here(work.session, message.owner_id), "team_id": message.team_id}
    given = {name: value for name, value in values.items() if value}
    return int(records.create_record(work, "lead", given)["id"])
