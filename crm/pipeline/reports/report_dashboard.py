"""Everything the sales dashboard shows, read once for one choice of period and filters."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import extract, select

from crm.analytics.intervals import Share, Spread, spread_of, wilson
from crm.periods import Period, add_months, month_start, months_between, period_before, period_of
from crm.pipeline.reports import report_facts as facts
from crm.pipeline.reports import report_stages
from crm.pipeline.reports.report_targets import target_rows
from crm.pipeline.reports.reports import called_by, ranked, rates_by
from crm.pipeline.targets import applicable, target_table
from crm.reporting.book import Book, open_book
from crm.reporting.grouped import grouped
from crm.reporting.measures import deal_conditions
from crm.reporting.report import Names, SalesFilter, names
from db.models import Deal, LossReason, Pipeline
from db.scope import ScopedSession

#: A chart of months shows at least so many, whatever the period.
MONTHS = 12
#: and at most so many.
MOST_MONTHS = 120


@dataclass(frozen=True, slots=True)
class Question:
    """What the dashboard is asked: a kind of period with its own days if custom, and filters."""

    kind: str
    today: date
    start: date | None = None
    end: date | None = None
    chosen: SalesFilter = field(default_factory=SalesFilter)


@dataclass(frozen=True, slots=True)
class Totals:
    """Closed deals of a period in five numbers; ``days`` adds up over the ``timed`` won deals."""

    won_minor: int
    won: int
    lost: int
    days: int
    timed: int

    @property
    def rate(self) -> Share:
        """Won among closed, with its interval."""
        return wilson(self.won, self.won + self.lost)

    @property
    def average_minor(self) -> float | None:
        """Mean amount of a won deal."""
        return self.won_minor / self.won if self.won else None

    @property
    def mean_days(self) -> float | None:
        """Mean days from opening to closing of a won deal."""
        return self.days / self.timed if self.timed else None


@dataclass(frozen=True)
class Dashboard:
    """Frames and numbers of one dashboard; amounts in minor units of the book's currency.

    ``moved`` says that nothing was closed in the running period, so that the newest one with data is shown.
    ``months`` has ``month, won_minor, won, lost, days, timed, open_deals, target_minor`` of the months up to the
    period's end, ``inside`` where they belong to the period.
    """

    book: Book
    known: Names
    period: Period
    before: Period | None
    moved: bool
    newest: date | None
    now: Totals
    then: Totals | None
    months: pd.DataFrame
    teams: pd.DataFrame
    managers: pd.DataFrame
    agents: pd.DataFrame
    products: pd.DataFrame
    source_rates: pd.DataFrame
    product_rates: pd.DataFrame
    cycle: pd.DataFrame
    spread: Spread
    funnel: pd.DataFrame
    stages: pd.DataFrame
    reasons: pd.DataFrame
    targets: pd.DataFrame

    @property
    def has_deals(self) -> bool:
        """False when there is nothing to count: no closed deal at any time and none open."""
        return (
            self.newest is not None or bool(self.now.won + self.now.lost) or bool(self.stages["deals"].sum())
        )


@dataclass(frozen=True)
class Choices:
    """What the filters offer, by id in the order shown."""

    teams: dict[int, str]
    owners: dict[int, str]
    products: dict[int, str]
    pipelines: dict[int, str]
    sources: tuple[str, ...]


def sales_choices(session: ScopedSession) -> Choices:
    """Teams, owners, products and pipelines, and the sources of the deals in scope; five statements."""
    known = names(session)
    pipelines = session.execute(select(Pipeline.id, Pipeline.name).order_by(Pipeline.position, Pipeline.id))
    sources = session.scalars(select(Deal.source).where(Deal.archived_at.is_(None)).distinct())

    def by_name(found: dict[int, str]) -> dict[int, str]:
        return dict(sorted(found.items(), key=lambda item: item[1].casefold()))

    return Choices(
        teams=by_name(known.teams),
        owners=by_name({key: person.name for key, person in known.users.items()}),
        products=by_name(known.products),
        pipelines={key: name for key, name in pipelines},  # noqa: C416  (the result's rows are no pairs to mypy)
        sources=tuple(sorted({s for s in sources if s}, key=str.casefold)),
    )


def sales_dashboard(session: ScopedSession, asked: Question) -> Dashboard:
    """The dashboard within the session's scope; the number of statements does not depend on the data."""
    book, known = open_book(session), names(session)
    _first, newest = facts.closed_span(session, asked.chosen)
    period, moved = _period(asked, newest)
    chosen = replace(asked.chosen, start=period.start, end=period.end)
    before = period_before(period)
    cube = facts.closed_deals(session, book, chosen, ["status", "owner", "source"])
    won = cube[cube["status"] == "won"]
    by_product = facts.closed_deals(session, book, chosen, ["status", "product"])
    stages = report_stages.stages_named(session)
    cycle = facts.cycle_days(session, chosen)
    goals = target_table(session, book, start=None, end=period.end)
    lost = facts.closed_deals(session, book, chosen, ["reason"], statuses=["lost"])
    reasons = {key: name for key, name in session.execute(select(LossReason.id, LossReason.name))}  # noqa: C416
    stands = facts.by_stage(session, book, chosen, open_only=True)
    open_rows = report_stages.stage_rows(stages, stands, chosen)
    return Dashboard(
        book=book,
        known=known,
        period=period,
        before=before,
        moved=moved,
        newest=newest,
        now=_totals(cube),
        then=_before(session, book, chosen, before),
        months=_months(session, book, known, chosen, period, newest, goals),
        teams=_ranked(won, [known.team_of(t, o) for t, o in _pairs(won)], known.teams),
        managers=_ranked(won, [known.manager_of(o) for _t, o in _pairs(won)], _people(known)),
        agents=_ranked(won, [o for _t, o in _pairs(won)], _people(known)),
        products=_products(session, book, known, chosen),
        source_rates=rates_by(cube, "source", label="name", called=lambda v: called_by(known, "source", v)),
        product_rates=rates_by(
            by_product, "product_id", label="name", called=lambda v: called_by(known, "product", v)
        ),
        cycle=cycle,
        spread=spread_of(cycle["days"].tolist(), cycle["deals"].tolist()),
        funnel=report_stages.funnel_rows(stages, facts.furthest(session, chosen)),
        stages=open_rows[open_rows["kind"] == "open"].reset_index(drop=True),
        reasons=report_stages.reason_rows(lost, reasons),
        targets=_targets(session, book, known, chosen, period, goals),
    )


