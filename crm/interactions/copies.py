"""Copies of what colleagues sent from their own mail program: talks with whom they wrote to, about the deal they name."""

from __future__ import annotations

import re

from sqlalchemy import func, or_, select

from crm.config import settings
from crm.i18n import _
from crm.interactions.incoming import file_talk
from crm.mail.address import same_address
from crm.mail.inbox.matching import Person, who_wrote
from crm.mail.receiving.bounce_rules import AUTOMATIC, Received
from crm.mail.receiving.intake import COPY, LOGGED, WAITS
from crm.mail.receiving.storing import content_of, give_files, letter_of
from crm.work import Work
from db.models import Deal, IncomingMessage, Outbox, User

_WORD = re.compile(r"[^\s\[\]():;,\"'+]{1,60}")
_MOST_WORDS, _MOST_PEOPLE = 40, 20
_PASSED = re.compile(r"\b(dmarc|dkim|spf|auth)\s*=\s*(\w+)", re.IGNORECASE)


def take_copy(work: Work, received: Received, _answered: Outbox | None, message: IncomingMessage) -> str:
    """Write a colleague's message down as a talk with each person it went to; what cannot be placed waits for staff."""
    inbox = same_address(settings().mail_dropbox)
    addressed = [address for address in message.recipients.split(", ") if address]
    if not inbox or received.kind == AUTOMATIC or not any(_plain(one) == inbox for one in addressed):
        return ""
    user = work.session.scalars(
        select(User).where(func.lower(User.email) == message.sender, User.is_active)
    ).first()
    if user is None:
        return ""
    message.kind, message.owner_id, message.team_id = COPY, user.id, user.team_id
    if doubt := _doubt(work, message):
        message.reason = doubt
        return WAITS
    if _came_before(work, message):
        message.reason = _("This message came before; its talk stands there already.")
        return LOGGED
    people = _people(work, [one for one in addressed if _plain(one) != inbox])
    if not people:
        message.reason = _("Nobody it went to is known. Put it where it belongs.")
        return WAITS
    named = [_WORD.findall(one.partition("@")[0]) for one in addressed if _plain(one) == inbox and "+" in one]
    made = []
    for person in people:
        links = {
            "contact_id": person.contact_id,
            "organisation_id": person.organisation_id,
            "deal_id": _deal(
                work, person, user.id, [word for words in named for word in words[1:]], message.subject
            ),
        }
        made.append(file_talk(work, message, None, direction="out", **links))
    message.contact_id, message.organisation_id = people[0].contact_id, people[0].organisation_id
    message.interaction_id = made[0]
    give_files(work, message.id, interaction_id=made[0], contact_id=people[0].contact_id)
    message.filing = {
        "into": "interaction",
        "id": made[0],
        "is_new": True,
        "also": [["interaction", one] for one in made[1:]],
    }
    return LOGGED


def _plain(address: str) -> str:
    """An address without what stands after a plus."""
    local, _at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _doubt(work: Work, message: IncomingMessage) -> str:
    """Why it may not be from whom it says: our server's own word on it, which stands above all others."""
    letter = letter_of(content_of(work.session, message.original_hash))
    said = letter.header("authentication-results")
    found = {how.lower(): result.lower() for how, result in reversed(_PASSED.findall(said[:4_000]))}
    if not found or "pass" in (found.get("dmarc"), found.get("auth")):
        return ""
    if found.get("dmarc", "none") == "none" and "pass" in (found.get("dkim"), found.get("spf")):
        return ""
    return _("It says it is from a colleague, and our mail server doubts that ({why}).").format(
        why=", ".join(f"{how}={result}" for how, result in sorted(found.items()))
    )


def _came_before(work: Work, message: IncomingMessage) -> bool:
    if not message.message_id:
        return False
    same = (
        # Some programs give one Message-ID to many messages.
        IncomingMessage.message_id == message.message_id,
        IncomingMessage.subject == message.subject,
        IncomingMessage.id != message.id,
        IncomingMessage.outcome == LOGGED,
    )
    return work.session.scalars(select(IncomingMessage.id).where(*same).limit(1)).first() is not None


def _people(work: Work, addresses: list[str]) -> list[Person]:
    """Each contact it went to once, and organisations known by their address alone; never colleagues."""
    ours = set(
        work.session.scalars(select(func.lower(User.email)).where(func.lower(User.email).in_(addresses)))
    )
    found = {
        person: None
        for address in addresses[:_MOST_PEOPLE]
        if address not in ours and (person := who_wrote(work.session, address)).is_known
    }
    contacts = {person.organisation_id for person in found if person.contact_id is not None}
    return [p for p in found if p.contact_id is not None or p.organisation_id not in contacts]


def _deal(work: Work, person: Person, user_id: int, token: list[str], subject: str) -> int | None:
    """The deal whose number is given with the address or in the subject, else the only open one of whom it went to."""
    theirs = [
        column == value
        for column, value in (
            (Deal.contact_id, person.contact_id),
            (Deal.organisation_id, person.organisation_id),
        )
        if value is not None
    ]
    words = [word.strip(".").lower() for word in (*token, *_WORD.findall(subject))][:_MOST_WORDS]
    deals = select(Deal.id).where(Deal.archived_at.is_(None))
    if words:
        named = deals.where(func.lower(Deal.number).in_(words), or_(*theirs, Deal.owner_id == user_id))
        if (found := work.session.scalars(named.order_by(Deal.id).limit(1)).first()) is not None:
            return found
    for mine in theirs:
        open_now = work.session.scalars(deals.where(Deal.status == "open", mine).limit(2)).all()
        if open_now:
            return open_now[0] if len(open_now) == 1 else None
    return None
