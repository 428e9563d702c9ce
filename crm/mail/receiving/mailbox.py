"""Reads the mailbox of the settings; a job of the clock. A message is stored, and only then marked; nothing is ever expunged.

What was read is remembered by number, so that a message is taken in also when somebody else opened it first. Where the
server counts anew (another UIDVALIDITY), what is unread or recent is read again, and what is known stays as it is.
"""

from __future__ import annotations

import re
from datetime import timedelta
from imaplib import IMAP4
from typing import Any

import structlog
from imap_tools import AND, BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError
from imap_tools.imap_utf7 import utf7_encode
from sqlalchemy import select

from crm.config import Settings, settings
from crm.errors import Unavailable
from crm.i18n import _
from crm.jobs.worker import Step
from crm.mail.receiving.intake import Tally, decide, decide_waiting, outcome_of
from crm.mail.receiving.storing import most_bytes, store
from crm.work import SYSTEM, Actor, reading, unit_of_work
from db.models import MailboxPlace

log = structlog.get_logger(__name__)

TIMEOUT = 30.0
#: More than these wait for the next turn, so that one job never takes long.
MOST_AT_ONCE = 500
#: Where the server counts anew, messages from so many days before the last reading are looked at again.
_LOOK_BACK = timedelta(days=3)
#: Of a message that is so many times larger than is kept only the beginning is fetched.
_FETCH = 4
_TLS_PORT = 993
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


def run(_actor: Actor, _args: dict[str, Any], step: Step) -> dict[str, Any]:
    """Take in what is new; a stop at any moment loses nothing and takes nothing in twice.

    Returns
    -------
    dict
        How many messages came to what.

    Raises
    ------
    Unavailable
        The mailbox cannot be reached or does not let us in.
    """
    chosen = settings()
    tally = Tally()
    decide_waiting()
    if not chosen.imap_host:
        return tally.as_dict()
    name = f"{chosen.imap_user}@{chosen.imap_host}:{chosen.imap_port}/{chosen.imap_folder}"[:500]
    try:
        with _signed_in(chosen) as box:
            _read(box, name, chosen, tally, step)
    except (OSError, IMAP4.error, ImapToolsError) as error:
        said = _("The mailbox {host} cannot be read: {reason}").format(
            host=chosen.imap_host, reason=str(error)[:300]
        )
        _keep_place(name, problem=said)
        raise Unavailable(said) from error
    return tally.as_dict()


def mailbox_problem() -> str:
    """Why a mailbox could not be read the last time, in a sentence; empty when all is well."""
    with reading(SYSTEM) as session:
        asked = (
            select(MailboxPlace.problem).where(MailboxPlace.problem != "").order_by(MailboxPlace.id.desc())
        )
        return session.scalars(asked).first() or ""


def _read(box: BaseMailBox, name: str, chosen: Settings, tally: Tally, step: Step) -> None:
    validity, following = _told(box, "UIDVALIDITY"), int(_told(box, "UIDNEXT") or 0)
    with reading(SYSTEM) as session:
        place = session.scalars(select(MailboxPlace).where(MailboxPlace.name == name)).first()
    goes_on = place is not None and place.validity == validity
    if place is not None and goes_on:
        # "n:*" always names the last message, also when it is older than n.
        found = [uid for uid in _uids(box, f"UID {place.last_uid + 1}:*") if uid > place.last_uid][
            :MOST_AT_ONCE
        ]
    else:
        unread = set(_uids(box, str(AND(seen=False))))
        since = (
            set()
            if place is None
            else set(_uids(box, str(AND(date_gte=(place.read_at - _LOOK_BACK).date()))))
        )
        found = sorted(unread | since)
    for done, uid in enumerate(found, start=1):
        if content := _content(box, uid):
            message_id, _is_new = store(content[0], source=f"{chosen.imap_folder} {uid}", size=content[1])
            _mark(box, uid, chosen)
            decide(message_id)
            tally.counted[outcome_of(message_id)] += 1
        if goes_on:
            _keep_place(name, validity=validity, last_uid=uid)
        step(done, len(found), "")
    if not goes_on:
        # Only now: stopped in between, the first reading begins again, and knows what it has.
        _keep_place(name, validity=validity, last_uid=max([following - 1, *found]))
    else:
        _keep_place(name)


