"""What came in is stored, then decided about: each in its own transaction, so that a stop in between loses nothing."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select

from crm.errors import CrmError
from crm.i18n import _
from crm.mail.inbox.chosen import CASE, LEAD, TALK, WAIT, first_team, mailbox_rules
from crm.mail.inbox.filing import put_into
from crm.mail.inbox.matching import who_wrote
from crm.mail.receiving import bounce_rules
from crm.mail.receiving.bounce_rules import AUTOMATIC, COMPLAINT, REPLY, Received, judge
from crm.mail.receiving.bounces import believe, proven
from crm.mail.receiving.storing import (
    FILED,
    PASSED,
    STORED,
    WAITING,
    content_of,
    letter_of,
    most_bytes,
    store,
)
from crm.register import Register
from crm.work import SYSTEM, Work, reading, unit_of_work
from db.models import Campaign, Case, Contact, Deal, IncomingMessage, Organisation, Outbox, StoredFile

log = structlog.get_logger(__name__)

#: What a message came to.
BOUNCED, COMPLAINED, ANSWERED, RESPONDED, AWAY, FOREIGN, WAITS, RULED, BROKEN, LOGGED = (
    "bounced", "complained", "answered", "responded", "passed", "foreign", "waits", "ruled", "broken", "logged",
)  # fmt: skip
#: Kinds of a message as they are stored.
ANSWER, QUESTION, UNKNOWN, COPY = "answer", "question", "unknown", "copy"

#: Who takes replies: asked with the message of ours that is answered, where it is known, and the stored message; empty
#: when it is not for them. Whoever takes it links it to their record.
REPLIES: Register[Callable[[Work, Received, Outbox | None, IncomingMessage], str]] = Register("reply")


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
            LOGGED: _("copies of what colleagues sent, as talks"),
            AWAY: _("automatic answers, kept"),
            WAITS: _("kept in the inbox for staff"),
            RULED: _("new questions, by the rules of the mailbox"),
            FOREIGN: _("bounces that are not about our mail, kept"),
            BROKEN: _("could not be read"),
        }
        return {word: self.counted[name] for name, word in words.items() if self.counted[name]}


def read_folder(folder: Path) -> Tally:
    """Take in every ``.eml`` and ``.mbox`` file of a folder; what was taken in before changes nothing again."""
    tally = Tally()
    for row in read_place(folder):
        tally.counted[row["outcome"]] += 1
    return tally


def read_place(place: Path) -> list[dict[str, Any]]:
    """Take in a file or every ``.eml`` and ``.mbox`` file of a folder.

    Returns
    -------
    list of dict
        For each message what it is, whom and what it was matched to, and what was kept; for a file that cannot be read
        a sentence.
    """
    known = sorted(p for p in place.rglob("*") if p.suffix.lower() in (".eml", ".mbox") and p.is_file())
    rows = []
    for path in known if place.is_dir() else [place]:
        try:
            for content, size in _messages(path):
                message_id, is_new = _taken(content, source=path.name, size=size)
                rows.append({"file": path.name, **told(message_id), "is_new": is_new})
        except (OSError, CrmError, ValueError) as error:
            said = _("{file} could not be read: {reason}").format(file=path.name, reason=str(error)[:300])
            rows.append({"file": path.name, **_NOTHING, "outcome": BROKEN, "problem": said})
    return rows


_NOTHING: dict[str, Any] = {
    "id": None, "kind": UNKNOWN, "from": "", "subject": "", "outcome": "", "state": "", "matched_to": "", "contact": None,
    "organisation": None, "case": None, "deal": None, "campaign": None, "characters": 0, "bytes": 0, "charset": "",
    "attachments": [], "left_out": [], "problem": "", "is_new": False,
}  # fmt: skip


def _messages(path: Path) -> Iterator[tuple[bytes, int]]:
    """Each message of a file and its size; of one far larger than is kept only the beginning."""
    with path.open("rb") as file:
        yield from (
            _of_box(file)
            if path.suffix.lower() == ".mbox"
            else [_bounded([file.read(_most())], path.stat().st_size)]
        )


#: The line before each message of a box: who, and the time as such lines tell it.
_ENVELOPE = re.compile(
    rb"From \S{0,300} .{0,80}\d{1,2}:\d{2}(?::\d{2})?(?: [A-Za-z0-9+:-]{1,8}){0,2} \d{4}(?: [+-]\d{4})?\s*$"
)


def _of_box(lines: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """The messages of a box: one ends only where an empty line and a whole envelope follow, so no words of a person do."""
    parts: list[bytes] = []
    kept = size = 0
    was_empty = True
    for at, line in enumerate(lines):
        begins = line.startswith(b"From ") and (at == 0 or (was_empty and bool(_ENVELOPE.match(line[:500]))))
        was_empty = not line.strip()
        if begins:
            if size:
                yield _bounded(parts, size)
            parts, kept, size = [], 0, 0
            continue
        size += len(line)
        if kept < _most():
            # What would have ended the message was marked when it was put in.
            parts.append(line[1:] if re.match(rb">+From ", line) else line)
            kept += len(line)
    if size:
        yield _bounded(parts, size)


def _most() -> int:
    return 4 * most_bytes()


def _bounded(parts: list[bytes], size: int) -> tuple[bytes, int]:
    return b"".join(parts), size


def take_in(content: bytes, *, source: str) -> str:
    """Store one received message and let it take effect; returns what it came to."""
    message_id, _is_new = _taken(content, source=source)
    return outcome_of(message_id)


def outcome_of(message_id: int) -> str:
    """What a stored message came to."""
    with reading(SYSTEM) as session:
        return session.scalars(select(IncomingMessage.outcome).where(IncomingMessage.id == message_id)).one()


def _taken(content: bytes, *, source: str, size: int = 0) -> tuple[int, bool]:
    message_id, is_new = store(content, source=source, size=size)
    decide(message_id)
    return message_id, is_new


def decide_waiting() -> int:
    """Decide about what was stored when the program was stopped before it could; how many there were."""
    with reading(SYSTEM) as session:
        asked = select(IncomingMessage.id).where(IncomingMessage.state == STORED).order_by(IncomingMessage.id)
        found = session.scalars(asked).all()
    for message_id in found:
        decide(message_id)
    return len(found)


def decide(message_id: int) -> None:
    """Let a stored message take effect, once; what fails waits for staff, with the reason."""
    try:
        with unit_of_work(SYSTEM, cause="mail") as work:
            _decide(work, message_id)
    except CrmError as problem:
        log.warning("mail_without_effect", message=message_id, reason=problem.message)
        _leave(message_id, problem.message)
    except Exception as error:
        log.exception("mail_undecided", message=message_id)
        _leave(message_id, f"{type(error).__name__}: {error}")


def _leave(message_id: int, reason: str) -> None:
    with unit_of_work(SYSTEM, cause="mail") as work:
        message = work.session.get_one(IncomingMessage, message_id)
        message.state, message.outcome, message.reason = WAITING, WAITS, reason[:500]


def _decide(work: Work, message_id: int) -> None:
    message = work.session.get_one(IncomingMessage, message_id, with_for_update=True)
    if message.state != STORED:
        return
    received = judge(letter_of(content_of(work.session, message.original_hash)))
    if received.kind in (AUTOMATIC, REPLY):
        _reply(work, received, message)
    else:
        is_complaint = received.kind == COMPLAINT
        believed = believe(work, received, message.source)
        message.team_id = first_team(work.session, mailbox_rules(work.session))
        message.kind = COMPLAINT if is_complaint else bounce_rules.BOUNCE
        message.state = PASSED
        message.outcome = (COMPLAINED if is_complaint else BOUNCED) if believed else FOREIGN


def _reply(work: Work, received: Received, message: IncomingMessage) -> None:
    row_id = proven("mail", received.marks)
    row = work.session.get(Outbox, row_id) if row_id is not None else None
    message.outbox_id = row.id if row is not None else None
    _known_sender(work, received, message)
    outcome = next(
        (came_to for take in REPLIES.values() if (came_to := take(work, received, row, message))), ""
    )
    if message.kind == COPY:
        message.state, message.outcome = WAITING if outcome == WAITS else FILED, outcome
        return
    if not outcome:
        _belongs_to(work, message)
    if received.kind == AUTOMATIC:
        # Kept and shown as what it is, wherever it belongs.
        message.kind, message.state, message.outcome = AUTOMATIC, FILED if outcome else PASSED, AWAY
    elif outcome:
        message.kind, message.state, message.outcome = ANSWER, FILED, outcome
    else:
        message.kind, message.state, message.outcome = QUESTION if message.sender else UNKNOWN, WAITING, WAITS
        rules = mailbox_rules(work.session)
        is_known = message.contact_id is not None or message.organisation_id is not None
        into = rules.known if is_known else rules.unknown
        if into != WAIT and message.sender:
            put_into(work, message, _RULED[into], None)
            message.outcome = RULED


#: By the word of a rule the kind of record.
_RULED = {CASE: "case", LEAD: "lead", TALK: "interaction"}


def _known_sender(work: Work, received: Received, message: IncomingMessage) -> None:
    """Of several addresses, as where an assistant or a web form writes for somebody, the first that a record has."""
    known = next((pair for pair in received.writers if who_wrote(work.session, pair[1]).is_known), None)
    if known is not None and known[1] != message.sender:
        message.sender_name, message.sender = known


def _belongs_to(work: Work, message: IncomingMessage) -> None:
    """Who wrote, as far as a record tells, and who looks after it."""
    writer = who_wrote(work.session, message.sender)
    message.contact_id, message.organisation_id = writer.contact_id, writer.organisation_id
    theirs: Contact | Organisation | None = None
    if writer.contact_id is not None:
        theirs = work.session.get(Contact, writer.contact_id)
    elif writer.organisation_id is not None:
        theirs = work.session.get(Organisation, writer.organisation_id)
    if theirs is not None:
        message.owner_id, message.team_id = theirs.owner_id, theirs.team_id
    if message.team_id is None and message.owner_id is None:
        message.team_id = first_team(work.session, mailbox_rules(work.session))


def told(message_id: int) -> dict[str, Any]:
    """What is known of a stored message, in plain values."""
    with reading(SYSTEM) as session:
        message = session.get_one(IncomingMessage, message_id)
        links = {
            "contact": (Contact.name, Contact.id, message.contact_id),
            "organisation": (Organisation.name, Organisation.id, message.organisation_id),
            "case": (Case.number, Case.id, message.case_id),
            "deal": (Deal.title, Deal.id, message.deal_id),
            "campaign": (Campaign.name, Campaign.id, message.campaign_id),
        }
        named = {
            name: session.scalar(select(title).where(key == value)) if value is not None else None
            for name, (title, key, value) in links.items()
        }
        asked = select(
            StoredFile.name, StoredFile.kind, StoredFile.declared_kind, StoredFile.size, StoredFile.hash
        )
        files = session.execute(
            asked.where(StoredFile.incoming_id == message_id).order_by(StoredFile.id)
        ).mappings()
        return _NOTHING | {
            "id": message.id,
            "kind": message.kind,
            "from": message.sender,
            "subject": message.subject,
            "outcome": message.outcome,
            "state": message.state,
            "matched_to": ", ".join(
                str(named[n]) for n in ("case", "deal", "campaign", "contact", "organisation") if named[n]
            ),
            **named,
            "characters": len(message.body),
            "bytes": message.size,
            "charset": message.charset,
            "attachments": [dict(row) for row in files],
            "left_out": message.left_out,
            "problem": message.reason,
        }
