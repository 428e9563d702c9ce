"""Grouped reads of deals for reports: closed deals, lines, durations, what is open, how far they came.

Each function is one or two statements within the actor's scope. Amounts come back converted, in minor units
of the book's currency, in columns named ``…_minor``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import and_, case, func, null, or_, select
from sqlalchemy.orm import aliased

from crm.pipeline.stages import reached_minutes
from crm.reporting.book import Book
from crm.reporting.grouped import converted, days_between, folded, grouped, minutes_between, month_of, year_of
from crm.reporting.measures import SOURCE, amounts, deal_conditions
from crm.reporting.report import SalesFilter
from db.models import Deal, Stage, StageChange
from db.scope import ScopedSession

CLOSED = ("won", "lost")
#: What closed deals can be grouped by; products come from what divides a deal's worth among them.
KEYS: dict[str, dict[str, Any]] = {
    "month": {"year": year_of(Deal.closed_on), "month": month_of(Deal.closed_on)},
    "status": {"status": Deal.status},
    "owner": {"owner_id": Deal.owner_id, "team_id": Deal.team_id},
    "source": {"source": SOURCE},
    "reason": {"loss_reason_id": Deal.loss_reason_id},
}


def closed_deals(
    session: ScopedSession,
    book: Book,
    chosen: SalesFilter,
    by: Sequence[str] = (),
    *,
    statuses: Sequence[str] = CLOSED,
    since: date | None = None,
) -> pd.DataFrame:
    """Closed deals of a period, grouped; with products chosen, the part of each that lies in them.

    Parameters
    ----------
    by : sequence of str
        Names in ``KEYS``, or ``product``: a deal then counts once under each of its products, with the part of its
        worth that is theirs.
    since : date, optional
        Adds the key ``inside``: whether deals were closed on or after this day.

    Returns
    -------
    DataFrame
        A column per key (``year, month, status, owner_id, team_id, product_id, source, loss_reason_id, inside``),
        then ``deals`` (count), ``value_minor``, ``valued`` (deals that are worth something known), ``priced`` (those of
        them that count in the value: the others' currency has no rate), ``days`` (sum of days from opening to closing)
        and ``timed`` (deals that have both dates).
    """
    where = [*deal_conditions(chosen), Deal.status.in_(statuses)]
    told = amounts(book, where, Deal.closed_on, products=chosen.products, by_product="product" in by)
    keys = {column: part for name in by for column, part in KEYS.get(name, {}).items()}
    keys |= {"product_id": told.product} if "product" in by else {}
    keys |= {"inside": case((Deal.closed_on >= since, 1), else_=0)} if since else {}
    days = days_between(Deal.opened_on, Deal.closed_on)
    sums = {
        "deals": told.once,
        "value_minor": told.minor,
        "valued": told.priced,
        "priced": told.priced,
        "days": days * told.once,
        "timed": case((days.is_not(None), told.once), else_=0),
    }
    frame = grouped(session, keys | told.keys, sums, joins=told.joins, where=where)
    return folded(converted(frame, book, ["value_minor"], counts=["priced"]), list(sums))


def cycle_days(session: ScopedSession, chosen: SalesFilter) -> pd.DataFrame:
    """How many won deals took how many days from opening to closing: ``days``, ``deals``."""
    days = days_between(Deal.opened_on, Deal.closed_on)
    where = [*deal_conditions(chosen), Deal.status == "won", days.is_not(None)]
    return grouped(session, {"days": days}, {"deals": None}, where=where).sort_values(
        "days", ignore_index=True
    )


def by_stage(
    session: ScopedSession, book: Book, chosen: SalesFilter, *, open_only: bool = False
) -> pd.DataFrame:
    """All deals as they stand now, by stage; the period does not limit them.

    Returns
    -------
    DataFrame
        ``stage_id``, ``deals``, ``entered`` (deals with an amount), ``entered_minor``, ``list_minor``: what they are
        worth, with those of no amount at list price.
    """
    where = deal_conditions(chosen, day=None)
    if open_only:
        where.append(Deal.status == "open")
    day = case((Deal.status == "open", null()), else_=Deal.closed_on)
    told = amounts(book, where, day, products=chosen.products)
    entered = Deal.amount_minor.is_not(None)
    sums = {
        "deals": told.once,
        "entered": case((entered, told.once), else_=0),
        "entered_minor": case((entered, told.minor)),
        "list_minor": told.minor,
    }
    keys = {"stage_id": Deal.stage_id} | told.keys
    frame = grouped(session, keys, sums, joins=told.joins, where=where)
    return folded(converted(frame, book, ["entered_minor", "list_minor"]), list(sums))


def stage_list(session: ScopedSession) -> pd.DataFrame:
    """All stages in order: ``id, pipeline_id, name, position, kind, probability``."""
    columns = ["id", "pipeline_id", "name", "position", "kind", "probability"]
    order = (Stage.pipeline_id, Stage.position, Stage.id)
    rows = session.execute(select(*(getattr(Stage, c) for c in columns)).order_by(*order)).all()
    return pd.DataFrame(rows, columns=columns)


def furthest(session: ScopedSession, chosen: SalesFilter) -> pd.DataFrame:
    """How far the deals opened in the period came.

    ``stage_id`` (now), ``reached`` (highest position of a stage in the history that counts as reached, NaN without
    any), ``deals``. A slip does not count: a stage was reached by who stands in it, stayed at least the minutes that the
    firm set, or was closed from there.
    """
    been, mine = aliased(Stage), deal_conditions(chosen, day=Deal.opened_on)
    way: dict[str, Any] = {"partition_by": StageChange.deal_id, "order_by": StageChange.id}
    steps = (
        select(
            StageChange.deal_id,
            been.pipeline_id,
            been.position,
            been.kind,
            func.lead(been.kind).over(**way).label("then"),
            minutes_between(StageChange.at, func.lead(StageChange.at).over(**way)).label("minutes"),
        )
        .join(been, been.id == StageChange.to_stage_id)
        # As a list, so that the database goes from the deals to their changes and not through all changes there are.
        .where(StageChange.deal_id.in_(select(Deal.id).where(*mine)))
        .subquery()
    )
    stayed = or_(
        steps.c.minutes.is_(None), steps.c.minutes >= reached_minutes(session), steps.c.then != "open"
    )
    counts = case((and_(steps.c.kind != "lost", stayed), steps.c.position))
    # The history of one deal may lie in several pipelines; only steps of its own count.
    came = (
        select(steps.c.deal_id, steps.c.pipeline_id, func.max(counts).label("reached"))
        .group_by(steps.c.deal_id, steps.c.pipeline_id)
        .subquery()
    )
    own = and_(came.c.deal_id == Deal.id, came.c.pipeline_id == Deal.pipeline_id)
    keys = (Deal.stage_id, came.c.reached)
    statement = select(*keys, func.count()).select_from(Deal).outerjoin(came, own).where(*mine)
    rows = session.execute(statement.group_by(*keys)).all()
    return pd.DataFrame(rows, columns=["stage_id", "reached", "deals"])


def open_on(session: ScopedSession, chosen: SalesFilter, days: Sequence[date]) -> list[int]:
    """How many chosen deals were open at the end of each day; of one closed on no day nobody knows until when."""
    held = [
        case(((Deal.opened_on <= day) & or_(Deal.status == "open", Deal.closed_on > day), 1)) for day in days
    ]
    still = or_(Deal.status == "open", and_(Deal.status.in_(CLOSED), Deal.closed_on > min(days)))
    statement = select(*map(func.count, held)).where(*deal_conditions(chosen, day=None), still)
    return list(session.execute(statement).one())


def last_closed(session: ScopedSession, chosen: SalesFilter, today: date) -> tuple[date | None, int]:
    """The last day by today on which a chosen deal was closed, and how many were won without a day; from the index of days."""
    where = deal_conditions(chosen, day=None)
    newest = [
        select(Deal.closed_on)
        .where(*where, Deal.status == status, Deal.closed_on <= today)
        .order_by(Deal.closed_on.desc())
        .limit(1)
        .scalar_subquery()
        for status in CLOSED
    ]
    undated = select(func.count()).where(*where, Deal.status == "won", Deal.closed_on.is_(None))
    *found, count = session.execute(select(*newest, undated.scalar_subquery())).one()
    return max((day for day in found if day is not None), default=None), count