def _keep_place(name: str, *, problem: str = "", **values: Any) -> None:
    with unit_of_work(SYSTEM, cause="mail") as work:
        place = work.session.scalars(select(MailboxPlace).where(MailboxPlace.name == name)).first()
        if place is None:
            if not values:
                # A mailbox that never let us in has no place yet.
                values = {"validity": ""}
            place = MailboxPlace(name=name)
            work.session.add(place)
        if not problem:
            place.read_at = work.now
        place.problem = problem[:500]
        for key, value in values.items():
            setattr(place, key, value)


def _told(box: BaseMailBox, name: str) -> str:
    """What the server said when the folder was opened."""
    _kind, said = box.client.response(name)
    found = said[0] if said and said[0] else b""
    return found.decode("ascii", "replace") if isinstance(found, bytes) else ""


def _uids(box: BaseMailBox, wanted: str) -> list[int]:
    status, answer = box.client.uid("SEARCH", wanted)
    if status != "OK":
        raise IMAP4.error(f"SEARCH: {answer!r}"[:200])
    return sorted(int(uid) for uid in (answer[0] or b"").split())


def _content(box: BaseMailBox, uid: int) -> tuple[bytes, int] | None:
    """The message as it lies there, unread as it was, and its size; of a very large one the beginning."""
    _status, answer = box.client.uid("FETCH", str(uid), "(RFC822.SIZE)")
    found = re.search(rb"RFC822\.SIZE (\d{1,18})", b" ".join(a for a in answer if isinstance(a, bytes)))
    size, most = int(found[1]) if found else 0, _FETCH * most_bytes()
    part = f"(BODY.PEEK[]<0.{most}>)" if size > most else "(BODY.PEEK[])"
    _status, answer = box.client.uid("FETCH", str(uid), part)
    content = next((piece[1] for piece in answer if isinstance(piece, tuple)), b"")
    return (content, max(size, len(content))) if content else None


def _mark(box: BaseMailBox, uid: int, chosen: Settings) -> None:
    """After a message is stored: mark it as read, move it, or leave it, as the settings say.

    By hand, because the library's own ways end in EXPUNGE, which would remove what others had marked.
    """
    if chosen.imap_after == "leave":
        return
    if chosen.imap_after == "move" and chosen.imap_move_to:
        folder = b'"' + utf7_encode(chosen.imap_move_to).replace(b'"', b"") + b'"'
        can_move = "MOVE" in box.client.capabilities
        status, answer = box.client.uid("MOVE" if can_move else "COPY", str(uid), folder)  # type: ignore[arg-type]
        if status != "OK":
            raise IMAP4.error(f"{chosen.imap_move_to}: {answer!r}"[:200])
        if can_move:
            return
    box.client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")


def _signed_in(chosen: Settings) -> BaseMailBox:
    """The open mailbox; refused, the connection ends."""
    box = _box(chosen)
    try:
        return box.login(chosen.imap_user, chosen.imap_password, chosen.imap_folder)
    except (OSError, IMAP4.error, ImapToolsError):
        box.client.shutdown()
        raise


def _box(chosen: Settings) -> BaseMailBox:
    """Encrypted from the start on port 993, else by STARTTLS; only this machine itself is talked to in the clear."""
    if chosen.imap_port == _TLS_PORT:
        return MailBox(chosen.imap_host, chosen.imap_port, timeout=TIMEOUT)
    if chosen.imap_host in _THIS_MACHINE:
        return MailBoxUnencrypted(chosen.imap_host, chosen.imap_port, timeout=TIMEOUT)
    return MailBoxStartTls(chosen.imap_host, chosen.imap_port, timeout=TIMEOUT)
