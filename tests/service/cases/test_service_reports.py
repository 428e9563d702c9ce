"""Service reports against a plain recount of the same rows, and against SQL; nobody counts past their scope."""

import json
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from crm.analytics.intervals import wilson
from crm.clock import here, zone
from crm.reporting.catalogue import run_report, to_json
from crm.reporting.report import SalesFilter
from crm.service.reports.service_dashboard import ServiceQuestion
from crm.service.reports.service_dashboard_records import visit_records
from crm.work import SYSTEM, reading
from db.models import Case, CaseMessage, User, WorkOrder
from db.session import engine
from tests.service.equipment.service_scene import NOW, fill_service

TODAY = here(NOW).date()
PERIODS = [
    (None, None),
    (TODAY - timedelta(days=60), TODAY - timedelta(days=10)),
    (TODAY - timedelta(days=30), None),
]
NAMES = (
    "cases-by-status", "cases-by-age", "cases-by-queue", "cases-by-month", "sla-attainment", "first-contact-resolution",
    "reopen-rate", "satisfaction", "agent-load", "visits-due",
)  # fmt: skip


@pytest.fixture
def filled(people):
    fill_service(people)
    return people


def report(name, actor=SYSTEM, **chosen):
    with reading(actor) as session:
        return to_json(run_report(session, name, SalesFilter(**chosen)))


def cases():
    with reading(SYSTEM) as session:
        rows = [c for c in session.query(Case) if c.status != "merged" and c.archived_at is None]
        for row in rows:
            kinds = [m.kind for m in session.query(CaseMessage).filter(CaseMessage.case_id == row.id)]
            row.replies, row.thread = kinds.count("reply"), bool(kinds)
        return rows


def sql(statement, **values):
    with engine().connect().execution_options(system=True, reading=True) as connection:
        return connection.execute(text(statement), values).all()


def inside(moment, start, end):
    if moment is None:
        return False
    day = moment.astimezone(zone()).date()
    return (start is None or day >= start) and (end is None or day <= end)


def solved(case):
    return (case.resolved_at or case.closed_at) if case.status in ("resolved", "closed") else None


def outcome(case, promise):
    """(in time, late or open late; the moment from which it is known), None while nothing is known."""
    due = getattr(case, f"{promise}_due_at")
    done = solved(case) if promise == "resolution" else case.first_response_at or solved(case)
    if due is None or case.policy_id is None:
        return None
    if done is not None:
        return ("in_time", done) if done <= due else ("late", due)
    as_of = case.waiting_since if case.status == "waiting" else NOW
    return ("open_late", due) if due < as_of else None


@pytest.mark.parametrize(("start", "end"), PERIODS)
def test_attainment_equals_a_recount(filled, start, end):
    rows = report("sla-attainment", start=start, end=end)["rows"]

    assert len(rows) == 10
    for row in rows:
        outcomes = [
            outcome(case, row["promise"]) for case in cases() if row["priority"] in (None, case.priority)
        ]
        counted = [state for found in outcomes if found for state, at in [found] if inside(at, start, end)]
        for state in ("in_time", "late", "open_late"):
            assert row[state] == counted.count(state), (row, state)
        share = wilson(counted.count("in_time"), len(counted))
        if counted:
            assert (row["n"], row["share"]) == (share.n, pytest.approx(share.share))
            assert (row["lo"], row["hi"]) == (pytest.approx(share.low), pytest.approx(share.high))
    assert {row["n"] > 0 for row in rows} == {True}


def test_attainment_of_everything_equals_plain_sql(filled):
    first = next(r for r in report("sla-attainment")["rows"] if r["promise"] == "resolution")

    kept, late = sql(
        "SELECT count(CASE WHEN coalesce(resolved_at, closed_at) <= resolution_due_at THEN 1 END),"
        " count(CASE WHEN coalesce(resolved_at, closed_at) > resolution_due_at THEN 1 END) FROM cases"
        " WHERE status IN ('resolved', 'closed') AND archived_at IS NULL AND policy_id IS NOT NULL"
    )[0]

    assert (first["in_time"], first["late"]) == (kept, late)


