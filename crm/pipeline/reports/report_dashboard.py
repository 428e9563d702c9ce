"""Everything the sales dashboard shows, read once for one choice of period and filters."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import and_, or_, select

from crm.analytics.intervals import Share, Spread, spread_of, wilson
from crm.periods import (
    USUAL,
    Calendar,
    Period,
    add_months,
    month_end,
    month_start,
    months_between,
    period_before,
    shown_period,
)
from crm.pipeline.reports import report_facts as facts
from crm.pipeline.reports import report_stages
from crm.pipeline.reports.report_changes import ChangedAfter, changed_after
from crm.pipeline.reports.report_stages import Funnel
from crm.pipeline.reports.report_targets import has_targets, target_rows, won_for_targets
from crm.pipeline.reports.reports import called_by, deals_owner, keyed, owners_manager, ranked, rates_by
from crm.pipeline.targets import goals_by_month, target_table
from crm.reporting.book import Book, open_book
from crm.reporting.grouped import grouped, month_of, year_of
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
    calendar: Calendar = USUAL


@dataclass(frozen=True, slots=True)
class Totals:
    """Closed deals of a period in numbers.

    ``days`` adds up over the ``timed`` won deals, ``won_minor`` over the ``priced`` ones; ``left_out`` have a worth in a
    currency without a rate.
    """

    won_minor: int
    won: int
    lost: int
    priced: int
    left_out: int
    days: int
    timed: int

    @property
    def rate(self) -> Share:
        """Won among closed, with its interval."""
        return wilson(self.won, self.won + self.lost)

    @property
    def average_minor(self) -> float | None:
        """Mean worth of the won deals that count in the won value."""
        return self.won_minor / self.priced if self.priced else None

    @property
    def mean_days(self) -> float | None:
        """Mean days from opening to closing of a won deal."""
        return self.days / self.timed if self.timed else None


@dataclass(frozen=True)
class Dashboard:
    """Frames and numbers of one dashboard; amounts in minor units of the book's currency.

    ``moved`` says that nothing was closed in the running period, so that the newest one with data is shown.
    ``months`` has ``month, first, last, won_minor, won, lost, priced, days, timed, open_deals, target_minor`` of the months
    up to the period's end, ``inside`` where they belong to the period; one that it ``cut`` counts from ``first`` to
    ``last`` only, one that is ``running`` is not over. ``undated`` won deals have no closing day and lie in no period.
    ``standing`` are the deals open at the end of the period, today at most, and at that of the compared one.
    ``without_target`` says that the filter narrows by what no target is set by.
    """

    book: Book
    known: Names
    period: Period
    before: Period | None
    moved: bool
    newest: date | None
    undated: int
    now: Totals
    then: Totals | None
    standing: tuple[int, int] | None
    months: pd.DataFrame
    teams: pd.DataFrame
    managers: pd.DataFrame
    agents: pd.DataFrame
    products: pd.DataFrame
    source_rates: pd.DataFrame
    product_rates: pd.DataFrame
    cycle: pd.DataFrame
    spread: Spread
    funnel: Funnel
    stages: pd.DataFrame
    reasons: pd.DataFrame
    targets: pd.DataFrame
    without_target: bool
    changed: tuple[ChangedAfter, ...]

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
    newest, undated = facts.last_closed(session, asked.chosen, asked.today)
    period, moved = shown_period(
        asked.kind, newest, today=asked.today, start=asked.start, end=asked.end, calendar=asked.calendar
    )
    chosen = replace(asked.chosen, start=period.start, end=period.end)
    before = period_before(period)
    cube = facts.closed_deals(session, book, chosen, ["status", "owner", "source"])
    won = cube[cube["status"] == "won"]
    by_product = facts.closed_deals(session, book, chosen, ["status", "product"])
    sold = by_product[by_product["status"] == "won"]
    stages = report_stages.stages_named(session)
    cycle = facts.cycle_days(session, chosen)
    with_target = has_targets(chosen)
    since = date.min
    if period.start and period.end:
        since = min(period.start, add_months(period.end, 1 - MONTHS))
    goals = target_table(
        session, book, start=period.start, end=period.end, since=since, today=asked.today
    ).iloc[: None if with_target else 0]
    inside = [period.start is None or month >= month_start(period.start) for month in goals["month"]]
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
        undated=undated,
        now=_totals(cube),
        then=_before(session, book, chosen, before),
        standing=_standing(session, asked, period, before),
        months=_months(session, book, known, chosen, period, newest, asked.today, goals),
        teams=_named(keyed(won, known, "team", Names.team_of)),
        managers=_named(keyed(won, known, "manager", owners_manager)),
        agents=_named(keyed(won, known, "agent", deals_owner)),
        products=_named(ranked(sold, [_id(v) for v in sold["product_id"]], "product", known.products)),
        source_rates=rates_by(cube, "source", label="name", called=lambda v: called_by(known, "source", v)),
        product_rates=rates_by(
            by_product, "product_id", label="name", called=lambda v: called_by(known, "product", v)
        ),
        cycle=cycle,
        spread=spread_of(cycle["days"].tolist(), cycle["deals"].tolist()),
        funnel=report_stages.funnel_of(stages, facts.furthest(session, chosen)),
        stages=open_rows[open_rows["kind"] == "open"].reset_index(drop=True),
        reasons=report_stages.reason_rows(lost, reasons),
        targets=target_rows(
            goals[pd.Series(inside, index=goals.index, dtype=bool)],
            won_for_targets(session, book, known, chosen),
            known,
            chosen,
        ),
        without_target=not with_target,
        changed=changed_after(session, book, chosen, period, today=asked.today),
    )


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """``name, id, deals, priced, value_minor`` of a ranking."""
    return rows.set_axis(["name", "id", *rows.columns[2:]], axis="columns")


def _id(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _totals(cube: pd.DataFrame) -> Totals:
    won, lost = cube[cube["status"] == "won"], cube[cube["status"] == "lost"]
    sums = {
        name: int(won[name].sum()) for name in ("value_minor", "deals", "valued", "priced", "days", "timed")
    }
    return Totals(
        won_minor=sums["value_minor"],
        won=sums["deals"],
        lost=int(lost["deals"].sum()),
        priced=sums["priced"],
        left_out=sums["valued"] - sums["priced"],
        days=sums["days"],
        timed=sums["timed"],
    )


def _before(session: ScopedSession, book: Book, chosen: SalesFilter, before: Period | None) -> Totals | None:
    if before is None:
        return None
    earlier = replace(chosen, start=before.start, end=before.end)
    totals = _totals(facts.closed_deals(session, book, earlier, ["status"]))
    return totals if totals.won + totals.lost else None


def _standing(
    session: ScopedSession, asked: Question, period: Period, before: Period | None
) -> tuple[int, int] | None:
    if period.end is None or before is None or before.end is None:
        return None
    now, then = facts.open_on(session, asked.chosen, (min(period.end, asked.today), before.end))
    return now, then


def _months(
    session: ScopedSession,
    book: Book,
    known: Names,
    chosen: SalesFilter,
    period: Period,
    newest: date | None,
    today: date,
    goals: pd.DataFrame,
) -> pd.DataFrame:
    """The months of the period and those before it, at least twelve, for the columns and the small lines."""
    last = period.end or newest or today
    if period.end is None:
        # A mistyped year must not stretch the chart into the next century.
        last = today if last > add_months(today, MONTHS) else last
        last = min(month_end(last), max(last, today))
    start = period.start or date(1, 1, 1)
    window = replace(chosen, start=min(start, add_months(last, 1 - MONTHS)), end=last)
    closed = facts.closed_deals(session, book, window, ["status", "month"], since=start)
    closed = closed[closed["year"].notna()]
    days = [date(int(y), int(m), 1) for y, m in zip(closed["year"], closed["month"], strict=True)]
    first = (
        min([*days, add_months(last, 1 - MONTHS)])
        if period.start is None
        else month_start(window.start or last)
    )
    every = months_between(max(first, add_months(last, 1 - MOST_MONTHS)), last)
    opened = _opened(session, window, every[0])
    columns = {
        "value_minor": "won_minor",
        "deals": "won",
        "priced": "priced",
        "days": "days",
        "timed": "timed",
    }
    sums = {month: dict.fromkeys([*columns.values(), "lost"], 0) for month in every}
    for day, line in zip(days, closed.to_dict("records"), strict=True):
        # Of the month in which the period begins only the days of the period count.
        if day not in sums or bool(line["inside"]) != (day >= month_start(start)):
            continue
        if line["status"] == "lost":
            sums[day]["lost"] += line["deals"]
            continue
        for column, name in columns.items():
            sums[day][name] += line[column]
    rows = pd.DataFrame(list(sums.values()), index=every)
    rows["open_deals"] = [
        sum(n for begun, ended, n in opened if begun <= month and (ended is None or ended > month))
        for month in every
    ]
    rows["inside"] = [month >= month_start(start) for month in every]
    rows["first"] = [max(month, start) if month >= month_start(start) else month for month in every]
    rows["last"] = [min(month_end(month), last) for month in every]
    rows["running"] = [month <= today < month_end(month) for month in every]
    rows["cut"] = [
        inside and (first != month or end < min(month_end(month), max(today, month)))
        for month, inside, first, end in zip(every, rows["inside"], rows["first"], rows["last"], strict=True)
    ]
    wanted = goals_by_month(goals, known, teams=chosen.teams, owners=chosen.owners)
    rows["target_minor"] = pd.Series([wanted.get(month) for month in every], index=every, dtype=object)
    return rows.rename_axis("month").reset_index()


def _opened(session: ScopedSession, chosen: SalesFilter, first: date) -> list[tuple[date, date | None, int]]:
    """How many deals were opened in which month and closed in which, None while open; of those closed after a day."""
    keys = {
        "oy": year_of(Deal.opened_on),
        "om": month_of(Deal.opened_on),
        "cy": year_of(Deal.closed_on),
        "cm": month_of(Deal.closed_on),
    }
    # A closed deal without its day was open nobody knows until when.
    ended = or_(Deal.status == "open", and_(Deal.status.in_(facts.CLOSED), Deal.closed_on > first))
    where = [*deal_conditions(chosen, day=None), Deal.opened_on.is_not(None), ended]
    frame = grouped(session, keys, {"deals": None}, where=where)
    return [
        (date(int(a), int(b), 1), None if pd.isna(c) else date(int(c), int(d), 1), int(n))
        for a, b, c, d, n in frame.itertuples(index=False)
    ]
