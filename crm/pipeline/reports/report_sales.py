"""Reports on sales lines: sales, profit, orders and customers, by time, category, product and region."""

from __future__ import annotations

from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, case, func, select

from crm.periods import Calendar
from crm.pipeline.reports.report_formulas import formula
from crm.reporting.book import Book, open_book
from crm.reporting.catalogue import LINES, report
from crm.reporting.grouped import added_up, month_of, rate_day, year_of
from crm.reporting.report import Report, SalesFilter, told_apart
from db.models import Category, Order, OrderLine, Product
from db.scope import ScopedSession

SUMS = ["lines", "quantity", "sales_minor", "profit_minor"]
_KEYS: dict[str, dict[str, Any]] = {
    "totals": {},
    "year": {},
    "month": {"year": year_of(OrderLine.sold_on), "month": month_of(OrderLine.sold_on)},
    "category": {"category": Category.name},
    "product": {"product_id": func.coalesce(OrderLine.product_id, 0), "product": Product.name},
    "region": {"region": func.coalesce(OrderLine.region, Order.region)},
}


@report("sales-totals", "Sales, profit, orders and customers in all", LINES, by="totals")
@report("sales-by-year", "Sales and profit by year", LINES, by="year")
@report("sales-by-month", "Sales and profit by month", LINES, by="month")
@report("sales-by-category", "Sales and profit by category", LINES, by="category")
@report("sales-by-product", "Sales and profit by product", LINES, by="product")
@report("sales-by-region", "Sales and profit by region", LINES, by="region")
def sales_report(session: ScopedSession, chosen: SalesFilter, *, by: str) -> Report:
    """Sales lines added up by ``totals``, ``year``, ``month``, ``category``, ``product`` or ``region``."""
    book = open_book(session, OrderLine)
    keys = {"year": _year(book.calendar)} if by == "year" else _KEYS[by]
    sums = _sums(session, book, chosen, keys)
    counts = _distinct(session, chosen, keys)
    rows = _labelled(
        sums.astype(dict.fromkeys(keys, object)).merge(counts, on=list(keys))
        if keys
        else pd.concat([sums, counts], axis=1),
        by,
        book.calendar,
    )
    whole = counts if not keys else _distinct(session, chosen, {})
    summary = {column: sums[column].sum() for column in SUMS}
    summary = {c: float(v) if c == "quantity" else int(v) for c, v in summary.items()}
    summary |= {column: int(whole[column].iloc[0]) for column in ("orders", "customers")}
    name = f"sales-{by}" if by == "totals" else f"sales-by-{by}"
    return Report(name, formula("sales"), book, chosen, int(summary["lines"]), rows, summary, book.notes)


def _sums(session: ScopedSession, book: Book, chosen: SalesFilter, keys: dict[str, Any]) -> pd.DataFrame:
    groups_of = list(keys)
    keys = keys | {
        "currency": OrderLine.currency,
        "rate_day": rate_day(OrderLine.currency, OrderLine.sold_on, book),
    }
    columns: dict[str, Any] = {
        "quantity": OrderLine.quantity,
        "sales_minor": OrderLine.amount_minor,
        "profit_minor": OrderLine.profit_minor,
    }
    inner = _joined(select(*(e.label(n) for n, e in (keys | columns).items())), chosen, keys)
    totals = [func.count(), *(func.coalesce(func.sum(inner.c[n]), 0) for n in columns)]
    groups = [inner.c[n] for n in keys]
    found = session.execute(select(*groups, *totals).group_by(*groups)).all()
    frame = pd.DataFrame(found, columns=[*keys, *SUMS])
    for name in ("lines", "sales_minor", "profit_minor"):
        frame[name] = frame[name].map(int).astype("int64")
    frame["quantity"] = frame["quantity"].astype(float)
    rows = added_up(frame, book, groups_of, ["sales_minor", "profit_minor"])
    return rows.astype({"lines": "int64", "quantity": float})


def _distinct(session: ScopedSession, chosen: SalesFilter, keys: dict[str, Any]) -> pd.DataFrame:
    """Different orders and customers per group, which cannot be added up from smaller groups."""
    # Contacts and organisations count up separately; a sign keeps contact 7 and organisation 7 apart.
    customer = case(
        (OrderLine.contact_id.is_not(None), OrderLine.contact_id), else_=-OrderLine.organisation_id
    )
    columns = {"order_id": OrderLine.order_id, "customer": customer}
    inner = _joined(select(*(e.label(n) for n, e in (keys | columns).items())), chosen, keys)
    groups = [inner.c[n] for n in keys]
    counts = [func.count(inner.c[n].distinct()) for n in columns]
    found = session.execute(select(*groups, *counts).group_by(*groups)).all()
    frame = pd.DataFrame(found, columns=[*keys, "orders", "customers"])
    # A column that holds only gaps would else come as numbers on one side of the merge.
    return frame.astype(dict.fromkeys(keys, object))


def _joined(statement: Any, chosen: SalesFilter, keys: dict[str, Any]) -> Any:
    """The lines of the filter with what the keys need; teams, owners and products are the line's own."""
    statement = statement.select_from(OrderLine)
    if "category" in keys or "product" in keys:
        statement = statement.outerjoin(Product, Product.id == OrderLine.product_id)
    if "category" in keys:
        statement = statement.outerjoin(Category, Category.id == Product.category_id)
    if "region" in keys:
        statement = statement.outerjoin(Order, Order.id == OrderLine.order_id)
    where: list[ColumnElement[bool]] = [OrderLine.archived_at.is_(None)]
    if chosen.start is not None:
        where.append(OrderLine.sold_on >= chosen.start)
    if chosen.end is not None:
        where.append(OrderLine.sold_on <= chosen.end)
    if chosen.teams:
        where.append(OrderLine.team_id.in_(chosen.teams))
    if chosen.owners:
        where.append(OrderLine.owner_id.in_(chosen.owners))
    if chosen.products:
        where.append(OrderLine.product_id.in_(chosen.products))
    return statement.where(*where).subquery()


def _year(calendar: Calendar) -> Any:
    """The year in which the financial year of a sale began."""
    year, month = year_of(OrderLine.sold_on), month_of(OrderLine.sold_on)
    return case((month < calendar.year_start, year - 1), else_=year)


def _labelled(rows: pd.DataFrame, by: str, calendar: Calendar) -> pd.DataFrame:
    if by == "product":
        called = dict(zip(rows.pop("product_id"), rows["product"], strict=True))
        rows["product"] = list(told_apart(called).values())
    if by not in ("year", "month"):
        return rows.sort_values("sales_minor", ascending=False, ignore_index=True)
    if by == "month":
        label = [f"{int(y):04d}-{int(m):02d}" for y, m in zip(rows["year"], rows["month"], strict=True)]
    else:
        label = [calendar.year_name(int(year)) for year in rows["year"]]
    rows = rows.drop(columns=["year", "month"], errors="ignore")
    rows.insert(0, by, pd.Series(label, dtype=object))
    return rows.sort_values(by, ignore_index=True)
