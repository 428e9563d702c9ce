"""What somebody began to write in a case: words, copies and files stay theirs until they are sent or discarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from crm.config import settings
from crm.errors import Problem, Refused
from crm.i18n import _
from crm.mail.address import one_line
from crm.records import records
from crm.service.cases.answers import MOST_FILES, Attached
from crm.service.cases.crossing import Seen
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Case, DraftFile, ReplyDraft
from db.scope import ScopedSession

#: Nobody comes back to what they left so long ago.
KEPT_FOR = timedelta(days=30)
#: So many replies full of files may one person have begun.
_MOST_FULL = 5


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A file of a draft, without its bytes."""

    id: int
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Draft:
    """What the actor began to write, and how far they had read."""

    text: str = ""
    cc: Sequence[str] = ()
    seen: Seen = field(default_factory=Seen)
    files: Sequence[DraftLine] = ()


def my_draft(session: ScopedSession, case_id: int) -> Draft:
    """The actor's own draft in a case; empty where there is none."""
    row = session.execute(
        select(
            ReplyDraft.id, ReplyDraft.body, ReplyDraft.cc, ReplyDraft.seen_newest, ReplyDraft.seen_count
        ).where(*_mine(session, case_id)),
        execution_options=SYSTEM_OPTIONS,
    ).first()
    if row is None:
        return Draft()
    files = session.execute(
        select(DraftFile.id, DraftFile.name, DraftFile.size)
        .where(DraftFile.draft_id == row.id)
        .order_by(DraftFile.id),
        execution_options=SYSTEM_OPTIONS,
    )
    seen = Seen(row.seen_newest, row.seen_count)
    return Draft(row.body, tuple(row.cc), seen, tuple(DraftLine(*file) for file in files))


def keep_words(work: Work, case_id: int, text: str, cc: Sequence[str], seen: Seen) -> None:
    """Keep what is typed so far; a draft without words and files is none."""
    # PostgreSQL takes every sign but this; what is sent is checked, and says so.
    words = text.replace("\x00", "").strip("\n")
    if not words.strip() and not my_draft(work.session, case_id).files:
        discard(work, case_id)
    else:
        values = {"body": words, "cc": list(cc), "seen_newest": seen.newest, "seen_count": seen.count}
        _draft_id(work, case_id, values)


def keep_file(work: Work, case_id: int, file: Attached, seen: Seen) -> None:
    """Keep a file that will go along.

    Raises
    ------
    Refused
        It would be one too many, or too large with the others of this reply or of all that the actor began.
    """
    most = settings().file_max_mb
    mine = work.session.execute(
        select(
            func.count(DraftFile.id).filter(ReplyDraft.case_id == case_id),
            func.coalesce(func.sum(DraftFile.size).filter(ReplyDraft.case_id == case_id), 0),
            func.coalesce(func.sum(DraftFile.size), 0),
        )
        .join(ReplyDraft, ReplyDraft.id == DraftFile.draft_id)
        .where(ReplyDraft.user_id == work.actor.user_id),
        execution_options=SYSTEM_OPTIONS,
    ).one()
    size, said = len(file.content), ""
    name = one_line(file.name)[:255] or _("file")
    if mine[0] >= MOST_FILES:
        said = _("At most {n} files go with one reply.").format(n=MOST_FILES)
    elif mine[1] + size > most * 1_000_000:
        said = _("With “{name}” the files of this reply have more than {n} MB. It was left out.")
    elif mine[2] + size > _MOST_FULL * most * 1_000_000:
        said = _(
            "With “{name}” the files of the replies that you began have more than {n} MB. Send or discard one."
        )
        most *= _MOST_FULL
    if said:
        said = said.format(name=name, n=most)
        raise Refused(said, problems=[Problem("files", said)])
    seen_as = {"seen_newest": seen.newest, "seen_count": seen.count}
    draft = _draft_id(work, case_id, {}, {"body": "", "cc": [], **seen_as})
    work.session.connection().execute(
        insert(DraftFile).values(
            draft_id=draft, name=name, declared_kind=file.declared_kind[:120], size=size, content=file.content
        ),
        execution_options=SYSTEM_OPTIONS,
    )


def drop_file(work: Work, case_id: int, file_id: int) -> None:
    """Take a file out of the actor's draft."""
    draft = select(ReplyDraft.id).where(*_mine(work.session, case_id)).scalar_subquery()
    work.session.connection().execute(
        delete(DraftFile).where(DraftFile.id == file_id, DraftFile.draft_id == draft),
        execution_options=SYSTEM_OPTIONS,
    )


def files_of_draft(session: ScopedSession, case_id: int) -> list[Attached]:
    """The files of the actor's draft with their bytes, as they go with the reply."""
    rows = session.execute(
        select(DraftFile.name, DraftFile.declared_kind, DraftFile.content)
        .join(ReplyDraft, ReplyDraft.id == DraftFile.draft_id)
        .where(*_mine(session, case_id))
        .order_by(DraftFile.id),
        execution_options=SYSTEM_OPTIONS,
    )
    return [Attached(*row) for row in rows]


def discard(work: Work, case_id: int) -> None:
    """The actor's draft is gone with its files, and with it what anybody left lying too long."""
    old = ReplyDraft.changed_at < work.now - KEPT_FOR
    mine = (ReplyDraft.case_id == case_id) & (ReplyDraft.user_id == work.actor.user_id)
    work.session.connection().execute(delete(ReplyDraft).where(mine | old), execution_options=SYSTEM_OPTIONS)


def _mine(session: ScopedSession, case_id: int) -> tuple[Any, ...]:
    return ReplyDraft.case_id == case_id, ReplyDraft.user_id == session.actor.user_id


def _draft_id(work: Work, case_id: int, values: dict[str, Any], new: dict[str, Any] | None = None) -> int:
    """The actor's draft in a case that they see, with these values; ``new`` are those of one that is made."""
    records.find(work.session, Case, case_id)
    connection = work.session.connection()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    changed = {**values, "changed_at": work.now}
    made = make(ReplyDraft).values(case_id=case_id, user_id=work.actor.user_id, **(new or {}), **changed)
    found: int = connection.execute(
        made.on_conflict_do_update(index_elements=["case_id", "user_id"], set_=changed).returning(
            ReplyDraft.id
        ),
        execution_options=SYSTEM_OPTIONS,
    ).scalar_one()
    return found
