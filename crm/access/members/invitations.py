"""The way to a password of one's own: an invitation, a forgotten one, a first one that somebody else chose.

A link holds for an hour and works once. Only the hash of its token is kept; the token is made anew where the link is
shown or sent, so it stands in no outbox.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, insert, select, update

from crm.access.actors import user_id_by_email
from crm.access.giving import demand_person
from crm.access.passwords import hash_password, password_problems
from crm.access.people import demand
from crm.access.sessions import end_sessions_of, hash_of, start_session
from crm.access.sign_in import note_try
from crm.access.tokens.tokens import end_tokens_of
from crm.access.users import give_password
from crm.config import settings
from crm.errors import NotFound, Refused
from crm.firm.firm import firm
from crm.i18n import N_, _
from crm.links import make_token, public_url
from crm.register import Register
from crm.work import SYSTEM, Work, reading, unit_of_work
from db.audit import SYSTEM_OPTIONS
from db.models import PasswordLink, User
from db.scope import UPDATE, ScopedSession

HOLDS = timedelta(hours=1)
#: So many links of one person within an hour are mailed; more would be somebody else's joke.
MOST_MAILS = 3
INVITATION, RESET = "invitation", "reset"
PURPOSE, PATH = "password", "/sign-in/password"
#: Who puts a letter into the outbox.
LETTERS: Register[Callable[..., bool]] = Register("letter")
_TEXTS = {
    INVITATION: (
        N_("Your account at {firm}"),
        N_("Hello {name},\n\nyou were invited to {firm} on Rapport. Choose your password here:\n\n{link}\n\n"
           "The link works once, within an hour. After that, ask for a new one on the sign-in page."),
    ),
    RESET: (
        N_("A new password for {firm}"),
        N_("Hello {name},\n\nsomebody, probably you, asked for a new password at {firm}. Choose it here:\n\n{link}\n\n"
           "The link works once, within an hour. If it was not you, nothing changes."),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Invited:
    """The link to copy, to whom it belongs, and whether it goes out by mail as well."""

    url: str
    email: str
    is_mailed: bool


@dataclass(frozen=True, slots=True)
class Holder:
    """Who may choose a password by a link."""

    link_id: int
    user_id: int
    name: str
    email: str


def mail_goes() -> bool:
    """Whether this installation can send mail at all."""
    return bool(settings().smtp_host)


def invite(work: Work, *, user_id: int) -> Invited:
    """A link for somebody to choose their password by; mailed where mail goes.

    Raises
    ------
    Refused
        They have no e-mail address, or do not work here any more.
    NotAllowed
        They reach further than the actor.
    """
    demand(work.session, UPDATE)
    demand_person(work.session, user_id, in_their_place=True)
    user = work.session.get(User, user_id)
    if user is None or not user.is_active or not user.email or user.role_id is None:
        raise Refused(_("Give this person an e-mail address and a role first, and let them sign in."))
    link_id, url = _make(work, user, INVITATION)
    mailed = mail_goes() and _send(work, user, link_id, INVITATION)
    return Invited(url, user.email, mailed)


def forgotten(email: str, *, address: str) -> None:
    """Mail a link to whoever has this address; says nothing about whether somebody has.

    Raises
    ------
    TooManyTries
        Ten of these within a minute for this account or from this network address.
    """
    note_try(f"forgotten {email.strip().lower()}", f"forgotten from {address}")
    if not mail_goes():
        return
    with unit_of_work(SYSTEM, cause="password") as work:
        user_id = user_id_by_email(work.session, email)
        user = work.session.get(User, user_id) if user_id is not None else None
        if user is None or not user.is_active or user.role_id is None:
            return
        lately = select(func.count(PasswordLink.id)).where(
            PasswordLink.user_id == user.id, PasswordLink.made_at > work.now - HOLDS
        )
        if (work.session.scalar(lately) or 0) < MOST_MAILS:
            link_id, _url = _make(work, user, RESET)
            _send(work, user, link_id, RESET)


def link_to_change(work: Work, user_id: int) -> str:
    """The path by which somebody whose password another person chose takes one of their own."""
    user = work.session.get(User, user_id)
    assert user is not None
    link_id, _url = _make(work, user, RESET)
    return f"{PATH}/{make_token(PURPOSE, link_id, work=work)}"


def _make(work: Work, user: User, kind: str) -> tuple[int, str]:
    old = delete(PasswordLink).where(PasswordLink.made_at < work.now - 24 * HOLDS)
    work.session.execute(old, execution_options=SYSTEM_OPTIONS)
    # The token follows from the row's number, so the row stands first, under a hash that no token has.
    made = insert(PasswordLink).values(
        token_hash=secrets.token_hex(32), user_id=user.id, email=user.email or "", kind=kind, made_at=work.now,
        expires_at=work.now + HOLDS,
    )  # fmt: skip
    found = work.session.connection().execute(
        made.returning(PasswordLink.id), execution_options=SYSTEM_OPTIONS
    )
    link_id = int(found.scalar_one())
    token = make_token(PURPOSE, link_id, work=work)
    known = update(PasswordLink).where(PasswordLink.id == link_id).values(token_hash=hash_of(token))
    work.session.execute(known, execution_options=SYSTEM_OPTIONS | {"synchronize_session": False})
    return link_id, public_url(f"{PATH}/{token}")


def _send(work: Work, user: User, link_id: int, kind: str) -> bool:
    subject, text = (_(one) for one in _TEXTS[kind])
    said = {"firm": firm(work.session).name, "name": user.name, "link": "{link}"}
    return LETTERS["letter"](
        work,
        key=f"password link {link_id}",
        to=user.email,
        subject=subject.format(**said),
        text=text.format(**said),
        link=(PURPOSE, PATH, link_id),
    )


def holder(token: str) -> Holder:
    """Who may choose a password by this link.

    Raises
    ------
    NotFound
        It was used, is older than an hour, was never one, or its person left or has another address by now.
    """
    with reading(SYSTEM) as session:
        return _holder(session, token)


def _holder(session: ScopedSession, token: str) -> Holder:
    row = session.execute(
        select(PasswordLink.id, User.id, User.name, PasswordLink.email)
        .join(User, User.id == PasswordLink.user_id)
        .where(
            PasswordLink.token_hash == hash_of(token),
            PasswordLink.used_at.is_(None),
            PasswordLink.expires_at > datetime.now(UTC),
            User.is_active,
            User.email == PasswordLink.email,
        )
    ).first()
    if row is None:
        raise NotFound(_("This link was used or is older than an hour. Ask for a new one."))
    return Holder(*row)


def choose_password(token: str, password: str) -> str:
    """Take a password by a link, once; all sessions and tokens of the person end. Returns a new session's token.

    Raises
    ------
    NotFound
        The link does not hold any more.
    Refused
        The password is not good enough; the link holds on.
    """
    who = holder(token)
    if problems := password_problems(password, name=who.name, email=who.email):
        raise Refused(problems[0].message, problems=problems)
    password_hash = hash_password(password)
    with unit_of_work(SYSTEM, cause="password") as work:
        _holder(work.session, token)
        mine = update(PasswordLink).where(PasswordLink.id == who.link_id, PasswordLink.used_at.is_(None))
        used = work.session.execute(
            mine.values(used_at=work.now), execution_options={"synchronize_session": False}
        )
        if not used.rowcount:  # type: ignore[attr-defined]
            raise NotFound(_("This link was used or is older than an hour. Ask for a new one."))
        give_password(work, user_id=who.user_id, password_hash=password_hash)
        others = update(PasswordLink).where(
            PasswordLink.user_id == who.user_id, PasswordLink.used_at.is_(None)
        )
        work.session.execute(
            others.values(used_at=work.now), execution_options={"synchronize_session": False}
        )
        end_sessions_of(work, user_id=who.user_id)
        end_tokens_of(work, user_id=who.user_id)
        return start_session(work, user_id=who.user_id, how="password")
