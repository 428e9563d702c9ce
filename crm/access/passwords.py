"""Passwords: hashed with Argon2id, checked against what people choose most."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from crm.errors import Problem
from crm.i18n import _

MIN_LENGTH = 10
#: Longer input is refused before it is hashed, so that a megabyte of password costs nothing.
MAX_LENGTH = 200
#: OWASP's second configuration: 19 MiB, two passes, one lane.
_hasher = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),))
#: Two at a time: a flood of sign-ins may neither eat the memory nor starve the pages.
_turns = BoundedSemaphore(2)
_LEET = str.maketrans("013457@$!", "oleastasi")


def hash_password(password: str) -> str:
    """The Argon2id hash in its usual text form."""
    with _turns:
        return _hasher.hash(password)


def verify_password(password: str, password_hash: str | None) -> bool:
    """True when the password belongs to the hash; without a hash the answer is no and takes the same time."""
    with _turns:
        known = _hasher.verify(password[:MAX_LENGTH], password_hash or _dummy())
    return known and password_hash is not None and len(password) <= MAX_LENGTH


@cache
def _dummy() -> str:
    return _hasher.hash("nobody has this password")


@cache
def _common() -> frozenset[str]:
    return frozenset((Path(__file__).parent / "common_passwords.txt").read_text("utf-8").split())


def password_problems(
    password: str, *, name: str = "", email: str = "", field: str = "password"
) -> list[Problem]:
    """Every reason to refuse a new password; empty when it is good enough."""
    found = []
    if len(password) < MIN_LENGTH:
        found.append(_("The password needs at least {n} characters.").format(n=MIN_LENGTH))
    elif len(password) > MAX_LENGTH:
        found.append(_("The password may have at most {n} characters.").format(n=MAX_LENGTH))
    elif is_common(password):
        found.append(
            _(
                "Too many people use this password. Take three or four words that have nothing to do with each other."
            )
        )
    elif _is_about(password, name, email):
        found.append(
            _(
                "The password contains the name or the e-mail address. Choose one that nobody who knows you would try."
            )
        )
    return [Problem(field, message) for message in found]


def is_common(password: str) -> bool:
    """True for well-known passwords, also with figures for letters, with endings such as ``2024!``, doubled or reversed."""
    lower = password.lower()
    if len(set(lower)) < 5:
        return True
    bare = lower.strip("".join({c for c in lower if not c.isalpha()}))
    words = {lower, bare, _letters(lower), _letters(bare.translate(_LEET)), re.sub(r"[\W_]", "", lower)}
    words |= {_unit(word) for word in words} | {_unit(word)[::-1] for word in words}
    return not bare or any(word in _common() or _is_run(word) for word in words if len(word) > 3)


def _letters(word: str) -> str:
    return "".join(c for c in word if c.isalpha())


def _unit(word: str) -> str:
    """``abcabc`` is ``abc`` twice."""
    size = (word + word).find(word, 1)
    return word[:size] if 0 < size < len(word) else word


def _is_run(word: str) -> bool:
    """Keys or letters in a row: ``qwertyuiop``, ``abcdefghij``, ``1234567890``."""
    rows = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "01234567890123456789",
            "1q2w3e4r5t6z7u8i9o0p", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p")  # fmt: skip
    return any(word in row or word in row[::-1] for row in rows)


def _is_about(password: str, name: str, email: str) -> bool:
    lower = password.lower()
    parts = re.split(
        r"[^\w]+|_",
        f"{name} {email}".lower(),
    )
    rest = lower
    for part in sorted({p for p in parts if len(p) >= 3}, key=len, reverse=True):
        rest = rest.replace(part, "")
    return len(rest) < len(lower) and len(re.sub(r"[\W\d_]", "", rest)) < 6
