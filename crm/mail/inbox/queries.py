"""What waits in the inbox, one message with all that came, and where it probably belongs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from crm.errors import NotFound
from crm.i18n import _
from crm.mail.inbox.matching import Person, who_wrote
from crm.mail.receiving.files import FileLine, files_of
from crm.mail.receiving.folding import Passage, fold, is_forward, new_words
from crm.mail.receiving.storing import FILED, IGNORED, PASSED, STORED, WAITING
from crm.records.search import Hit, around, search_condition
from db.models import Case, Contact, Deal, IncomingMessage, Lead, Organisation, StoredFile, User
from db.scope import READ, UPDATE, ScopedSession, criterion

#: Kinds of a list, with the states that stand in it.
LISTS: dict[str, tuple[str, ...]] = {
    "waiting": (WAITING, STORED),
    "filed": (FILED,),
    "passed": (PASSED,),
    "ignored": (IGNORED,),
}
_WORD = re.compile(r"[^\s\[\]():;,\"']{1,60}")
_MOST_GUESSES = 4
_CLOSED = ("closed", "merged")
#: What of a message is shown as it is stored.
_AS_STORED = ("id", "version", "state", "kind", "sender", "sender_name", "recipients", "subject", "reason")


@dataclass(frozen=True, slots=True)
class MessageLine:
    """A message as a list shows it."""

    id: int
    sender: str
    subject: str
    words: str
    at: datetime
    files: int
    kind: str


@dataclass(frozen=True, slots=True)
class Guess:
    """Where a message may belong: what to do, with which record (None makes one), what it is called, and why."""

    into: str
    record_id: int | None
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class MessageView:
    """One message with everything that is known of it; ``guesses`` are the likeliest first."""

    id: int
    version: int
    state: str
    kind: str
    sender: str
    sender_name: str
    recipients: str
    subject: str
    at: datetime
    reason: str
    passages: tuple[Passage, ...]
    files: tuple[FileLine, ...]
    left_out: tuple[tuple[str, int], ...]
    contact: tuple[int, str] | None
    organisation: tuple[int, str] | None
    #: What it was filed as: kind of record, id, title.
    filed: tuple[tuple[str, int, str], ...]
    guesses: tuple[Guess, ...]
    filed_by: str = ""


def count_waiting(session: ScopedSession) -> int:
    """How many messages wait within the actor's reach."""
    asked = (
        select(func.count()).select_from(IncomingMessage).where(IncomingMessage.state.in_(LISTS["waiting"]))
    )
    return session.scalar(asked) or 0


def find_waiting(session: ScopedSession, query: str, limit: int) -> list[Hit]:
    """Messages that wait and hold every word; what belongs to a record is found there."""
    condition = search_condition(session, IncomingMessage, query)
    if condition is None or not session.actor.may("message", READ):
        return []
    columns = IncomingMessage.id, IncomingMessage.sender, IncomingMessage.subject, IncomingMessage.body
    asked = select(*columns).where(condition, IncomingMessage.state.in_(LISTS["waiting"]))
    return [
        Hit("message", row.id, row.subject or row.sender, f"“{around(row.body, query)}”")
        for row in session.execute(asked.order_by(IncomingMessage.id.desc()).limit(limit))
    ]


def answers_to_decide(session: ScopedSession, *, limit: int) -> tuple[list[MessageLine], int]:
    """Answers to web forms that wait until the actor, or another who may, lets them in; and how many there are."""
    if not session.actor.may("message", UPDATE):
        return [], 0
    mine = criterion(session.actor, IncomingMessage, UPDATE)
    held = IncomingMessage.kind == "form"
    return list_messages(session, "waiting", limit=limit, only=held if mine is None else held & mine)


def list_messages(
    session: ScopedSession,
    which: str,
    *,
    limit: int,
    first: int | None = None,
    only: ColumnElement[bool] | None = None,
) -> tuple[list[MessageLine], int]:
    """The messages of a list, what waits longest first, else the newest first; and how many there are.

    ``first`` stands before all others. With a ``limit`` of 0 they are counted only.
    """
    mine = [IncomingMessage.state.in_(LISTS[which]), *([] if only is None else [only])]
    total = session.scalar(select(func.count()).select_from(IncomingMessage).where(*mine)) or 0
    if not limit:
        return [], total
    columns = (
        IncomingMessage.id, IncomingMessage.sender, IncomingMessage.sender_name, IncomingMessage.subject,
        func.substr(IncomingMessage.body, 1, 600).label("body"), IncomingMessage.taken_at, IncomingMessage.kind,
    )  # fmt: skip
    order = IncomingMessage.id if which == "waiting" else IncomingMessage.id.desc()
    rows = session.execute(
        select(*columns).where(*mine).order_by(IncomingMessage.id != (first or 0), order).limit(limit)
    ).all()
    counted = select(StoredFile.incoming_id, func.count()).where(
        StoredFile.incoming_id.in_([row.id for row in rows])
    )
    files = (
        {row[0]: int(row[1]) for row in session.execute(counted.group_by(StoredFile.incoming_id))}
        if rows
        else {}
    )
    return [
        MessageLine(
            row.id, row.sender_name or row.sender, row.subject, _beginning(row.body, row.subject), row.taken_at,
            files.get(row.id, 0), row.kind,
        )
        for row in rows
    ], total  # fmt: skip


