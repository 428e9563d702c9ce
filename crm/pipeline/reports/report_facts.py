"""Grouped reads of deals for reports: closed deals, lines, durations, what is open, how far they came.

Each function is one or two statements within the actor's scope. Amounts come back converted, in minor units
of the book's currency, in columns named ``…_minor``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import Date, and_, case, extract, func, literal, null, select
from sqlalchemy.orm import aliased

from crm.reporting.book import Book
from crm.reporting.grouped import converted, days_between, grouped, rate_day
from crm.reporting.measures import deal_conditions
from crm.reporting.report import SalesFilter
from db.models import Deal, DealLine, Product, Stage, StageChange
from db.scope import ScopedSession

#: What closed deals can be grouped by.
KEYS: dict[str, dict[str, Any]] = {
    "month": {"year": extract("year", Deal.closed_on), "month": extract("month", Deal.closed_on)},
    "status": {"status": Deal.status},
    "owner": {"owner_id": Deal.owner_id, "team_id": Deal.team_id},
    "product": {"product_id": Deal.product_id},
    "source": {"source": Deal.source},
    "reason": {"loss_reason_id": Deal.loss_reason_id},
}


def closed_deals(
    session: ScopedSession,
    book: Book,
    chosen: SalesFilter,
    by: Sequence[str],
    *,
    statuses: Sequence[str] = ("won", "lost"),
    itemised: bool | None = None,
) -> pd.DataFrame:
    """Closed deals of a period, grouped.

    Parameters
    ----------
    by : sequence of str
        Names in ``KEYS``.
    itemised : bool, optional
        Only deals with priced lines, or only those without; both by default.

    Returns
    -------
    DataFrame
        A column per key (``year, month, status, owner_id, team_id, product_id, source, loss_reason_id``),
        then ``deals`` (count), ``value_minor``, ``priced`` (deals with an amount), ``days`` (sum of days from
        opening to closing) and ``timed`` (deals that have both dates).
    """
    keys = {column: part for name in by for column, part in KEYS[name].items()}
    keys |= {"currency": Deal.currency, "rate_day": rate_day(Deal.currency, Deal.closed_on, book)}
    where = [*deal_conditions(chosen), Deal.status.in_(statuses)]
    if itemised is not None:
        lines = select(DealLine.deal_id).where(
            DealLine.amount_minor.is_not(None), DealLine.archived_at.is_(None)
        )
        where.append(Deal.id.in_(lines) if itemised else Deal.id.not_in(lines))
    days = days_between(Deal.opened_on, Deal.closed_on)
    timed = case((days.is_not(None), 1), else_=0)
    priced = case((Deal.amount_minor.is_not(None), 1), else_=0)
    sums = {"deals": None, "value_minor": Deal.amount_minor, "priced": priced, "days": days, "timed": timed}
    frame = grouped(session, keys, sums, where=where)
    return _folded(converted(frame, book, ["value_minor"]), list(sums))


def _folded(frame: pd.DataFrame, sums: Sequence[str]) -> pd.DataFrame:
    """Add up the groups that differed only in currency and day."""
    keys = [c for c in frame.columns if c not in sums]
    if not keys:
        return frame[list(sums)].sum().to_frame().T
    return frame.groupby(keys, dropna=False, as_index=False, sort=False)[list(sums)].sum()


def won_lines(session: ScopedSession, book: Book, chosen: SalesFilter) -> pd.DataFrame:
    """Priced lines of won deals: ``product_id``, ``deals`` (different ones), ``value_minor``."""
    counted = select(
        DealLine.deal_id.label("deal_id"),
        DealLine.product_id.label("product_id"),
        DealLine.currency.label("currency"),
        rate_day(DealLine.currency, Deal.closed_on, book).label("rate_day"),
        DealLine.amount_minor.label("value_minor"),
    )
    where = [*deal_conditions(chosen), Deal.status == "won", DealLine.amount_minor.is_not(None)]
    if chosen.products:
        where.append(DealLine.product_id.in_(chosen.products))
    rows = (
        counted.join(Deal, Deal.id == DealLine.deal_id)
        .where(*where, DealLine.archived_at.is_(None))
        .subquery()
    )
    keys = [rows.c.product_id, rows.c.currency, rows.c.rate_day]
    statement = select(*keys, func.count(rows.c.deal_id.distinct()), func.sum(rows.c.value_minor)).group_by(
        *keys
    )
    columns = ["product_id", "currency", "rate_day", "deals", "value_minor"]
    frame = pd.DataFrame(session.execute(statement).all(), columns=columns)
    for name in ("deals", "value_minor"):
        frame[name] = frame[name].map(int).astype("int64")
    return _folded(converted(frame, book, ["value_minor"]), ["deals", "value_minor"])


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
        ``stage_id``, ``deals``, ``entered`` (deals with an amount), ``entered_minor``, ``unpriced_minor``: what
        open deals without an amount are worth at list price, quantity times price over their lines, else
        one main product.
    """
    line_price = aliased(Product)
    lines = (
        select(
            DealLine.deal_id.label("deal_id"),
            line_price.currency.label("currency"),
            func.sum(DealLine.quantity * line_price.list_price_minor).label("minor"),
        )
        .join(line_price, line_price.id == DealLine.product_id)
        .where(DealLine.archived_at.is_(None))
        .group_by(DealLine.deal_id, line_price.currency)
        .subquery()
    )
    where = deal_conditions(chosen, day=None)
    if open_only:
        where.append(Deal.status == "open")
    entered = case((Deal.amount_minor.is_not(None), 1), else_=0)
    day = case((Deal.status == "open", null()), else_=Deal.closed_on)
    keys = {
        "stage_id": Deal.stage_id,
        "currency": Deal.currency,
        "rate_day": rate_day(Deal.currency, day, book),
    }
    sums = {"deals": None, "entered": entered, "entered_minor": Deal.amount_minor}
    stands = _folded(
        converted(grouped(session, keys, sums, where=where), book, ["entered_minor"]), list(sums)
    )
    open_without = [*where, Deal.amount_minor.is_(None), Deal.status == "open"]
    listed = case((lines.c.deal_id.is_not(None), lines.c.minor), else_=Product.list_price_minor)
    price_currency = case((lines.c.deal_id.is_not(None), lines.c.currency), else_=Product.currency)
    keys = {
        "stage_id": Deal.stage_id,
        "currency": func.coalesce(price_currency, Deal.currency),
        "rate_day": literal(None, Date()),
    }
    joins = [(lines, lines.c.deal_id == Deal.id, True), (Product, Product.id == Deal.product_id, True)]
    listing = grouped(session, keys, {"unpriced_minor": listed}, joins=joins, where=open_without)
    listing = _folded(converted(listing, book, ["unpriced_minor"]), ["unpriced_minor"])
    merged = stands.merge(listing, on="stage_id", how="left").fillna({"unpriced_minor": 0})
    return merged.astype({"unpriced_minor": "int64"})


