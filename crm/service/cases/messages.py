"""The thread of a case: what customers wrote, what was answered, what was noted, and what mail became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from crm.mail.receiving.files import FileLine, files_of
from crm.mail.receiving.folding import Passage, fold, is_forward
from crm.mail.sending.outbox import SENT
from crm.records import records
from crm.service.cases.mail import reply_key
from db.models import Case, CaseMessage, Contact, IncomingMessage, Outbox, User
from db.scope import ScopedSession

MOST_MERGED = 20


@dataclass(frozen=True, slots=True)
class Message:
    """One step of the thread.

    ``kind`` is customer, automatic (their machine), reply or note; ``mail`` is the state of its message in the outbox,
    empty when none was made, "copyless" when it went out without a copy; ``merged_from`` the number of the case it came from."""

    id: int
    kind: str
    who: str
    at: datetime
    text: str
    mail: str = ""
    merged_from: str = ""
    #: The received message that it came as, and the files with it.
    incoming_id: int | None = None
    files: tuple[FileLine, ...] = ()
    cc: str = ""
    #: Of the received message.
    subject: str = ""

    @property
    def passages(self) -> list[Passage]:
        """The text in its order: what is new, and what is quoted from before."""
        if self.incoming_id is None:
            return [Passage(self.text, False)]
        return fold(self.text, forwarded=is_forward(self.subject))


def list_thread(session: ScopedSession, case_id: int, limit: int) -> list[Message]:
    """The newest messages of a case, oldest first.

    Raises
    ------
    NotFound
        No such case within the actor's scope.
    """
    case = records.find(session, Case, case_id)
    contact = session.get(Contact, case.contact_id) if case.contact_id else None
    return read_thread(session, case, contact.name if contact else "", limit)


def read_thread(session: ScopedSession, case: Case, contact: str, limit: int) -> list[Message]:
    """The newest messages, oldest first; the description stands before them as the customer's first word."""
    origin = aliased(Case)
    rows = session.execute(
        select(
            CaseMessage.id,
            CaseMessage.kind,
            CaseMessage.at,
            CaseMessage.body,
            CaseMessage.author,
            CaseMessage.cc,
            User.name.label("user"),
            Contact.name.label("contact"),
            CaseMessage.incoming_id,
            IncomingMessage.subject,
            origin.number.label("origin"),
        )
        .outerjoin(User, User.id == CaseMessage.user_id)
        .outerjoin(Contact, Contact.id == CaseMessage.contact_id)
        .outerjoin(IncomingMessage, IncomingMessage.id == CaseMessage.incoming_id)
        .outerjoin(origin, origin.id == CaseMessage.merged_from_id)
        .where(CaseMessage.case_id == case.id)
        .order_by(CaseMessage.at.desc(), CaseMessage.id.desc())
        .limit(limit)
    ).all()
    mails = _mails(session, [row.id for row in rows if row.kind == "reply"])
    files = files_of(session, case_message_id=[row.id for row in rows])
    made = [
        Message(
            row.id,
            row.kind,
            (
                row.author or row.contact or contact
                if row.kind in ("customer", "automatic")
                else row.user or row.author
            )
            or "",
            row.at,
            row.body,
            mails.get(row.id, ""),
            row.origin or "",
            row.incoming_id,
            tuple(files.get(row.id, ())),
            row.cc or "",
            row.subject or "",
        )
        for row in reversed(rows)
    ]
    if len(rows) < limit:
        made += _first_words(session, case, contact)
        # What was written in the moment a case was made came after its first words.
        made.sort(key=lambda m: (m.at, m.id > 0))
    return made


def _first_words(session: ScopedSession, case: Case, contact: str) -> list[Message]:
    """The description of the case and of those merged into it, as what the customer said first."""
    merged = session.execute(
        select(Case.number, Case.description, Case.opened_at, Contact.name)
        .outerjoin(Contact, Contact.id == Case.contact_id)
        .where(Case.merged_into_id == case.id, Case.description.is_not(None))
        .order_by(Case.opened_at)
        .limit(MOST_MERGED)
    )
    own = [Message(0, "customer", contact, case.opened_at, case.description)] if case.description else []
    return [*own, *(Message(0, "customer", r[3] or "", r[2], r[1] or "", "", r[0]) for r in merged)]


def _mails(session: ScopedSession, ids: list[int]) -> dict[int, str]:
    """States of the messages that replies went out by, on the program's account: the thread was found within scope."""
    if not ids:
        return {}
    keys = {reply_key(i): i for i in ids}
    rows = session.execute(
        select(Outbox.unique_key, Outbox.state, Outbox.problem).where(Outbox.unique_key.in_(keys)),
        execution_options={"system": True},
    )
    return {
        keys[row.unique_key]: "copyless" if row.state == SENT and row.problem else row.state for row in rows
    }
