"""Roles and their grants, and the tables of people that administrators work on."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import func, select

from crm.access.actors import REACH
from crm.access.giving import demand_cells, grants_of
from crm.access.roles import ADMINISTRATOR, BUILT_IN, KEPT, SCOPE_LABELS, default_grants, entities, reaches
from crm.errors import NotAllowed, NotFound, Refused
from crm.firm.firm import get_setting, put_setting
from crm.i18n import _
from crm.records.records import demand_version
from crm.work import Work
from db.models import Grant, Membership, Role, Team, User
from db.scope import ACTIONS, NONE, READ, UPDATE, ScopedSession


@dataclass(frozen=True, slots=True)
class RoleRow:
    """A role as the screen needs it; ``version`` guards against a stale matrix."""

    id: int
    key: str
    name: str
    built_in: bool
    version: int
    users: int


def ensure_roles(work: Work) -> dict[str, int]:
    """The four roles of Rapport, made where they are missing; id by key."""
    known = dict(work.session.execute(select(Role.key, Role.id)).all())
    for role in BUILT_IN:
        if role.key not in known:
            made = Role(key=role.key, name=role.name, built_in=True)
            work.session.add(made)
            work.session.flush()
            known[role.key] = made.id
    return known


def demand(session: ScopedSession, action: str) -> None:
    """Refuse who may not do this to users, roles and rights."""
    if not session.actor.may("user", action):
        raise NotAllowed(_("Users and rights are kept by administrators. Ask one of them."))


def demand_to_see(session: ScopedSession) -> None:
    """Refuse who does not keep users; others find colleagues by name where they need them."""
    demand(session, UPDATE)


def user_table(session: ScopedSession) -> pd.DataFrame:
    """Everybody, by name: id, version, name, email, role_id, role, team_id, manager_id, team, further (team ids),
    job_title, is_active."""
    demand(session, READ)
    found = session.execute(
        select(
            User.id, User.version, User.name, User.email, User.role_id, Role.name.label("role"), User.team_id, User.manager_id,
            Team.name.label("team"), User.job_title, User.is_active,
        )
        .outerjoin(Role, Role.id == User.role_id)
        .outerjoin(Team, Team.id == User.team_id)
        .order_by(User.name, User.id)
    )  # fmt: skip
    table = pd.DataFrame([tuple(row) for row in found], columns=list(found.keys()), dtype="object")
    further: dict[int, list[int]] = {}
    for user_id, team_id in session.execute(
        select(Membership.user_id, Membership.team_id).order_by(Membership.id)
    ):
        further.setdefault(user_id, []).append(team_id)
    table["further"] = pd.Series([further.get(key, []) for key in table["id"]], dtype="object")
    return table


def managers_share(session: ScopedSession) -> bool:
    """Whether managers share the records of everybody below them, as if all were of one team."""
    return bool(get_setting(session, REACH).get("managers"))


def let_managers_share(work: Work, on: bool) -> None:
    """Switch it on or off; it holds from the next click on."""
    demand(work.session, UPDATE)
    put_setting(work, REACH, {"managers": on})


def team_table(session: ScopedSession) -> pd.DataFrame:
    """All teams, by name: id, version, name, people (how many have it as their own)."""
    people = select(func.count(User.id)).where(User.team_id == Team.id).scalar_subquery()
    rows = session.execute(
        select(Team.id, Team.version, Team.name, people.label("people")).order_by(Team.name, Team.id)
    ).all()
    return pd.DataFrame([tuple(row) for row in rows], columns=["id", "version", "name", "people"])


def role_rows(session: ScopedSession) -> list[RoleRow]:
    """All roles, those of Rapport first."""
    people = select(func.count(User.id)).where(User.role_id == Role.id).scalar_subquery()
    rows = session.execute(
        select(Role.id, Role.key, Role.name, Role.built_in, Role.version, people).order_by(
            Role.built_in.desc(), Role.id
        )
    )
    return [RoleRow(*row) for row in rows]


def _role(session: ScopedSession, role_id: int) -> Role:
    role = session.get(Role, role_id)
    if role is None:
        raise NotFound(_("This role no longer exists. Reload the page."))
    return role


def grant_matrix(session: ScopedSession, role_id: int) -> pd.DataFrame:
    """How far a role reaches: one row per entity, one column per action, each cell a scope."""
    demand(session, READ)
    _role(session, role_id)
    reach = {(entity, action): scope for entity, action, scope in grants_of(session, role_id)}
    cells = [[reach.get((entity, action), NONE) for action in ACTIONS] for entity in entities()]
    return pd.DataFrame(cells, index=pd.Index(entities(), name="entity"), columns=list(ACTIONS))


def save_grants(work: Work, *, role_id: int, cells: dict[tuple[str, str], str], seen_version: int) -> int:
    """Store a role's rights; only what differs from the default is kept. Returns how many cells changed.

    Raises
    ------
    Refused
        An unknown entity or action, a scope that no rule holds, or rights of administrators on users, teams and settings.
    NotAllowed
        The right reaches further than the actor's own, before or after.
    Conflict
        Somebody changed the role since ``seen_version``.
    """
    demand(work.session, UPDATE)
    role = _role(work.session, role_id)
    demand_version(role, seen_version, {}, label=_("Role").lower())
    before = grant_matrix(work.session, role_id)
    changed = {cell: scope for cell, scope in cells.items() if _scope_of(before, cell) != scope}
    for entity, action in changed:
        if changed[entity, action] not in (offered := reaches(entity, action)):
            raise Refused(
                _("“{scope}” is not a reach of this right. Possible: {names}.").format(
                    scope=changed[entity, action], names=", ".join(_(SCOPE_LABELS[one]) for one in offered)
                )
            )
        if role.key == ADMINISTRATOR and entity in KEPT:
            raise Refused(
                _(
                    "Administrators keep their rights on users, teams and settings, or nobody could give them back."
                )
            )
    both = {(*cell, scope) for cell in changed for scope in (changed[cell], str(before.at[cell]))}
    demand_cells(work.session, role_id, {cell for cell in both if cell[2] != NONE})
    rows = {
        (g.entity, g.action): g for g in work.session.scalars(select(Grant).where(Grant.role_id == role_id))
    }
    defaults = default_grants(role.key)
    for (entity, action), scope in changed.items():
        row = rows.get((entity, action))
        if scope == defaults.get((entity, action), NONE):
            if row is not None:
                work.session.delete(row)
        elif row is None:
            work.session.add(Grant(role_id=role_id, entity=entity, action=action, scope=scope))
        else:
            row.scope = scope
    if changed:
        # The version of the role is what the next editor must have seen.
        role.version = role.version + 1
    work.session.flush()
    return len(changed)


def _scope_of(matrix: pd.DataFrame, cell: tuple[str, str]) -> str:
    entity, action = cell
    if entity not in matrix.index or action not in matrix.columns:
        raise Refused(_("There is no right to {action} on “{entity}”.").format(action=action, entity=entity))
    return str(matrix.at[entity, action])


def add_role(work: Work, *, name: str) -> int:
    """A new role without any right yet."""
    demand(work.session, UPDATE)
    clean = name.strip()
    taken = work.session.scalar(select(Role.id).where(func.lower(Role.name) == clean.lower()))
    if not clean or len(clean) > 80 or taken is not None:
        raise Refused(_("A role needs a name of its own, at most 80 characters."))
    # Never a key of Rapport's own roles: it would bring their default rights along.
    role = Role(key=f"own_{work.now:%Y%m%d%H%M%S%f}", name=clean)
    work.session.add(role)
    work.session.flush()
    return role.id


def remove_role(work: Work, *, role_id: int) -> None:
    """Remove a role of the firm's own that nobody has."""
    demand(work.session, UPDATE)
    role = _role(work.session, role_id)
    if role.built_in:
        raise Refused(_("The roles that come with Rapport stay."))
    if work.session.scalar(select(func.count(User.id)).where(User.role_id == role_id)):
        raise Refused(_("People still have this role. Give them another one first."))
    for grant in work.session.scalars(select(Grant).where(Grant.role_id == role_id)):
        work.session.delete(grant)
    work.session.flush()
    work.session.delete(role)
    work.session.flush()
