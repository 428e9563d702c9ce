"""The service dashboard as a reading: its weeks and periods, who sees what, and what it costs."""

from dataclasses import replace
from datetime import timedelta

import pytest

from crm.clock import here
from crm.service.reports.service_dashboard import ServiceQuestion, service_choices, service_dashboard
from crm.service.reports.service_dashboard_records import service_records
from crm.service.reports.service_reports_facts import ServiceFilter
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Case, Equipment, Failure, Product
from tests.service.equipment.service_scene import NOW, fill_service

TODAY = here(NOW).date()
QUARTER = ServiceQuestion("quarter", TODAY)
EVERYTHING = ServiceQuestion("all", TODAY)


@pytest.fixture
def filled(people):
    fill_service(people)
    return people


def board(asked=EVERYTHING, actor=SYSTEM):
    with reading(actor) as session:
        return service_dashboard(session, asked)


def test_the_weeks_add_up_to_the_whole(filled):
    found = board()

    inside = found.weeks[found.weeks["inside"]]
    assert inside["opened"].sum() == found.now.opened == found.cases
    assert inside["solved"].sum() == found.now.solved
    for promise in ("response", "resolution"):
        assert inside[f"{promise}_n"].sum() == getattr(found.now, promise).n
        kept = (inside[f"{promise}_share"].fillna(0) * inside[f"{promise}_n"]).sum()
        assert kept / getattr(found.now, promise).n == pytest.approx(getattr(found.now, promise).share)
    assert found.ages["cases"].sum() == found.now.open
    assert found.statuses["cases"].sum() == found.cases
    assert found.ratings["cases"].sum() == found.now.rated


def test_a_narrow_period_counts_as_the_whole_table_does(filled):
    days = replace(
        EVERYTHING, kind="custom", start=TODAY - timedelta(days=40), end=TODAY - timedelta(days=20)
    )

    narrow = board(days)

    # Only rows that matter in the days are read; what is counted must not depend on that.
    before = board(replace(days, start=narrow.before.start, end=narrow.before.end))
    assert narrow.then == before.now
    with reading(SYSTEM) as session:
        assert service_records(session, days, [("response", None)]).total == narrow.now.response.n
        assert service_records(session, days, [("first_contact", None)]).total == narrow.now.first_contact.n


def test_the_newest_period_with_cases_is_shown_when_the_running_one_is_empty(people):
    old = NOW - timedelta(days=800)
    with unit_of_work(SYSTEM) as work:
        work.session.add(Case(number="C-1", subject="Old", opened_at=old, status="closed", resolved_at=old))

    found = board(QUARTER)

    assert found.moved
    assert found.newest == here(old).date()
    assert found.period.start <= here(old).date() <= found.period.end
    assert (found.cases, found.now.solved) == (1, 1)


def test_nobody_counts_past_their_scope(filled):
    whole, stan, sue = (board(actor=filled[who]) for who in ("ada", "stan", "sue"))

    assert 0 < stan.now.open < whole.now.open
    assert 0 < sue.now.open < whole.now.open
    assert stan.now != sue.now
    for who, found in (("stan", stan), ("sue", sue)):
        with reading(filled[who]) as session:
            records = service_records(session, EVERYTHING, [("open", None)], limit=500)
            visible = {case.id for case in session.query(Case)}
        assert records.total == found.now.open
        assert set(records.rows["id"]) <= visible


def test_queues_and_priorities_narrow_everything(filled):
    with reading(SYSTEM) as session:
        (first, *_rest) = service_choices(session).queues
        wanted = (
            session.query(Case)
            .filter(Case.queue_id == first, Case.priority == "high", Case.archived_at.is_(None))
            .filter(Case.status != "merged")
            .count()
        )

    found = board(replace(EVERYTHING, chosen=ServiceFilter(queues=(first,), priorities=("high",))))

    assert found.cases == wanted > 0
    assert set(found.priorities.loc[found.priorities["n"] > 0, "priority"].dropna()) == {"high"}


def test_failing_parts_are_counted_in_the_days(filled):
    with unit_of_work(SYSTEM) as work:
        unit = Equipment(
            serial="V3-1", product_id=work.session.query(Product.id).first()[0], name="Duo 3 V3-1"
        )
        work.session.add(unit)
        work.session.flush()
        for part, days in (("burrs", 1), ("burrs", 2), (None, 3), ("burrs", 400)):
            moment = NOW - timedelta(days=days)
            work.session.add(Failure(equipment_id=unit.id, part=part, failed_at=moment))

    parts = board(replace(EVERYTHING, kind="custom", start=TODAY - timedelta(days=9), end=TODAY)).parts

    assert parts["failures"].tolist() == [2, 1]
    assert parts["part"].fillna("not given").tolist() == ["burrs", "not given"]


def test_it_costs_the_same_statements_whatever_the_length(filled, statements):
    def cost():
        statements.clear()
        board(QUARTER, filled["stan"])
        return len(statements)

    before = cost()
    with unit_of_work(SYSTEM) as work:
        work.session.add_all(Case(number=f"N-{n}", subject="More", opened_at=NOW) for n in range(60))

    assert cost() == before <= 10


def test_nothing_at_all_is_no_error(people):
    for asked in (QUARTER, EVERYTHING):
        found = board(asked)
        assert not found.has_cases
        assert (found.now.open, found.now.late, found.then) == (0, 0, None)
