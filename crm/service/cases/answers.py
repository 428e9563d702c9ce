"""A reply as the customer's mail program shows it: who wrote, in both forms, what it answers, copies and files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from sqlalchemy import select

from crm.clock import here
from crm.config import settings
from crm.errors import Problem, Refused
from crm.firm.firm import firm
from crm.i18n import _
from crm.mail.address import check_address, one_line, same_address
from crm.mail.receiving.file_kinds import kind_of
from crm.mail.receiving.folding import new_words
from crm.mail.receiving.letter import Piece
from crm.mail.receiving.storing import add_file
from crm.mail.sending.compose import message_id
from crm.mail.sending.outbox import HANDED, SENT
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import AddressProblem, Case, CaseMessage, Contact, IncomingMessage, Outbox

MOST_FILES, MOST_COPIES = 20, 20
#: So much of a message is quoted, and so many of those before it are named.
_MOST_QUOTED, _MOST_NAMED = 20_000, 20
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,250}>")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)\]']")


@dataclass(frozen=True, slots=True)
class Attached:
    """A file that goes along: its name, what its sender calls it, its bytes."""

    name: str
    declared_kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Extras:
    """What goes with the words of a reply."""

    cc: Sequence[str] = ()
    files: Sequence[Attached] = ()
    quote: bool = True


@dataclass(frozen=True, slots=True)
class Quoted:
    """What is answered: the words under the line that introduces them."""

    head: str
    words: str


def check_copies(work: Work, wanted: Iterable[str], to: str) -> list[str]:
    """The addresses of the copies, each once and without the recipient's own.

    Raises
    ------
    Refused
        One is no address, is known to take no mail, or there are too many; the sentence names it.
    """
    found: dict[str, str] = {}
    for one in wanted:
        if one.strip():
            try:
                bare = check_address(one)
            except Refused as bad:
                raise _about_copies(
                    _("Copy to “{one}”: {why}").format(one=one.strip(), why=bad.message)
                ) from bad
            found.setdefault(same_address(bare), bare)
    found.pop(same_address(to), None)
    if len(found) > MOST_COPIES:
        raise _about_copies(_("At most {n} people get a copy.").format(n=MOST_COPIES))
    dead = work.session.scalars(
        select(AddressProblem.address).where(AddressProblem.address.in_(found)),
        execution_options=SYSTEM_OPTIONS,
    ).first()
    if dead is not None:
        raise _about_copies(
            _("{email} does not take mail. Take it out of the copies.").format(email=found[dead])
        )
    return list(found.values())


def _about_copies(said: str) -> Refused:
    return Refused(said, problems=[Problem("cc", said)])


def keep_files(
    work: Work, case: Case, message: CaseMessage, files: Sequence[Attached]
) -> list[tuple[str, str, str]]:
    """Store the files with the reply in the case's thread; name, kind and hash of each.

    Raises
    ------
    Refused
        They are too many or too large.
    """
    most = settings().file_max_mb
    if len(files) > MOST_FILES:
        said = _("At most {n} files go with one reply.").format(n=MOST_FILES)
        raise Refused(said, problems=[Problem("files", said)])
    if sum(len(file.content) for file in files) > most * 1_000_000:
        said = _("All files of a reply together have at most {n} MB. Take one out, or send a link.").format(
            n=most
        )
        raise Refused(said, problems=[Problem("files", said)])
    kept = []
    for file in files:
        name = one_line(file.name) or _("file")
        kind = kind_of(file.content, name, file.declared_kind)
        piece = Piece(name, file.declared_kind, kind, len(file.content), file.content)
        row = add_file(work, piece, case_id=case.id, case_message_id=message.id)
        kept.append((row.name, row.kind, row.hash))
    return kept


def what_is_answered(work: Work, case: Case) -> Quoted | None:
    """The customer's newest words, else what they opened the case with; None where they said nothing."""
    newest = work.session.execute(
        select(CaseMessage.body, CaseMessage.at, CaseMessage.author, Contact.name)
        .outerjoin(Contact, Contact.id == CaseMessage.contact_id)
        .where(CaseMessage.case_id == case.id, CaseMessage.kind == "customer")
        .order_by(CaseMessage.at.desc(), CaseMessage.id.desc())
    ).first()
    if newest is not None:
        body, at, who = newest.body, newest.at, newest.name or newest.author
    elif case.description:
        contact = work.session.get(Contact, case.contact_id) if case.contact_id else None
        body, at, who = case.description, case.opened_at, contact.name if contact else None
    else:
        return None
    words = (new_words(body) or body).strip()[:_MOST_QUOTED]
    if not words:
        return None
    when = here(at)
    head = _("On {day} at {time}, {who} wrote:").format(
        day=f"{when:%Y-%m-%d}", time=f"{when:%H:%M}", who=one_line(who or _("you"))
    )
    return Quoted(head, words)


