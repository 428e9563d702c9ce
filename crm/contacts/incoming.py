"""Received messages that are talks with a contact, known or new."""

from __future__ import annotations

from crm.interactions.incoming import file_talk
from crm.records import records
from crm.work import Work
from db.models import Contact, IncomingMessage


def file_with_contact(work: Work, message: IncomingMessage, contact_id: int | None) -> int:
    """Write a message down as a talk with a contact, made from its sender when none is given; the contact's id."""
    if contact_id is None:
        values = {
            "name": message.sender_name or message.sender.partition("@")[0],
            "email": message.sender,
            "organisation_id": message.organisation_id,
        }
        given = {name: value for name, value in values.items() if value}
        contact_id = int(records.create_record(work, "contact", given)["id"])
    contact = records.find(work.session, Contact, contact_id)
    message.contact_id, message.organisation_id = contact.id, contact.organisation_id
    file_talk(work, message, None)
    return contact.id
