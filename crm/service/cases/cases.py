"""What people do with cases: move them, answer, note, take and give them; what customers do: write and rate."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from crm.errors import Conflict, Problem, Refused
from crm.i18n import N_, _
from crm.records import records
from crm.records.checks import check_values
from crm.records.fields import Field, Kind
from crm.service.case_drafts import discard
from crm.service.cases import mail as case_mail
from crm.service.cases.answers import Extras
from crm.service.cases.crossing import Seen, demand_read, stop_writing
from crm.service.cases.find import by_key, demand_unmerged, last_of_merge, status_word
from crm.service.cases.moves import (
    ENDED,
    dates_after,
    is_reopening,
    may_move,
    may_rate_again,
)
from crm.service.cases.rules import move_entry
from crm.service.levels.levels import follow_status, note_answer
from crm.work import Work
from db.models import Case, CaseMessage, IncomingMessage, User

_TEXT = Field("text", N_("Text"), Kind.LONGTEXT, required=True, max_length=20_000)
_AUTHOR = Field("author", N_("Name"), Kind.TEXT, max_length=200)
_RESOLUTION = Field("resolution", N_("Resolution"), Kind.LONGTEXT, max_length=10_000)
_NOTE = Field("satisfaction_note", N_("Comment"), Kind.LONGTEXT, max_length=2_000)


def move_case(
    work: Work,
    case_id: int,
    to_status: str,
    *,
    seen_version: int | None = None,
    at: datetime | None = None,
    resolution: str | None = None,
) -> dict[str, Any]:
    """Put a case into another status; dates, counts, history and clock follow.

    A repeat of the same move (a lost answer, a reconnect) changes nothing and counts as done. A case that is resolved
    for the first time asks its contact by mail how it went.

    Raises
    ------
    NotFound
        No such case within the actor's scope.
    Conflict
        Somebody else changed the case since ``seen_version``.
    Refused
        The case may not go there from where it is, or the moment lies before it was opened.
    """
    case = records.find(work.session, Case, case_id)
    if seen_version is not None and case.version != seen_version:
        if case.status == to_status and case.version == seen_version + 1:
            return records.get_record(work.session, "case", case_id)
        raise Conflict(
            _("Someone else changed {number} meanwhile: it is “{now}” now, you chose “{wanted}”. Look again.").format(
                number=case.number, now=status_word(case.status), wanted=status_word(to_status)
            ),
            mine={"status": status_word(to_status)},
            theirs={"status": status_word(case.status)},
            version=case.version,
        )  # fmt: skip
    if not may_move(case.status, to_status):
        raise _not_from_here(case, to_status)
    at = at or work.now
    if at < case.opened_at:
        message = _("The case was opened later than that.")
        raise Refused(message, problems=[Problem("at", message)])
    said = _checked(_RESOLUTION, resolution)
    with work.session.no_autoflush:
        if said:
            case.resolution = said
        enter(work, case, to_status, at)
    work.session.flush()
    if to_status == "resolved":
        case_mail.ask_for_rating(work, case)
    return records.get_record(work.session, "case", case_id)


def _not_from_here(case: Case, to_status: str) -> Refused:
    demand_unmerged(case)
    before, after = status_word(case.status), status_word(to_status)
    message = _("A case that is “{before}” cannot become “{after}”.").format(before=before, after=after)
    return Refused(message, problems=[Problem("status", message)])


def enter(work: Work, case: Case, after: str, at: datetime) -> None:
    """Let a case come to another status, with all that follows: clock, dates, counts, the step of its way."""
    before = case.status
    case.status = after
    # The clock reads the end that a reopening takes back, so that is emptied behind it.
    follow_status(work, case, before, after, at)
    for name, value in dates_after(after, before=before, at=at, resolved_at=case.resolved_at).items():
        setattr(case, name, value)
    if is_reopening(before, after):
        case.reopened += 1
    work.session.add(move_entry(work, case.id, before, after, at))


def reply(
    work: Work,
    case_id: int,
    text: str,
    *,
    key: str,
    extras: Extras | None = None,
    seen: Seen | None = None,
) -> int:
    """Answer the customer: it stands in the thread and goes out by mail where the contact has an address.

    ``key`` makes a repeat harmless: the message that was stored first is given back. The first answer of a new case
    takes it into work. Whether mail can go out is told by ``case_mail.hindrance``. ``seen`` is how far the thread was
    read by whoever answers.

    Returns
    -------
    int
        The message's id.

    Raises
    ------
    Crossed
        Something was said since ``seen``; it is told, and nothing is stored.
    Refused
        The case is closed or merged, a copy cannot go out, the files are too large.
    """
    known = by_key(work.session, key)
    if known is not None:
        return known
    case = records.find(work.session, Case, case_id)
    demand_unmerged(case)
    if case.status == "closed":
        raise Refused(_("{number} is closed. Reopen it to write to the customer.").format(number=case.number))
    body = _demanded(text)
    if seen is not None:
        demand_read(work, case, seen)
    message = CaseMessage(
        case_id=case.id, kind="reply", body=body, at=work.now, user_id=work.actor.user_id, key=key
    )
    with work.session.no_autoflush:
        work.session.add(message)
        # Whoever wrote by mail has no answer yet while none can be mailed.
        is_heard = case.origin != "email" or not case_mail.hindrance(work.session, case)
        if case.first_response_at is None and is_heard:
            case.first_response_at = work.now
            note_answer(case, work.now)
        if case.status == "new":
            enter(work, case, "open", work.now)
    work.session.flush()
    case_mail.send_reply(work, case, message, extras or Extras())
    stop_writing(work, case.id)
    discard(work, case.id)
    work.session.flush()
    return message.id


def add_note(work: Work, case_id: int, text: str) -> int:
    """Write something down that the customer never sees; the message's id."""
    case = records.find(work.session, Case, case_id)
    demand_unmerged(case)
    note = CaseMessage(
        case_id=case.id, kind="note", body=_demanded(text), at=work.now, user_id=work.actor.user_id
    )
    work.session.add(note)
    work.session.flush()
    return note.id


