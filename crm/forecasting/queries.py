"""Reads for forecasts within the actor's scope: the monthly series, stored runs, their jobs."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, delete, func, or_, select

from crm.errors import NotFound
from crm.forecasting.chosen import SALES, WON, SeriesChoice
from crm.forecasting.outlook import as_of
from crm.forecasting.result import Forecast
from crm.i18n import _
from crm.jobs.queue import JobView
from crm.periods import add_months, month_start, months_between
from crm.reporting.book import Book, open_book
from crm.reporting.grouped import converted, grouped, month_of, rate_day, year_of
from crm.reporting.measures import amounts, deal_conditions
from crm.reporting.report import SalesFilter
from db.models import Category, Deal, ForecastRun, Job, Order, OrderLine, Product, Team
from db.scope import ALL, READ, TEAM, Actor, ScopedSession

KEY_LENGTH = 120
JOBS_LOOKED_AT = 30
#: So many runs of a series are kept, a daily one for a quarter.
KEPT = 90


@dataclass(frozen=True, slots=True)
class Past:
    """A monthly series as read: ``values`` in minor units of ``currency`` by first day of the month."""

    values: pd.Series
    currency: str
    rows: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """First and last day on which a series has a value before the running month; None without any."""

    first: date | None
    last: date | None

    @property
    def months(self) -> int:
        """How many months it reaches over."""
        return len(months_between(self.first, self.last)) if self.first and self.last else 0


@dataclass(frozen=True, slots=True)
class RunRow:
    """A stored forecast in a list of them."""

    id: int
    made_at: datetime
    cutoff: date | None
    model: str
    expected: float | None


@dataclass(frozen=True, slots=True)
class Came:
    """What the running month brought until today, in minor units, and what must be known of that sum."""

    minor: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Run:
    """A stored forecast with its result; amounts in minor units of ``currency``.

    ``pace`` is that of ``outlook.pace_of``; ``so_far`` what the running month brought until today, once it is counted in.
    """

    id: int
    made_at: datetime
    cutoff: date
    horizon: int
    seed: int
    forecast: Forecast
    currency: str
    rows: int
    pace: tuple[float, ...] = ()
    so_far: float | None = None

    def standing(self, came: Came | None, today: date) -> Run:
        """The forecast with its running month as it stands: what came until today and the rest; as it is without that."""
        if came is None:
            return self
        told = as_of(self.forecast, so_far=came.minor, pace=self.pace, today=today)
        if told is self.forecast:
            return self
        notes = tuple(dict.fromkeys((*told.notes, *came.notes)))
        return replace(self, forecast=replace(told, notes=notes), so_far=came.minor)


def scope_key(actor: Actor, choice: SeriesChoice) -> str:
    """A text equal for two actors exactly when the series adds up the same rows for both.

    ``Actor.scope_key`` stays the same when an administrator narrows a role, and a stored forecast would then
    show what is out of sight by now; so this key says how far the actor reaches today.
    """
    reach = actor.reach(choice.entity, READ)
    if reach == ALL:
        return ALL
    text = f"{reach}:{actor.user_id}"
    text += (
        f":{','.join(map(str, sorted(actor.teams)))}:{','.join(map(str, actor.people))}"
        if reach == TEAM
        else ""
    )
    return text if len(text) <= KEY_LENGTH else f"{reach}:{hashlib.sha256(text.encode()).hexdigest()}"


def _conditions(
    session: ScopedSession, choice: SeriesChoice
) -> tuple[tuple[int, ...], list[ColumnElement[bool]]]:
    """The products of the series, none for all, and the conditions on its rows."""
    teams = () if choice.team_id is None else (choice.team_id,)
    products = () if choice.category_id is None else products_of(session, choice.category_id)
    if choice.kind == WON:
        found = deal_conditions(SalesFilter(teams=teams, products=products), day=None)
        return products, [*found, Deal.closed_on.is_not(None), Deal.status == "won"]
    found = [OrderLine.archived_at.is_(None)]
    found += [OrderLine.team_id == choice.team_id] if teams else []
    found += [OrderLine.product_id.in_(products)] if products else []
    if choice.region:
        orders = select(Order.id).where(Order.region == choice.region)
        of_order = OrderLine.region.is_(None) & OrderLine.order_id.in_(orders)
        found.append(or_(OrderLine.region == choice.region, of_order))
    return products, found


def products_of(session: ScopedSession, category_id: int) -> tuple[int, ...]:
    """Products of a category and of those directly under it; never empty, because empty would mean all."""
    within = select(Category.id).where(or_(Category.id == category_id, Category.parent_id == category_id))
    return tuple(session.scalars(select(Product.id).where(Product.category_id.in_(within)))) or (0,)


def monthly_values(session: ScopedSession, choice: SeriesChoice, *, today: date) -> Past:
    """The series before the running month, converted at the rate of each day; four statements, five of a category.

    Months without a value inside the series are absent. An empty end counts as zeros where it is no longer
    than the longest gap seen before: a quiet month is a fact, a data set that ended years ago is not.
    """
    _cls, day = _columns(choice)
    keys = {"year": year_of(day), "month": month_of(day)}
    frame, book = _sums(session, choice, keys, day < month_start(today))
    sums = frame.groupby(["year", "month"], as_index=False)[["rows", "minor"]].sum()
    months = [date(int(y), int(m), 1) for y, m in zip(sums["year"], sums["month"], strict=True)]
    values = pd.Series(sums["minor"].to_numpy(dtype=float), index=pd.DatetimeIndex(months)).sort_index()
    return Past(_with_quiet_end(values, today), book.currency, int(sums["rows"].sum()), book.notes)


def by_day(session: ScopedSession, choice: SeriesChoice, *, start: date, end: date) -> dict[date, float]:
    """What came on each day of a stretch, both ends included, in minor units; days without a value are absent."""
    _cls, day = _columns(choice)
    frame, _book = _sums(session, choice, {"day": day}, day.between(start, end))
    found: dict[date, float] = {}
    for on, minor in zip(frame["day"], frame["minor"], strict=True):
        found[on] = found.get(on, 0.0) + float(minor)
    return found


def _sums(
    session: ScopedSession, choice: SeriesChoice, keys: dict[str, Any], within: ColumnElement[bool]
) -> tuple[pd.DataFrame, Book]:
    """``rows`` and ``minor`` of the series by some keys, converted at the rate of each day."""
    cls, day = _columns(choice)
    book = open_book(session, cls)
    products, where = _conditions(session, choice)
    where.append(within)
    if choice.kind == SALES:
        keys |= {"currency": cls.currency, "rate_day": rate_day(cls.currency, day, book)}
        frame = grouped(session, keys, {"rows": None, "minor": OrderLine.amount_minor}, where=where)
    else:
        told = amounts(book, where, day, products=products)
        columns = {"rows": told.once, "minor": told.minor}
        frame = grouped(session, keys | told.keys, columns, joins=told.joins, where=where)
    return converted(frame, book, ["minor"]), book


def _with_quiet_end(values: pd.Series, today: date) -> pd.Series:
    if not len(values):
        return values
    numbers = [stamp.year * 12 + stamp.month for stamp in values.index]
    longest = max((b - a - 1 for a, b in pairwise(numbers)), default=0)
    missing = today.year * 12 + today.month - 1 - numbers[-1]
    if not 0 < missing <= longest:
        return values
    last = values.index[-1].date()
    empty = [add_months(last, step) for step in range(1, missing + 1)]
    quiet = pd.Series(0.0, index=pd.DatetimeIndex(empty))
    joined: pd.Series = pd.concat([values, quiet])
    return joined


def _columns(choice: SeriesChoice) -> tuple[Any, Any]:
    return (OrderLine, OrderLine.sold_on) if choice.kind == SALES else (Deal, Deal.closed_on)


def so_far(session: ScopedSession, choice: SeriesChoice, *, currency: str, today: date) -> Came | None:
    """What the running month brought until today; None where that is added up in another currency now."""
    _cls, day = _columns(choice)
    frame, book = _sums(session, choice, {}, day.between(month_start(today), today))
    return Came(float(frame["minor"].sum()), book.notes) if book.currency == currency else None


def span(session: ScopedSession, choice: SeriesChoice, *, today: date) -> Span:
    """Where the series begins and ends before the running month; one statement along an index, after one of a category."""
    _cls, day = _columns(choice)
    _products, where = _conditions(session, choice)
    where.append(day < month_start(today))
    ends = [
        select(day).where(*where).order_by(order).limit(1).scalar_subquery() for order in (day, day.desc())
    ]
    first, last = session.execute(select(*ends)).one()
    return Span(first, last)


def latest_run(session: ScopedSession, choice: SeriesChoice) -> Run | None:
    """The newest stored forecast of the series over the rows this actor sees."""
    statement = (
        select(
            ForecastRun.id, ForecastRun.made_at, ForecastRun.cutoff, ForecastRun.horizon, ForecastRun.seed,
            ForecastRun.result, ForecastRun.parameters,
        )
        .where(*_own(session.actor, choice), ForecastRun.cutoff.is_not(None))
        .order_by(ForecastRun.id.desc())
        .limit(1)
    )  # fmt: skip
    # The program's own table: the key above is what limits it to what the actor may see.
    row = session.execute(statement, execution_options={"system": True}).one_or_none()
    if row is None:
        return None
    return Run(
        id=row.id,
        made_at=row.made_at,
        cutoff=row.cutoff,
        horizon=row.horizon,
        seed=row.seed,
        forecast=Forecast.from_dict(row.result),
        currency=row.parameters["currency"],
        rows=int(row.parameters["rows"]),
        pace=tuple(row.parameters.get("pace", ())),
    )


def _own(actor: Actor, choice: SeriesChoice) -> tuple[ColumnElement[bool], ...]:
    return ForecastRun.series == choice.name, ForecastRun.scope_key == scope_key(actor, choice)


def run_list(session: ScopedSession, choice: SeriesChoice, *, limit: int = 12) -> list[RunRow]:
    """The newest stored forecasts of the series, newest first; ``expected`` is the sum of 12 months."""
    statement = (
        select(
            ForecastRun.id, ForecastRun.made_at, ForecastRun.cutoff, ForecastRun.model, ForecastRun.parameters
        )
        .where(*_own(session.actor, choice))
        .order_by(ForecastRun.id.desc())
        .limit(limit)
    )
    rows = session.execute(statement, execution_options={"system": True})
    return [RunRow(i, made, cutoff, model, p.get("year_ahead")) for i, made, cutoff, model, p in rows]


def forget_old_runs(session: ScopedSession, series: str, key: str) -> None:
    """Delete all but the newest runs of a series; for the program's own session."""
    mine = ForecastRun.series == series, ForecastRun.scope_key == key
    eldest = select(ForecastRun.id).where(*mine).order_by(ForecastRun.id.desc()).offset(KEPT).limit(1)
    session.execute(delete(ForecastRun).where(*mine, ForecastRun.id <= eldest.scalar_subquery()))


