"""The sample company never lies after now, whatever the hour at which it is made: only what is planned may."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import Date, Engine, func, select

from crm.clock import today
from crm.sample import load_sample
from crm.service.cases.cases import move_case
from crm.work import SYSTEM, Work
from db.models import Base, Case
from db.scope import ScopedSession
from db.types import UtcDateTime

#: What is wished, due or agreed: it may lie ahead.
AHEAD = {
    ("targets", "month"), ("campaigns", "starts_on"), ("campaigns", "ends_on"), ("deals", "expected_close_on"),
    ("deals", "next_step_on"), ("equipment", "warranty_until"), ("social_posts", "planned_at"),
    ("cases", "response_due_at"), ("cases", "resolution_due_at"), ("contracts", "ends_on"),
    ("maintenance_plans", "next_due_on"), ("tasks", "due_on"), ("work_orders", "planned_on"),
}  # fmt: skip


@pytest.fixture(params=["2026-03-09 23:40", "2026-03-10 08:10", "2026-03-10 21:00"])
def made(request: pytest.FixtureRequest, sqlite_database: str) -> Iterator[Engine]:
    from db import session

    with time_machine.travel(datetime.fromisoformat(request.param).replace(tzinfo=UTC), tick=False):
        load_sample(session.engine(), seed=1)
        yield session.engine()


def test_nothing_that_has_happened_lies_after_now_and_its_open_cases_can_be_solved(made: Engine) -> None:
    now, late, seen = datetime.now(UTC), {}, 0
    with made.connect().execution_options(system=True, reading=True) as connection:
        for table in Base.metadata.sorted_tables:
            for column in table.c:
                if isinstance(column.type, (Date, UtcDateTime)) and (table.name, column.name) not in AHEAD:
                    last = connection.scalar(select(func.max(column)))
                    seen += last is not None
                    if last is not None and last > (now if isinstance(last, datetime) else today()):
                        late[table.name, column.name] = last
    assert late == {}
    assert seen > 80

    with ScopedSession(made, SYSTEM) as session, session.begin():
        work = Work(session, SYSTEM, now)
        newest = (
            select(Case).where(Case.status.in_(("new", "open", "waiting"))).order_by(Case.opened_at.desc())
        )
        for case in session.scalars(newest).all():
            move_case(work, case.id, "resolved", seen_version=case.version)
