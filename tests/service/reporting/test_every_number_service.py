"""Every number and clickable mark of service in the sample company, counted a second time from plain rows.

Five periods, two filters, three people. What a number opens must be exactly the rows counted here.
"""

import math
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from crm.clock import now
from crm.reporting.catalogue import run_report
from crm.reporting.report import SalesFilter
from crm.service.cases.board import CaseFilters, board, case_counts
from crm.service.reports import service_dashboard_records
from crm.service.reports.service_dashboard import ServiceQuestion, service_dashboard
from crm.service.reports.service_dashboard_records import service_records, visit_records
from crm.service.reports.service_reports_facts import ServiceFilter
from crm.ui.kit.formats import day
from crm.ui.service_board.figures import draw
from crm.ui.service_board.numbers import numbers
from crm.work import reading
from tests.service.reporting.sample_firm import NOW, TODAY, person
from tests.service.reporting.service_count import ENDED, OPEN, Count, midnight, moment

pytestmark = pytest.mark.usefixtures("firm")

PERIODS = {
    "quarter": ServiceQuestion("quarter", TODAY),
    "year": ServiceQuestion("year", TODAY),
    "all": ServiceQuestion("all", TODAY),
    "days": ServiceQuestion("custom", TODAY, date(2026, 11, 11), date(2026, 11, 20)),
    "past": ServiceQuestion("custom", TODAY, date(2025, 1, 1), date(2025, 3, 31)),
}
FILTERS = {"none": ServiceFilter(), "narrow": ServiceFilter(queues=(2,), priorities=("high", "normal"))}
PEOPLE = ("Ingrid Solheim", "Minh Nguyen", "Jonas Petersen")
ASKED = [(p, f, w) for p in PERIODS for f in FILTERS for w in PEOPLE]


@pytest.fixture(scope="module", params=ASKED, ids="-".join)
def seen(request, firm):
    """A dashboard with the person it is for, its question and the second count."""
    period, chosen, name = request.param
    who, asked = person(name), replace(PERIODS[period], chosen=FILTERS[chosen])
    with reading(who) as session:
        found = service_dashboard(session, asked)
    # The same rows stand behind every mark of a dashboard; they are read once for all that is opened.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(service_dashboard_records, "read_cases", once(service_dashboard_records.read_cases))
        yield who, asked, found, Count(who, asked)


def once(read):
    """What a reading gave the first time, again and again."""
    known: list[Any] = []

    def again(*asked):
        known[:] = known or [read(*asked)]
        return known[0]

    return again


def opened(seen, *parts):
    who, asked, _board, _count = seen
    with reading(who) as session:
        found = service_records(session, asked, parts, limit=1_000)
    assert found.total == len(found.rows)
    return {int(key) for key in found.rows["id"]}


def test_every_number_is_what_its_records_are(seen):
    who, asked, found, count = seen
    drawn = {item.query["service_show"]: item for item in numbers(found)}
    from crm.ui.service_board.records import titles

    expected = count.by_number()
    assert len(drawn) == len(expected) + 1
    for name, (ids, value) in expected.items():
        item = drawn[titles()[name, None]]
        assert (name, item.value, item.n) == (name, value, len(ids))
        assert opened(seen, (name, None)) == ids
        assert item.as_of.startswith(f"{min(count.end or TODAY, TODAY).day} ")
    visits = drawn[titles()["visits", None]]
    with reading(who) as session:
        shown = visit_records(session, asked)
    assert (visits.value, set(shown["id"])) == (str(len(count.due())), count.due())
    assert visits.as_of == "30 Nov 2026"
    late, standing = expected["late"][0], expected["open"][0]
    assert late <= standing


def test_every_mark_opens_what_it_counts(seen):
    _who, _asked, found, count = seen
    drawn = draw(found)
    expected: dict[Any, set[int]] = {}
    for case in count.cases:
        if count.is_open(case):
            age = max((count.at - moment(case["opened_at"])).total_seconds() / 86_400, 0)
            low, high = next(pair for pair in BANDS if pair[0] <= age < (pair[1] or math.inf))
            expected.setdefault(("age", (low, high)), set()).add(case["id"])
            expected.setdefault(("owner", case["owner_id"]), set()).add(case["id"])
        if count.within(case["opened_at"]):
            expected.setdefault(("status", case["status"]), set()).add(case["id"])
            if case["fault_code"]:
                expected.setdefault(("code", case["fault_code"]), set()).add(case["id"])
        rated = case["satisfaction_at"] or count.solved(case) or case["opened_at"]
        if case["satisfaction"] and count.within(rated):
            expected.setdefault(("rating", case["satisfaction"]), set()).add(case["id"])
    for promise in ("response", "resolution"):
        for priority in ("critical", "high", "normal", "low"):
            expected["priority", (promise, priority)] = set(count.decided(promise, priority))
    counted = {
        **{("age", band): r.cases for band, r in zip(BANDS, found.ages.itertuples(), strict=True)},
        **{("owner", r.owner_id): r.open for r in found.load.itertuples()},
        **{("status", r.status): r.cases for r in found.statuses.itertuples()},
        **{("code", r.code): r.cases for r in found.codes.itertuples()},
        **{("rating", r.rating): r.cases for r in found.ratings.itertuples()},
        **{("priority", (r.promise, r.priority)): r.n for r in found.priorities.itertuples() if r.priority == r.priority},
    }  # fmt: skip
    for row in found.weeks.itertuples():
        last = min(row.first + timedelta(days=6), count.end) if count.end else row.first + timedelta(days=6)
        ids = count.ids(lambda c, a=row.first, b=last: count.within(c["opened_at"], a, b))
        expected["week", row.first], counted["week", row.first] = ids, row.opened
    marks = {part for one in drawn.values() for parts in one.values.values() for part in parts if part}
    assert marks <= set(counted)
    for part, n in counted.items():
        assert (part, n) == (part, len(expected.get(part, ())))
    for part in marks:
        assert (part, opened(seen, part)) == (part, expected.get(part, set()))


