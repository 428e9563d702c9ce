"""Who acts and how far: actions, scopes, and the actor whose grants every statement is measured against."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

READ, CREATE, UPDATE, DELETE = "read", "create", "update", "delete"
EXPORT, IMPORT = "export", "import"
ACTIONS = (READ, CREATE, UPDATE, DELETE, EXPORT, IMPORT)
NONE, OWN, TEAM, ALL = "none", "own", "team", "all"
SCOPES = (NONE, OWN, TEAM, ALL)


class OutOfScope(Exception):
    """The actor may not do this, or the statement tries a road that scope cannot follow."""

    def __init__(self, message: str, *, entity: str = "", action: str = "") -> None:
        super().__init__(message)
        self.entity, self.action = entity, action


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the user, their teams, and how far each action on each entity reaches.

    ``people`` are those below them in the firm where managers share what their people have: as if all were of one team.
    """

    user_id: int | None
    name: str
    role: str = ""
    teams: tuple[int, ...] = ()
    grants: frozenset[tuple[str, str, str]] = frozenset()
    language: str = "en"
    formats: str = ""
    is_system: bool = False
    people: tuple[int, ...] = ()
    _reach: dict[tuple[str, str], str] = field(default_factory=dict, compare=False, repr=False, hash=False)

    def __post_init__(self) -> None:
        self._reach.update({(entity, action): scope for entity, action, scope in self.grants})

    def reach(self, entity: str, action: str) -> str:
        """``none``, ``own``, ``team`` or ``all``; what no grant names is ``none``."""
        return ALL if self.is_system else self._reach.get((entity, action), NONE)

    def may(self, entity: str, action: str) -> bool:
        """True when the action is possible on at least some rows."""
        return self.reach(entity, action) != NONE

    def holds(self, entity: str, action: str, *, owner_id: int | None, team_id: int | None) -> bool:
        """True when a row with this owner and team lies within reach."""
        scope = self.reach(entity, action)
        if scope == ALL:
            return True
        mine = owner_id is not None and owner_id == self.user_id
        return (
            mine
            if scope == OWN
            else scope == TEAM
            and (mine or (team_id is not None and team_id in self.teams) or owner_id in self.people)
        )

    def scope_key(self) -> str:
        """A text equal for two actors exactly when they see the same rows; part of every cache key."""
        reads = sorted((entity, scope) for (entity, action), scope in self._reach.items() if action == READ)
        # Rights are part of it: an administrator may narrow a role while frames of it are still in a cache.
        rights = sha256(repr(reads).encode()).hexdigest()[:10]
        if self.is_system or all(scope == ALL for _entity, scope in reads):
            return f"all:{'system' if self.is_system else rights}"
        below = f":{','.join(map(str, self.people))}" if self.people else ""
        return f"{rights}:{self.user_id}:{','.join(map(str, sorted(self.teams)))}{below}"


SYSTEM = Actor(user_id=None, name="Rapport", role="system", is_system=True)
