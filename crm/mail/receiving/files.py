"""Files of records and received messages as they came, read within the actor's reach."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import select

from crm.errors import NotFound
from crm.i18n import _
from crm.mail.receiving.storing import content_of
from crm.work import Actor, reading
from db.models import IncomingMessage, StoredFile
from db.scope import ScopedSession

#: Kinds that a browser would run or follow are handed over as unknown bytes.
_HARMLESS = re.compile(
    r"(image/(png|jpeg|gif|webp|bmp|tiff)|application/pdf|text/plain|text/csv|audio/[\w.+-]+|video/[\w.+-]+)$"
)


@dataclass(frozen=True, slots=True)
class File:
    """A file to hand over."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class FileLine:
    """A file as a list shows it."""

    id: int
    name: str
    kind: str
    size: int
    is_inline: bool


def read_file(actor: Actor, file_id: int) -> File:
    """A file of a record that the actor sees.

    Raises
    ------
    NotFound
        No such file within the actor's reach.
    """
    with reading(actor) as session:
        row = session.scalars(
            select(StoredFile).where(StoredFile.id == file_id, StoredFile.removed_at.is_(None))
        ).first()
        if row is None:
            raise NotFound(_("There is no file {id}, or you may not see it.").format(id=file_id))
        kind = row.kind if _HARMLESS.match(row.kind) else "application/octet-stream"
        return File(row.name, kind, content_of(session, row.hash))


def read_original(actor: Actor, message_id: int) -> File:
    """A received message as it came, of whatever size was kept.

    Raises
    ------
    NotFound
        No such message within the actor's reach.
    """
    with reading(actor) as session:
        asked = select(IncomingMessage.original_hash, IncomingMessage.kind)
        found = session.execute(asked.where(IncomingMessage.id == message_id)).first()
        if found is None:
            raise NotFound(_("There is no message {id}, or you may not see it.").format(id=message_id))
        name = f"message-{message_id}.{'json' if found.kind == 'form' else 'eml'}"
        return File(name, "application/octet-stream", content_of(session, found.original_hash))


def files_of(session: ScopedSession, **owner: list[int]) -> dict[int, list[FileLine]]:
    """Files by one of their owners, as ``files_of(session, case_message_id=[5, 6])``; oldest first."""
    ((name, ids),) = owner.items()
    found: dict[int, list[FileLine]] = {}
    if not ids:
        return found
    column = getattr(StoredFile, name)
    columns = StoredFile.id, StoredFile.name, StoredFile.kind, StoredFile.size, StoredFile.is_inline
    asked = select(column, *columns).where(column.in_(ids), StoredFile.removed_at.is_(None))
    for row in session.execute(asked.order_by(StoredFile.id)):
        found.setdefault(row[0], []).append(FileLine(*row[1:]))
    return found
