"""Received mail takes effect: addresses that bounce are noted, replies reach their case or campaign.

Anybody can write a message that looks like a bounce. One is believed when it carries the signed mark of a message of
ours, or names an address that we did write to.
"""

from __future__ import annotations

import mailbox
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

import structlog
from sqlalchemy import func, select

from crm.errors import CrmError, NotFound
from crm.i18n import _
from crm.links import read_token
from crm.mail.receiving.bounce_rules import AUTOMATIC, BOUNCE, COMPLAINT, REPLY, Received, read
from crm.mail.receiving.reachable import mark_address, mark_bounced
from crm.mail.sending.outbox import MAIL
from crm.register import Register
from crm.work import SYSTEM, Work, unit_of_work
from db.models import CampaignMember, Contact, Outbox

log = structlog.get_logger(__name__)

#: What a message came to.
BOUNCED, COMPLAINED, ANSWERED, RESPONDED, PASSED, FOREIGN, BROKEN = (
    "bounced", "complained", "answered", "responded", "passed", "foreign", "broken",
)  # fmt: skip

#: Who takes replies: asked with the message of ours that is answered, where it is known, and a key that is the same
#: whenever the reply is read; empty when it is not for them.
REPLIES: Register[Callable[[Work, Received, Outbox | None, str], str]] = Register("reply")


@dataclass
class Tally:
    """How many messages came to what."""

    counted: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, int]:
        """In words, those that happened."""
        words = {
            BOUNCED: _("bounces"),
            COMPLAINED: _("complaints"),
            ANSWERED: _("answers to cases"),
            RESPONDED: _("replies to campaigns"),
            PASSED: _("automatic answers, passed over"),
            FOREIGN: _("not about our mail, passed over"),
            BROKEN: _("could not be read"),
        }
        return {word: self.counted[name] for name, word in words.items() if self.counted[name]}


def read_folder(folder: Path) -> Tally:
    """Take in every ``.eml`` and ``.mbox`` file of a folder; what was taken in before changes nothing again."""
    tally = Tally()
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() in (".eml", ".mbox")):
        for content in _messages(path):
            tally.counted[take_in(content, source=path.name)] += 1
    return tally


def _messages(path: Path) -> Iterator[bytes]:
    if path.suffix.lower() == ".eml":
        yield path.read_bytes()
        return
    box = mailbox.mbox(path, create=False)
    try:
        for key in box.keys():  # noqa: SIM118 - a mailbox iterates over messages, parsed by the older rules
            yield box.get_bytes(key)
    finally:
        box.close()


def take_in(content: bytes, *, source: str) -> str:
    """Let one received message take effect; returns what it came to."""
    try:
        received = read(content)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        log.exception("mail_unreadable", source=source)
        return BROKEN
    try:
        with unit_of_work(SYSTEM, cause="mail") as work:
            return _take_in(work, received, content, source)
    except CrmError as problem:
        log.warning("mail_without_effect", source=source, reason=problem.message)
        return FOREIGN


def _take_in(work: Work, received: Received, content: bytes, source: str) -> str:
    if received.kind == AUTOMATIC:
        return PASSED
    if received.kind == REPLY:
        return _reply(work, received, content)
    row_id = proven("mail", received.marks)
    kind = COMPLAINT if received.kind == COMPLAINT else "bounce"
    is_hard = received.kind in (BOUNCE, COMPLAINT)
    believed = False
    if row_id is not None:
        # Our own mark says whom we wrote to, wherever the message was passed on to from there.
        if is_hard and (to := _recipient(work, row_id)):
            reason = received.refused[0][1] if received.refused else received.subject
            mark_address(work, to, reason=reason, source=source, kind=kind)
        if kind != COMPLAINT:
            mark_bounced(work, row_id)
        believed = True
    else:
        for address, reason in received.refused:
            if member_ids := _written_to(work, address):
                if is_hard:
                    mark_address(work, address, reason=reason, source=source, kind=kind)
                if kind != COMPLAINT:
                    _bounce_newest(work, member_ids)
                believed = True
    if not believed:
        return FOREIGN
    return COMPLAINED if kind == COMPLAINT else BOUNCED


def proven(purpose: str, marks: tuple[str, ...]) -> int | None:
    """The id behind the first mark with our signature."""
    for mark in marks:
        try:
            return read_token(purpose, mark)[0]
        except NotFound:
            continue
    return None


def _recipient(work: Work, row_id: int) -> str:
    row = work.session.get(Outbox, row_id)
    if row is None:
        return ""
    if row.kind == MAIL:
        return str(row.payload.get("to", ""))
    member = work.session.get(CampaignMember, row.member_id) if row.member_id is not None else None
    contact = work.session.get(Contact, member.contact_id) if member is not None else None
    return str(contact.email or "") if contact is not None else ""


def _written_to(work: Work, address: str) -> list[int]:
    """Members with this address whose message went out, newest first."""
    statement = (
        select(CampaignMember.id)
        .join(Contact, Contact.id == CampaignMember.contact_id)
        .where(func.lower(Contact.email) == address, CampaignMember.sent_at.is_not(None))
        .order_by(CampaignMember.sent_at.desc(), CampaignMember.id.desc())
    )
    return list(work.session.scalars(statement))


def _bounce_newest(work: Work, member_ids: list[int]) -> None:
    member = work.session.get(CampaignMember, member_ids[0])
    if member is not None and member.state == "sent":
        member.state = "bounced"
        work.session.flush()


def _reply(work: Work, received: Received, content: bytes) -> str:
    row_id = proven("mail", received.marks)
    row = work.session.get(Outbox, row_id) if row_id is not None else None
    name = received.message_id.encode() if received.message_id else content
    for take in REPLIES.values():
        if came_to := take(work, received, row, f"mail:{sha256(name).hexdigest()}"):
            return came_to
    return FOREIGN
