"""Links that strangers follow: what they stand for is signed, so that nobody can make one up or read another's.

A token is ``<purpose>.<numbers>.<signature>``, the signature an HMAC-SHA256 under a key that the database keeps, so links
in messages outlive restarts and work on every server.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import time

from sqlalchemy import insert, select

from crm.config import settings
from crm.errors import NotFound
from crm.i18n import _
from crm.work import SYSTEM, Work, reading, unit_of_work
from db.audit import SYSTEM_OPTIONS
from db.models import Secret

_NAME = "links"
#: In the environment, because Streamlit's hot reload throws this module away while the server lives on.
_BASE = "RAPPORT_BASE_PATH"
_STORED = select(Secret.value).where(Secret.name == _NAME)
#: With when it was read: a backup of another installation, put back while this server runs, brings another key along.
_keys: dict[str, tuple[float, bytes]] = {}
_KNOWN_FOR = 10.0


def make_token(purpose: str, *numbers: int, work: Work | None = None) -> str:
    """A token for a purpose (a short lower-case word) and the ids it stands for.

    Inside a unit of work give it along: the key may have to be made first, and a database may have one writer only.
    """
    said = f"{purpose}.{'-'.join(map(str, numbers))}"
    return f"{said}.{_signature(said, work)}"


def read_token(purpose: str, token: str) -> tuple[int, ...]:
    """The ids behind a token of this purpose.

    Raises
    ------
    NotFound
        The token is forged, cut off, or of another purpose.
    """
    said, _dot, signature = token.rpartition(".")
    known, _dot, numbers = said.partition(".")
    right = hmac.compare_digest(_signature(said).encode(), signature.encode())
    if not right or known != purpose:
        raise NotFound(_("This link is not valid. Copy it whole from the message, or ask for a new one."))
    return tuple(int(n) for n in numbers.split("-"))


def public_url(path: str) -> str:
    """The whole address of a path of ours, for messages; ``CRM_PUBLIC_URL`` says where the world finds us."""
    return f"{settings().public_url.rstrip('/')}/{path.lstrip('/')}"


def live_under(base: str | None) -> None:
    """Say under which path this server answers: Streamlit's ``server.baseUrlPath``, empty for the root of the host."""
    inner = (base or "").strip("/")
    os.environ[_BASE] = f"/{inner}" if inner else ""


def local(path: str) -> str:
    """The address on this host of a path of ours, which begins with a slash or is empty; every link goes through here."""
    return os.environ.get(_BASE, "") + path


def below(address: str) -> str:
    """The path of ours behind an address on this host, the other way round; what lies outside stays as it is."""
    rest = address.removeprefix(local("")) or "/"
    return rest if rest.startswith("/") else address


def ensure_key() -> None:
    """Make the key of a new database, so that no link has to do it in the middle of other work."""
    _key()


def keyed_hash(text: str, work: Work | None = None) -> str:
    """A hash that only this database's key can make: to count senders without keeping their addresses."""
    return hmac.new(_key(work), text.encode(), hashlib.sha256).hexdigest()


def _signature(said: str, work: Work | None = None) -> str:
    return hmac.new(_key(work), said.encode(), hashlib.sha256).hexdigest()[:32]


def _key(work: Work | None = None) -> bytes:
    from db.session import engine

    at, now = str(engine().url), time.monotonic()
    read, known = _keys.get(at, (-_KNOWN_FOR, b""))
    if 0 <= now - read < _KNOWN_FOR:
        return known
    if work is not None:
        # Not remembered: the unit of work may still be rolled back.
        return (work.session.scalar(_STORED, execution_options=SYSTEM_OPTIONS) or _key_within(work)).encode()
    with reading(SYSTEM) as session:
        found = session.scalar(_STORED)
    _keys[at] = (now, (found or _make_key()).encode())
    return _keys[at][1]


def _make_key() -> str:
    with unit_of_work(SYSTEM, cause="upgrade") as work:
        return str(work.session.scalar(_STORED) or _key_within(work))


def _key_within(work: Work) -> str:
    values = {"name": _NAME, "value": secrets.token_hex(32), "made_at": work.now}
    work.session.connection().execute(insert(Secret).values(values), execution_options=SYSTEM_OPTIONS)
    return str(values["value"])