def _period(asked: Question, newest: date | None) -> tuple[Period, bool]:
    """The period asked for, or the newest one with a closed deal when nothing was closed in the running one."""
    period = period_of(asked.kind, asked.today, today=asked.today, start=asked.start, end=asked.end)
    if asked.kind in ("all", "custom") or newest is None or period.start is None or newest >= period.start:
        return period, False
    return period_of(asked.kind, newest, today=asked.today), True


def _id(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _pairs(frame: pd.DataFrame) -> list[tuple[int | None, int | None]]:
    return [(_id(t), _id(o)) for t, o in zip(frame["team_id"], frame["owner_id"], strict=True)]


def _people(known: Names) -> dict[int, str]:
    return {key: person.name for key, person in known.users.items()}


def _ranked(frame: pd.DataFrame, keys: list[int | None], called: dict[int, str]) -> pd.DataFrame:
    """``name, id, deals, value_minor``, largest first; deals without one come under None."""
    rows = ranked(frame, keys, "one").rename(columns={"one_id": "id"})
    rows.insert(0, "name", [None if i is None else called.get(i, f"#{i}") for i in rows["id"]])
    return rows


def _products(session: ScopedSession, book: Book, known: Names, chosen: SalesFilter) -> pd.DataFrame:
    whole = facts.closed_deals(session, book, chosen, ["product"], statuses=["won"], itemised=False)
    if chosen.products:
        whole = whole[whole["product_id"].isin(chosen.products)]
    parts = [whole[["product_id", "deals", "value_minor"]], facts.won_lines(session, book, chosen)]
    together = pd.concat(parts, ignore_index=True)
    return _ranked(together, [_id(v) for v in together["product_id"]], known.products)


def _totals(cube: pd.DataFrame) -> Totals:
    won, lost = cube[cube["status"] == "won"], cube[cube["status"] == "lost"]
    sums = [int(won[name].sum()) for name in ("value_minor", "deals", "days", "timed")]
    return Totals(sums[0], sums[1], int(lost["deals"].sum()), sums[2], sums[3])


def _before(session: ScopedSession, book: Book, chosen: SalesFilter, before: Period | None) -> Totals | None:
    if before is None:
        return None
    earlier = replace(chosen, start=before.start, end=before.end)
    totals = _totals(facts.closed_deals(session, book, earlier, ["status"]))
    return totals if totals.won + totals.lost else None


def _months(
    session: ScopedSession,
    book: Book,
    known: Names,
    chosen: SalesFilter,
    period: Period,
    newest: date | None,
    goals: pd.DataFrame,
) -> pd.DataFrame:
    """The months of the period and those before it, at least twelve, for the columns and the small lines."""
    last = period.end or newest or book.today
    if period.end is None and last > add_months(book.today, MONTHS):
        last = book.today  # a mistyped year must not stretch the chart into the next century
    start = period.start or date(1, 1, 1)
    window = replace(chosen, start=min(start, add_months(last, 1 - MONTHS)), end=last)
    closed = facts.closed_deals(session, book, window, ["status", "month"])
    closed = closed[closed["year"].notna()]
    opened = _opened(session, window)
    days = [date(int(y), int(m), 1) for y, m in zip(closed["year"], closed["month"], strict=True)]
    first = (
        min([*days, add_months(last, 1 - MONTHS)])
        if period.start is None
        else month_start(window.start or last)
    )
    every = months_between(max(first, add_months(last, 1 - MOST_MONTHS)), last)
    sums = {month: dict.fromkeys(("won_minor", "won", "lost", "days", "timed"), 0) for month in every}
    for day, line in zip(days, closed.to_dict("records"), strict=True):
        if day not in sums:
            continue
        if line["status"] == "lost":
            sums[day]["lost"] += line["deals"]
            continue
        for name, column in (
            ("won_minor", "value_minor"),
            ("won", "deals"),
            ("days", "days"),
            ("timed", "timed"),
        ):
            sums[day][name] += line[column]
    rows = pd.DataFrame(list(sums.values()), index=every)
    rows["open_deals"] = [
        sum(n for begun, ended, n in opened if begun <= month and (ended is None or ended > month))
        for month in every
    ]
    whole = applicable(goals, known, teams=chosen.teams, owners=chosen.owners)
    wanted = dict(zip(whole["month"], whole["target_minor"], strict=True))
    rows["target_minor"] = pd.Series([wanted.get(month) for month in every], index=every, dtype=object)
    rows["inside"] = [month >= month_start(start) for month in every]
    return rows.rename_axis("month").reset_index()


def _opened(session: ScopedSession, chosen: SalesFilter) -> list[tuple[date, date | None, int]]:
    """How many deals were opened in which month and closed in which, None while open."""
    keys = {
        "oy": extract("year", Deal.opened_on),
        "om": extract("month", Deal.opened_on),
        "cy": extract("year", Deal.closed_on),
        "cm": extract("month", Deal.closed_on),
    }
    where = [*deal_conditions(chosen, day=None), Deal.opened_on.is_not(None)]
    frame = grouped(session, keys, {"deals": None}, where=where)
    return [
        (date(int(a), int(b), 1), None if pd.isna(c) else date(int(c), int(d), 1), int(n))
        for a, b, c, d, n in frame.itertuples(index=False)
    ]


def _targets(
    session: ScopedSession, book: Book, known: Names, chosen: SalesFilter, period: Period, goals: pd.DataFrame
) -> pd.DataFrame:
    start = month_start(period.start) if period.start else date.min
    goals = goals[pd.Series([month >= start for month in goals["month"]], index=goals.index, dtype=bool)]
    won = facts.closed_deals(session, book, chosen, ["month", "owner"], statuses=["won"])
    return target_rows(goals, won, known, chosen)
