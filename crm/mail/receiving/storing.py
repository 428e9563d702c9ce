"""What came in is stored whole before anything is decided about it: the original, its words, its files; once each."""

from __future__ import annotations

from dataclasses import asdict
from email.message import Message
from hashlib import sha256
from typing import Any

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from crm.config import settings
from crm.errors import Conflict
from crm.mail.receiving.charsets import decode
from crm.mail.receiving.letter import MOST_TEXT, Letter, Piece, read_letter
from crm.work import SYSTEM, Work, unit_of_work
from db.audit import SYSTEM_OPTIONS
from db.models import FileContent, IncomingMessage, StoredFile
from db.scope import ScopedSession

log = structlog.get_logger(__name__)

#: States of a message: nothing decided yet; waits for staff in the inbox; belongs to a record; nobody's words; not for us.
STORED, WAITING, FILED, PASSED, IGNORED = "stored", "waiting", "filed", "passed", "ignored"


def most_bytes() -> int:
    """So large a message is kept whole."""
    return settings().mail_max_mb * 1_000_000


def letter_of(content: bytes, size: int = 0) -> Letter:
    """A message as it is read; where even that fails, its bytes as words, so that nothing is lost."""
    try:
        return read_letter(content, most_bytes(), size)
    except Exception:
        log.exception("mail_unreadable", size=len(content))
        text, charset = decode(content[:MOST_TEXT])
        whole = len(content) <= most_bytes()
        return Letter(Message(), content[: most_bytes()], len(content), whole, text=text, charset=charset)


def store(content: bytes, *, source: str, size: int = 0) -> tuple[int, bool]:
    """Keep one received message; ``size`` is its real one where only the beginning is at hand.

    Returns
    -------
    tuple of int and bool
        Its id, and whether it is new; a message that came before is known by Message-ID and content.
    """
    letter = letter_of(content, size)
    try:
        with unit_of_work(SYSTEM, cause="mail") as work:
            return _store(work, letter, source)
    except Conflict:
        # Another process stored the same message at the same moment.
        with unit_of_work(SYSTEM, cause="mail") as work:
            return _store(work, letter, source)


def _store(work: Work, letter: Letter, source: str) -> tuple[int, bool]:
    asked = select(IncomingMessage.id).where(IncomingMessage.unique_key == letter.key)
    known = work.session.scalars(asked).first()
    if known is not None:
        return known, False
    message = IncomingMessage(
        unique_key=letter.key,
        message_id=letter.message_id,
        source=source[:200],
        taken_at=work.now,
        written_at=letter.written_at,
        sender=letter.sender,
        sender_name=letter.sender_name,
        recipients=", ".join(letter.recipients),
        subject=letter.subject,
        thread=letter.thread,
        body=letter.text,
        html=letter.html or None,
        charset=letter.charset[:60],
        original_hash=keep_content(work, letter.original),
        size=letter.size,
        is_whole=letter.is_whole,
        left_out=[
            {name: value for name, value in asdict(piece).items() if name in ("name", "kind", "size")}
            for piece in letter.left_out
        ],
        reason=" ".join(letter.told)[:500],
    )
    work.session.add(message)
    work.session.flush()
    for piece in letter.pieces:
        if piece.content is not None:
            add_file(work, piece, incoming_id=message.id)
    work.session.flush()
    return message.id, True


def add_file(work: Work, piece: Piece, **owners: int | None) -> StoredFile:
    """Keep a file with the records that own it (``case_id``, ``contact_id`` … of ``StoredFile``); flushed by the caller."""
    content = piece.content or b""
    row = StoredFile(
        name=piece.name[:255],
        declared_kind=piece.declared_kind[:120],
        kind=piece.kind[:120],
        size=len(content),
        hash=keep_content(work, content),
        added_at=work.now,
        user_id=work.actor.user_id,
        is_inline=piece.is_inline,
        **owners,
    )
    work.session.add(row)
    return row


def keep_content(work: Work, content: bytes) -> str:
    """Keep bytes once; returns their SHA-256, by which they are found again."""
    name = sha256(content).hexdigest()
    connection = work.session.connection()
    known = select(FileContent.id).where(FileContent.hash == name)
    if connection.execute(known, execution_options=SYSTEM_OPTIONS).first() is None:
        make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        statement = make(FileContent).values(hash=name, content=content).on_conflict_do_nothing()
        connection.execute(statement, execution_options=SYSTEM_OPTIONS)
    return name


def content_of(session: ScopedSession, name: str) -> bytes:
    """The bytes with this hash; the caller has authorised the row that names it."""
    asked = select(FileContent.content).where(FileContent.hash == name)
    return session.scalars(asked, execution_options={"system": True}).first() or b""


def give_files(work: Work, incoming_id: int, **owners: int | None) -> None:
    """Let the files of a message belong to further records, or with None no longer."""
    values: dict[str, Any] = dict(owners)
    statement = update(StoredFile).where(StoredFile.incoming_id == incoming_id).values(values)
    work.session.connection().execute(statement, execution_options=SYSTEM_OPTIONS)
