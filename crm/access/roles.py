"""The four roles that come with Rapport and how far each reaches; what no line grants is refused.

A stored grant of the same role, entity and action takes the place of the default one, so that rights of areas that are
added later arrive without a migration.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from crm.i18n import N_, _
from crm.records import registry
from db.models import Base
from db.scope import ACTIONS, ALL, CREATE, DELETE, EXPORT, IMPORT, NONE, OWN, READ, SCOPES, TEAM, UPDATE

ADMINISTRATOR, MANAGER, STAFF, VIEWER = "administrator", "manager", "staff", "viewer"

#: What administrators keep.
KEPT = ("user", "team", "setting")
#: What rights are called that no card, or more than one, stands for; others are called like their records.
_LABELS = {
    "work_order": N_("Visits and maintenance"), "social": N_("Social posts"), "message": N_("Inbox"),
    "interaction": N_("Talks and notes"), "target": N_("Targets"), "user": N_("Users"), "setting": N_("Settings"),
}  # fmt: skip
ACTION_LABELS = {
    READ: N_("See"), CREATE: N_("Create"), UPDATE: N_("Change"),
    DELETE: N_("Archive"), EXPORT: N_("Export"), IMPORT: N_("Import"),
}  # fmt: skip
SCOPE_LABELS = {NONE: N_("None"), OWN: N_("Own"), TEAM: N_("Team"), ALL: N_("All")}


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """A role that exists in every installation."""

    key: str
    name: str
    meaning: str


BUILT_IN = (
    BuiltIn(ADMINISTRATOR, N_("Administrator"), N_("Everything, also users, rights and settings.")),
    BuiltIn(MANAGER, N_("Manager"), N_("All business records of the firm; sees users and settings.")),
    BuiltIn(STAFF, N_("Staff"), N_("Works on the team's records; archives only their own.")),
    BuiltIn(VIEWER, N_("Viewer"), N_("Sees the team's records and changes nothing.")),
)


def label(entity: str) -> str:
    """What the right to a kind of record is called."""
    known = {card.name: str(card.model.__about__["plural"]) for card in registry.cards()}
    return _(_LABELS.get(entity) or known.get(entity, entity))


@cache
def entities() -> tuple[str, ...]:
    """Every name under which rights can be granted, in the order of cards; what administrators keep comes last."""
    found = {mapper.class_.__entity__ for mapper in Base.registry.mappers} - {""}
    names = dict.fromkeys([*(card.rights for card in registry.cards()), *sorted(found)])
    return tuple(sorted(names, key=KEPT.__contains__))


@cache
def _owned() -> frozenset[str]:
    """The names under which rows with owner and team stand: those of daily work."""
    return frozenset(m.class_.__entity__ for m in Base.registry.mappers if m.class_.__guard__ == "self")


def _has_card(entity: str) -> bool:
    return any(card.rights == entity for card in registry.cards())


def _is_archived(entity: str) -> bool:
    classes = (m.class_ for m in Base.registry.mappers)
    return any(
        c.__entity__ == entity and c.__guard__ == "self" and hasattr(c, "archived_at") for c in classes
    )


def reaches(entity: str, action: str) -> tuple[str, ...]:
    """How far a right can reach, from nothing to everything: only what a rule holds is offered and believed.

    Rows without owner are nobody's own and no team's. What has no card has no list, no page and no file: everybody with
    any right sees it. One reach alone is no choice.
    """
    if entity in _owned():
        # What has no card is in no file, and where no class of it is ever put away, nobody archives.
        is_never = (action in (EXPORT, IMPORT) and not _has_card(entity)) or (
            action == DELETE and not _is_archived(entity)
        )
        return (NONE,) if is_never else SCOPES
    if entity not in entities() or action not in ACTIONS:
        return (NONE,)
    if _has_card(entity) or action not in (READ, EXPORT, IMPORT):
        return (NONE, ALL)
    return (ALL,) if action == READ else (NONE,)


def _lines(role: str) -> Iterable[tuple[Iterable[str], tuple[str, ...], str]]:
    """What a role may do. What has an owner is daily work; the whole firm shares the rest but for what is kept."""
    business = [name for name in entities() if name not in KEPT]
    owned, others = _owned(), [name for name in entities() if name not in _owned()]
    if role == ADMINISTRATOR:
        yield entities(), ACTIONS, ALL
    elif role == MANAGER:
        yield business, ACTIONS, ALL
        yield KEPT, (READ,), ALL
    elif role == STAFF:
        yield owned, (READ, CREATE, UPDATE), TEAM
        yield owned, (DELETE,), OWN
        yield others, (READ,), ALL
    elif role == VIEWER:
        yield owned, (READ,), TEAM
        yield others, (READ,), ALL


def default_grants(role: str) -> dict[tuple[str, str], str]:
    """Scope by (entity, action) of a built-in role; nothing for a role of any other name."""
    return {
        (entity, action): scope
        for names, actions, scope in _lines(role)
        for entity in names
        for action in actions
        if scope in reaches(entity, action)
    }


def effective_grants(role: str, stored: Iterable[tuple[str, str, str]]) -> frozenset[tuple[str, str, str]]:
    """What a role may do: its defaults, each replaced by the stored grant of the same entity and action.

    An administrator's rights on users stay whole whatever is stored, so that nobody can lock everybody out. A stored reach
    that no rule holds gives nothing; whoever has any right sees what everybody sees.
    """
    return _effective(role, tuple((entity, action, scope) for entity, action, scope in stored))


@lru_cache(256)
def _effective(role: str, stored: tuple[tuple[str, str, str], ...]) -> frozenset[tuple[str, str, str]]:
    # Asked for at each click of everybody, and always the same for the same rows.
    grants = default_grants(role)
    for entity, action, scope in stored:
        if scope in SCOPES and action in ACTIONS and not (role == ADMINISTRATOR and entity in KEPT):
            grants[entity, action] = scope if scope in reaches(entity, action) else NONE
    if any(scope != NONE for scope in grants.values()):
        grants |= {(name, READ): ALL for name in entities() if reaches(name, READ) == (ALL,)}
    return frozenset((entity, action, scope) for (entity, action), scope in grants.items() if scope != NONE)
