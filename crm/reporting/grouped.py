"""Grouped statements as tables, with their amounts converted at the rate of each day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Integer, case, func, null, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

from crm.reporting.book import Book
from db.scope import ScopedSession


class _Between(FunctionElement[int]):
    """Whole units of time from the first day or moment to the second, as each database counts them."""

    type = Integer()
    inherit_cache = True
    sqlite = postgresql = ""


class days_between(_Between):
    """Whole days from the first date to the second."""

    inherit_cache = True
    sqlite = "CAST(julianday({last}) - julianday({first}) AS INTEGER)"
    postgresql = "({last} - {first})"


class minutes_between(_Between):
    """Whole minutes from the first moment to the second."""

    inherit_cache = True
    sqlite = "CAST(ROUND((julianday({last}) - julianday({first})) * 86400) / 60 AS INTEGER)"
    postgresql = "CAST(FLOOR(ROUND(EXTRACT(EPOCH FROM {last} - {first})) / 60) AS INTEGER)"


@compiles(_Between)
def _between(element: Any, compiler: Any, **options: Any) -> str:
    first, last = (compiler.process(part, **options) for part in element.clauses)
    return str(getattr(element, compiler.dialect.name).format(first=first, last=last))


class year_of(FunctionElement[int]):
    """The year of a date. SQLite keeps it as text, of which it cuts a piece ten times as fast as it computes with it."""

    type = Integer()
    inherit_cache = True
    piece = (1, 4)


class month_of(year_of):
    """The month of a date, from 1 to 12."""

    inherit_cache = True
    piece = (6, 2)


@compiles(year_of, "sqlite")
def _piece_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    first, length = element.piece
    return f"CAST(substr({compiler.process(element.clauses, **options)}, {first}, {length}) AS INTEGER)"


@compiles(year_of, "postgresql")
def _piece_on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    name = "month" if isinstance(element, month_of) else "year"
    return f"CAST(EXTRACT({name} FROM {compiler.process(element.clauses, **options)}) AS INTEGER)"


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
        if frame[name].dtype != "int64":
            frame[name] = frame[name].map(round).astype("int64")
    return frame


def converted(
    frame: pd.DataFrame, book: Book, columns: Sequence[str], *, counts: Sequence[str] = ()
) -> pd.DataFrame:
    """The table with its amounts in the book's currency, without the columns that say how to convert.

    A row is one amount of ``currency`` at the rate of ``rate_day``, or many equal ones where it has ``each`` (and
    ``upto``, the sum of the deal's parts with this one, so that the parts of a deal add up to it). Currencies ``missing``
    in it, told apart by commas, are noted. ``counts`` are set to zero where the currency has no rate: what is left out of
    a sum is left out of its number.
    """
    for codes in frame["missing"].dropna() if "missing" in frame else ():
        book.leave_out(codes)
    foreign = frame["currency"].notna() & (frame["currency"] != book.currency)
    if foreign.any():
        rows = frame[foreign]
        each = rows.get("each")
        upto = rows.get("upto", each)
        for name in columns:
            sums = [int(v) for v in rows[name]]
            units = sums if each is None else [0 if pd.isna(v) else int(v) for v in each]
            ends = units if upto is None else [0 if pd.isna(v) else int(v) for v in upto]
            frame.loc[foreign, name] = [
                (book.worth(end, currency, day) - book.worth(end - unit, currency, day)) * (total // unit)
                if unit
                else 0
                for total, unit, end, currency, day in zip(
                    sums, units, ends, rows["currency"], [_day(v) for v in rows["rate_day"]], strict=True
                )
            ]
        unknown = foreign & ~frame["currency"].map(book.knows)
        for name in counts:
            frame.loc[unknown, name] = 0
    return frame.drop(columns=["currency", "missing", "rate_day", "each", "upto"], errors="ignore")


def shared_out(parts: Sequence[Decimal]) -> list[int]:
    """Whole units for parts, that add up to their rounded sum: each is cut, the largest rests are rounded up."""
    found = [int(part.to_integral_value(ROUND_FLOOR)) for part in parts]
    left = int(sum(parts, Decimal(0)).to_integral_value(ROUND_HALF_EVEN)) - sum(found)
    by_rest = sorted(range(len(parts)), key=lambda at: found[at] - parts[at])
    for at in by_rest[:left]:
        found[at] += 1
    return found


def added_up(frame: pd.DataFrame, book: Book, keys: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """One row per ``keys``: ``columns`` in the book's currency, rounded once so that rows add up to the whole, other numbers
    as sums. Rows of the table are sums of one ``currency`` at the rate of ``rate_day``."""
    amounts = {
        name: [
            book.exact(int(minor), currency, _day(day)) if isinstance(currency, str) else Decimal(int(minor))
            for minor, currency, day in zip(frame[name], frame["currency"], frame["rate_day"], strict=True)
        ]
        for name in columns
    }
    plain = frame.drop(columns=["currency", "rate_day"]).assign(
        **{name: pd.Series(values, dtype=object, index=frame.index) for name, values in amounts.items()}
    )
    sums = [name for name in plain.columns if name not in keys]
    whole = (
        plain.groupby(list(keys), dropna=False, as_index=False)[sums].sum()
        if keys
        else plain[sums].sum().to_frame().T
    )
    for name in columns:
        whole[name] = pd.Series(
            shared_out([Decimal(value) for value in whole[name]]), dtype="int64", index=whole.index
        )
    return whole


def _day(value: Any) -> date | None:
    return None if pd.isna(value) else value


def folded(frame: pd.DataFrame, sums: Sequence[str]) -> pd.DataFrame:
    """Add up the groups that differed only in currency, day and amount."""
    keys = [c for c in frame.columns if c not in sums]
    if not keys:
        return frame[list(sums)].sum().to_frame().T
    return frame.groupby(keys, dropna=False, as_index=False, sort=False)[list(sums)].sum()
