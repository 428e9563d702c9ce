"""Signed-in browsers: a random token for the cookie, its SHA-256 in the database, limits on idleness and age."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Row, select, update

from crm.access.actors import actor_of
from crm.config import settings
from crm.errors import Conflict
from crm.work import SYSTEM, Actor, Work, reading, unit_of_work
from db.models import LoginSession, User
from db.scope import ScopedSession

#: A session is written at most this often, so that reading a page does not become a write.
SEEN_EVERY = timedelta(minutes=5)


def hash_of(token: str) -> str:
    """What the database keeps of a token. The token is random, so a plain hash cannot be searched backwards."""
    return hashlib.sha256(token.encode()).hexdigest()


def start_session(work: Work, *, user_id: int, how: str) -> str:
    """Begin a session and return the token for the cookie; it is stored nowhere."""
    token = secrets.token_urlsafe(32)
    work.session.add(
        LoginSession(token_hash=hash_of(token), user_id=user_id, made_at=work.now, seen_at=work.now, how=how)
    )
    work.session.flush()
    return token


def end_session(work: Work, *, token_hash: str) -> None:
    """End one session; every tab of that browser is signed out."""
    _end(work, LoginSession.token_hash == token_hash)


def end_sessions_of(work: Work, *, user_id: int, except_hash: str = "") -> None:
    """End all sessions of one user, as after a new password; ``except_hash`` may go on."""
    _end(work, LoginSession.user_id == user_id, LoginSession.token_hash != except_hash)


def _end(work: Work, *which: ColumnElement[bool]) -> None:
    """Nobody's scope reaches sessions; the program itself writes them in everybody's transaction."""
    ending = update(LoginSession).where(*which, LoginSession.ended_at.is_(None)).values(ended_at=work.now)
    work.session.execute(ending, execution_options={"system": True})


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser in which somebody is signed in; ``device`` is what it says of itself."""

    id: int
    how: str
    device: str
    made_at: datetime
    seen_at: datetime
    token_hash: str


def own_sessions(user_id: int) -> list[SignedIn]:
    """Where somebody is signed in, the newest use first."""
    now, limits = datetime.now(UTC), settings()
    asked = (
        select(LoginSession)
        .where(
            LoginSession.user_id == user_id,
            LoginSession.ended_at.is_(None),
            LoginSession.seen_at > now - timedelta(hours=limits.session_idle_hours),
            LoginSession.made_at > now - timedelta(days=limits.session_days),
        )
        .order_by(LoginSession.seen_at.desc(), LoginSession.id)
    )
    with reading(SYSTEM) as session:
        return [
            SignedIn(one.id, one.how, one.device or "", one.made_at, one.seen_at, one.token_hash)
            for one in session.scalars(asked)
        ]


def end_own(user_id: int, *, session_id: int | None = None, except_hash: str = "") -> None:
    """End one of somebody's own sessions, or all but the one that goes on."""
    one = [LoginSession.id == session_id] if session_id is not None else []
    with unit_of_work(SYSTEM, cause="sign-out") as work:
        _end(work, LoginSession.user_id == user_id, LoginSession.token_hash != except_hash, *one)


def note_device(token_hash: str, device: str) -> None:
    """Keep what a browser says of itself, so that its person recognises it."""
    with unit_of_work(SYSTEM, cause="sign-in") as work:
        named = update(LoginSession).where(LoginSession.token_hash == token_hash)
        work.session.execute(named.values(device=device[:200]))


def sign_out(token_hash: str) -> None:
    """End one session in a unit of work of its own."""
    with unit_of_work(SYSTEM, cause="sign-out") as work:
        end_session(work, token_hash=token_hash)


def is_live(token_hash: str) -> bool:
    """True when the session may still be used. One statement."""
    with reading(SYSTEM) as session:
        return _live(session, token_hash, datetime.now(UTC)) is not None


def actor_of_session(token_hash: str, *, in_use: bool = True) -> Actor | None:
    """Who is behind a session, with the rights of this moment; None when it ended, ran out or the user is gone.

    ``in_use`` is false where a program asks and nobody does anything, so that an unattended tab still runs out.
    """
    now = datetime.now(UTC)
    with reading(SYSTEM) as session:
        row = _live(session, token_hash, now)
        actor = None if row is None else actor_of(session, row.user_id)
    if in_use and actor is not None and row is not None and now - row.seen_at >= SEEN_EVERY:
        _note_use(token_hash, now)
    return actor


def _live(session: ScopedSession, token_hash: str, now: datetime) -> Row[int, datetime] | None:
    limits = settings()
    return session.execute(
        select(LoginSession.user_id, LoginSession.seen_at)
        .join(User, User.id == LoginSession.user_id)
        .where(
            LoginSession.token_hash == token_hash,
            LoginSession.ended_at.is_(None),
            LoginSession.seen_at > now - timedelta(hours=limits.session_idle_hours),
            LoginSession.made_at > now - timedelta(days=limits.session_days),
            User.is_active,
        )
    ).one_or_none()


def _note_use(token_hash: str, now: datetime) -> None:
    try:
        with unit_of_work(SYSTEM, cause="session") as work:
            work.session.execute(
                update(LoginSession).where(LoginSession.token_hash == token_hash).values(seen_at=now)
            )
    except Conflict:
        # The database is busy with an import; the next click notes the use.
        return
