"""The reports on service: tables with the sentence that says how each is computed."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import select

from crm.analytics.intervals import Share, wilson
from crm.clock import zone
from crm.firm.firm import firm
from crm.i18n import _
from crm.periods import Calendar
from crm.reporting.book import Book
from crm.reporting.catalogue import LINES, report
from crm.reporting.report import Names, Report, SalesFilter, names
from crm.service.cases.moves import PRIORITY_ORDER
from crm.service.reports.service_reports_facts import (
    as_service,
    first_contact,
    planned_within,
    read_cases,
    read_visits,
    stand,
    standing,
    within,
)
from crm.service.reports.service_reports_formulas import formula
from db.models import Queue
from db.models.service.cases import CASE_PRIORITIES, CASE_STATUS
from db.scope import ScopedSession

#: Ages in days: from, to (not included).
AGES: tuple[tuple[int, int | None], ...] = ((0, 1), (1, 3), (3, 7), (7, 14), (14, 30), (30, 90), (90, None))
PROMISES = ("response", "resolution")


def _read(session: ScopedSession, chosen: SalesFilter) -> tuple[Book, pd.DataFrame]:
    now = datetime.now(UTC)
    book = Book(firm(session).currency, {}, standing(chosen.end, now))
    return book, stand(read_cases(session, as_service(chosen)), now, chosen.end)


def _report(name: str, book: Book, chosen: SalesFilter, n: int, rows: pd.DataFrame, **summary: Any) -> Report:
    return Report(name, formula(name), book, chosen, n, rows, summary)


def status_rows(cases: pd.DataFrame) -> pd.DataFrame:
    """``status, label, cases`` in the order of the way through, all of them."""
    counts = cases["status"].value_counts()
    return pd.DataFrame(
        [(key, _(label), int(counts.get(key, 0))) for key, label in CASE_STATUS if key != "merged"],
        columns=["status", "label", "cases"],
    )


@report("cases-by-status", "Cases by status", LINES)
def cases_by_status(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Cases opened in the period by the status they have now."""
    book, cases = _read(session, chosen)
    rows = status_rows(cases[within(cases["opened_at"], chosen.start, chosen.end)])
    n = int(rows["cases"].sum())
    rows["share"] = rows["cases"] / n if n else math.nan
    return _report("cases-by-status", book, chosen, n, rows, cases=n)


def age_days(cases: pd.DataFrame, now: datetime) -> pd.Series[Any]:
    """Days since each case was opened, with fractions."""
    passed: pd.Series[Any] = (pd.Timestamp(now) - cases["opened_at"]).dt.total_seconds() / 86_400
    return passed


def age_text(low: int, high: int | None) -> str:
    """A stretch of ages: "3 to 7 days"."""
    if high is None:
        return _("over {n} days").format(n=low)
    return _("under a day") if low == 0 else _("{low} to {high} days").format(low=low, high=high)


def age_rows(cases: pd.DataFrame, now: datetime) -> pd.DataFrame:
    """Open cases: ``age, low, high, cases, late``; an opening in the future counts as today's."""
    standing = cases[cases["is_open"]]
    ages = age_days(standing, now).clip(lower=0)
    rows = []
    for low, high in AGES:
        inside = (ages >= low) & (ages < (math.inf if high is None else high))
        rows.append(
            (age_text(low, high), low, high, int(inside.sum()), int((inside & standing["late_now"]).sum()))
        )
    return pd.DataFrame(rows, columns=["age", "low", "high", "cases", "late"]).astype({"high": object})


