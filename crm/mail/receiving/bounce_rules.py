"""What a received message is: a bounce, a complaint, an automatic answer, or somebody's own words. Nothing is stored here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import default
from html import unescape

from crm.mail.address import same_address

BOUNCE, SOFT, COMPLAINT, AUTOMATIC, REPLY = "bounce", "soft", "complaint", "automatic", "reply"
#: The marks that ``compose`` leaves in our messages; the signature is checked by whoever believes them.
_MAIL_MARK = re.compile(r"\bmail\.\d+\.[0-9a-f]{32}\b")
_CASE_MARK = re.compile(r"\bcase\.\d+\.[0-9a-f]{32}\b")
_CASE_NUMBER = re.compile(r"\[([^\[\]\s]{1,60})\]")
_DAEMON = re.compile(r"^(mailer-daemon|postmaster|mail-daemon|mailerdaemon)@", re.IGNORECASE)
_FAILED_SUBJECT = re.compile(
    r"undeliver|delivery (has )?fail|failure notice|returned (mail|to sender)|delivery status notification"
    r"|mail delivery (failed|system)|unzustellbar|nicht zustellbar",
    re.IGNORECASE,
)
_AWAY_SUBJECT = re.compile(
    r"^\W*(out of (the )?office|automatic reply|auto(matic)?[- ]?(reply|response)|abwesen|automatische antwort)",
    re.IGNORECASE,
)
_SAID_CODE = re.compile(r"\b(5\d\d)[ -](?:#?(5\.\d{1,3}\.\d{1,3})\b)?|\b(5\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_QUOTE_BEGINS = re.compile(
    r"^\s*(On .{6,200} wrote:|Am .{6,200} schrieb .{0,100}:|-{2,}\s*(Original Message|Ursprüngliche Nachricht).*"
    r"|_{20,}|From: .+@.+|Von: .+@.+)\s*$"
)
#: Nobody reads more than this of one message.
MOST_TEXT = 20_000
_MOST_RECIPIENTS = 50


#: An address that is not there, or not there any more (RFC 3463: 5.1.x and 5.2.1); 5.7.x is about us, not about them.
_NOBODY = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
_ADDRESS_CODES = frozenset({550, 551, 553})


def is_about_address(code: int, said: str) -> bool:
    """True when a permanent refusal means that the address itself is no good."""
    first = said.split(" ", 1)[0]
    if first.startswith("5.") and first.count(".") == 2:
        return first in _NOBODY
    return code in _ADDRESS_CODES


@dataclass(frozen=True, slots=True)
class Received:
    """A message as the program reads it.

    ``marks`` are unproven tokens of our own message found inside, ``refused`` the addresses that a bounce or a complaint
    names, each with what the server said.
    """

    kind: str
    sender: str = ""
    subject: str = ""
    message_id: str = ""
    text: str = ""
    marks: tuple[str, ...] = ()
    case_marks: tuple[str, ...] = ()
    case_numbers: tuple[str, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()


def read(content: bytes) -> Received:
    """Read one message; whatever is broken in it counts as not there."""
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    kind, refused = _kind(message, content)
    whole = content.decode("utf-8", "replace") if kind != REPLY else _thread(message)
    # Long lines may be folded by soft breaks in the middle of a mark.
    whole = whole.replace("=\r\n", "").replace("=\n", "")
    subject = _header(message, "subject")
    return Received(
        kind,
        sender=same_address(_header(message, "from")),
        subject=subject,
        message_id=_header(message, "message-id"),
        text=_own_words(_text(message)) if kind == REPLY else "",
        marks=tuple(dict.fromkeys(_MAIL_MARK.findall(whole))),
        case_marks=tuple(dict.fromkeys(_CASE_MARK.findall(whole))),
        case_numbers=tuple(dict.fromkeys(_CASE_NUMBER.findall(subject))),
        refused=refused,
    )


def _kind(message: EmailMessage, content: bytes) -> tuple[str, tuple[tuple[str, str], ...]]:
    report = str(message.get_param("report-type", "") or "").lower()
    if message.get_content_type() == "multipart/report" and report == "feedback-report":
        return COMPLAINT, tuple((address, "complaint") for address in _complained(message))
    if message.get_content_type() == "multipart/report" or _has_status(message):
        return _by_status(message)
    if _is_from_daemon(message):
        return _by_words(message)
    return (AUTOMATIC if _is_automatic(message) else REPLY), ()


def _has_status(message: EmailMessage) -> bool:
    return any(part.get_content_type() == "message/delivery-status" for part in message.walk())


def _by_status(message: EmailMessage) -> tuple[str, tuple[tuple[str, str], ...]]:
    """RFC 3464: one group of fields per recipient."""
    hard: list[tuple[str, str]] = []
    soft: list[tuple[str, str]] = []
    for group in _status_groups(message):
        if _header(group, "action").strip().lower() != "failed":
            continue
        # What was written to first is what we know; mail may have been passed on from there.
        address = _header(group, "original-recipient") or _header(group, "final-recipient")
        bare = same_address(address.partition(";")[2] or address)
        status, said = _header(group, "status").strip(), _header(group, "diagnostic-code")
        reason = " ".join(said.partition(";")[2].split()) or status
        if bare:
            (hard if _is_hard(status, reason) else soft).append((bare, f"{status} {reason}"[:500]))
    if hard:
        return BOUNCE, tuple(hard[:_MOST_RECIPIENTS])
    return (SOFT, tuple(soft[:_MOST_RECIPIENTS])) if soft else (AUTOMATIC, ())


def _status_groups(message: EmailMessage) -> Iterator[Message]:
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            groups = part.get_payload()
            if isinstance(groups, list):
                yield from (group for group in groups if isinstance(group, Message))


def _is_hard(status: str, reason: str) -> bool:
    """Nobody is there, as the status says; where it says nothing, as the server's own code says."""
    if status in ("5.4.4", "5.4.1"):
        return True
    if status in ("", "5.0.0", "5.1.0"):
        found = _SAID_CODE.search(reason)
        code, enhanced = (found.group(1), found.group(2) or found.group(3)) if found else (None, None)
        return status == "5.1.0" or is_about_address(int(code or 0), enhanced or "")
    return is_about_address(0, status)