def stage_list(session: ScopedSession) -> pd.DataFrame:
    """All stages in order: ``id, pipeline_id, name, position, kind, probability``."""
    columns = ["id", "pipeline_id", "name", "position", "kind", "probability"]
    order = (Stage.pipeline_id, Stage.position, Stage.id)
    rows = session.execute(select(*(getattr(Stage, c) for c in columns)).order_by(*order)).all()
    return pd.DataFrame(rows, columns=columns)


def furthest(session: ScopedSession, chosen: SalesFilter) -> pd.DataFrame:
    """How far the deals opened in the period came.

    ``stage_id`` (now), ``reached`` (highest position of an open or won stage in the history, NaN without
    any), ``deals``.
    """
    been = aliased(Stage)
    counts = case((and_(been.kind != "lost", been.pipeline_id == Deal.pipeline_id), been.position))
    each = (
        select(Deal.stage_id, func.max(counts).label("reached"))
        .outerjoin(StageChange, StageChange.deal_id == Deal.id)
        .outerjoin(been, been.id == StageChange.to_stage_id)
        .where(*deal_conditions(chosen, day=Deal.opened_on))
        .group_by(Deal.id, Deal.stage_id)
        .subquery()
    )
    keys = (each.c.stage_id, each.c.reached)
    rows = session.execute(select(*keys, func.count()).group_by(*keys)).all()
    return pd.DataFrame(rows, columns=["stage_id", "reached", "deals"])


def closed_span(session: ScopedSession, chosen: SalesFilter) -> tuple[Any, Any]:
    """First and last day on which a chosen deal was closed, whatever the period; None without any."""
    free = SalesFilter(
        teams=chosen.teams,
        owners=chosen.owners,
        products=chosen.products,
        pipelines=chosen.pipelines,
        sources=chosen.sources,
        campaigns=chosen.campaigns,
    )
    statement = select(func.min(Deal.closed_on), func.max(Deal.closed_on))
    where = [*deal_conditions(free), Deal.status.in_(("won", "lost"))]
    first, last = session.execute(statement.where(*where)).one()
    return first, last
