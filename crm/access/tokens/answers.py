"""The answers to calls with a key, stored in the transaction of the write itself, so that no crash lies between the two.

A repeat gets the stored answer; one that comes while the first is under way is sent away.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, insert, select, text

from crm.errors import Conflict, Refused
from crm.i18n import _
from crm.work import SYSTEM, Actor, Work, unit_of_work
from db.audit import SYSTEM_OPTIONS
from db.models import ApiAnswer

KEPT = timedelta(hours=24)
#: A packed answer that is longer than this is kept as ids and versions only.
MOST_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class Key:
    """A caller's key and what was asked with it."""

    caller: str
    key_hash: str
    request_hash: str

    @classmethod
    def of(cls, caller: str, key: str, request: bytes) -> Key:
        """From what was sent; only hashes are kept."""
        return cls(caller, sha256(key.encode()).hexdigest(), sha256(request).hexdigest())


@dataclass(frozen=True, slots=True)
class Answer:
    """What a call was answered."""

    status: int
    etag: str
    body: bytes


#: What this process is doing just now.
_under_way: set[tuple[str, str]] = set()
_lock = threading.Lock()


def _still_running() -> Conflict:
    return Conflict(_("The first call with this Idempotency-Key is still under way. Try again in a moment."))


@contextmanager
def alone(key: Key) -> Iterator[None]:
    """Only one call with a key at a time in this process, said at once: on SQLite others would wait for the turn to write.

    Raises
    ------
    Conflict
        One is under way.
    """
    mine = (key.caller, key.key_hash)
    with _lock:
        if mine in _under_way:
            raise _still_running()
        _under_way.add(mine)
    try:
        yield
    finally:
        with _lock:
            _under_way.discard(mine)


def find_answer(work: Work, key: Key) -> Answer | None:
    """The stored answer; None when the key is new, which it then is for everybody until this work ends.

    Raises
    ------
    Conflict
        Another process works on a call with this key.
    Refused
        The key stands for another request.
    """
    if work.session.get_bind().dialect.name == "postgresql":
        # Ends with the transaction, whatever becomes of the process.
        number = int.from_bytes(sha256(f"{key.caller} {key.key_hash}".encode()).digest()[:8], signed=True)
        taken = work.session.execute(
            text("SELECT pg_try_advisory_xact_lock(:number)"),
            {"number": number},
            execution_options=SYSTEM_OPTIONS,
        )
        if not taken.scalar():
            raise _still_running()
    asked = select(ApiAnswer).where(ApiAnswer.caller == key.caller, ApiAnswer.key_hash == key.key_hash)
    row = work.session.scalar(asked, execution_options=SYSTEM_OPTIONS)
    if row is None:
        return None
    if row.made_at <= work.now - KEPT:
        gone = delete(ApiAnswer).where(ApiAnswer.id == row.id)
        work.session.execute(gone, execution_options=SYSTEM_OPTIONS)
        return None
    if row.request_hash != key.request_hash:
        raise Refused(
            _(
                "This Idempotency-Key was used for another request. Take a new key for each thing that is to happen."
            )
        )
    return Answer(row.status, row.etag, zlib.decompress(row.body))


def keep_answer(work: Work, key: Key, answer: Answer, short: bytes) -> None:
    """Store the answer with the write; ``short`` in its place where it is too long."""
    packed = zlib.compress(answer.body)
    if len(packed) > MOST_BYTES:
        packed = zlib.compress(short)
    values = {
        "caller": key.caller, "key_hash": key.key_hash, "request_hash": key.request_hash, "status": answer.status,
        "etag": answer.etag, "body": packed, "made_at": work.now,
    }  # fmt: skip
    work.session.execute(insert(ApiAnswer).values(values), execution_options=SYSTEM_OPTIONS)


def run(_actor: Actor, _args: dict[str, Any], _step: Any) -> dict[str, Any]:
    """Forget the answers of yesterday, as a job of the clock."""
    with unit_of_work(SYSTEM, cause="answers") as work:
        old = delete(ApiAnswer).where(ApiAnswer.made_at <= datetime.now(UTC) - KEPT)
        return {"forgotten": int(work.session.execute(old).rowcount)}  # type: ignore[attr-defined]
