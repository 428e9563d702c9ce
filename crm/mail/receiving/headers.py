"""The headers of a received message as people read them; whatever is broken in one counts as not there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from crm.mail.receiving.charsets import decode, decode_header

#: So far a header is read.
_MOST_HEADER = 16_000
#: Blank lines and marks that some programs put before the first header, and the line of a mail box.
_BEFORE = re.compile(rb"\A(?:\xef\xbb\xbf|[ \t]*\r?\n){1,100}")
_MOST_HEAD = 500_000
_HEADER = re.compile(rb"[!-9;-~]{1,80}[ \t]{0,3}:|>?From ")
_NO_HEADER = re.compile(rb"(?m)^(?![!-9;-~]{1,80}[ \t]{0,3}:|[ \t\r]|>?From |$).")
_KNOWN = re.compile(rb"(?im)^(?:subject|from|to|date|message-id|mime-version|content-type):")
_BARE = re.compile(r"[^\s<>,;:\"()\[\]@]{1,64}@[^\s<>,;:\"()\[\]@]{1,190}")


def whole_head(content: bytes) -> bytes:
    """The message as its headers can be told apart: without what stands before them, and with no broken line among them."""
    content = _BEFORE.sub(b"", content, count=1)
    head, gap, rest = content[:_MOST_HEAD].partition(
        b"\n\n" if b"\r\n\r\n" not in content[:_MOST_HEAD] else b"\r\n\r\n"
    )
    if not gap or not (broken := [found.start() for found in _NO_HEADER.finditer(head)]):
        return content
    if not _HEADER.match(head) or not _KNOWN.search(head, broken[0]):
        # Words from the first line on.
        return content
    # What is no header goes with the one above it.
    return _NO_HEADER.sub(rb" \g<0>", head) + gap + rest + content[_MOST_HEAD:]


def header(message: Message, name: str) -> str:
    """A header as people read it, on one line; empty when there is none."""
    found = next((value for key, value in message.raw_items() if key.lower() == name), None)
    return decode_header(str(found)[:_MOST_HEADER]) if found is not None else ""


def addresses(message: Message, name: str) -> list[tuple[str, str]]:
    """Names and addresses of a header; addresses are bare and in lower case."""
    found = [str(value)[:4_000] for key, value in message.raw_items() if key.lower() == name][:20]
    # Names are decoded after they are told apart: an encoded one may hold a comma.
    try:
        pairs = getaddresses([decode_header(v) if "=?" not in v else v.replace("\n", " ") for v in found])
    except (RecursionError, ValueError, IndexError):
        pairs = []
    known = [
        _named(decode_header(person)[:200], bare)
        for person, address in pairs[:200]
        if "@" in (bare := address.strip().lower()[:254])
    ]
    # What the library finds too odd to tell apart still names whom to answer.
    return known or [("", bare.lower()[:254]) for value in found for bare in _BARE.findall(value)[:200]]


def _named(person: str, address: str) -> tuple[str, str]:
    """Name and address, where brackets are missing and where the name poses as another address."""
    if (found := _BARE.search(address)) and " " in address:
        person, address = person or address[: found.start()].title().strip(), found[0]
    return ("" if "@" in person and address not in person.lower() else person), address


def moment(said: str) -> datetime | None:
    """The moment that a Date header tells; None where it tells none."""
    try:
        found = parsedate_to_datetime(said[:100])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def readable(part: Message, name: str) -> Message:
    """A header of a part alone, with bytes beyond ASCII by the best guess: the library would make marks of them."""
    alone = Message()
    raw = next((str(value) for key, value in part.raw_items() if key.lower() == name), None)
    if raw is not None:
        alone[name] = raw if raw.isascii() else decode(raw.encode("utf-8", "surrogateescape"))[0]
    return alone


def parameter(part: Message, name: str) -> str:
    """A parameter of a part's Content-Type; empty when it has none."""
    try:
        found = readable(part, "content-type").get_param(name)
    except (ValueError, TypeError, IndexError, LookupError):
        return ""
    return str(found[2] if isinstance(found, tuple) else found or "")
