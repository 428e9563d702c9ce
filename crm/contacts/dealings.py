"""What went on with a contact, organisation or product: deals, and the last talk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cache, lru_cache
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select

from crm.clock import zone
from crm.contacts.queries import MOST, POINTS
from crm.interactions.touch import is_talk
from crm.records import registry
from crm.reporting.book import Book
from crm.reporting.measures import Worth, of_products, worth
from db.models import Deal, Interaction, Stage
from db.scope import ScopedSession


def deals_of(session: ScopedSession, entity: str, record_id: int, *, book: Book) -> pd.DataFrame:
    """Deals of a record, open ones first, then the last closed. One statement.

    Returns
    -------
    DataFrame
        id, title, stage, status, value_minor, currency, expected_close_on, closed_on, owner.
    """
    statement = _deals_of(entity, worth(book)).limit(MOST)
    names = list(statement.selected_columns.keys())
    return pd.DataFrame(session.execute(statement, {"record": record_id}).all(), columns=names, dtype=object)


@lru_cache(64)
def _deals_of(entity: str, own: Worth) -> Select[Any]:
    owner = registry.alias("user", "owner_id")
    record: Any = bindparam("record")
    about = of_products([record]) if entity == "product" else getattr(Deal, POINTS[entity]) == record
    return (
        select(
            Deal.id,
            Deal.title,
            Stage.name.label("stage"),
            Deal.status,
            func.coalesce(own.minor, 0).label("value_minor"),
            own.currency.label("currency"),
            own.missing.label("missing"),
            Deal.expected_close_on,
            Deal.closed_on,
            owner.name.label("owner"),
        )
        .join(Stage, Stage.id == Deal.stage_id)
        .outerjoin(owner, owner.id == Deal.owner_id)
        .where(about, Deal.archived_at.is_(None))
        .order_by(Deal.status != "open", Deal.closed_on.desc(), Deal.expected_close_on, Deal.id.desc())
    )


@dataclass(frozen=True, slots=True)
class LastTalk:
    """The newest talk with somebody, and how many there were since a day."""

    at: datetime | None
    recent: int


def last_talk(session: ScopedSession, entity: str, record_id: int, *, since: date) -> LastTalk:
    """When somebody last talked with them; notes are not talks. One statement."""
    begin = datetime.combine(since, time(), zone())
    row = session.execute(_last_talk_of(entity), {"record": record_id, "begin": begin}).first()
    return LastTalk(*row) if row else LastTalk(None, 0)


@cache
def _last_talk_of(entity: str) -> Select[Any]:
    def talks(cls: Any) -> ColumnElement[bool]:
        mine = getattr(cls, POINTS[entity]) == bindparam("record")
        return and_(mine, is_talk(cls))

    recent = registry.alias("interaction", "recent")
    count = (
        select(func.count())
        .select_from(recent)
        .where(talks(recent), recent.happened_at >= bindparam("begin"))
    )
    return (
        select(Interaction.happened_at, count.scalar_subquery())
        .where(talks(Interaction))
        .order_by(Interaction.happened_at.desc(), Interaction.id.desc())
        .limit(1)
    )
