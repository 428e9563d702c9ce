"""What a contact, organisation or product is worth: deals by status and sales by year, in the firm's currency."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd
from sqlalchemy import bindparam, case, func, null, select

from crm.contacts.queries import POINTS
from crm.periods import USUAL, Calendar
from crm.reporting.book import Book
from crm.reporting.grouped import converted, folded, grouped
from crm.reporting.measures import amounts, deal_conditions
from crm.reporting.report import SalesFilter
from db.models import Deal, OrderLine
from db.scope import ScopedSession


@dataclass(frozen=True, slots=True)
class DealSums:
    """Deals of a record: how many and how much, amounts in minor units of ``currency``."""

    currency: str
    open_count: int
    open_minor: int
    won_count: int
    won_minor: int
    lost_count: int
    note: str = ""

    @property
    def count(self) -> int:
        """All of them."""
        return self.open_count + self.won_count + self.lost_count


def deal_sums(session: ScopedSession, entity: str, record_id: int, *, book: Book) -> DealSums:
    """Open, won and lost deals of a record, of a product the part of each that is its own. One statement.

    Won deals convert at the rate of the day they were won, open ones at today's.
    """
    of_product = (record_id,) if entity == "product" else ()
    where = [
        *deal_conditions(SalesFilter(products=of_product), day=None),
        *([] if of_product else [getattr(Deal, POINTS[entity]) == record_id]),
    ]
    day = case((Deal.status == "open", null()), else_=Deal.closed_on)
    told = amounts(book, where, day, products=of_product)
    keys, sums = {"status": Deal.status} | told.keys, {"deals": told.once, "minor": told.minor}
    frame = grouped(session, keys, sums, joins=told.joins, where=where)
    book = book.fresh().fitting(frame.loc[frame["minor"] != 0, "currency"])
    rows = folded(converted(frame, book, ["minor"]), list(sums)).set_index("status")
    found = {kind: (int(n), int(minor)) for kind, n, minor in rows.itertuples()}
    (opened, open_minor), (won, won_minor), (lost, _minor) = (
        found.get(kind, (0, 0)) for kind in ("open", "won", "lost")
    )
    return DealSums(book.currency, opened, open_minor, won, won_minor, lost, " ".join(book.notes))


@dataclass(frozen=True, slots=True)
class Sales:
    """Sales lines of a record by financial year: ``years`` has year, lines, amount_minor (of ``currency``), oldest first."""

    currency: str
    years: pd.DataFrame
    note: str = ""
    calendar: Calendar = USUAL

    @property
    def total_minor(self) -> int:
        """All years together."""
        return int(self.years["amount_minor"].sum()) if len(self.years) else 0


@cache
def _sales_of(entity: str) -> Any:
    # By day, although years are shown: the index of a product's lines then gives each sum without sorting.
    return (
        select(
            OrderLine.sold_on,
            OrderLine.currency,
            func.count(),
            func.sum(OrderLine.amount_minor),
        )
        .where(getattr(OrderLine, POINTS[entity]) == bindparam("record"), OrderLine.archived_at.is_(None))
        .group_by(OrderLine.sold_on, OrderLine.currency)
    )


def sales_by_year(session: ScopedSession, entity: str, record_id: int, *, book: Book) -> Sales:
    """What was bought (or, of a product, sold), year by year, at the rates of the day of each sale. One statement."""
    rows = session.execute(_sales_of(entity), {"record": record_id}).all()
    book = book.fresh().fitting(row.currency for row in rows)
    lines: Counter[int] = Counter()
    money: Counter[int] = Counter()
    for day, currency, count, minor in rows:
        # PostgreSQL adds up big integers as decimals; minor units are whole either way.
        value = book.worth(int(minor), currency, day)
        if book.knows(currency):
            lines[book.calendar.year_of(day)] += count
            money[book.calendar.year_of(day)] += value
    years = sorted(lines)
    frame = pd.DataFrame(
        {"year": years, "lines": [lines[y] for y in years], "amount_minor": [money[y] for y in years]},
        dtype="int64",
    )
    return Sales(book.currency, frame, " ".join(book.notes), book.calendar)