@pytest.mark.parametrize(("start", "end"), PERIODS)
def test_first_contact_and_reopening_equal_a_recount(filled, start, end):
    first = report("first-contact-resolution", start=start, end=end)["rows"][0]
    again = report("reopen-rate", start=start, end=end)["rows"][0]

    done = [c for c in cases() if inside(solved(c), start, end) and (c.import_id is None or c.thread)]
    once = [c for c in cases() if inside(c.opened_at, start, end) and (solved(c) or c.reopened)]
    assert first["n"] == len(done) > 0
    assert first["first_contact"] == sum(c.replies <= 1 and not c.reopened for c in done)
    assert again["n"] == len(once) > 0
    assert again["reopened"] == sum(c.reopened > 0 for c in once)


@pytest.mark.parametrize(("start", "end"), PERIODS)
def test_ratings_equal_a_recount(filled, start, end):
    made = report("satisfaction", start=start, end=end)

    ratings = [
        c.satisfaction
        for c in cases()
        if c.satisfaction and inside(c.satisfaction_at or solved(c) or c.opened_at, start, end)
    ]
    assert [row["cases"] for row in made["rows"]] == [ratings.count(n) for n in range(1, 6)]
    assert made["summary"]["mean"] == pytest.approx(sum(ratings) / len(ratings))
    assert made["summary"]["satisfied"] == pytest.approx(sum(r >= 4 for r in ratings) / len(ratings))


def test_statuses_queues_and_ages_equal_plain_sql(filled):
    counted = dict(
        sql(
            "SELECT status, count(*) FROM cases WHERE archived_at IS NULL AND status <> 'merged' GROUP BY status"
        )
    )
    queues = dict(
        sql(
            "SELECT queue_id, count(*) FROM cases WHERE archived_at IS NULL AND status <> 'merged' GROUP BY queue_id"
        )
    )
    by_age = report("cases-by-age")

    assert {r["status"]: r["cases"] for r in report("cases-by-status")["rows"]} == counted
    assert {r["queue_id"]: r["cases"] for r in report("cases-by-queue")["rows"]} == queues
    assert by_age["n"] == sum(counted[s] for s in ("new", "open", "waiting"))
    for row in by_age["rows"]:
        high = 10_000 if row["high"] is None else row["high"]
        standing = [c for c in cases() if c.status in ("new", "open", "waiting")]
        aged = [
            c for c in standing if row["low"] * 1440 <= (NOW - c.opened_at).total_seconds() / 60 < high * 1440
        ]
        late = [
            c
            for c in aged
            if any((outcome(c, p) or ("",))[0] == "open_late" for p in ("response", "resolution"))
        ]
        assert (row["cases"], row["late"]) == (len(aged), len(late))


def stood_open(case, end):
    """Open now, or at the end of a day that has passed: opened by then and not solved by then."""
    if end is None or end >= TODAY:
        return case.status in ("new", "open", "waiting")
    gone = solved(case)
    return here(case.opened_at).date() <= end and (gone is None or here(gone).date() > end)


@pytest.mark.parametrize(("start", "end"), PERIODS)
def test_load_and_months_equal_a_recount(filled, start, end):
    load = {
        r["owner_id"]: (r["open"], r["solved"]) for r in report("agent-load", start=start, end=end)["rows"]
    }
    months = {
        r["month"]: (r["opened"], r["solved"]) for r in report("cases-by-month", start=start, end=end)["rows"]
    }

    for owner, (standing, done) in load.items():
        mine = [c for c in cases() if c.owner_id == owner]
        assert standing == sum(stood_open(c, end) for c in mine)
        assert done == sum(inside(solved(c), start, end) for c in mine)
    for month, (opened, done) in months.items():
        for count, moments in (
            (opened, [c.opened_at for c in cases()]),
            (done, [solved(c) for c in cases()]),
        ):
            days = [here(m).strftime("%Y-%m") for m in moments if inside(m, start, end)]
            assert count == days.count(month)
    assert len(load) == 4


