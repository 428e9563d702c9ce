"""What is counted: each condition and each amount of deals once, for page, board, report, dashboard and API alike.

A deal is worth its own amount; where none is entered, its lines, each at its amount or else at quantity times list price;
without lines, its main product at list price. Its products are those of its lines, or its main product where it has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Float,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from crm.reporting.book import Book
from crm.reporting.grouped import rate_day
from crm.reporting.report import SalesFilter
from db.models import Deal, DealLine, Product, User


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """What a deal is worth, as two expressions: whole minor units, empty without any, and the currency they are in."""

    minor: Any
    currency: Any
    #: Where several of its lines' currencies have no rate: all these.
    missing: Any


def beside(codes: str | None, currency: str) -> tuple[str, ...]:
    """Of ``Worth.missing`` the currencies that the worth shown leaves out."""
    return tuple(sorted({*(codes or "").split(",")} - {"", currency}))


def worth(book: Book) -> Worth:
    """What a deal is worth: its amount, else its lines, else its main product at list price.

    Lines whose list prices stand in several currencies add up in the book's, at today's rates as these are today's prices;
    without a rate for one of them the deal counts at its lines in that one, and so is left out of sums and named; of
    several the first, and all are named.
    """
    return _worth(book.currency, tuple(sorted(book.factors.items())))


@lru_cache(64)
def _worth(home: str, factors: tuple[tuple[str, float], ...]) -> Worth:
    line, listed, main = aliased(DealLine), aliased(Product), aliased(Product)
    minor, currency = _line(line, listed)
    here = minor * case(dict(factors), value=currency)
    found = (
        select(line.deal_id, minor.label("minor"), currency.label("currency"), here.label("here"))
        .outerjoin(listed, listed.id == line.product_id)
        .where(line.archived_at.is_(None), minor.is_not(None))
        .subquery()
    )
    lines, again = found.c, found.alias().c
    mine = lines.deal_id == Deal.id
    product = (main.id == Deal.product_id, main.list_price_minor.is_not(None))

    def scalar(statement: Any) -> Any:
        return statement.correlate(Deal).scalar_subquery()

    def together(alike: Any, all_here: Any, first: Any) -> Any:
        one = func.min(lines.currency) == func.max(lines.currency)
        known = and_(func.count() > 0, func.count(lines.here) == func.count())
        return scalar(select(case((one, alike), (known, all_here), else_=first)).where(mine))

    unknown = lines.here.is_(None)
    lowest = scalar(select(func.min(again.currency)).where(again.deal_id == Deal.id, again.here.is_(None)))
    first = func.sum(case((and_(unknown, lines.currency == lowest), lines.minor)))
    codes = func.aggregate_strings(case((and_(unknown, lines.minor != 0), lines.currency)), ",")
    whole = cast(func.round(func.sum(lines.here)), BigInteger)
    return Worth(
        func.coalesce(
            Deal.amount_minor,
            together(func.sum(lines.minor), whole, first),
            scalar(select(main.list_price_minor).where(*product)),
        ),
        case(
            (Deal.amount_minor.is_not(None), Deal.currency),
            else_=func.coalesce(
                together(func.min(lines.currency), literal(home), func.min(case((unknown, lines.currency)))),
                scalar(select(main.currency).where(*product)),
                Deal.currency,
            ),
        ),
        case((Deal.amount_minor.is_(None), scalar(select(codes).where(mine)))),
    )


def _line(line: Any, listed: Any) -> tuple[Any, Any]:
    """The amount of a line, else quantity times list price less discount, and its currency."""
    price = func.round(line.quantity * listed.list_price_minor * (1 - func.coalesce(line.discount, 0)))
    return (
        func.coalesce(line.amount_minor, cast(price, BigInteger)),
        case((line.amount_minor.is_not(None), line.currency), else_=listed.currency),
    )


def deal_conditions(chosen: SalesFilter, *, day: Any = Deal.closed_on) -> list[ColumnElement[bool]]:
    """The filter as conditions on deals; ``day`` is the date that the period limits, None for no limit."""
    found: list[ColumnElement[bool]] = [Deal.archived_at.is_(None)]
    if day is not None and chosen.start is not None:
        found.append(day >= chosen.start)
    if day is not None and chosen.end is not None:
        found.append(day <= chosen.end)
    return [*found, *filter_conditions(chosen)]


def filter_conditions(chosen: SalesFilter) -> list[ColumnElement[bool]]:
    """The filter without its days, whether deals are archived or not."""
    found: list[ColumnElement[bool]] = []
    if chosen.teams:
        found.append(of_teams(chosen.teams))
    if chosen.products:
        found.append(of_products(chosen.products))
    if chosen.sources:
        found.append(of_sources([source or None for source in chosen.sources]))
    for column, values in (
        (Deal.owner_id, chosen.owners),
        (Deal.pipeline_id, chosen.pipelines),
        (Deal.campaign_id, chosen.campaigns),
    ):
        if values:
            found.append(among(column, values))
    return found


def among(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    """One of the values; None among them stands for no value."""
    given = [value for value in values if value is not None]
    parts: list[ColumnElement[bool]] = [column.in_(given)] if given else []
    if len(given) < len(values):
        parts.append(column.is_(None))
    return or_(false(), *parts)


def of_teams(teams: Sequence[int | None]) -> ColumnElement[bool]:
    """The deal's team, or its owner's where the deal has none, is one of these."""
    members = select(User.id).where(among(User.team_id, teams))
    theirs: ColumnElement[bool] = Deal.owner_id.in_(members)
    if any(team is None for team in teams):
        theirs = or_(theirs, Deal.owner_id.is_(None))
    given = [team for team in teams if team is not None]
    return or_(Deal.team_id.in_(given), and_(Deal.team_id.is_(None), theirs))


def of_products(products: Sequence[int | None]) -> ColumnElement[bool]:
    """One of the deal's products is one of these."""
    line, other = aliased(DealLine), aliased(DealLine)
    has = select(line.deal_id).where(line.archived_at.is_(None), among(line.product_id, products))
    bare = ~exists().where(other.deal_id == Deal.id, other.archived_at.is_(None))
    return or_(Deal.id.in_(has), and_(among(Deal.product_id, products), bare))


