"""Who can see a record, and why."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from crm.access.actors import actor_of
from crm.i18n import _
from crm.records import registry
from crm.records.records import get_record
from crm.work import SYSTEM, Actor, reading
from db.models import User
from db.scope import ALL, READ, UPDATE


@dataclass(frozen=True, slots=True)
class Seer:
    """Somebody who sees a record; ``why`` in words."""

    name: str
    why: str
    may_change: bool


def who_sees(actor: Actor, entity: str, record_id: int) -> list[Seer]:
    """Everybody who sees a record that the actor sees, by name, as rights stand at this moment."""
    rights = registry.rights_name(entity)
    with reading(actor) as session:
        row = get_record(session, entity, record_id)
    place = {"owner_id": row.get("owner_id"), "team_id": row.get("team_id")}
    with reading(SYSTEM) as session:
        people = session.scalars(
            select(User.id).where(User.is_active, User.role_id.is_not(None)).order_by(User.name, User.id)
        ).all()
        found = [one for key in people if (one := actor_of(session, key)) is not None]
    return [
        Seer(one.name, _why(one, rights, **place), one.holds(rights, UPDATE, **place))
        for one in found
        if one.holds(rights, READ, **place)
    ]


def _why(actor: Actor, rights: str, *, owner_id: int | None, team_id: int | None) -> str:
    if owner_id is not None and owner_id == actor.user_id:
        return _("Owner")
    if actor.reach(rights, READ) == ALL:
        return _("Sees all of the firm")
    return _("Of the team") if team_id in actor.teams else _("Manager of the owner")
