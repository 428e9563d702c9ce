"""The deals behind a number: the same conditions as the reports, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import aliased

from crm.periods import month_end
from crm.reporting.measures import deal_conditions
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
    "opened_on",
    "closed_on",
]


@dataclass(frozen=True, slots=True)
class Narrowed:
    """Which deals of a filter are wanted.

    Each field lists the values allowed, None among them for deals without one; the field itself None means any.
    """

    statuses: tuple[str, ...]
    months: tuple[date, ...] | None = None
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
    """The deals that a number counts; the period limits closed ones only. Two statements.

    Returns
    -------
    Records
        Rows with the columns ``COLUMNS``; amounts in minor units of the deal's own currency.
    """
    standing = wanted.statuses == ("open",)
    where = [
        *deal_conditions(chosen, day=None if standing else Deal.closed_on),
        Deal.status.in_(wanted.statuses),
    ]
    where += _narrow(wanted)
    # An organisation that is not the actor's to see stays unnamed: the outer join finds nothing in their scope.
    party, owner = aliased(Organisation), aliased(User)
    statement = (
        select(
            Deal.id,
            Deal.title,
            party.name,
            owner.name,
            Product.name,
            Stage.name,
            Deal.amount_minor,
            Deal.currency,
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
    found = _as_reports_do(wanted)
    if wanted.months is not None:
        found.append(
            or_(false(), *(Deal.closed_on.between(month, month_end(month)) for month in wanted.months))
        )
    for column, values in (
        (Deal.owner_id, wanted.owners),
        (Deal.loss_reason_id, wanted.reasons),
        (func.nullif(Deal.source, ""), wanted.sources),
    ):
        if values is not None:
            found.append(_among(column, values))
    return found


def _as_reports_do(wanted: Narrowed) -> list[ColumnElement[bool]]:
    """Teams through the owner where the deal has none, products through lines: as ``deal_conditions`` has it."""
    found: list[ColumnElement[bool]] = []
    if wanted.teams is not None:
        own = func.coalesce(
            Deal.team_id, select(User.team_id).where(User.id == Deal.owner_id).scalar_subquery()
        )
        found.append(_among(own, wanted.teams))
    if wanted.products is not None:
        given = tuple(key for key in wanted.products if key is not None)
        parts = [and_(*deal_conditions(SalesFilter(products=given), day=None))] if given else []
        found.append(or_(false(), *parts, *([Deal.product_id.is_(None)] if None in wanted.products else [])))
    return found


def _among(column: Any, values: Sequence[Any]) -> ColumnElement[bool]:
    """One of the values; None among them stands for no value."""
    given = [value for value in values if value is not None]
    parts: list[ColumnElement[bool]] = [column.in_(given)] if given else []
    if None in values:
        parts.append(column.is_(None))
    return or_(false(), *parts)