@report("cases-by-age", "Open cases by age", LINES[1:])
def cases_by_age(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Open cases by the days since they were opened."""
    book, cases = _read(session, chosen)
    rows = age_rows(cases, book.as_of)
    n = int(rows["cases"].sum())
    return _report("cases-by-age", book, chosen, n, rows, cases=n, late=int(rows["late"].sum()))


@report("cases-by-queue", "Cases by queue", LINES)
def cases_by_queue(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Cases opened in the period by queue: all, open ones, late ones."""
    book, cases = _read(session, chosen)
    called = dict(session.execute(select(Queue.id, Queue.name)).all())
    cases = cases[within(cases["opened_at"], chosen.start, chosen.end)]
    grouped = cases.groupby("queue_id", dropna=False)
    rows = grouped.agg(cases=("id", "size"), open=("is_open", "sum"), late=("late_now", "sum")).reset_index()
    rows = rows.sort_values("cases", ascending=False, ignore_index=True, kind="stable")
    rows.insert(
        0, "queue", [None if pd.isna(key) else called.get(int(key), f"#{key}") for key in rows["queue_id"]]
    )
    return _report("cases-by-queue", book, chosen, len(cases), rows, cases=len(cases))


def attainment(
    cases: pd.DataFrame, promise: str, start: date | None, end: date | None
) -> tuple[int, int, int]:
    """How many promises of a kind were kept, kept late, and are open and late, among those decided in the days."""
    cases = cases[within(cases[f"{promise}_decided"], start, end)]
    kept, late, standing = (
        int(cases[f"{promise}_{state}"].sum()) for state in ("in_time", "late", "open_late")
    )
    return kept, late, standing


def attainment_rows(cases: pd.DataFrame, start: date | None, end: date | None) -> pd.DataFrame:
    """Per promise in all (``priority`` None) and by priority: ``in_time, late, open_late, n, share, lo, hi``."""
    rows = []
    for promise in PROMISES:
        for priority in (None, *PRIORITY_ORDER):
            group = cases if priority is None else cases[cases["priority"] == priority]
            kept, late, standing = attainment(group, promise, start, end)
            share = wilson(kept, kept + late + standing)
            rows.append(
                (promise, priority, kept, late, standing, share.n, share.share, share.low, share.high)
            )
    columns = ["promise", "priority", "in_time", "late", "open_late", "n", "share", "lo", "hi"]
    return pd.DataFrame(rows, columns=columns)


@report("sla-attainment", "Promised answers and solutions in time, in all and by priority", LINES)
def sla_attainment(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Promises kept among those decided in the period, for the first answer and the solution, in all and by priority."""
    book, cases = _read(session, chosen)
    rows = attainment_rows(cases, chosen.start, chosen.end)
    whole = rows[rows["priority"].isna()].set_index("promise")
    summary = {f"{p}_share": whole["share"][p] for p in PROMISES} | {
        f"{p}_n": whole["n"][p] for p in PROMISES
    }
    return _report("sla-attainment", book, chosen, int(whole["n"].sum()), rows, **summary)


def first_contact_share(cases: pd.DataFrame, start: date | None, end: date | None) -> Share:
    """Solved at the first contact among the cases solved in the days."""
    solved = cases[within(cases["solved"], start, end) & cases["thread_known"]]
    return wilson(int(first_contact(solved).sum()), len(solved))


def reopen_share(cases: pd.DataFrame, start: date | None, end: date | None) -> Share:
    """Came back among the cases opened in the days and solved at least once."""
    opened = cases[within(cases["opened_at"], start, end)]
    once = opened[opened["solved"].notna() | (opened["reopened"] > 0)]
    return wilson(int((once["reopened"] > 0).sum()), len(once))


def _share_report(name: str, book: Book, chosen: SalesFilter, share: Share, hits: str) -> Report:
    row = {hits: 0 if not share.n else round(share.share * share.n), "n": share.n, "share": share.share}
    rows = pd.DataFrame([row | {"lo": share.low, "hi": share.high}])
    return _report(name, book, chosen, share.n, rows, share=share.share)


@report("first-contact-resolution", "Cases solved at the first contact, with the 95 % interval", LINES)
def first_contact_resolution(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Share of cases solved at the first contact, with its range."""
    book, cases = _read(session, chosen)
    share = first_contact_share(cases, chosen.start, chosen.end)
    return _share_report("first-contact-resolution", book, chosen, share, "first_contact")


@report("reopen-rate", "Solved cases that came back", LINES)
def reopen_rate(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Share of solved cases that came back, with its range."""
    book, cases = _read(session, chosen)
    share = reopen_share(cases, chosen.start, chosen.end)
    return _share_report("reopen-rate", book, chosen, share, "reopened")


def rating_rows(cases: pd.DataFrame, start: date | None, end: date | None) -> pd.DataFrame:
    """``rating, cases`` for 1 to 5."""
    counts = cases.loc[within(cases["rated"], start, end), "satisfaction"].value_counts()
    return pd.DataFrame(
        [(rating, int(counts.get(rating, 0))) for rating in range(1, 6)], columns=["rating", "cases"]
    )


def mean_rating(rows: pd.DataFrame) -> float | None:
    """Mean of counted ratings; None without one."""
    n = int(rows["cases"].sum())
    return float((rows["rating"] * rows["cases"]).sum()) / n if n else None


@report("satisfaction", "Ratings of solved cases", LINES)
def satisfaction(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Ratings given in the period: distribution, mean, share of satisfied with its range."""
    book, cases = _read(session, chosen)
    rows = rating_rows(cases, chosen.start, chosen.end)
    n = int(rows["cases"].sum())
    happy = wilson(int(rows.loc[rows["rating"] >= 4, "cases"].sum()), n)
    summary = {"mean": mean_rating(rows), "satisfied": happy.share, "lo": happy.low, "hi": happy.high}
    rows["share"] = rows["cases"] / n if n else math.nan
    return _report("satisfaction", book, chosen, n, rows, **summary)


def load_rows(cases: pd.DataFrame, known: Names, start: date | None, end: date | None) -> pd.DataFrame:
    """``agent, owner_id, open, late, solved``, most open first; cases without an owner come under None."""
    counted = pd.DataFrame(
        {
            "owner_id": cases["owner_id"],
            "open": cases["is_open"].astype("int64"),
            "late": cases["late_now"].astype("int64"),
            "solved": within(cases["solved"], start, end).astype("int64"),
        }
    )
    rows = counted.groupby("owner_id", dropna=False, as_index=False).sum()
    rows = rows[(rows["open"] > 0) | (rows["solved"] > 0)]
    rows = rows.sort_values(["open", "solved"], ascending=False, ignore_index=True, kind="stable")
    keys = [None if pd.isna(key) else int(key) for key in rows["owner_id"]]
    rows["owner_id"] = pd.Series(keys, dtype=object)
    called = [None if k is None else known.users[k].name if k in known.users else f"#{k}" for k in keys]
    rows.insert(0, "agent", pd.Series(called, dtype=object))
    return rows


@report("agent-load", "Open, late and solved cases by owner", LINES)
def agent_load(session: ScopedSession, chosen: SalesFilter) -> Report:
    """What each person has open and has solved in the period."""
    book, cases = _read(session, chosen)
    rows = load_rows(cases, names(session), chosen.start, chosen.end)
    summary = {name: int(rows[name].sum()) for name in ("open", "late", "solved")}
    return _report("agent-load", book, chosen, summary["open"] + summary["solved"], rows, **summary)


def flow_rows(cases: pd.DataFrame, start: date | None, end: date | None, *, unit: str) -> pd.DataFrame:
    """``first`` (day the stretch begins), ``opened, solved``, gaps filled; ``unit`` is pandas' for weeks or months."""
    counts = {}
    for name, column in (("opened", "opened_at"), ("solved", "solved")):
        moments = (
            cases.loc[within(cases[column], start, end), column].dt.tz_convert(zone()).dt.tz_localize(None)
        )
        counts[name] = moments.dt.to_period(unit).value_counts()
    rows = pd.DataFrame(counts).fillna(0).astype("int64").sort_index()
    if len(rows):
        # A mistyped year must not bring thousands of empty stretches.
        every = pd.period_range(rows.index[0], rows.index[-1], freq=unit)
        rows = rows.reindex(every, fill_value=0) if len(every) <= 1200 else rows
    firsts = [period.start_time.date() for period in rows.index]
    rows = rows.reset_index(drop=True)
    rows.insert(0, "first", pd.Series(firsts, dtype=object))
    return rows


@report("cases-by-month", "Cases opened and solved by month", LINES)
def cases_by_month(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Cases opened and solved per month."""
    book, cases = _read(session, chosen)
    rows = flow_rows(cases, chosen.start, chosen.end, unit="M")
    rows["first"] = [day.strftime("%Y-%m") for day in rows["first"]]
    rows = rows.rename(columns={"first": "month"})
    opened, solved = int(rows["opened"].sum()), int(rows["solved"].sum())
    return _report("cases-by-month", book, chosen, opened, rows, opened=opened, solved=solved)


def visit_rows(visits: pd.DataFrame, today: date, calendar: Calendar) -> pd.DataFrame:
    """``week`` (its first day, None without a day), ``visits, overdue``, oldest first."""
    days = [None if pd.isna(day) else day for day in visits["planned_on"]]
    weeks = [None if day is None else calendar.week(day) for day in days]
    late = [int(day is not None and day < today) for day in days]
    frame = pd.DataFrame({"week": pd.Series(weeks, dtype=object), "visits": 1, "overdue": late})
    rows = frame.groupby("week", dropna=False, as_index=False)[["visits", "overdue"]].sum()
    rows["week"] = pd.Series([None if pd.isna(week) else week for week in rows["week"]], dtype=object)
    return rows.astype({"visits": "int64", "overdue": "int64"})


@report("visits-due", "Visits to be made, by week", LINES)
def visits_due(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Visits that still have to be made, by week."""
    book = Book(firm(session).currency, {}, datetime.now(UTC))
    visits = read_visits(session, as_service(chosen))
    if chosen.start is not None or chosen.end is not None:
        visits = planned_within(visits, chosen.start or date.min, chosen.end or date.max)
    rows = visit_rows(visits, book.as_of.astimezone(zone()).date(), firm(session).calendar)
    n = len(visits)
    return _report("visits-due", book, chosen, n, rows, visits=n, overdue=int(rows["overdue"].sum()))


def priority_names() -> dict[str, str]:
    """Priorities as people read them, most urgent first."""
    return {value: _(label) for value, label in CASE_PRIORITIES}
