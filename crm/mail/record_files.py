"""Files that people add to a record by hand: kept once, listed, removed and put back, found by their name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from crm.config import settings
from crm.errors import NotFound, Problem, Refused
from crm.i18n import _
from crm.mail.address import one_line
from crm.mail.receiving.file_kinds import kind_of
from crm.mail.receiving.letter import Piece
from crm.mail.receiving.storing import add_file
from crm.records import records, registry
from crm.records.search import Hit, search_condition
from crm.work import Work
from db.models import Case, Contact, Deal, Organisation, StoredFile, User
from db.scope import ScopedSession

#: Records that take files, and the column that names them.
OWNERS = {name: f"{name}_id" for name in ("case", "contact", "organisation", "deal")}
#: With whom else a file of a visit stands: what was photographed at a customer's is part of their story.
_ALSO = ("case_id", "organisation_id", "contact_id")
_COLUMNS = {**OWNERS, "work_order": "work_order_id"}
MOST_LISTED = 200


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of a record; ``by_hand`` says that somebody added it, so that it can be removed again."""

    id: int
    name: str
    kind: str
    size: int
    who: str
    at: datetime
    by_hand: bool


def _owner(entity: str) -> str:
    if entity not in _COLUMNS:
        raise NotFound(_("Files belong to: {names}.").format(names=", ".join(_COLUMNS)))
    return _COLUMNS[entity]


def attach(work: Work, entity: str, record_id: int, name: str, content: bytes, declared: str = "") -> int:
    """Add a file to a record; the same file under the same name is there once.

    Returns
    -------
    int
        The file's id.

    Raises
    ------
    NotFound
        No such record within the actor's scope.
    Refused
        It has no name, or is larger than the settings allow.
    """
    column = _owner(entity)
    record = records.find(work.session, registry.model(entity), record_id)
    name, most = one_line(name)[:255], settings().file_max_mb
    if not name:
        said = _("A file needs a name.")
        raise Refused(said, problems=[Problem("name", said)])
    if len(content) > most * 1_000_000:
        said = _("“{name}” is larger than {n} MB.").format(name=name, n=most)
        raise Refused(said, problems=[Problem("content", said)])
    piece = Piece(name, declared, kind_of(content, name, declared), len(content), content)
    owner = getattr(StoredFile, column) == record_id
    there = work.session.scalars(
        select(StoredFile).where(
            owner, StoredFile.name == name, StoredFile.hash == piece.hash, StoredFile.removed_at.is_(None)
        )
    ).first()
    if there is None:
        owners = {column: record_id}
        if entity not in OWNERS:
            owners |= {also: held for also in _ALSO if (held := getattr(record, also)) is not None}
            if len(owners) == 1:
                said = _("A file belongs to a customer or case. Choose one under Edit first.")
                raise Refused(said, problems=[Problem("content", said)])
        there = add_file(work, piece, **owners)
        work.session.flush()
    return there.id


def list_files(session: ScopedSession, entity: str, record_id: int) -> list[KeptFile]:
    """The files of a record, the newest first; a record out of reach is not there.

    Raises
    ------
    NotFound
        No such record within the actor's scope.
    """
    column = _owner(entity)
    records.find(session, registry.model(entity), record_id)
    rows = session.execute(
        select(StoredFile, func.coalesce(User.name, ""))
        .outerjoin(User, User.id == StoredFile.user_id)
        .where(
            getattr(StoredFile, column) == record_id, StoredFile.removed_at.is_(None), ~StoredFile.is_inline
        )
        .order_by(StoredFile.added_at.desc(), StoredFile.id.desc())
        .limit(MOST_LISTED)
    )
    return [KeptFile(f.id, f.name, f.kind, f.size, who, f.added_at, _by_hand(f)) for f, who in rows]


def _by_hand(file: StoredFile) -> bool:
    return file.incoming_id is None and file.case_message_id is None


def remove_file(work: Work, file_id: int) -> str:
    """Take a file that somebody added away; its name. What came or went with a message stays with it."""
    file = _found(work, file_id)
    if not _by_hand(file):
        raise Refused(_("“{name}” belongs to a message and stays with it.").format(name=file.name))
    file.removed_at = work.now
    work.session.flush()
    return file.name


def put_back(work: Work, file_id: int) -> str:
    """Undo the removal of a file; its name."""
    file = _found(work, file_id)
    file.removed_at = None
    work.session.flush()
    return file.name


def _found(work: Work, file_id: int) -> StoredFile:
    file = work.session.scalars(select(StoredFile).where(StoredFile.id == file_id)).first()
    if file is None:
        raise NotFound(_("There is no file {id}, or you may not see it.").format(id=file_id))
    return file


def find_files(session: ScopedSession, query: str, limit: int) -> list[Hit]:
    """Files whose name holds every word, as hits on the record that they belong to."""
    condition = search_condition(session, StoredFile, query)
    if condition is None:
        return []
    owners: dict[str, tuple[Any, str]] = {
        name: (aliased(cls), registry.title_field(name))
        for name, cls in (
            ("case", Case),
            ("contact", Contact),
            ("organisation", Organisation),
            ("deal", Deal),
        )
    }
    asked = select(
        StoredFile.name, *(part for cls, title in owners.values() for part in (cls.id, getattr(cls, title)))
    )
    for name, (cls, _title) in owners.items():
        asked = asked.outerjoin(
            cls, (cls.id == getattr(StoredFile, OWNERS[name])) & cls.archived_at.is_(None)
        )
    rows = session.execute(
        asked.where(condition, StoredFile.removed_at.is_(None)).order_by(StoredFile.id.desc()).limit(limit)
    )
    hits = []
    for row in rows:
        for at, name in enumerate(owners):
            if row[1 + 2 * at] is not None:
                hits.append(Hit(name, row[1 + 2 * at], row[0], row[2 + 2 * at]))
                break
    return hits
