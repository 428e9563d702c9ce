"""Everything the service dashboard shows, read once for one choice of period and filters, and the cases behind it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd
from sqlalchemy import select

from crm.analytics.intervals import Share, wilson
from crm.clock import zone
from crm.periods import USUAL, Calendar, Period, period_before, shown_period
from crm.reporting.report import names
from crm.service.reports.service_reports import (
    PROMISES,
    age_rows,
    attainment,
    attainment_rows,
    first_contact_share,
    flow_rows,
    load_rows,
    mean_rating,
    rating_rows,
    reopen_share,
    status_rows,
    visit_rows,
)
from crm.service.reports.service_reports_facts import (
    ServiceFilter,
    due_visits,
    failed_parts,
    newest_case,
    read_cases,
    read_visits,
    stand,
    standing,
    within,
)
from db.models import Queue
from db.scope import ScopedSession

#: A chart of weeks shows at least so many, whatever the period, and at most so many.
WEEKS, MOST_WEEKS = 13, 53


@dataclass(frozen=True, slots=True)
class ServiceQuestion:
    """What the dashboard is asked: a kind of period with its own days if custom, and filters."""

    kind: str
    today: date
    start: date | None = None
    end: date | None = None
    chosen: ServiceFilter = field(default_factory=ServiceFilter)
    calendar: Calendar = USUAL

    def period(self, newest: date | None) -> tuple[Period, bool]:
        """The days shown, given the newest day with a case, and whether they are older than those asked for."""
        return shown_period(
            self.kind, newest, today=self.today, start=self.start, end=self.end, calendar=self.calendar
        )


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbers of one period; ``open`` and ``late`` as they stand now, or stood at its end."""

    open: int
    late: int
    opened: int
    solved: int
    response: Share
    resolution: Share
    first_contact: Share
    reopened: Share
    rating: float | None
    rated: int

    @property
    def counts(self) -> bool:
        """False for a period in which nothing happened."""
        return bool(self.opened or self.solved or self.response.n or self.resolution.n or self.rated)


@dataclass(frozen=True)
class ServiceBoard:
    """Frames and numbers of one dashboard.

    ``moved`` says that nothing happened in the running period, so that the newest one with cases is shown. What is open
    or late stands as of ``day``; statuses and visits are those of ``today``. ``weeks`` has ``first, opened, solved,
    inside`` and per promise ``…_share`` and ``…_n``.
    """

    as_of: datetime
    day: date
    period: Period
    before: Period | None
    moved: bool
    newest: date | None
    now: Numbers
    then: Numbers | None
    cases: int
    calendar: Calendar
    weeks: pd.DataFrame
    priorities: pd.DataFrame
    ages: pd.DataFrame
    statuses: pd.DataFrame
    load: pd.DataFrame
    ratings: pd.DataFrame
    codes: pd.DataFrame
    parts: pd.DataFrame
    visits: pd.DataFrame
    visits_due: int
    visits_overdue: int

    @property
    def today(self) -> date:
        """The firm's day of the reading."""
        return self.as_of.astimezone(zone()).date()

    @property
    def is_cut(self) -> bool:
        """True where the period ends within the last week drawn."""
        end = self.period.end
        return end is not None and end != self.calendar.week(end) + timedelta(6)

    @property
    def is_shortened(self) -> bool:
        """True where only the last twelve months of the period are drawn by week."""
        start = self.period.start
        return len(self.weeks) == MOST_WEEKS and (start is None or start < self.weeks["first"].iloc[0])

    @property
    def has_cases(self) -> bool:
        """False when there is nothing to count."""
        return self.newest is not None or bool(len(self.visits))


@dataclass(frozen=True)
class ServiceChoices:
    """What the filters offer, by id in the order shown."""

    teams: dict[int, str]
    products: dict[int, str]
    queues: dict[int, str]


def service_choices(session: ScopedSession) -> ServiceChoices:
    """Teams, products and queues; four statements."""
    known = names(session)
    queues = session.execute(select(Queue.id, Queue.name).order_by(Queue.position, Queue.id))

    def by_name(found: dict[int, str]) -> dict[int, str]:
        return dict(sorted(found.items(), key=lambda item: item[1].casefold()))

    return ServiceChoices(
        by_name(known.teams),
        by_name(known.products),
        {key: name for key, name in queues},  # noqa: C416  (the result's rows are no pairs to mypy)
    )


