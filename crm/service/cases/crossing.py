"""Two people in one case: who is writing now, and an answer that crosses another one is read before it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from crm.clock import here
from crm.errors import Conflict
from crm.i18n import _, ngettext
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Case, CaseMessage, CaseWriter, Contact, User
from db.scope import ScopedSession

#: Whoever stopped renewing it has gone.
WRITES_FOR = timedelta(seconds=45)
#: So much of what crossed is told.
_MOST_TOLD = 10


@dataclass(frozen=True, slots=True)
class Seen:
    """How far a thread was read: the newest message and how many there are, as a merge brings older ones."""

    newest: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True)
class Since:
    """A message that came after what was read."""

    kind: str
    who: str
    text: str


class Crossed(Conflict):
    """Something was said since the thread was read; ``seen`` is how far it is read with ``messages``."""

    def __init__(self, message: str, messages: tuple[Since, ...], seen: Seen) -> None:
        super().__init__(message, theirs={one.who: one.text for one in messages})
        self.messages, self.seen = messages, seen


def seen_now(session: ScopedSession, case_id: int) -> Seen:
    """How far the thread goes now."""
    newest, count = session.execute(
        select(func.max(CaseMessage.id), func.count()).where(CaseMessage.case_id == case_id)
    ).one()
    return Seen(newest or 0, count)


def demand_read(work: Work, case: Case, seen: Seen) -> None:
    """Refuse an answer by somebody who has not read what came since.

    Raises
    ------
    Crossed
        With what came, and by whom.
    """
    # Of two who answer at the same moment the second waits here and then finds the first one's.
    work.session.scalars(select(Case.id).where(Case.id == case.id).with_for_update()).all()
    now = seen_now(work.session, case.id)
    if now == seen:
        return
    rows = work.session.execute(
        select(
            CaseMessage.kind, CaseMessage.body, CaseMessage.at, CaseMessage.author, User.name, Contact.name
        )
        .outerjoin(User, User.id == CaseMessage.user_id)
        .outerjoin(Contact, Contact.id == CaseMessage.contact_id)
        .where(
            CaseMessage.case_id == case.id,
            CaseMessage.id > seen.newest,
            # What I noted myself I know.
            or_(CaseMessage.kind != "note", CaseMessage.user_id.is_distinct_from(work.actor.user_id)),
        )
        .order_by(CaseMessage.at.desc(), CaseMessage.id.desc())
        .limit(_MOST_TOLD)
    ).all()
    if not rows:
        if now.count > seen.count and now.newest == seen.newest:
            raise Crossed(_("Another case was merged into this one. Read it before you send."), (), now)
        return
    since = tuple(
        Since(kind, contact or author or user or _("The customer"), body)
        for kind, body, _at, author, user, contact in reversed(rows)
    )
    newest = rows[0]
    minutes = max(0, int((work.now - newest.at).total_seconds() // 60))
    when = (
        _("a moment ago")
        if minutes < 1
        else ngettext("{n} minute ago", "{n} minutes ago", minutes).format(n=minutes)
        if minutes < 60
        else _("at {time}").format(time=f"{here(newest.at):%Y-%m-%d %H:%M}")
    )
    said = {
        "reply": _("{who} answered {when}: read it before you send."),
        "note": _("{who} noted something {when}: read it before you send."),
    }.get(newest.kind, _("{who} wrote {when}: read it before you send."))
    raise Crossed(said.format(who=since[-1].who, when=when), since, now)


def write_on(work: Work, case_id: int) -> None:
    """Say that the actor is writing in a case, for a while; whoever does not see the case says nothing."""
    me = work.actor.user_id
    if me is None or work.session.scalar(select(Case.id).where(Case.id == case_id)) is None:
        return
    connection = work.session.connection()
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    until = work.now + WRITES_FOR
    connection.execute(
        make(CaseWriter)
        .values(case_id=case_id, user_id=me, until=until)
        .on_conflict_do_update(index_elements=["case_id", "user_id"], set_={"until": until}),
        execution_options=SYSTEM_OPTIONS,
    )


def stop_writing(work: Work, case_id: int) -> None:
    """The actor's box is empty again."""
    connection = work.session.connection()
    mine = (CaseWriter.case_id == case_id) & (CaseWriter.user_id == work.actor.user_id)
    connection.execute(
        delete(CaseWriter).where(mine | (CaseWriter.until < work.now)), execution_options=SYSTEM_OPTIONS
    )


def others_writing(session: ScopedSession, case_id: int, now: object) -> list[str]:
    """Names of those who are writing in a case that the actor sees."""
    if session.scalar(select(Case.id).where(Case.id == case_id)) is None:
        return []
    return list(
        session.scalars(
            select(User.name)
            .join(CaseWriter, CaseWriter.user_id == User.id)
            .where(
                CaseWriter.case_id == case_id,
                CaseWriter.until > now,
                CaseWriter.user_id != session.actor.user_id,
            )
            .order_by(User.name),
            execution_options=SYSTEM_OPTIONS,
        )
    )
