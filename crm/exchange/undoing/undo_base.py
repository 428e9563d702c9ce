"""What both halves of an undo share: the report, the log, what stays and why."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select

from crm.i18n import _
from crm.records import registry
from crm.records.settling import road_of
from crm.records.writing.writer import Writer
from crm.work import Work
from db.audit import open_batch
from db.models import ChangeBatch, Channel

_MOST_NAMED = 100
#: The tables whose rows have addresses of their own.
HOLDERS = {"contacts": Channel.contact_id, "organisations": Channel.organisation_id}


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that the undo left as it is, and why."""

    entity: str
    id: int
    name: str
    reason: str


@dataclass
class UndoReport:
    """What an undo did, by entity."""

    id: int
    removed: dict[str, int] = field(default_factory=dict)
    restored: dict[str, int] = field(default_factory=dict)
    kept: list[Kept] = field(default_factory=list)
    kept_count: int = 0

    def as_json(self) -> dict[str, Any]:
        """Plain data for the command line and the API."""
        return asdict(self)


class Undo:
    """One undo in one transaction."""

    def __init__(self, work: Work, import_id: int, report: UndoReport) -> None:
        self.work, self.import_id, self.report = work, import_id, report
        self.writer = Writer(road_of(work))
        self.batches = select(ChangeBatch.id).where(ChangeBatch.import_id == import_id)
        self.batch = open_batch(work.session)
        self.classes = {card.model.__tablename__: card.model for card in registry.cards()}
        self.entities = {card.model.__tablename__: card.name for card in registry.cards()}

    def send(self, statement: Any, rows: Any = None) -> Any:
        """A statement of the program's own: the right to it was demanded at the beginning."""
        return self.writer.send(statement, rows)

    def may(self, cls: type[Any], action: str, row: Any) -> bool:
        return self.work.actor.holds(
            cls.__entity__, action, owner_id=row.get("owner_id"), team_id=row.get("team_id")
        )

    def keep(self, cls: type[Any], record: int, reason: str) -> None:
        self.report.kept_count += 1
        if len(self.report.kept) < _MOST_NAMED:
            title = cls.__table__.c[cls.__about__["title"]]
            name = self.send(select(title).where(cls.__table__.c.id == record)).scalar_one_or_none()
            self.report.kept.append(Kept(self.entities[cls.__tablename__], record, str(name or ""), reason))

    def label(self, cls: type[Any], name: str) -> str:
        about = registry.entity(self.entities[cls.__tablename__])
        return _(about[name].label) if name in about.by_name else name
