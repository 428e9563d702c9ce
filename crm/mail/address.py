"""Addresses and header lines: what may stand in them, so that nobody smuggles a header into a message."""

from __future__ import annotations

import re
from email.utils import parseaddr

from crm.errors import Bad, Problem, Refused
from crm.i18n import _
from crm.records.checks import check_email

_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")


def check_address(address: str) -> str:
    """The bare address in normal form; whether anybody lives there is not asked.

    Raises
    ------
    Refused
        It cannot be an e-mail address.
    """
    try:
        return check_email(address)
    except Bad as error:
        raise Refused(str(error), problems=[Problem("email", str(error))]) from error


def same_address(address: str) -> str:
    """The address as it is compared: bare and in lower case; empty when there is none in the text."""
    return parseaddr(address)[1].strip().lower()


def one_line(text: str) -> str:
    """The text without line breaks and other control characters, which a header must not hold."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def single_line(text: str) -> str:
    """The text, if it is one line without control characters.

    Raises
    ------
    Refused
        It has a line break or another control character.
    """
    if _CONTROL.search(text):
        said = _("A subject is one line. Take the line break out.")
        raise Refused(said, problems=[Problem("subject", said)])
    return text.strip()