def customer_message(
    work: Work,
    case_id: int,
    text: str,
    *,
    key: str,
    author: str | None = None,
    contact_id: int | None = None,
    incoming: IncomingMessage | None = None,
) -> int:
    """The customer wrote: a waiting case goes on, an answered one comes back, a merged one hands it to its heir.

    ``key`` makes a repeat harmless. Without ``author`` and ``contact_id`` it counts as from the case's contact. What came
    as a message is kept as it is, however long and even when it has no words.

    Returns
    -------
    int
        The message's id.
    """
    known = by_key(work.session, key)
    if known is not None:
        return known
    case = last_of_merge(work.session, records.find(work.session, Case, case_id))
    body, name = text if incoming is not None else _demanded(text), _checked(_AUTHOR, author)
    message = CaseMessage(
        case_id=case.id,
        kind="customer",
        body=body,
        # Filed later, it still came when it came.
        at=incoming.taken_at if incoming is not None else work.now,
        author=name,
        contact_id=contact_id or (None if name else case.contact_id),
        key=key,
        incoming_id=incoming.id if incoming is not None else None,
    )
    with work.session.no_autoflush:
        work.session.add(message)
        if case.status == "waiting" or case.status in ENDED:
            enter(work, case, "open", work.now)
    work.session.flush()
    return message.id


def take_case(work: Work, case_id: int, *, seen_version: int | None = None) -> dict[str, Any]:
    """Make an unowned case the actor's own.

    Raises
    ------
    Refused
        Somebody has it already, or it is the program that asks.
    """
    case, me = records.find(work.session, Case, case_id), work.actor.user_id
    demand_unmerged(case)
    if me is None:
        raise Refused(_("Only a person can take a case."))
    if case.owner_id == me:
        return records.get_record(work.session, "case", case_id)
    if case.owner_id is not None:
        owner = work.session.get(User, case.owner_id)
        raise Refused(
            _("{name} has {number} already. Ask them, or give it to yourself under Edit.").format(
                name=owner.name if owner else _("Somebody"), number=case.number
            )
        )
    return assign_case(work, case_id, me, seen_version=seen_version)


def assign_case(
    work: Work, case_id: int, user_id: int | None, *, seen_version: int | None = None
) -> dict[str, Any]:
    """Give a case to a person, or with None back to its queue."""
    case = records.find(work.session, Case, case_id)
    seen = case.version if seen_version is None else seen_version
    return records.update_record(work, "case", case_id, {"owner_id": user_id}, seen_version=seen)


def rate_case(work: Work, case_id: int, score: int, note: str | None, *, now: datetime) -> dict[str, Any]:
    """Keep the customer's answer from 1 (bad) to 5 (very good); within seven days a later one takes its place.

    Raises
    ------
    Refused
        Another number, a comment that is too long, or the time for changing it is over.
    """
    case = records.find(work.session, Case, case_id)
    if type(score) is not int or not 1 <= score <= 5:
        message = _("Choose a number from 1 to 5.")
        raise Refused(message, problems=[Problem("score", message)])
    if not may_rate_again(case.satisfaction_at, now):
        raise Refused(_("You have rated this already. Thank you; it cannot be changed any more."))
    case.satisfaction_note = _checked(_NOTE, note)
    case.satisfaction = score
    # The days count from the first answer, so that it cannot be changed for ever.
    case.satisfaction_at = case.satisfaction_at or now
    work.session.flush()
    return records.get_record(work.session, "case", case_id)


def _demanded(text: str) -> str:
    body = _checked(_TEXT, text)
    assert body is not None
    return body


def _checked(field: Field, value: str | None) -> str | None:
    stored, problems = check_values({field.name: field}, {field.name: value})
    if problems:
        raise Refused(problems[0].message, problems=problems)
    found: str | None = stored[field.name]
    return found
