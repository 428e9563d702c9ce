"""The calendar of a pipeline: open deals by the day they are expected to close."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from crm.pipeline.board import PipelineFilters, board_conditions, stages_of
from crm.reporting.book import open_book
from crm.reporting.measures import beside, worth
from db.models import Deal, Organisation, Stage
from db.scope import ScopedSession

#: A calendar month of more deals than this is cut; the table has them all.
MOST_IN_MONTH = 1000


@dataclass(frozen=True, slots=True)
class Closing:
    """An open deal on the day it should close; ``own_minor`` is its value in the currency of the reports.

    ``beside`` are currencies without a rate in which more of it is worth something, ``missing`` all that sums leave out.
    """

    id: int
    title: str
    organisation: str
    value_minor: int
    currency: str
    own_minor: int
    day: date
    stage: str
    probability: float
    beside: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Closings:
    """Deals by the day they should close, the currency they add up in, and what to know of the rates used."""

    deals: list[Closing]
    currency: str
    notes: tuple[str, ...]


def closing_calendar(
    session: ScopedSession, filters: PipelineFilters, *, first: date, last: date, now: datetime
) -> Closings:
    """Open deals by the day they are expected to close, the first thousand of the stretch."""
    own = worth(book := open_book(session))
    statement = (
        select(
            Deal.id,
            Deal.title,
            Organisation.name,
            func.coalesce(own.minor, 0),
            own.currency,
            Deal.expected_close_on,
            Stage.name,
            Stage.probability,
            own.missing,
        )
        .join(Stage, Stage.id == Deal.stage_id)
        .outerjoin(Organisation, Organisation.id == Deal.organisation_id)
        .where(*board_conditions(session, filters, stages_of(session, filters.pipeline_id), now))
        .where(Deal.pipeline_id == filters.pipeline_id, Deal.archived_at.is_(None), Deal.status == "open")
        .where(Deal.expected_close_on.between(first, last))
        .order_by(Deal.expected_close_on, Deal.id)
        .limit(MOST_IN_MONTH)
    )
    found = [
        Closing(
            deal_id,
            title,
            organisation or "",
            int(value),
            currency,
            book.worth(int(value), currency, filters.today),
            day,
            stage,
            chance,
            others := beside(codes, currency),
            (*(() if book.knows(currency) or not value else (currency,)), *others),
        )
        for deal_id, title, organisation, value, currency, day, stage, chance, codes in session.execute(
            statement
        )
    ]
    return Closings(found, book.currency, book.rate_notes)
