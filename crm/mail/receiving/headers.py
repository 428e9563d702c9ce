"""The headers of a received message as people read them; whatever is broken in one counts as not there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

from crm.mail.receiving.charsets import decode_header

#: So far a header is read.
_MOST_HEADER = 16_000
_BARE = re.compile(r"[^\s<>,;:\"()\[\]@]{1,64}@[^\s<>,;:\"()\[\]@]{1,190}")


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
        (decode_header(person)[:200], bare)
        for person, address in pairs[:200]
        if "@" in (bare := address.strip().lower()[:254])
    ]
    # What the library finds too odd to tell apart still names whom to answer.
    return known or [("", bare.lower()[:254]) for value in found for bare in _BARE.findall(value)[:200]]


def moment(said: str) -> datetime | None:
    """The moment that a Date header tells; None where it tells none."""
    try:
        found = parsedate_to_datetime(said[:100])
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def parameter(part: Message, name: str) -> str:
    """A parameter of a part's Content-Type; empty when it has none."""
    try:
        found = part.get_param(name)
    except (ValueError, TypeError, IndexError, LookupError):
        return ""
    return str(found[2] if isinstance(found, tuple) else found or "")