def service_dashboard(session: ScopedSession, asked: ServiceQuestion) -> ServiceBoard:
    """The dashboard within the session's scope; the number of statements does not depend on the data."""
    now, known = datetime.now(UTC), names(session)
    newest = newest_case(session, asked.chosen, asked.today)
    period, moved = asked.period(newest)
    before = period_before(period)
    end = period.end or asked.today
    found = read_cases(session, replace(asked.chosen, start=read_from(period, before, end)))
    cases = stand(found, now, period.end)
    visits = read_visits(session, asked.chosen)
    opened = cases[within(cases["opened_at"], period.start, period.end)]
    then = _numbers(stand(found, now, before.end), before) if before else None
    rows = visit_rows(visits, asked.today, asked.calendar)
    return ServiceBoard(
        as_of=now,
        day=min(end, asked.today),
        period=period,
        before=before,
        moved=moved,
        newest=newest,
        now=_numbers(cases, period),
        then=then if then is not None and then.counts else None,
        cases=len(opened),
        calendar=asked.calendar,
        weeks=_weeks(cases, period, end, asked.calendar),
        priorities=attainment_rows(cases, period.start, period.end),
        ages=age_rows(cases, standing(period.end, now)),
        statuses=status_rows(opened),
        load=load_rows(cases, known, period.start, period.end),
        ratings=rating_rows(cases, period.start, period.end),
        codes=_codes(opened),
        parts=failed_parts(session, asked.chosen, period.start, period.end),
        visits=rows,
        visits_due=len(due_visits(visits, asked.today)),
        visits_overdue=int(rows["overdue"].sum()),
    )


def read_from(period: Period, before: Period | None, end: date) -> date | None:
    """The first day that anything on the screen looks at."""
    if period.start is None:
        return None
    firsts = [period.start, end - timedelta(weeks=WEEKS + 1)]
    return min([*firsts, before.start] if before and before.start else firsts)


def _numbers(cases: pd.DataFrame, period: Period) -> Numbers:
    start, end = period.start, period.end
    ratings = rating_rows(cases, start, end)
    promises = {}
    for promise in PROMISES:
        kept, late, standing = attainment(cases, promise, start, end)
        promises[promise] = wilson(kept, kept + late + standing)
    return Numbers(
        open=int(cases["is_open"].sum()),
        late=int(cases["late_now"].sum()),
        opened=int(within(cases["opened_at"], start, end).sum()),
        solved=int(within(cases["solved"], start, end).sum()),
        response=promises["response"],
        resolution=promises["resolution"],
        first_contact=first_contact_share(cases, start, end),
        reopened=reopen_share(cases, start, end),
        rating=mean_rating(ratings),
        rated=int(ratings["cases"].sum()),
    )


def _weeks(cases: pd.DataFrame, period: Period, end: date, calendar: Calendar) -> pd.DataFrame:
    last = calendar.week(end)
    first = last - timedelta(weeks=WEEKS - 1)
    if period.start is not None:
        first = min(first, calendar.week(period.start))
    elif len(cases) and cases["opened_at"].notna().any():
        oldest = cases["opened_at"].min().tz_convert(zone()).date()
        first = min(first, calendar.week(oldest))
    first = max(first, last - timedelta(weeks=MOST_WEEKS - 1))
    every = [first + timedelta(weeks=step) for step in range((last - first).days // 7 + 1)]
    rows = flow_rows(cases, first, end, unit=calendar.week_unit).set_index("first").reindex(every).fillna(0)
    for promise in PROMISES:
        known = cases[within(cases[f"{promise}_decided"], first, end)]
        moments = known[f"{promise}_decided"].dt.tz_convert(zone()).dt.tz_localize(None)
        firsts = [week.start_time.date() for week in moments.dt.to_period(calendar.week_unit)]
        grouped = known[f"{promise}_in_time"].groupby(pd.Series(firsts, index=known.index, dtype=object))
        rows[f"{promise}_n"] = grouped.size().reindex(every).fillna(0).astype("int64")
        rows[f"{promise}_share"] = grouped.mean().reindex(every).astype("float64")
    rows = rows.rename_axis("first").reset_index()
    start = period.start or date.min
    rows["inside"] = [week + timedelta(days=6) >= start for week in every]
    return rows.astype({"opened": "int64", "solved": "int64"})


def _codes(opened: pd.DataFrame) -> pd.DataFrame:
    """``code, cases`` of the opened cases that have a fault code, most first."""
    counts = opened.loc[
        opened["fault_code"].notna() & (opened["fault_code"] != ""), "fault_code"
    ].value_counts()
    rows = pd.DataFrame({"code": [str(code) for code in counts.index], "cases": counts.to_numpy()})
    return rows.sort_values(["cases", "code"], ascending=[False, True], ignore_index=True)