def _is_from_daemon(message: EmailMessage) -> bool:
    sender = same_address(_header(message, "from"))
    is_empty = _header(message, "return-path").strip() == "<>"
    return bool(_DAEMON.match(sender)) or (
        is_empty and bool(_FAILED_SUBJECT.search(_header(message, "subject")))
    )


def _by_words(message: EmailMessage) -> tuple[str, tuple[tuple[str, str], ...]]:
    """An old-fashioned bounce: the addresses in the program's own text, up to the returned message."""
    text = re.split(
        r"\n-+ ?(?:This is a copy|Below this line|Original message)|\nReceived: ", _text(message)
    )[0]
    found = _SAID_CODE.search(text)
    if found is None:
        return AUTOMATIC, ()
    code, enhanced = int(found.group(1) or 0), found.group(2) or found.group(3) or ""
    own = same_address(_header(message, "from"))
    reason = " ".join(text[found.start() : found.start() + 300].split())
    addresses = [a.lower() for a in _ADDRESS.findall(text) if a.lower() != own and not _DAEMON.match(a)]
    refused = tuple((a, reason) for a in dict.fromkeys(addresses))[:_MOST_RECIPIENTS]
    return (BOUNCE if is_about_address(code, enhanced) else SOFT), refused


def _complained(message: EmailMessage) -> Iterator[str]:
    """RFC 5965: who pressed "spam"; not every provider tells."""
    for part in message.walk():
        if part.get_content_type() == "message/feedback-report":
            payload = part.get_payload()
            fields = payload[0] if isinstance(payload, list) and payload else part
            if isinstance(fields, Message):
                yield from (
                    bare
                    for value in fields.get_all("original-rcpt-to", [])
                    if (bare := same_address(str(value)))
                )


def _is_automatic(message: EmailMessage) -> bool:
    """RFC 3834, and what older programs write."""
    said = _header(message, "auto-submitted").lower()
    if said and not said.startswith("no"):
        return True
    if _header(message, "precedence").lower() in ("bulk", "junk", "list", "auto_reply"):
        return True
    if any(message.get(name) for name in ("x-autoreply", "x-autorespond", "x-auto-reply")):
        return True
    return bool(_AWAY_SUBJECT.search(_header(message, "subject")))


def _thread(message: EmailMessage) -> str:
    return " ".join(_header(message, name) for name in ("in-reply-to", "references"))


def _header(message: Message, name: str) -> str:
    try:
        return " ".join(str(message.get(name, "")).split())
    except (ValueError, TypeError, LookupError, AttributeError, IndexError):
        # The library gives up on some malformed headers when they are read.
        return ""


def _text(message: EmailMessage) -> str:
    """The words of a message, from its plain part or else its HTML."""
    try:
        body = message.get_body(("plain", "html"))
        content = body.get_content() if body is not None else ""
    except (LookupError, ValueError, KeyError, AttributeError):
        return ""
    text = content if isinstance(content, str) else ""
    if body is not None and body.get_content_type() == "text/html":
        text = re.sub(r"(?is)<(script|style)\b.*?</\1\s*>", "", text[: 10 * MOST_TEXT])
        text = re.sub(r"(?i)<br\s*/?>|</p>|</div>", "\n", text)
        text = unescape(re.sub(r"<[^>]*>", "", text))
    return text.replace("\r\n", "\n").replace("\x00", "")


def _own_words(text: str) -> str:
    """What the sender wrote, without the message they answer; all of it when nothing else is left."""
    kept: list[str] = []
    for line in text.split("\n"):
        if _QUOTE_BEGINS.match(line):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line.rstrip())
    own = "\n".join(kept).strip() or text.strip()
    return own[:MOST_TEXT]
