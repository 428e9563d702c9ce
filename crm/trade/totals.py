"""Whether the lines of an order are what its paper says: total, tax, shipping and discount."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

from sqlalchemy import func, select

from crm.i18n import _
from crm.money import to_major
from crm.records.writing.bulk import among
from db.models import Order, OrderLine
from db.scope import ScopedSession

_SAID = ("total_minor", "tax_minor", "shipping_minor", "discount_minor")


def adds_up(lines: int, count: int, *, total: int, tax: int, shipping: int, discount: int) -> bool:
    """Whether lines are a total: programs write them with and without tax, shipping and the discount of the order.

    Each line may be rounded by one unit of the currency.
    """
    ways = product((0, tax), (0, shipping), (0, discount))
    return any(abs(lines + with_tax + sent - less - total) <= count for with_tax, sent, less in ways)


def uneven(session: ScopedSession, orders: Iterable[int]) -> list[Any]:
    """Orders that have lines and say another total: ``id, number, currency, total_minor, lines``."""
    said = [getattr(Order, name) for name in _SAID]
    summed, counted = func.sum(OrderLine.amount_minor).label("lines"), func.count().label("n")
    asked = (
        select(Order.id, Order.number, Order.currency, *said, summed, counted)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(
            among(session, Order.id, sorted(orders)), Order.total_minor.is_not(None), OrderLine.archived_at.is_(None),
            OrderLine.currency == Order.currency,
        )
        .group_by(Order.id, Order.number, Order.currency, *said)
    )  # fmt: skip
    return [
        row
        for row in session.execute(asked)
        if not adds_up(
            int(row.lines), row.n, total=row.total_minor, tax=row.tax_minor or 0, shipping=row.shipping_minor or 0,
            discount=row.discount_minor or 0,
        )
    ]  # fmt: skip


def remark(session: ScopedSession, order: int) -> str:
    """What the page of an order says when its lines are not its total; "" when they are, or nobody says a total."""
    for row in uneven(session, [order]):
        told = _(
            "The lines add up to {lines}; the order says {total}, with tax, shipping and discount as it names them."
        )
        lines, total = (
            f"{to_major(int(amount), row.currency):,} {row.currency}"
            for amount in (row.lines, row.total_minor)
        )
        return told.format(lines=lines, total=total)
    return ""