def _beginning(body: str, subject: str) -> str:
    return " ".join(new_words(body, forwarded=is_forward(subject)).split())[:140]


def read_message(session: ScopedSession, message_id: int) -> MessageView:
    """One message with its files, its links and where it probably belongs.

    Raises
    ------
    NotFound
        No such message within the actor's reach.
    """
    found = session.scalars(select(IncomingMessage).where(IncomingMessage.id == message_id)).first()
    if found is None:
        raise NotFound(_("There is no message {id}, or you may not see it.").format(id=message_id))
    waits = found.state not in (FILED,)
    whose = Person(found.contact_id, found.organisation_id)
    if waits and whose.contact_id is None:
        # Somebody may have made a contact of the sender meanwhile.
        now = who_wrote(session, found.sender)
        whose = now if now.is_known else whose
    named = _named(session, found, whose)
    filed_by = (
        session.scalar(select(User.name).where(User.id == found.filed_by_id)) if found.filed_by_id else None
    )
    return MessageView(
        **{name: getattr(found, name) for name in _AS_STORED},
        at=found.written_at or found.taken_at,
        passages=tuple(fold(found.body, forwarded=is_forward(found.subject))),
        files=tuple(files_of(session, incoming_id=[found.id]).get(found.id, ())),
        left_out=tuple((str(one["name"]), int(one["size"])) for one in found.left_out),
        contact=named.get("contact"),
        organisation=named.get("organisation"),
        filed=tuple((kind, *named[kind]) for kind in ("case", "deal", "lead") if kind in named),
        guesses=tuple(_guesses(session, found, whose, named)) if waits else (),
        filed_by=filed_by or "",
    )


def look_again(session: ScopedSession, message_id: int | None) -> MessageView | None:
    """A message that was on the screen before; None where there was none, or where it went out of reach meanwhile."""
    try:
        return read_message(session, message_id) if message_id is not None else None
    except NotFound:
        return None


def _named(session: ScopedSession, found: IncomingMessage, whose: Person) -> dict[str, tuple[int, str]]:
    """Titles of the records that it is linked to, as far as the actor sees them."""
    asked = {
        "contact": select(Contact.id, Contact.name).where(Contact.id == whose.contact_id),
        "organisation": select(Organisation.id, Organisation.name).where(
            Organisation.id == whose.organisation_id
        ),
        "case": select(Case.id, Case.number + " " + Case.subject).where(Case.id == found.case_id),
        "deal": select(Deal.id, Deal.title).where(Deal.id == found.deal_id),
        "lead": select(Lead.id, Lead.name).where(Lead.id == found.lead_id),
    }
    rows = {
        name: session.execute(statement).first()
        for name, statement in asked.items()
        if getattr(whose if hasattr(whose, f"{name}_id") else found, f"{name}_id") is not None
    }
    return {name: (int(row[0]), str(row[1])) for name, row in rows.items() if row is not None}


def _guesses(
    session: ScopedSession, found: IncomingMessage, whose: Person, named: dict[str, tuple[int, str]]
) -> Sequence[Guess]:
    """Where it may belong, the likeliest first."""
    if found.answer_id is not None:
        return [Guess("answer", found.answer_id, _("An answer to a web form"), found.reason)]
    made: list[Guess] = []
    words = [w.strip(".") for w in _WORD.findall(found.subject)][:40]
    cases = select(Case.id, Case.number, Case.subject).where(
        Case.archived_at.is_(None), Case.status.not_in(_CLOSED)
    )
    if words:
        for row in session.execute(cases.where(Case.number.in_(words)).order_by(Case.id.desc()).limit(2)):
            made.append(
                Guess("case", row.id, f"{row.number} {row.subject}", _("its number stands in the subject"))
            )
    who = named.get("contact") or named.get("organisation")
    if who is not None:
        for row in session.execute(
            cases.where(_theirs(Case, whose)).order_by(Case.opened_at.desc()).limit(2)
        ):
            if row.id not in {guess.record_id for guess in made}:
                made.append(
                    Guess(
                        "case",
                        row.id,
                        f"{row.number} {row.subject}",
                        _("an open case of {name}").format(name=who[1]),
                    )
                )
        deals = select(Deal.id, Deal.title).where(
            Deal.archived_at.is_(None), Deal.status == "open", _theirs(Deal, whose)
        )
        for deal in session.execute(deals.order_by(Deal.id.desc()).limit(1)):
            made.append(Guess("deal", deal.id, deal.title, _("an open deal of {name}").format(name=who[1])))
        made.append(
            Guess("interaction", None, _("Talk with {name}").format(name=who[1]), _("the address is known"))
        )
    made.append(Guess("case", None, _("New case"), _("a question that needs an answer")))
    if who is None:
        made.append(Guess("lead", None, _("New lead"), _("nobody we know wrote it")))
    return made[:_MOST_GUESSES]


def _theirs(cls: type[Case] | type[Deal], whose: Person) -> ColumnElement[bool]:
    """Records of whoever wrote, or of where they work."""
    both = ((cls.contact_id, whose.contact_id), (cls.organisation_id, whose.organisation_id))
    return or_(*(column == value for column, value in both if value is not None))
