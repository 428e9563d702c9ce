"""What every report on deals and sales rests on: chosen rows, dated conversion, names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Integer, and_, case, func, null, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from crm.firm.firm import firm, rates
from crm.i18n import _
from crm.money import rate_on, to_major, to_minor
from db.models import Deal, DealLine, Product, Team, User
from db.scope import ScopedSession


@dataclass(frozen=True, slots=True)
class SalesFilter:
    """Which deals a report counts; empty means all.

    Days include both ends, the source ``""`` means none given.
    """

    start: date | None = None
    end: date | None = None
    teams: tuple[int, ...] = ()
    owners: tuple[int, ...] = ()
    products: tuple[int, ...] = ()
    pipelines: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    campaigns: tuple[int, ...] = ()


@dataclass(frozen=True)
class Book:
    """In which currency a report adds up, and the rates it converts with.

    An amount whose currency has no rate counts as nothing; ``notes`` then says which currencies are left out.
    """

    currency: str
    rates: dict[str, list[tuple[Any, float]]]
    as_of: datetime
    said: tuple[str, ...] = ()
    missing: set[str] = field(default_factory=set, compare=False)
    # Thousands of days ask for the same few rates.
    _found: dict[tuple[str, date], Decimal] = field(default_factory=dict, compare=False, repr=False)

    @property
    def today(self) -> date:
        """The day at which open amounts are converted."""
        return self.as_of.date()

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know about the sums made so far."""
        if not self.missing:
            return self.said
        text = _(
            "Amounts in {currencies} are left out, because no rate is stored. Enter one under Settings, Rates."
        )
        return (*self.said, text.format(currencies=", ".join(sorted(self.missing))))

    def worth(self, minor: int, currency: str, day: date) -> int:
        """An amount in the book's currency at the rate of a day; zero, and the currency noted, without a rate."""
        if currency == self.currency or not minor:
            return minor
        if currency not in self.rates:
            self.missing.add(currency)
            return 0
        key = (currency, day)
        if key not in self._found:
            self._found[key] = Decimal(str(rate_on(self.rates, currency, day)))
        return to_minor(to_major(minor, currency) * self._found[key], self.currency)


