"""Whose something is that one person, a team or everybody may use: its row names its owner, a team, or neither."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from db.actor import UPDATE, Actor

OWN, TEAM, ALL = "own", "team", "all"


def within(cls: Any, actor: Actor) -> ColumnElement[bool]:
    """The condition that a row is the actor's, their team's, or everybody's."""
    return or_(
        cls.owner_id == actor.user_id,
        cls.team_id.in_(actor.teams),
        and_(cls.owner_id.is_(None), cls.team_id.is_(None)),
    )


def reach_of(row: Any) -> str:
    """How far a row reaches."""
    return OWN if row.owner_id is not None else TEAM if row.team_id is not None else ALL


def shared_by(actor: Actor, entity: str) -> list[str]:
    """For whom, beside themselves, the actor may make something about records under these rights.

    Whoever changes such records speaks for the team, and whoever changes settings for everybody.
    """
    team = [TEAM] if actor.teams and actor.may(entity, UPDATE) else []
    return [*team, *([ALL] if actor.may("setting", UPDATE) else [])]


def placed(actor: Actor, reach: str, team_id: int | None) -> dict[str, int | None]:
    """The columns that say so."""
    return {
        "owner_id": actor.user_id if reach == OWN else None,
        "team_id": team_id if reach == TEAM else None,
    }
