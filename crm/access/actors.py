"""The actor behind a user: role, teams and grants as they stand in the database at this moment."""

from __future__ import annotations

from sqlalchemy import exists, func, select

from crm.access.roles import effective_grants
from crm.errors import NotFound
from crm.i18n import _
from crm.work import SYSTEM, Actor, reading
from db.models import Grant, Membership, Role, Setting, Team, User
from db.scope import ALL, CREATE, READ, TEAM, UPDATE, ScopedSession

#: Under this name it is stored whether managers share what their people have.
REACH = "reach"


def actor_of(session: ScopedSession, user_id: int) -> Actor | None:
    """The actor of a user; None when there is no such user or they were deactivated. Needs a session of the program."""
    row = session.execute(
        select(
            User.name,
            User.team_id,
            User.language,
            User.formats,
            User.is_active,
            User.role_id,
            Role.key,
            exists(select(Team.id)).label("teams"),
            select(Setting.value).where(Setting.name == REACH).scalar_subquery().label("reach"),
        )
        .outerjoin(Role, Role.id == User.role_id)
        .where(User.id == user_id)
    ).one_or_none()
    if row is None or not row.is_active:
        return None
    further = session.scalars(select(Membership.team_id).where(Membership.user_id == user_id)).all()
    stored = session.execute(
        select(Grant.entity, Grant.action, Grant.scope).where(Grant.role_id == row.role_id)
    ).all()
    own = () if row.team_id is None else (row.team_id,)
    grants = effective_grants(row.key or "", stored)
    if not row.teams:
        # A firm without teams is one team: everybody sees and works on what all have. "Own" stays own.
        grants = frozenset(
            (entity, action, ALL if scope == TEAM and action in (READ, CREATE, UPDATE) else scope)
            for entity, action, scope in grants
        )
    return Actor(
        user_id=user_id,
        name=row.name,
        role=row.key or "",
        # The user's own team comes first: new records go to it.
        teams=(*own, *sorted(set(further) - set(own))),
        grants=grants,
        language=row.language,
        formats=row.formats or "",
        people=below(session, user_id) if (row.reach or {}).get("managers") else (),
    )


def below(session: ScopedSession, user_id: int) -> tuple[int, ...]:
    """Everybody who reports to somebody, and to those who do, however deep."""
    tree = select(User.id).where(User.manager_id == user_id).cte("below", recursive=True)
    tree = tree.union(select(User.id).join(tree, User.manager_id == tree.c.id))
    return tuple(session.scalars(select(tree.c.id).order_by(tree.c.id)))


def find_actor(user_id: int) -> Actor | None:
    """As ``actor_of``, in a session of its own."""
    with reading(SYSTEM) as session:
        return actor_of(session, user_id)


def user_id_by_email(session: ScopedSession, email: str) -> int | None:
    """The user with this address, whatever its capitals."""
    return session.scalar(
        select(User.id).where(func.lower(User.email) == email.strip().lower()).order_by(User.id).limit(1)
    )


def find_actor_by_email(email: str) -> Actor | None:
    """The actor with this e-mail address; None when unknown or deactivated."""
    with reading(SYSTEM) as session:
        user_id = user_id_by_email(session, email)
        return None if user_id is None else actor_of(session, user_id)


def acting(email: str) -> Actor:
    """Who a command works for: the person with this address, or the system, because who runs commands has the server.

    Raises
    ------
    NotFound
        Nobody who may sign in has this address.
    """
    actor = find_actor_by_email(email) if email else SYSTEM
    if actor is None:
        raise NotFound(_("Nobody who may sign in has the address {email}.").format(email=email))
    return actor
