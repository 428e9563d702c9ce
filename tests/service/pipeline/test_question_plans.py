"""A dashboard's new question goes by indexes to the rows of its days, on both databases, and asks no more often than before."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import event, insert, select

from crm.pipeline.reports import report_facts as facts
from crm.pipeline.reports.report_dashboard import Question, sales_dashboard
from crm.reporting.report import SalesFilter
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Deal, Pipeline, Stage, StageChange
from db.session import refresh_statistics
from tests.factories import make_people
from tests.service.records.test_list_plans import plans

ROWS = 4_000
TODAY = date(2026, 6, 30)
FIRST = date(2023, 1, 1)


@pytest.fixture
def closed(engine):
    """Won and lost deals of three years, each with two steps of its history."""
    make_people()
    with unit_of_work(SYSTEM) as work:
        pipeline = work.session.scalars(select(Pipeline.id)).first()
        stages = {s.kind: s.id for s in work.session.scalars(select(Stage).order_by(Stage.position.desc()))}
        system = {"system": True}
        deals, steps = [], []
        for n in range(1, ROWS + 1):
            opened, status = FIRST + timedelta(days=n % 1200), ("won", "lost", "won")[n % 3]
            deal = {
                "id": n,
                "title": f"Deal {n}",
                "pipeline_id": pipeline,
                "stage_id": stages[status],
                "currency": "EUR",
            }
            deals.append(
                {**deal, "status": status, "opened_on": opened, "closed_on": opened + timedelta(days=30)}
            )
            for stage, days in ((stages["open"], 0), (stages[status], 30)):
                moment = datetime(opened.year, opened.month, opened.day, tzinfo=UTC) + timedelta(days=days)
                steps.append({"deal_id": n, "to_stage_id": stage, "at": moment})
        work.session.execute(insert(Deal), deals, execution_options=system)
        work.session.execute(insert(StageChange), steps, execution_options=system)
    with engine.connect().execution_options(system=True) as connection, connection.begin():
        refresh_statistics(connection)
    return engine


def test_the_newest_day_is_a_step_in_the_index_of_days(closed):
    def ask():
        with reading(SYSTEM) as session:
            assert facts.last_closed(session, SalesFilter(), TODAY) == (date(2026, 5, 14), 0)

    (plan,) = plans(closed, ask)

    assert plan.count("ix_deals_closed") == 3, plan
    assert "SCAN deals" not in plan and "Seq Scan on deals" not in plan, plan  # noqa: PT018 - one look at a plan


def test_the_funnel_goes_from_the_deals_of_its_days_to_their_history(closed):
    def ask():
        with reading(SYSTEM) as session:
            chosen = SalesFilter(start=date(2025, 1, 1), end=date(2025, 1, 31))
            assert facts.furthest(session, chosen)["deals"].sum() == 31 * 3

    (plan,) = plans(closed, ask)

    # PostgreSQL reads both tables while they are small, and takes the index by itself when they are not.
    assert "WindowAgg" in plan or "SEARCH stage_changes USING INDEX ix_stage_changes_deal_id" in plan, plan
    assert "SCAN stage_changes" not in plan, plan


def test_a_question_takes_the_same_few_statements_whatever_the_rows(closed):
    counted = []
    note = lambda *_: counted.append(1)  # noqa: E731 - a listener that can be removed
    event.listen(closed, "before_cursor_execute", note)
    try:
        with reading(SYSTEM) as session:
            board = sales_dashboard(session, Question("year", TODAY))
    finally:
        event.remove(closed, "before_cursor_execute", note)

    assert board.now.won
    assert len(counted) <= 28  # with the transaction, and a look at the currencies of deals without an amount
