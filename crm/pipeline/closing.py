"""The calendar of a pipeline: open deals by the day they are expected to close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from crm.pipeline.board import Book, PipelineFilters, deal_conditions, deal_value, stages_of
from db.models import Deal, Organisation, Product, Stage
from db.scope import ScopedSession

#: A calendar month of more deals than this is cut; the table has them all.
MOST_IN_MONTH = 1000


@dataclass(frozen=True, slots=True)
class Closing:
    """An open deal on the day it should close; ``own_minor`` is its value in the firm's currency."""

    id: int
    title: str
    organisation: str
    value_minor: int
    currency: str
    own_minor: int
    day: date
    stage: str
    probability: float


def closing_calendar(
    session: ScopedSession, filters: PipelineFilters, *, first: date, last: date, now: datetime
) -> list[Closing]:
    """Open deals by the day they are expected to close, the first thousand of the stretch."""
    book = Book(session, filters.today)
    statement = (
        select(
            Deal.id,
            Deal.title,
            Organisation.name,
            deal_value(),
            Deal.currency,
            Deal.expected_close_on,
            Stage.name,
            Stage.probability,
        )
        .join(Stage, Stage.id == Deal.stage_id)
        .outerjoin(Product, Product.id == Deal.product_id)
        .outerjoin(Organisation, Organisation.id == Deal.organisation_id)
        .where(*deal_conditions(session, filters, stages_of(session, filters.pipeline_id), now))
        .where(Deal.pipeline_id == filters.pipeline_id, Deal.archived_at.is_(None), Deal.status == "open")
        .where(Deal.expected_close_on.between(first, last))
        .order_by(Deal.expected_close_on, Deal.id)
        .limit(MOST_IN_MONTH)
    )
    return [
        Closing(
            deal_id,
            title,
            organisation or "",
            int(value),
            currency,
            book.converted(int(value), currency),
            day,
            stage,
            chance,
        )
        for deal_id, title, organisation, value, currency, day, stage, chance in session.execute(statement)
    ]
