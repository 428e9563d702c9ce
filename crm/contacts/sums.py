"""What a contact, organisation or product is worth: deals by status and sales by year, in the firm's currency."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pandas as pd
from sqlalchemy import extract

from crm.contacts.queries import POINTS
from crm.firm import firm, rates
from crm.i18n import _
from crm.pipeline.board import deal_value
from crm.pipeline.report_basis import Book, converted, grouped, rate_day
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


def addable(frame: pd.DataFrame, book: Book) -> pd.DataFrame:
    """The rows whose currency can be converted."""
    return frame[frame["currency"].isin({book.currency, *book.rates})].copy()


def deal_sums(session: ScopedSession, entity: str, record_id: int, *, book: Book) -> DealSums:
    """Open, won and lost deals of a record. One statement.

    Won deals convert at the rate of the day they were won, open ones at today's. A deal without an amount counts with the
    list price of its main product, as on the board.
    """
    rows = grouped(
        session,
        {"status": Deal.status, "currency": Deal.currency, "rate_day": Deal.closed_on},
        {"count": None, "minor": deal_value()},
        joins=[(Product, Product.id == Deal.product_id, True)],
        where=[getattr(Deal, POINTS[entity]) == record_id, Deal.archived_at.is_(None)],
    )
    book, note = book_for(book, rows["currency"])
    counts = rows.groupby("status")["count"].sum()
    sums = converted(addable(rows, book), book, ["minor"]).groupby("status")["minor"].sum()
    return DealSums(
        book.currency,
        int(counts.get("open", 0)),
        int(sums.get("open", 0)),
        int(counts.get("won", 0)),
        int(sums.get("won", 0)),
        int(counts.get("lost", 0)),
        note,
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


def sales_by_year(session: ScopedSession, entity: str, record_id: int, *, book: Book) -> Sales:
    """What was bought (or, of a product, sold), year by year, at the rates of the day of each sale. One statement."""
    rows = grouped(
        session,
        {
            "year": extract("year", OrderLine.sold_on),
            "currency": OrderLine.currency,
            "rate_day": rate_day(OrderLine.currency, OrderLine.sold_on, book),
        },
        {"lines": None, "amount_minor": OrderLine.amount_minor},
        where=[getattr(OrderLine, POINTS[entity]) == record_id, OrderLine.archived_at.is_(None)],
    )
    book, note = book_for(book, rows["currency"])
    kept = converted(addable(rows, book), book, ["amount_minor"])
    kept["year"] = kept["year"].astype(int)
    years = kept.groupby("year", as_index=False)[["lines", "amount_minor"]].sum().sort_values("year")
    return Sales(book.currency, years.reset_index(drop=True), note)
