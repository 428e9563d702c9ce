"""The deals behind a number: the same conditions as the reports, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, false, func, or_, select
from sqlalchemy.orm import aliased

from crm.reporting.book import open_book
from crm.reporting.measures import among, deal_conditions, of_products, of_sources, of_teams, worth
from crm.reporting.report import SalesFilter
from db.models import Deal, Organisation, Product, Stage, User
from db.scope import ScopedSession

COLUMNS = [
    "id",
    "title",
    "organisation",
    "owner",
    "product",
    "stage",
    "amount_minor",
    "currency",
    "missing",
    "opened_on",
    "closed_on",
]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which deals of a filter are wanted.

    Each field lists the values allowed, None among them for deals without one; the field itself None means any.
    ``having`` an ``amount`` that sums can count, or both ``dates``, leaves out those that an average cannot count.
    """

    statuses: tuple[str, ...]
    having: str = ""
    days: tuple[tuple[date, date], ...] | None = None
    owners: tuple[int | None, ...] | None = None
    teams: tuple[int | None, ...] | None = None
    products: tuple[int | None, ...] | None = None
    reasons: tuple[int | None, ...] | None = None
    sources: tuple[str | None, ...] | None = None


@dataclass(frozen=True)
class Records:
    """The first deals, newest closing first, and how many there are in all."""

    rows: pd.DataFrame
    total: int


def deal_records(
    session: ScopedSession, chosen: SalesFilter, wanted: Narrowed, *, limit: int = 50
) -> Records:
    """The deals that a number counts; the period limits closed ones only. Four statements.

    Returns
    -------
    Records
        Rows with the columns ``COLUMNS``; what the deals are worth, in the currency of that, beside what is
        ``missing`` of it.
    """
    standing = wanted.statuses == ("open",)
    where = [
        *deal_conditions(chosen, day=None if standing else Deal.closed_on),
        Deal.status.in_(wanted.statuses),
    ]
    where += _narrow(wanted)
    # An organisation that is not the actor's to see stays unnamed: the outer join finds nothing in their scope.
    book = open_book(session)
    party, owner, own = aliased(Organisation), aliased(User), worth(book)
    if wanted.having == "dates":
        where += [Deal.opened_on.is_not(None), Deal.closed_on.is_not(None)]
    elif wanted.having:
        where += [own.minor.is_not(None), own.currency.in_([book.currency, *book.rates])]
    statement = (
        select(
            Deal.id,
            Deal.title,
            party.name,
            owner.name,
            Product.name,
            Stage.name,
            own.minor,
            own.currency,
            own.missing,
            Deal.opened_on,
            Deal.closed_on,
        )
        .outerjoin(party, party.id == Deal.organisation_id)
        .outerjoin(owner, owner.id == Deal.owner_id)
        .outerjoin(Product, Product.id == Deal.product_id)
        .join(Stage, Stage.id == Deal.stage_id)
        .where(*where)
        .order_by(Deal.closed_on.desc(), Deal.id.desc())
        .limit(limit)
    )
    rows = pd.DataFrame(session.execute(statement).all(), columns=COLUMNS)
    total = session.scalar(select(func.count(Deal.id)).where(*where)) or 0
    return Records(rows, total)


def _narrow(wanted: Narrowed) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.days is not None:
        found.append(or_(false(), *(Deal.closed_on.between(*days) for days in wanted.days)))
    conditions: tuple[tuple[Any, Any], ...] = (
        (of_teams, wanted.teams),
        (of_products, wanted.products),
        (of_sources, wanted.sources),
        (partial(among, Deal.owner_id), wanted.owners),
        (partial(among, Deal.loss_reason_id), wanted.reasons),
    )
    for condition, values in conditions:
        if values is not None:
            found.append(condition(values))
    return found
