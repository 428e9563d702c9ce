"""Nobody gives more than they have: roles, teams, e-mail addresses and passwords of others, measured against one's own reach."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import select

from crm.access.roles import ADMINISTRATOR, effective_grants
from crm.errors import NotAllowed
from crm.i18n import N_, _
from crm.work import Actor
from db.models import Grant, Membership, Role, User
from db.scope import ALL, NONE, OWN, TEAM, ScopedSession

TOO_FAR = N_("That reaches further than your own rights do. Ask an administrator.")

Grants = Collection[tuple[str, str, str]]


def grants_of(session: ScopedSession, role_id: int | None) -> frozenset[tuple[str, str, str]]:
    """What a role may do."""
    key = session.scalar(select(Role.key).where(Role.id == role_id)) or ""
    stored = select(Grant.entity, Grant.action, Grant.scope).where(Grant.role_id == role_id)
    return effective_grants(key, [(e, a, s) for e, a, s in session.execute(stored)])


def teams_of(session: ScopedSession, user_ids: Iterable[int]) -> set[int]:
    """The own and the further teams of some people."""
    ids = list(user_ids)
    own = session.scalars(select(User.team_id).where(User.id.in_(ids), User.team_id.is_not(None)))
    further = session.scalars(select(Membership.team_id).where(Membership.user_id.in_(ids)))
    return {int(team) for team in (*own, *further) if team is not None}


def is_within(actor: Actor, grants: Grants, teams: Collection[int], *, in_their_place: bool = False) -> bool:
    """Whether an actor reaches all that somebody with these grants and teams reaches.

    ``in_their_place``: the actor could sign in as that person, whose own rows are others than the actor's own.
    """
    if actor.is_system or actor.role == ADMINISTRATOR:
        return True
    mine = set(teams) <= set(actor.teams)
    held = {
        ALL: {OWN, TEAM, ALL},
        TEAM: {OWN, TEAM} if mine and (teams or not in_their_place) else set(),
        OWN: set() if in_their_place else {OWN},
        NONE: set(),
    }
    return all(scope in held[actor.reach(entity, action)] for entity, action, scope in grants)


def person_is_within(session: ScopedSession, user_id: int, *, in_their_place: bool = False) -> bool:
    """As ``is_within`` for somebody as they are stored; one's own place is one's own."""
    if user_id == session.actor.user_id:
        return True
    role_id = session.scalar(select(User.role_id).where(User.id == user_id))
    teams = teams_of(session, [user_id])
    return is_within(session.actor, grants_of(session, role_id), teams, in_their_place=in_their_place)


def demand_person(session: ScopedSession, user_id: int, *, in_their_place: bool = False) -> None:
    """Refuse to act on somebody who reaches further.

    Raises
    ------
    NotAllowed
        They do.
    """
    if not person_is_within(session, user_id, in_their_place=in_their_place):
        raise NotAllowed(_(TOO_FAR))


def demand_cells(session: ScopedSession, role_id: int, cells: Grants) -> None:
    """Refuse to give, or take, rights of a role beyond one's own, for the people who have it.

    Raises
    ------
    NotAllowed
        One of the cells reaches further.
    """
    people = session.scalars(select(User.id).where(User.role_id == role_id)).all()
    if not is_within(session.actor, cells, teams_of(session, people)):
        raise NotAllowed(_(TOO_FAR))
