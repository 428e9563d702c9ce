"""A received message goes where it belongs: into a record, or a new one, or nowhere; each step can be taken back."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import select

from crm.errors import Conflict, NotFound, Refused
from crm.i18n import _
from crm.mail.inbox.matching import who_wrote
from crm.mail.receiving.storing import FILED, IGNORED, PASSED, WAITING, give_files
from crm.records import records, registry
from crm.register import Register
from crm.work import Work
from db.models import CaseMessage, IncomingMessage, StoredFile

#: Who takes a message into records of a kind: into the record with this id, or with None into a new one; gives its id.
#: A name is that of a link of ``IncomingMessage``, without ``_id``.
FILERS: Register[Callable[[Work, IncomingMessage, int | None], int]] = Register("filing")
#: Who puts back what filing changed beside the records that it made.
UNFILERS: Register[Callable[[Work, IncomingMessage], None]] = Register("unfiling")
_LINKS = ("case_id", "deal_id", "lead_id", "interaction_id")


def file_message(
    work: Work, message_id: int, into: str, record_id: int | None = None, *, seen_version: int | None = None
) -> int:
    """Put a message into a record, or with None into a new one; the record's id.

    Raises
    ------
    NotFound
        No such message within the actor's reach.
    Conflict
        Somebody else did something with it meanwhile.
    Refused
        It belongs somewhere already.
    """
    message = _found(work, message_id, seen_version)
    if message.state == FILED:
        raise Refused(_("This message belongs somewhere already. Take that back first."))
    before = {
        name: getattr(message, name)
        for name in ("contact_id", "organisation_id", "owner_id", "team_id", "state", "outcome")
    }
    if message.contact_id is None and message.sender:
        # Somebody may have made a contact of the sender while it waited.
        writer = who_wrote(work.session, message.sender)
        if writer.contact_id is not None:
            message.contact_id, message.organisation_id = writer.contact_id, writer.organisation_id
    made = put_into(work, message, into, record_id)
    message.filing = message.filing | {"before": before}
    message.outcome = "filed"
    message.filed_by_id, message.filed_at = work.actor.user_id, work.now
    work.session.flush()
    return made


def put_into(work: Work, message: IncomingMessage, into: str, record_id: int | None) -> int:
    """Let the area of a kind of record take the message, with its files; the record's id."""
    message.filing = {}
    made = FILERS[into](work, message, record_id)
    setattr(message, f"{into}_id", made)
    if message.case_id is None:
        # A case takes the files into its thread itself.
        give_files(work, message.id, **{name: getattr(message, name) for name in (*_LINKS[1:], "contact_id")})
    message.state = FILED
    # What the area made beside it, as the contact of a case, stands there already.
    message.filing = message.filing | {"into": into, "id": made, "is_new": record_id is None}
    return made


def ignore(work: Work, message_id: int, *, seen_version: int | None = None) -> None:
    """Say that a message is not for us; it stays, and can be taken back."""
    message = _found(work, message_id, seen_version)
    if message.state == FILED:
        raise Refused(_("This message belongs somewhere already. Take that back first."))
    message.state, message.filed_by_id, message.filed_at = IGNORED, work.actor.user_id, work.now
    work.session.flush()


def take_back(work: Work, message_id: int, *, seen_version: int | None = None) -> None:
    """Let a message wait in the inbox again; what was made of it is put away, what it was added to loses it.

    Raises
    ------
    Refused
        It waits already.
    """
    message = _found(work, message_id, seen_version)
    if message.state not in (FILED, IGNORED, PASSED):
        raise Refused(_("This message waits already."))
    filing, before = message.filing, message.filing.get("before", {})
    if message.state == FILED:
        _out_of_thread(work, message)
        give_files(work, message.id, **dict.fromkeys((*_LINKS, "case_message_id", "contact_id")))
        if filing.get("is_new"):
            _put_away(work, str(filing["into"]), int(filing["id"]))
        if filing.get("into") in UNFILERS:
            UNFILERS[filing["into"]](work, message)
        for entity, also in filing.get("also", ()):
            _put_away(work, str(entity), int(also))
        if message.interaction_id is not None and filing.get("into") != "interaction":
            _put_away(work, "interaction", message.interaction_id)
    for name in _LINKS:
        setattr(message, name, None)
    for name in ("contact_id", "organisation_id", "owner_id", "team_id"):
        if name in before:
            setattr(message, name, before[name])
    message.state, message.outcome, message.filing = WAITING, "waits", {}
    message.filed_by_id = message.filed_at = None
    work.session.flush()


def _found(work: Work, message_id: int, seen_version: int | None) -> IncomingMessage:
    message = work.session.scalars(select(IncomingMessage).where(IncomingMessage.id == message_id)).first()
    if message is None:
        raise NotFound(_("There is no message {id}, or you may not see it.").format(id=message_id))
    if seen_version is not None and message.version != seen_version:
        raise Conflict(_("Somebody else did something with this message meanwhile. Look again."))
    return message


def _out_of_thread(work: Work, message: IncomingMessage) -> None:
    """Its step in the thread of a case goes; whoever may change the case may do so."""
    steps = work.session.scalars(select(CaseMessage).where(CaseMessage.incoming_id == message.id)).all()
    for step in steps:
        files = work.session.scalars(select(StoredFile).where(StoredFile.case_message_id == step.id)).all()
        for file in files:
            file.case_message_id = None
        work.session.flush()
        work.session.delete(step)
    work.session.flush()


def _put_away(work: Work, into: str, record_id: int) -> None:
    row = work.session.get(registry.model(into), record_id)
    if row is not None and row.archived_at is None:
        records.archive_record(work, into, record_id, seen_version=row.version)
