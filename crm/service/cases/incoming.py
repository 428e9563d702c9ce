"""Received messages that belong to a case: by our mark, by the thread, by the number in the subject and who wrote."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from crm.errors import Refused
from crm.i18n import _
from crm.mail.address import check_address
from crm.mail.inbox.chosen import mailbox_rules
from crm.mail.inbox.matching import earlier, is_colleague, who_wrote
from crm.mail.receiving.bounce_rules import AUTOMATIC, Received
from crm.mail.receiving.bounces import proven
from crm.mail.receiving.intake import ANSWERED
from crm.mail.receiving.storing import give_files
from crm.records import records
from crm.records.settling import still_here
from crm.service.cases.cases import customer_message
from crm.service.cases.find import by_key, last_of_merge
from crm.service.cases.moves import ENDED
from crm.work import Work
from db.models import Case, CaseMessage, Contact, IncomingMessage, Outbox
from db.scope import CREATE

#: Words of a subject that may be numbers of cases.
_WORD = re.compile(r"[^\s\[\]():;,\"']{1,60}")
_MOST_WORDS = 40


def take_reply(work: Work, received: Received, answered: Outbox | None, incoming: IncomingMessage) -> str:
    """Add what a customer, a colleague of theirs or their machine answered to the case."""
    if answered is not None and answered.member_id is not None:
        return ""
    case = _by_mark(work, received, answered, incoming) or _by_number(work, incoming)
    if case is None or (received.kind != AUTOMATIC and _ended_long_ago(work, case, incoming)):
        return ""
    add_to_case(work, case.id, incoming, is_automatic=received.kind == AUTOMATIC)
    return ANSWERED


def _ended_long_ago(work: Work, case: Case, incoming: IncomingMessage) -> bool:
    """Whether a case is history: a message with its number is a new matter, and says whose old one it names."""
    case = last_of_merge(work.session, case)
    ended = case.closed_at or case.resolved_at or case.changed_at
    days = mailbox_rules(work.session).reopen_days
    if case.status not in ENDED or work.now - ended <= timedelta(days=days):
        return False
    said = _("{number} ended more than {n} days ago, so this message does not reopen it.")
    incoming.reason = said.format(number=case.number, n=days)
    return True


def _by_mark(
    work: Work, received: Received, answered: Outbox | None, incoming: IncomingMessage
) -> Case | None:
    """The case whose thread is answered: nobody but its people knows the marks in it."""
    case_id = answered.case_id if answered is not None else proven("case", received.case_marks)
    if case_id is None and (before := earlier(work.session, incoming.thread.split())) is not None:
        case_id = before.case_id
    return work.session.get(Case, case_id) if case_id is not None else None


def _by_number(work: Work, incoming: IncomingMessage) -> Case | None:
    """A number in a subject is no secret: only the case's own customer and their colleagues speak by it."""
    words = list(dict.fromkeys(_WORD.findall(incoming.subject)))[:_MOST_WORDS]
    if not words or not incoming.sender:
        return None
    asked = (
        select(Case)
        .where(Case.number.in_([w.strip(".") for w in words]))
        .order_by(Case.archived_at.is_not(None), Case.id)
    )
    return next(
        (
            case
            for case in work.session.scalars(asked.limit(_MOST_WORDS))
            if is_colleague(work.session, incoming.sender, case.contact_id, case.organisation_id)
        ),
        None,
    )


def add_to_case(work: Work, case_id: int, incoming: IncomingMessage, *, is_automatic: bool = False) -> int:
    """Put a received message into a case with all its words and files; the id of its step in the thread.

    What a machine answered is shown as that: it neither reopens the case nor counts as the customer's word.
    """
    case = last_of_merge(work.session, records.find(work.session, Case, case_id))
    writer = who_wrote(work.session, incoming.sender, rather=case.contact_id)
    author = None if writer.contact_id else _called(incoming)
    key = f"mail:{incoming.unique_key}"
    if is_automatic:
        message_id = by_key(work.session, key)
        if message_id is None:
            step = CaseMessage(
                case_id=case.id, kind="automatic", body=incoming.body, at=incoming.taken_at, author=author,
                contact_id=writer.contact_id, key=key, incoming_id=incoming.id,
            )  # fmt: skip
            work.session.add(step)
            work.session.flush()
            message_id = step.id
    else:
        message_id = customer_message(
            work,
            case.id,
            incoming.body,
            key=key,
            author=author,
            contact_id=writer.contact_id,
            incoming=incoming,
        )
    incoming.case_id = case.id
    incoming.contact_id = writer.contact_id
    incoming.organisation_id = writer.organisation_id or case.organisation_id
    incoming.owner_id, incoming.team_id = case.owner_id, case.team_id
    give_files(work, incoming.id, case_id=case.id, case_message_id=message_id)
    return message_id


def _called(incoming: IncomingMessage) -> str:
    """How somebody is called whom no record names."""
    if incoming.sender_name and incoming.sender_name.lower() != incoming.sender:
        return f"{incoming.sender_name[:120]} ({incoming.sender[:70]})"
    return incoming.sender[:190] or "?"


def file_case(work: Work, incoming: IncomingMessage, case_id: int | None) -> int:
    """Put a message into a case, or open one with it as its first word; the case's id."""
    if case_id is None:
        if incoming.contact_id is None and incoming.sender:
            _make_contact(work, incoming)
        contact = work.session.get(Contact, incoming.contact_id) if incoming.contact_id is not None else None
        first_line = incoming.body.strip().split("\n")[0]
        values = {
            "subject": (incoming.subject or first_line or _called(incoming))[:200],
            "contact_id": incoming.contact_id,
            "organisation_id": incoming.organisation_id or (contact.organisation_id if contact else None),
            "origin": "email",
            "opened_at": incoming.taken_at,
        }
        if work.actor.is_system:
            # Whoever looks after the mailbox looks after what comes of it; in a queue its team does.
            queue_id = mailbox_rules(work.session).queue_id
            owner = {"owner_id": still_here(work.session, incoming.owner_id), "team_id": incoming.team_id}
            values |= owner if queue_id is None else {"queue_id": queue_id}
        given = {name: value for name, value in values.items() if value is not None}
        case_id = int(records.create_record(work, "case", given)["id"])
    add_to_case(work, case_id, incoming)
    return case_id


def _make_contact(work: Work, incoming: IncomingMessage) -> None:
    """Whoever asks has to get the answer: a contact of the sender, unless a record has their address already."""
    known = who_wrote(work.session, incoming.sender)
    if known.contact_id is not None:
        incoming.contact_id, incoming.organisation_id = known.contact_id, known.organisation_id
        return
    if not work.actor.may("contact", CREATE):
        return
    values: dict[str, Any] = {
        "name": incoming.sender_name or incoming.sender.partition("@")[0],
        "email": incoming.sender,
        "organisation_id": incoming.organisation_id or known.organisation_id,
    }
    if work.actor.is_system:
        values |= {"owner_id": still_here(work.session, incoming.owner_id), "team_id": incoming.team_id}
    try:
        check_address(incoming.sender)
    except Refused:
        # What can be no address is nobody's to answer to.
        return
    given = {name: value for name, value in values.items() if value is not None}
    incoming.contact_id = int(records.create_record(work, "contact", given)["id"])
    incoming.filing = {"also": [["contact", incoming.contact_id]]}
