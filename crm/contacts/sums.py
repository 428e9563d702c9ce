"""What a contact, organisation or product is worth: deals by status and sales by year, in the firm's currency."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pandas as pd
from sqlalchemy import Select, bindparam, func, select

from crm.contacts.queries import POINTS
from crm.firm.firm import firm, rates
from crm.i18n import _
from crm.pipeline.board import deal_value
from crm.reporting.book import Book
from db.models import Deal, OrderLine, Product
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


def money_book(session: ScopedSession) -> Book:
    """The firm's currency and its rates, read once for a page. Two statements."""
    return Book(firm(session).currency, rates(session), datetime.now(UTC))


def book_for(book: Book, used: Iterable[str]) -> tuple[Book, str]:
    """The book in which some amounts can be added up, and what is left out of it, in words.

    Where all share one currency without a rate, that currency; otherwise the firm's.
    """
    found = set(used)
    foreign = found - {book.currency, *book.rates}
    if not foreign:
        return book, ""
    if found == foreign and len(found) == 1:
        return replace(book, currency=found.pop()), ""
    note = _("Amounts in {currencies} are left out, because no rate is stored.")
    return book, note.format(currencies=", ".join(sorted(foreign)))


def _in(book: Book, rows: Iterable[Sequence[Any]]) -> tuple[Book, str, list[tuple[Any, int, int]]]:
    """Rows of key, currency, day, count and sum: the book they are added up in, what is left out, and what can be
    converted as key, count and amount in the book's currency."""
    found = list(rows)
    book, note = book_for(book, (row[1] for row in found))
    known = {book.currency, *book.rates}
    # PostgreSQL adds up big integers as decimals; minor units are whole either way.
    kept = [
        (key, int(count), book.worth(int(minor), currency, day or book.today))
        for key, currency, day, count, minor in found
        if currency in known
    ]
    return book, note, kept


@cache
def _deals_of(entity: str) -> Select[Any]:
    return (
        select(Deal.status, Deal.currency, Deal.closed_on, func.count(), func.sum(deal_value()))
        .outerjoin(Product, Product.id == Deal.product_id)
        .where(getattr(Deal, POINTS[entity]) == bindparam("record"), Deal.archived_at.is_(None))
        .group_by(Deal.status, Deal.currency, Deal.closed_on)
    )


def deal_sums(session: ScopedSession, entity: str, record_id: int, *, book: Book) -> DealSums:
    """Open, won and lost deals of a record. One statement.

    Won deals convert at the rate of the day they were won, open ones at today's. A deal without an amount counts with the
    list price of its main product, as on the board.
    """
    rows = session.execute(_deals_of(entity), {"record": record_id}).all()
    book, note, kept = _in(book, rows)
    counts: Counter[str] = Counter()
    sums: Counter[str] = Counter()
    for status, _currency, _day, count, _minor in rows:
        counts[status] += count
    for status, _count, minor in kept:
        sums[status] += minor
    return DealSums(
        book.currency, counts["open"], sums["open"], counts["won"], sums["won"], counts["lost"], note
    )


@dataclass(frozen=True, slots=True)
class Sales:
    """Sales lines of a record by year: ``years`` has year, lines, amount_minor (of ``currency``), oldest first."""

    currency: str
    years: pd.DataFrame
    note: str = ""

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
            OrderLine.sold_on.label("day"),
            func.count(),
            func.sum(OrderLine.amount_minor),
        )
        .where(getattr(OrderLine, POINTS[entity]) == bindparam("record"), OrderLine.archived_at.is_(None))
        .group_by(OrderLine.sold_on, OrderLine.currency)
    )


def sales_by_year(session: ScopedSession, entity: str, record_id: int, *, book: Book) -> Sales:
    """What was bought (or, of a product, sold), year by year, at the rates of the day of each sale. One statement."""
    book, note, kept = _in(book, session.execute(_sales_of(entity), {"record": record_id}))
    lines: Counter[int] = Counter()
    amounts: Counter[int] = Counter()
    for day, count, minor in kept:
        lines[day.year] += count
        amounts[day.year] += minor
    years = sorted(lines)
    frame = pd.DataFrame(
        {"year": years, "lines": [lines[y] for y in years], "amount_minor": [amounts[y] for y in years]},
        dtype="int64",
    )
    return Sales(book.currency, frame, note)