def test_visits_due_equal_plain_sql(filled):
    made = report("visits-due")
    ((n, late),) = sql(
        "SELECT count(*), count(CASE WHEN planned_on < :today THEN 1 END) FROM work_orders"
        " WHERE status IN ('planned', 'under_way') AND archived_at IS NULL",
        today=TODAY if engine().dialect.name == "postgresql" else TODAY.isoformat(),
    )

    assert (made["n"], made["summary"]["overdue"]) == (n, late)
    assert sum(r["visits"] for r in made["rows"]) == n
    assert [r["week"] for r in made["rows"] if r["week"] is None] == [None]
    with reading(SYSTEM) as session:
        days = [
            w.planned_on
            for w in session.query(WorkOrder).filter(WorkOrder.status.in_(("planned", "under_way")))
        ]
    mondays = {(d - timedelta(days=d.weekday())).isoformat() for d in days if d}
    assert {r["week"] for r in made["rows"]} - {None} == mondays


def test_without_a_visit_none_is_due(people):
    day = {"start": TODAY, "end": TODAY}
    with reading(SYSTEM) as session:
        behind = visit_records(session, ServiceQuestion("all", TODAY))

    assert (report("visits-due", **day)["n"], report("visits-due")["n"], len(behind)) == (0, 0, 0)


def test_staff_of_another_team_see_other_numbers(filled):
    north, south = (report("cases-by-status", filled[who])["n"] for who in ("stan", "sue"))
    ids = {who: filled[who] for who in ("stan", "sue")}

    def owned(actor):
        return sum(
            c.owner_id == actor.user_id or (c.team_id is not None and c.team_id in actor.teams)
            for c in cases()
        )

    assert 0 < north < len(cases())
    assert 0 < south < len(cases())
    assert north != south
    assert report("cases-by-status", filled["ada"])["n"] == len(cases())
    assert south <= owned(ids["sue"])
    for name in NAMES:
        assert report(name, filled["stan"]) != report(name, filled["sue"]) or name == "visits-due"


def test_a_day_begins_at_midnight_of_the_firm(people):
    from crm.work import unit_of_work

    day = date(2026, 3, 10)
    edge = datetime.combine(day, time(), zone())
    with unit_of_work(SYSTEM) as work:
        for number, moment in enumerate(
            (edge - timedelta(seconds=1), edge, edge + timedelta(hours=23, minutes=59))
        ):
            work.session.add(Case(number=f"D-{number}", subject="x", opened_at=moment))

    assert report("cases-by-status", start=day, end=day)["n"] == 2


def test_nothing_at_all_is_no_error(people):
    for name in NAMES:
        made = report(name)
        assert made["n"] == 0
        assert made["formula"]


def test_filters_limit_every_report(filled):
    with reading(SYSTEM) as session:
        stan = session.query(User).filter(User.name == "Stan").one().id
        product = session.query(Case.product_id).filter(Case.product_id.is_not(None)).first()[0]
    mine = [c for c in cases() if c.owner_id == stan]

    assert report("cases-by-status", owners=(stan,))["n"] == len(mine)
    assert report("cases-by-status", owners=(stan,), products=(product,))["n"] == sum(
        c.product_id == product for c in mine
    )
    assert report("cases-by-status", teams=tuple(filled["sue"].teams))["n"] == sum(
        c.team_id in filled["sue"].teams for c in cases()
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_report_costs_the_same_statements_whatever_the_length(filled, statements, name):
    def cost():
        statements.clear()
        report(name)
        return len(statements)

    before = cost()
    from crm.work import unit_of_work

    with unit_of_work(SYSTEM) as work:
        work.session.add_all(Case(number=f"N-{n}", subject="More", opened_at=NOW) for n in range(50))

    assert cost() == before <= 8


def test_the_command_prints_them(filled):
    from crm.commands import app

    result = CliRunner().invoke(app, ["report", "sla-attainment", "--json"])

    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["rows"] == report("sla-attainment")["rows"]
