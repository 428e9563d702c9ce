"""A token of a person: made once and shown once, kept as a hash, narrower than its person or equal, with an end.

Its reach is worked out anew with every call, from the person's rights of that moment.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, func, insert, or_, select, update

from crm.access.actors import actor_of
from crm.access.giving import demand_person
from crm.access.people import demand
from crm.access.roles import entities as all_entities
from crm.access.roles import reaches
from crm.access.sessions import hash_of
from crm.errors import Conflict, NotFound, Problem, Refused
from crm.i18n import _
from crm.records import registry
from crm.work import SYSTEM, Actor, Work, reading, unit_of_work
from db.audit import SYSTEM_OPTIONS
from db.models import ApiToken, User
from db.scope import ALL, EXPORT, READ, UPDATE, ScopedSession

#: What every token begins with, so that people and scanners of secrets recognise one.
MARK = "rapport_"
#: Signs behind the mark that are kept and shown; the other 37 stay a secret of 222 bits.
SHOWN = 6
USUAL_DAYS, YEAR, MOST_DAYS = 90, 365, 3_650
MOST_TOKENS = 50
#: The last use is written at most this often, so that reading does not become writing.
USED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token as people see it; ``entities`` None is everything that its person reaches, ``state`` live, expired or ended."""

    id: int
    user_id: int
    who: str
    name: str
    prefix: str
    may_write: bool
    entities: tuple[str, ...] | None
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls with a token: the narrowed actor, and which token it is."""

    actor: Actor
    token_id: int
    name: str


def kinds(actor: Actor) -> list[str]:
    """The names of rights that a token of this actor can be limited to."""
    named = dict.fromkeys(card.rights for card in registry.cards())
    return [name for name in all_entities() if name in named and actor.may(name, READ)]


def narrowed(actor: Actor, *, may_write: bool, entities: Collection[str] | None) -> Actor:
    """The actor with no more than a token gives; what everybody with any right reads stays.

    The role goes as well where rights do: some doors open to administrators by their role.
    """
    if may_write and entities is None:
        return actor
    grants = frozenset(
        (entity, action, scope)
        for entity, action, scope in actor.grants
        if (may_write or action in (READ, EXPORT))
        and (entities is None or entity in entities or (action == READ and reaches(entity, READ) == (ALL,)))
    )
    # The table of reaches is made from the grants; that of the whole actor must not come along.
    return replace(actor, role="", grants=grants, _reach={})


def make_token(
    work: Work,
    *,
    name: str,
    may_write: bool = False,
    entities: Collection[str] | None = None,
    days: int = USUAL_DAYS,
    longer_than_a_year: bool = False,
    user_id: int | None = None,
) -> tuple[int, str]:
    """A new token of the actor, or of ``user_id`` on the program's account; its id and the token, which is stored nowhere.

    Raises
    ------
    Refused
        With one ``Problem`` per field that needs attention.
    NotFound
        Nobody who may sign in would have it.
    """
    owner = work.actor.user_id if user_id is None or not work.actor.is_system else user_id
    actor = None if owner is None else actor_of(work.session, owner)
    if owner is None or actor is None:
        raise NotFound(_("Only people who may sign in have tokens."))
    problems = _problems(actor, name.strip(), entities, days, longer_than_a_year)
    alive = select(func.count(ApiToken.id)).where(ApiToken.user_id == owner, *_live(work.now))
    if (work.session.scalar(alive, execution_options=SYSTEM_OPTIONS) or 0) >= MOST_TOKENS:
        text = _("You have {n} tokens. Revoke one that is not used any more.").format(n=MOST_TOKENS)
        problems.append(Problem("name", text))
    if problems:
        raise Refused(problems[0].message, problems=problems)
    token = MARK + secrets.token_urlsafe(32)
    values = {
        "token_hash": hash_of(token), "user_id": owner, "name": name.strip(), "prefix": token[: len(MARK) + SHOWN],
        "may_write": may_write, "entities": None if entities is None else sorted(set(entities)), "made_at": work.now,
        "expires_at": work.now + timedelta(days=days),
    }  # fmt: skip
    made = insert(ApiToken).values(values).returning(ApiToken.id)
    return work.session.execute(made, execution_options=SYSTEM_OPTIONS).scalar_one(), token


def _problems(
    actor: Actor, name: str, entities: Collection[str] | None, days: int, longer: bool
) -> list[Problem]:
    found = []
    if not name or len(name) > 80 or not name.isprintable():
        found.append(Problem("name", _("Say what the token is for, in at most 80 characters.")))
    if entities is not None and not entities:
        found.append(Problem("entities", _("Choose at least one kind of record, or all.")))
    if unknown := sorted(set(entities or ()) - set(kinds(actor))):
        text = _("No right to see “{name}”. Possible: {names}.")
        told = text.format(name=unknown[0], names=", ".join(kinds(actor)))
        found.append(Problem("entities", told))
    if not 1 <= days <= MOST_DAYS:
        found.append(Problem("days", _("A token lives from 1 to {n} days.").format(n=MOST_DAYS)))
    elif days > YEAR and not longer:
        text = _(
            "A token that is forgotten opens the door for as long as it lives. Take a year or less, or say that you mean it."
        )
        found.append(Problem("days", text))
    return found


def _live(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return ApiToken.ended_at.is_(None), ApiToken.expires_at > now


def is_live(token_hash: str) -> bool:
    """True when the token may still be used and its person may sign in. One statement."""
    asked = select(ApiToken.id).join(User, User.id == ApiToken.user_id)
    with reading(SYSTEM) as session:
        live = asked.where(ApiToken.token_hash == token_hash, User.is_active, *_live(datetime.now(UTC)))
        return session.scalar(live) is not None


def caller_of(token_hash: str) -> Caller | None:
    """Who calls, with the rights of this moment as far as the token goes; None when it ended or its person is gone."""
    now = datetime.now(UTC)
    with reading(SYSTEM) as session:
        row = session.execute(
            select(ApiToken).where(ApiToken.token_hash == token_hash, *_live(now))
        ).scalar_one_or_none()
        actor = None if row is None else actor_of(session, row.user_id)
    if row is None or actor is None:
        return None
    if row.used_at is None or now - row.used_at >= USED_EVERY:
        _note_use(row.id, now)
    limited = narrowed(actor, may_write=row.may_write, entities=row.entities)
    return Caller(limited, row.id, row.name)


def _note_use(token_id: int, now: datetime) -> None:
    not_yet = or_(ApiToken.used_at.is_(None), ApiToken.used_at <= now - USED_EVERY)
    try:
        with unit_of_work(SYSTEM, cause="token") as work:
            work.session.execute(update(ApiToken).where(ApiToken.id == token_id, not_yet).values(used_at=now))
    except Conflict:
        # The database is busy with an import; the next call notes the use.
        return


def list_tokens(
    session: ScopedSession, *, user_id: int | None = None, everybody: bool = False
) -> list[TokenRow]:
    """One's own tokens, newest first; those of others for whoever keeps users.

    Raises
    ------
    NotAllowed
        Somebody else's, and the actor does not keep users.
    """
    mine = session.actor.user_id if user_id is None else user_id
    if everybody or mine != session.actor.user_id:
        demand(session, UPDATE)
    asked = select(ApiToken, User.name, User.is_active).join(User, User.id == ApiToken.user_id)
    if not everybody:
        asked = asked.where(ApiToken.user_id == mine)
    found = session.execute(asked.order_by(ApiToken.id.desc()), execution_options=SYSTEM_OPTIONS).all()
    now = datetime.now(UTC)
    return [_row(row, who, active, now) for row, who, active in found]


def _row(row: ApiToken, who: str, active: bool, now: datetime) -> TokenRow:
    state = "ended" if row.ended_at or not active else "expired" if row.expires_at <= now else "live"
    named = None if row.entities is None else tuple(row.entities)
    return TokenRow(
        row.id, row.user_id, who, row.name, row.prefix, row.may_write, named, row.made_at, row.expires_at, row.used_at, state,
    )  # fmt: skip


def revoke_token(work: Work, token_id: int) -> str:
    """End a token of one's own, or of somebody as far as one keeps users; its name. What is ended stays so.

    Raises
    ------
    NotFound
        There is none, or it is another's and the actor does not keep users.
    """
    asked = select(ApiToken.user_id, ApiToken.name).where(ApiToken.id == token_id)
    row = work.session.execute(asked, execution_options=SYSTEM_OPTIONS).one_or_none()
    is_mine = row is not None and row.user_id == work.actor.user_id
    if row is None or not (is_mine or work.actor.may("user", UPDATE)):
        raise NotFound(_("There is no token {id}, or it is not yours.").format(id=token_id))
    demand_person(work.session, row.user_id)
    _end(work, ApiToken.id == token_id)
    return str(row.name)


def end_tokens_of(work: Work, *, user_id: int) -> None:
    """End all tokens of one person, as when they are switched off or an administrator gives them a password."""
    _end(work, ApiToken.user_id == user_id)


def _end(work: Work, which: ColumnElement[bool]) -> None:
    ending = update(ApiToken).where(which, ApiToken.ended_at.is_(None))
    values = {"ended_at": work.now, "ended_by": work.actor.user_id}
    work.session.execute(ending.values(values), execution_options=SYSTEM_OPTIONS)