def earlier_ids(work: Work, case: Case) -> list[str]:
    """Message-IDs of the talk so far, the one that is answered last: the customer's newest, else our own."""
    incoming = work.session.execute(
        select(IncomingMessage.message_id, IncomingMessage.thread)
        .join(CaseMessage, CaseMessage.incoming_id == IncomingMessage.id)
        .where(CaseMessage.case_id == case.id, CaseMessage.kind == "customer")
        .order_by(CaseMessage.at.desc(), CaseMessage.id.desc()),
        execution_options=SYSTEM_OPTIONS,
    ).first()
    if incoming is not None:
        named = [
            *_MESSAGE_ID.findall(incoming.thread),
            *_MESSAGE_ID.findall(_in_brackets(incoming.message_id)),
        ]
    else:
        ours = work.session.scalars(
            select(Outbox.id)
            .where(Outbox.case_id == case.id, Outbox.state.in_((HANDED, SENT)))
            .order_by(Outbox.id.desc())
            .limit(_MOST_NAMED),
            execution_options=SYSTEM_OPTIONS,
        ).all()
        named = [message_id(row, work) for row in reversed(ours)]
    # Each once, where it stands last.
    return list(dict.fromkeys(reversed(named)))[:_MOST_NAMED][::-1]


def _in_brackets(text: str) -> str:
    return text if "<" in text else f"<{text.strip()}>"


def as_text(words: str, closing: Sequence[str], quoted: Quoted | None) -> str:
    """The reply in plain words."""
    parts = [words, "\n".join(closing)]
    if quoted is not None:
        lines = [f"> {line}".rstrip() for line in quoted.words.split("\n")]
        parts.append("\n".join([quoted.head, *lines]))
    return "\n\n".join(part for part in parts if part) + "\n"


def as_html(words: str, closing: Sequence[str], quoted: Quoted | None) -> str:
    """The same in HTML: what people typed is words, never marks; addresses of the web are links."""
    body = _paragraphs(words)
    if closing:
        body += f"<p>{'<br>'.join(map(escape, closing))}</p>"
    if quoted is not None:
        body += (
            f"<p>{escape(quoted.head)}</p>"
            '<blockquote style="margin:0 0 0 4px;padding-left:12px;border-left:3px solid #b9b4aa">'
            f"{_paragraphs(quoted.words)}</blockquote>"
        )
    return f'<!doctype html>\n<html><head><meta charset="utf-8"></head><body>{body}</body></html>\n'


def _paragraphs(text: str) -> str:
    blocks = [block for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()) if block.strip()]
    return "".join(f"<p>{'<br>'.join(map(_linked, block.split(chr(10))))}</p>" for block in blocks)


def _linked(line: str) -> str:
    made, at = [], 0
    for found in _ADDRESS.finditer(line):
        address = escape(found[0])
        made += [escape(line[at : found.start()]), f'<a href="{address}">{address}</a>']
        at = found.end()
    return "".join([*made, escape(line[at:])])


def closing_of(work: Work) -> list[str]:
    """Who wrote, and for which firm."""
    return [part for part in (work.actor.name, firm(work.session).name) if part]