def of_sources(sources: Sequence[str | None]) -> ColumnElement[bool]:
    """The deal's source is one of these; an empty text is none."""
    return among(SOURCE, sources)


#: A deal's source, none where it is an empty text.
SOURCE = func.nullif(Deal.source, "")


@dataclass(frozen=True)
class Amounts:
    """How a grouped statement reads what its deals are worth: further keys, the sum, and what else to add up."""

    keys: dict[str, Any]
    minor: Any
    #: One in the first row of a deal (of each product of it, where products are a key).
    once: Any
    product: Any
    joins: list[tuple[Any, Any, bool]]

    @property
    def priced(self) -> Any:
        """One for a deal that is worth something known, to divide by."""
        return case((self.minor.is_not(None), self.once), else_=0)


def amounts(
    book: Book,
    where: Sequence[ColumnElement[bool]],
    day: Any,
    *,
    products: Sequence[int | None] = (),
    by_product: bool = False,
) -> Amounts:
    """What deals are worth, for ``grouped`` and ``converted``.

    Parameters
    ----------
    where : sequence of conditions
        Those of the statement itself.
    day : expression
        The day whose rate counts; null for today's.
    products : sequence of int, optional
        Only the part of each deal that lies in these products.
    by_product : bool
        The deal's worth is divided among its products in proportion to their lines.
    """
    own = worth(book)
    if not products and not by_product:
        told = (
            select(
                Deal.id,
                own.minor.label("minor"),
                own.currency.label("currency"),
                own.missing.label("missing"),
            )
            .where(*where)
            .subquery()
            .c
        )
        keys = _keys(told, None, day, book)
        return Amounts(
            keys, told.minor, literal(1), Deal.product_id, [(told.id.table, told.id == Deal.id, False)]
        )
    line, listed = aliased(DealLine), aliased(Product)
    minor, currency = _line(line, listed)
    weight = func.coalesce(minor * case(book.factors, value=currency, else_=1.0), 0)
    within: dict[str, Any] = {"partition_by": Deal.id}
    upto: dict[str, Any] = {**within, "order_by": line.id}
    shares = (
        select(
            Deal.id.label("deal_id"),
            case((line.id.is_(None), Deal.product_id), else_=line.product_id).label("product_id"),
            line.id.label("line_id"),
            own.minor.label("minor"),
            own.currency.label("currency"),
            own.missing.label("missing"),
            func.sum(weight).over(**within).label("whole"),
            func.sum(weight).over(**upto).label("upto"),
            weight.label("weight"),
            func.count().over(**within).label("lines"),
            func.row_number().over(**upto).label("place"),
        )
        .select_from(Deal)
        .outerjoin(line, and_(line.deal_id == Deal.id, line.archived_at.is_(None)))
        .outerjoin(listed, listed.id == line.product_id)
        .where(*where)
        .subquery()
    ).c

    def share(part: Any, place: Any) -> Any:
        # Lines without any price share alike. The ends are rounded, so the parts add up to the whole.
        of_whole = cast(shares.minor, Float) * cast(part, Float) / cast(func.nullif(shares.whole, 0), Float)
        alike = cast(shares.minor, Float) * place / shares.lines
        return cast(func.round(case((shares.whole > 0, of_whole), else_=alike)), BigInteger)

    end = share(shares.upto, shares.place)
    begin = share(shares.upto - shares.weight, shares.place - 1)
    first: dict[str, Any] = {
        "partition_by": [shares.deal_id, shares.product_id] if by_product else shares.deal_id,
        "order_by": shares.line_id,
    }
    chosen = [among(shares.product_id, products)] if products else []
    part = (
        select(
            shares.deal_id,
            shares.product_id,
            shares.currency,
            shares.missing,
            (end - begin).label("minor"),
            end.label("upto"),
            case((func.row_number().over(**first) == 1, 1), else_=0).label("once"),
        )
        .where(*chosen)
        .subquery()
    )
    keys = _keys(part.c, part.c.upto, day, book)
    return Amounts(
        keys, part.c.minor, part.c.once, part.c.product_id, [(part, part.c.deal_id == Deal.id, False)]
    )


def _keys(told: Any, upto: Any, day: Any, book: Book) -> dict[str, Any]:
    """Keys that convert each foreign amount by itself and group those in the book's currency together."""
    currency = told.currency
    keys = {"currency": currency, "missing": told.missing, "rate_day": rate_day(currency, day, book)}
    for name, unit in (("each", told.minor), ("upto", upto)):
        if unit is not None:
            keys[name] = case((currency == book.currency, null()), else_=unit)
    return keys
