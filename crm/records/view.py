"""One record as its page needs it: values, the titles of what it links to, and what the actor may do with it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select

from crm.firm.firm import firm
from crm.records import records, registry
from crm.records.fields import Kind
from db.scope import DELETE, UPDATE, ScopedSession


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record as its page needs it: its values, the titles of what it links to, and what the actor may do with it."""

    entity: str
    id: int
    values: dict[str, Any]
    titles: dict[str, str]
    may_change: bool
    may_archive: bool
    currency: str  # of its amounts: its own, else the firm's; blank where it has no amounts

    @property
    def title(self) -> str:
        """What names the record to people."""
        return str(self.values[registry.entity(self.entity).title_field])

    @property
    def archived(self) -> bool:
        """True when it was put away."""
        return self.values.get("archived_at") is not None


def record_view(session: ScopedSession, entity: str, record_id: int) -> RecordView:
    """The record with the titles of its links, which stay empty outside the actor's scope. Two statements.

    Raises
    ------
    NotFound
        No such record within the actor's scope.
    """
    # Held on purpose: what is read next asks for the same row, and a session forgets rows that nobody holds.
    session.info["shown"] = session.get(registry.model(entity), record_id)
    values = records.get_record(session, entity, record_id)
    rights = registry.rights_name(entity)
    owner = {"owner_id": values.get("owner_id"), "team_id": values.get("team_id")}
    return RecordView(
        entity,
        record_id,
        values,
        _titles(session, entity, values),
        session.actor.holds(rights, UPDATE, **owner),
        session.actor.holds(rights, DELETE, **owner),
        _currency(session, entity, values),
    )


def _currency(session: ScopedSession, entity: str, values: dict[str, Any]) -> str:
    if own := values.get("currency"):
        return str(own)
    has_amounts = any(f.kind is Kind.MONEY for f in registry.entity(entity).fields)
    return firm(session).currency if has_amounts else ""


def _titles(session: ScopedSession, entity: str, values: dict[str, Any]) -> dict[str, str]:
    links = [f.name for f in registry.entity(entity).fields if f.kind is Kind.LINK]
    wanted = tuple(name for name in links if values.get(name) is not None)
    if not wanted:
        return {}
    row = session.execute(_titles_of(entity, wanted), {name: values[name] for name in wanted}).one()
    return {name: str(title) for name, title in zip(wanted, row, strict=True) if title is not None}


@cache
def _titles_of(entity: str, wanted: tuple[str, ...]) -> Select[Any]:
    about = registry.entity(entity)
    parts = []
    for name in wanted:
        target = registry.alias(about[name].link, name)
        title = getattr(target, registry.title_field(about[name].link))
        parts.append(select(title).where(target.id == bindparam(name)).scalar_subquery())
    return select(*parts)