def latest_job(session: ScopedSession, choice: SeriesChoice) -> JobView | None:
    """The actor's newest job for this very series, running or ended."""
    statement = (
        select(
            Job.args, Job.id, Job.kind, Job.state, Job.done, Job.total, Job.note, Job.result, Job.actor_id,
            Job.made_at,
        )
        .where(Job.kind == "forecast", Job.actor_id == session.actor.user_id)
        .order_by(Job.id.desc())
        .limit(JOBS_LOOKED_AT)
    )  # fmt: skip
    for args, *view in session.execute(statement, execution_options={"system": True}):
        if args.get("series") == choice.to_args():
            return JobView(*view)
    return None


@dataclass(frozen=True, slots=True)
class Parts:
    """What a series can be narrowed to, by id; regions by name."""

    teams: dict[int, str]
    categories: dict[int, str]
    regions: tuple[str, ...]


def parts(session: ScopedSession, kind: str) -> Parts:
    """Teams, categories and, for sales lines, the regions the actor's rows lie in."""
    teams = dict(session.execute(select(Team.id, Team.name).order_by(Team.name)).all())
    kinds = dict(session.execute(select(Category.id, Category.name).order_by(Category.name)).all())
    regions: set[str] = set()
    if kind == SALES:
        for column in (OrderLine.region, Order.region):
            regions |= set(session.scalars(select(column).where(func.length(column) > 0).distinct()))
    return Parts(teams, kinds, tuple(sorted(regions)))


def part_named(session: ScopedSession, kind: str, name: str) -> int | None:
    """The id of a team or category by its name, whatever its capitals; None for an empty name.

    Raises
    ------
    NotFound
        None is called so.
    """
    if not name:
        return None
    cls: Any = {"team": Team, "category": Category}[kind]
    found = session.scalars(select(cls.id).where(func.lower(cls.name) == name.strip().lower())).first()
    if found is None:
        raise NotFound(_("There is no {kind} called {name}.").format(kind=kind, name=name))
    return int(found)
