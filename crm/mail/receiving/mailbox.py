"""Reads the mailbox of the settings: bounces, complaints and replies; a job of the clock."""

from __future__ import annotations

from imaplib import IMAP4
from typing import Any

from imap_tools import AND, BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError

from crm.config import Settings, settings
from crm.errors import Unavailable
from crm.i18n import _
from crm.jobs.worker import Step
from crm.mail.receiving.intake import Tally, take_in
from crm.work import Actor

TIMEOUT = 30.0
#: More than these wait for the next turn, so that one job never takes long.
MOST_AT_ONCE = 500
_TLS_PORT = 993
_THIS_MACHINE = ("127.0.0.1", "::1", "localhost")


def run(_actor: Actor, _args: dict[str, Any], step: Step) -> dict[str, Any]:
    """Take in unread messages; each is marked as read after it took effect, so a stop in between loses none.

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
    if not chosen.imap_host:
        return tally.as_dict()
    try:
        with _signed_in(chosen) as box:
            unread = box.uids(AND(seen=False))[:MOST_AT_ONCE]
            for done, uid in enumerate(unread, start=1):
                if content := _content(box, uid):
                    tally.counted[take_in(content, source=f"{chosen.imap_folder} {uid}")] += 1
                box.flag(uid, MailMessageFlags.SEEN, True)
                step(done, len(unread), "")
    except (OSError, IMAP4.error, ImapToolsError) as error:
        said = _("The mailbox {host} cannot be read: {reason}")
        raise Unavailable(said.format(host=chosen.imap_host, reason=str(error)[:300])) from error
    return tally.as_dict()


def _signed_in(chosen: Settings) -> BaseMailBox:
    """The open mailbox; refused, the connection ends."""
    box = _box(chosen)
    try:
        return box.login(chosen.imap_user, chosen.imap_password, chosen.imap_folder)
    except (OSError, IMAP4.error, ImapToolsError):
        box.client.shutdown()
        raise


def _content(box: BaseMailBox, uid: str) -> bytes:
    """The message as it lies there: reading it through the library's objects could change what is signed or broken."""
    _status, answer = box.client.uid("fetch", uid, "(BODY.PEEK[])")
    return next((part[1] for part in answer if isinstance(part, tuple)), b"")


def _box(chosen: Settings) -> BaseMailBox:
    """Encrypted from the start on port 993, else by STARTTLS; only this machine itself is talked to in the clear."""
    if chosen.imap_port == _TLS_PORT:
        return MailBox(chosen.imap_host, chosen.imap_port, timeout=TIMEOUT)
    if chosen.imap_host in _THIS_MACHINE:
        return MailBoxUnencrypted(chosen.imap_host, chosen.imap_port, timeout=TIMEOUT)
    return MailBoxStartTls(chosen.imap_host, chosen.imap_port, timeout=TIMEOUT)