#: Ages in days: from, to (not included).
BANDS = ((0, 1), (1, 3), (3, 7), (7, 14), (14, 30), (30, 90), (90, None))


def test_what_opens_nothing_is_counted_the_same(seen):
    _who, _asked, found, count = seen
    parts: dict[Any, int] = {}
    for failure in count.failures:
        part = failure["part"] or failure["code"] or None
        parts[part] = parts.get(part, 0) + 1
    assert {
        None if row.part != row.part else row.part: row.failures for row in found.parts.itertuples()
    } == parts
    assert found.visits["visits"].sum() == len(count.visits)
    overdue = sum(bool(v["planned_on"]) and date.fromisoformat(v["planned_on"]) < TODAY for v in count.visits)
    assert found.visits_overdue == found.visits["overdue"].sum() == overdue
    late = {case["owner_id"]: 0 for case in count.cases}
    for case in count.cases:
        late[case["owner_id"]] += count.is_late(case)
    assert {row.owner_id: row.late for row in found.load.itertuples()}.items() <= late.items()
    if found.then is not None:
        standing = count.ids(lambda c: count.is_open(c, midnight(found.before.end + timedelta(days=1))))
        assert found.then.open == len(standing)
        tile = next(one for one in numbers(found) if one.label == "Open cases")
        moved = abs(found.now.open - len(standing))
        assert tile.change == (f"{moved} since {day(found.before.end)}" if moved else "no change")


# Reports know no queue and no priority, so they are compared where none is chosen.
@pytest.mark.parametrize("seen", [one for one in ASKED if one[1] == "none"], ids="-".join, indirect=True)
def test_the_reports_of_the_same_days_say_the_same(seen):
    who, asked, found, count = seen
    chosen = SalesFilter(start=count.start, end=count.end)
    expected = count.by_number()
    with reading(who) as session:
        told = {name: run_report(session, name, chosen) for name in REPORTS}
        shown = visit_records(session, asked)
    ages, load = told["cases-by-age"].summary, told["agent-load"].summary
    assert (ages["cases"], ages["late"]) == (len(expected["open"][0]), len(expected["late"][0]))
    assert (load["open"], load["late"], load["solved"]) == (found.now.open, found.now.late, found.now.solved)
    for promise in ("response", "resolution"):
        assert told["sla-attainment"].summary[f"{promise}_n"] == len(expected[promise][0])
    assert told["first-contact-resolution"].n == len(expected["first_contact"][0])
    assert told["reopen-rate"].n == len(expected["once"][0])
    assert told["satisfaction"].n == len(expected["rated"][0])
    n = len(count.ids(lambda c: count.within(c["opened_at"])))
    assert (
        told["cases-by-status"].n == told["cases-by-queue"].n == told["cases-by-month"].n == found.cases == n
    )
    assert len(shown) == found.visits_due


REPORTS = (
    "cases-by-status", "cases-by-age", "cases-by-queue", "cases-by-month", "sla-attainment", "first-contact-resolution",
    "reopen-rate", "satisfaction", "agent-load",
)  # fmt: skip


@pytest.mark.parametrize("name", PEOPLE)
def test_the_board_counts_and_calls_late_what_the_dashboard_does(firm, name):
    who, asked = person(name), PERIODS["all"]
    count = Count(who, asked)
    standing, late = (ids for ids, _written in (count.by_number()["open"], count.by_number()["late"]))

    with reading(who) as session:
        counts = case_counts(session, now())
        columns = board(session, CaseFilters(), now=now())
        narrowed = board(session, CaseFilters(only=("late",)), now=now())

    assert (counts.open, counts.late) == (len(standing), len(late))
    assert counts.mine == sum(count.every[i]["owner_id"] == who.user_id for i in standing)
    assert sum(column.count for column in columns if column.status in OPEN) == len(standing)
    assert {card.id for column in narrowed for card in column.cards} == late
    assert {card.id for column in columns for card in column.cards if card.flag == "late"} == late
    since = NOW - timedelta(days=14)
    for column in columns:
        if column.status in ENDED:
            end = "resolved_at" if column.status == "resolved" else "closed_at"
            lately = count.ids(lambda c, s=column.status, e=end: c["status"] == s and moment(c[e]) >= since)
            assert (column.count, {card.id for card in column.cards}) == (len(lately), lately)
        else:
            assert {card.id for card in column.cards} == count.ids(
                lambda c, s=column.status: c["status"] == s
            )
