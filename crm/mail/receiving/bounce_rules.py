"""What a received message is: a bounce, a complaint, an automatic answer, or somebody's own words. Nothing is stored here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message

from crm.mail.address import same_address
from crm.mail.receiving.automatic_rules import is_automatic
from crm.mail.receiving.headers import header, parameter
from crm.mail.receiving.letter import Letter, read_letter

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
_SAID_CODE = re.compile(r"\b(5\d\d)[ -](?:#?(5\.\d{1,3}\.\d{1,3})\b)?|\b(5\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+'-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_MOST_RECIPIENTS = 50
#: So far a program's own words are read for what it refused.
_MOST_READ = 20_000
_RETURNED = re.compile(r"\n-{1,80} ?(?:This is a copy|Below this line|Original message)|\nReceived: ")


#: An address that is not there, or not there any more (RFC 3463: 5.1.x and 5.2.1); 5.7.x is about us, not about them.
_NOBODY = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
_ADDRESS_CODES = frozenset({550, 551, 553})


#: What servers say when the message or its sender was refused, whatever the number before it says.
_ABOUT_US = re.compile(
    r"\bspam|\bpolic(?:y|ies)\b|blocked|block ?list|black ?list|deny ?list|\bdenied\b|reputation|\bdmarc\b|\bspf\b|\bdkim\b"
    r"|content (?:filter|reject)|reject\w{0,3} (?:as|for|due|because)|virus|malware|phish|relay|authenticat|not authori[sz]ed"
    r"|rate limit|too many|greylist|grey-list|suspicious|unsolicited|\bbulk\b|rbl\b|spamhaus|barracuda",
    re.IGNORECASE,
)
#: What they say when nobody is there.
_ABOUT_NOBODY = re.compile(
    r"(?:user|recipient|account|address|mailbox|addressee)s?\b.{0,40}"
    r"(?:unknown|not found|unavailable|doesn.t exist|not exist|invalid|disabled|inactive|closed|no longer|not known|suspended)"
    r"|(?:unknown|invalid|no such|non-?existent|inactive|bad|no) (?:local )?(?:user|recipient|account|address|mailbox|person)"
    r"|no longer (?:valid|works|with|available|in use)|nobody (?:here|there)|unbekannt|inconnu|desconocid|sconosciut|onbekend"
    r"|ukendt"
    r"|neznám|неизвест|не найден|nieznany|nie istnieje|existiert nicht|n.existe pas|no existe|non esiste|bestaat niet",
    re.IGNORECASE,
)
_ENHANCED = re.compile(r"(?<![\d.])5\.\d{1,3}\.\d{1,3}(?![\d.])")
#: Classes that tell nothing by themselves; what is said in words decides.
_VAGUE = ("", "5.0.0", "5.1.0", "5.5.0", "5.5.1", "5.5.4")
_MOST_SAID = 1_000


def is_about_address(code: int, said: str) -> bool:
    """True when a permanent refusal means that the address itself is no good."""
    said = said[:_MOST_SAID]
    found = _ENHANCED.search(said)
    enhanced = found[0] if found else ""
    if enhanced in _NOBODY:
        return True
    if enhanced not in _VAGUE or _ABOUT_US.search(said):
        return False
    return bool(_ABOUT_NOBODY.search(said)) or (code in _ADDRESS_CODES and enhanced in ("", "5.1.0"))


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
    #: Every name and address that may be the writer's: From, then Reply-To, then Sender.
    writers: tuple[tuple[str, str], ...] = ()


def read(content: bytes) -> Received:
    """Read one message; whatever is broken in it counts as not there."""
    return judge(read_letter(content, len(content)))


def judge(letter: Letter) -> Received:
    """What a message is taken for, and what it says about messages of ours."""
    kind, refused = _kind(letter)
    thread = " ".join((letter.thread, *letter.recipients))
    whole = letter.original.decode("utf-8", "replace") if kind in (BOUNCE, SOFT, COMPLAINT) else thread
    # Long lines may be folded by soft breaks in the middle of a mark.
    whole = whole.replace("=\r\n", "").replace("=\n", "")
    return Received(
        kind,
        sender=letter.sender,
        subject=letter.subject,
        message_id=letter.message_id,
        text=letter.text,
        marks=tuple(dict.fromkeys(_MAIL_MARK.findall(whole))),
        case_marks=tuple(dict.fromkeys(_CASE_MARK.findall(whole))),
        case_numbers=tuple(dict.fromkeys(_CASE_NUMBER.findall(letter.subject))),
        refused=refused,
        writers=letter.writers,
    )


def _kind(letter: Letter) -> tuple[str, tuple[tuple[str, str], ...]]:
    message = letter.message
    is_report = message.get_content_type() == "multipart/report"
    if is_report and parameter(message, "report-type").lower() == "feedback-report":
        return COMPLAINT, tuple((address, "complaint") for address in _complained(message))
    if is_report or _has_status(message):
        return _by_status(message)
    if _is_from_daemon(letter):
        return _by_words(letter)
    return (AUTOMATIC if is_automatic(letter) else REPLY), ()


def _has_status(message: Message) -> bool:
    return any(part.get_content_type() == "message/delivery-status" for part in message.walk())


def _by_status(message: Message) -> tuple[str, tuple[tuple[str, str], ...]]:
    """RFC 3464: one group of fields per recipient."""
    hard: list[tuple[str, str]] = []
    soft: list[tuple[str, str]] = []
    for group in _status_groups(message):
        if header(group, "action").strip().lower() != "failed":
            continue
        # What was written to first is what we know; mail may have been passed on from there.
        address = header(group, "original-recipient") or header(group, "final-recipient")
        bare = same_address(address.partition(";")[2] or address)
        status, said = header(group, "status").strip(), header(group, "diagnostic-code")
        reason = " ".join(said.partition(";")[2].split()) or status
        if bare:
            (hard if _is_hard(status, reason) else soft).append((bare, f"{status} {reason}"[:500]))
    if hard:
        return BOUNCE, tuple(hard[:_MOST_RECIPIENTS])
    return (SOFT, tuple(soft[:_MOST_RECIPIENTS])) if soft else (AUTOMATIC, ())


def _status_groups(message: Message) -> Iterator[Message]:
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            groups = part.get_payload()
            if isinstance(groups, list):
                yield from (group for group in groups if isinstance(group, Message))


def _is_hard(status: str, reason: str) -> bool:
    """Nobody is there, as the status says; where it says nothing, as the server's own code and words say."""
    if status in ("5.4.4", "5.4.1"):
        return not _ABOUT_US.search(reason[:_MOST_SAID])
    if status in _VAGUE:
        found = _SAID_CODE.search(reason)
        if status == "5.1.0":
            return not _ABOUT_US.search(reason[:_MOST_SAID])
        return is_about_address(int(found.group(1) or 0) if found else 0, reason)
    return is_about_address(0, status)


def _is_from_daemon(letter: Letter) -> bool:
    is_empty = letter.header("return-path") == "<>"
    return bool(_DAEMON.match(letter.sender)) or (is_empty and bool(_FAILED_SUBJECT.search(letter.subject)))


def _by_words(letter: Letter) -> tuple[str, tuple[tuple[str, str], ...]]:
    """An old-fashioned bounce: the addresses in the program's own text, up to the returned message."""
    text = _RETURNED.split(letter.text[:_MOST_READ], maxsplit=1)[0]
    found = _SAID_CODE.search(text)
    if found is None:
        return AUTOMATIC, ()
    code = int(found.group(1) or 0)
    reason = " ".join(text[found.start() : found.start() + 300].split())
    addresses = [
        a.lower() for a in _ADDRESS.findall(text) if a.lower() != letter.sender and not _DAEMON.match(a)
    ]
    refused = tuple((a, reason) for a in dict.fromkeys(addresses))[:_MOST_RECIPIENTS]
    return (BOUNCE if is_about_address(code, reason) else SOFT), refused


def _complained(message: Message) -> Iterator[str]:
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