@dataclass(frozen=True, slots=True)
class Person:
    """A user as reports need one."""

    name: str
    team_id: int | None
    manager_id: int | None


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id, read once for a whole report."""

    users: dict[int, Person] = field(default_factory=dict)
    teams: dict[int, str] = field(default_factory=dict)
    products: dict[int, str] = field(default_factory=dict)

    def team_of(self, team_id: int | None, owner_id: int | None) -> int | None:
        """The deal's team, or its owner's where the deal has none."""
        if team_id is not None or owner_id is None or owner_id not in self.users:
            return team_id
        return self.users[owner_id].team_id

    def manager_of(self, owner_id: int | None) -> int | None:
        """The user to whom the owner reports."""
        person = self.users.get(owner_id) if owner_id is not None else None
        return person.manager_id if person else None


class days_between(FunctionElement[int]):
    """Whole days from the first date to the second."""

    type = Integer()
    inherit_cache = True


@compiles(days_between, "sqlite")
def _days_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    first, last = (compiler.process(part, **options) for part in element.clauses)
    return f"CAST(julianday({last}) - julianday({first}) AS INTEGER)"


@compiles(days_between, "postgresql")
def _days_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    first, last = (compiler.process(part, **options) for part in element.clauses)
    return f"({last} - {first})"


def open_book(session: ScopedSession, cls: type[Any] = Deal) -> Book:
    """The currency and rates for adding up a class with amounts; three statements.

    Totals are in the firm's currency. Where all rows have one other currency and no rate for it is known,
    nothing needs converting: they are added up in that currency, and a note says so.
    """
    base, known = firm(session).currency, rates(session)
    used = set(session.scalars(select(cls.currency).where(cls.archived_at.is_(None)).distinct()))
    now = datetime.now(UTC)
    if len(used) == 1 and not used & {base, *known}:
        (only,) = used
        note = _("All amounts are in {only}; they were not converted to {base}, because no rate is stored.")
        return Book(only, known, now, (note.format(only=only, base=base),))
    return Book(base, known, now)


def names(session: ScopedSession) -> Names:
    """Users, teams and products by id; three statements."""
    users = session.execute(select(User.id, User.name, User.team_id, User.manager_id))
    return Names(
        users={key: Person(name, team, manager) for key, name, team, manager in users},
        teams=dict(session.execute(select(Team.id, Team.name)).all()),
        products=dict(session.execute(select(Product.id, Product.name)).all()),
    )


def deal_conditions(chosen: SalesFilter, *, day: Any = Deal.closed_on) -> list[ColumnElement[bool]]:
    """The filter as conditions on deals; ``day`` is the date that the period limits, None for no limit."""
    found: list[ColumnElement[bool]] = [Deal.archived_at.is_(None)]
    if day is not None and chosen.start is not None:
        found.append(day >= chosen.start)
    if day is not None and chosen.end is not None:
        found.append(day <= chosen.end)
    if chosen.teams:
        members = select(User.id).where(User.team_id.in_(chosen.teams))
        by_owner = and_(Deal.team_id.is_(None), Deal.owner_id.in_(members))
        found.append(or_(Deal.team_id.in_(chosen.teams), by_owner))
    if chosen.owners:
        found.append(Deal.owner_id.in_(chosen.owners))
    if chosen.products:
        lines = select(DealLine.deal_id).where(
            DealLine.product_id.in_(chosen.products), DealLine.archived_at.is_(None)
        )
        found.append(or_(Deal.product_id.in_(chosen.products), Deal.id.in_(lines)))
    if chosen.pipelines:
        found.append(Deal.pipeline_id.in_(chosen.pipelines))
    if chosen.campaigns:
        found.append(Deal.campaign_id.in_(chosen.campaigns))
    if chosen.sources:
        given = [s for s in chosen.sources if s]
        parts: list[ColumnElement[bool]] = [Deal.source.in_(given)] if given else []
        if "" in chosen.sources:
            parts += [Deal.source.is_(None), Deal.source == ""]
        found.append(or_(*parts))
    return found


def rate_day(currency: Any, day: Any, book: Book) -> ColumnElement[date | None]:
    """The day whose rate counts, as a key to group by; nothing where no conversion is needed."""
    return case((currency == book.currency, null()), else_=day)


def grouped(
    session: ScopedSession,
    keys: dict[str, Any],
    sums: dict[str, Any],
    *,
    joins: Sequence[Any] = (),
    where: Sequence[Any],
) -> pd.DataFrame:
    """One grouped statement as a table: a column per key and per sum.

    The keys are computed in an inner select, because PostgreSQL takes an expression with a parameter in it
    for a different one each time and would not group by it.
    """
    parts = {name: expression for name, expression in sums.items() if expression is not None}
    inner = select(*(e.label(n) for n, e in keys.items()), *(e.label(n) for n, e in parts.items()))
    for target, on, outer in joins:
        inner = inner.join(target, on, isouter=outer)
    rows = inner.where(*where).subquery()
    totals = [
        func.count().label(n) if e is None else func.coalesce(func.sum(rows.c[n]), 0).label(n)
        for n, e in sums.items()
    ]
    statement = (
        select(*(rows.c[n] for n in keys), *totals).select_from(rows).group_by(*(rows.c[n] for n in keys))
    )
    frame = pd.DataFrame(session.execute(statement).all(), columns=[*keys, *sums])
    for name in sums:
        # PostgreSQL adds up big integers as decimals; minor units are whole either way.
        frame[name] = frame[name].map(round).astype("int64")
    return frame


def converted(frame: pd.DataFrame, book: Book, columns: Sequence[str]) -> pd.DataFrame:
    """The table with its amounts in the book's currency, without ``currency`` and ``rate_day``."""
    foreign = frame["currency"] != book.currency
    for name in columns:
        if foreign.any():
            frame.loc[foreign, name] = [
                book.worth(int(minor), currency, day or book.today)
                for minor, currency, day in zip(
                    frame.loc[foreign, name],
                    frame.loc[foreign, "currency"],
                    frame.loc[foreign, "rate_day"],
                    strict=True,
                )
            ]
    kept = [c for c in frame.columns if c not in ("currency", "rate_day")]
    return frame[kept]
