"""The sample company: whole, believable, the same for the same seed, and refused where there is something already."""

import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
from sqlalchemy import Engine, func, select

from crm.errors import Refused
from crm.firm.firm import firm
from crm.records.checks import check_email
from crm.sample import load_sample
from crm.work import SYSTEM, Work
from db.models import (
    Contact,
    Deal,
    DealLine,
    Lead,
    LossReason,
    Order,
    OrderLine,
    Organisation,
    Role,
    Stage,
    StageChange,
    Target,
    Task,
    Team,
    User,
)
from db.scope import ScopedSession
from tests.service.house.conftest import TODAY


@pytest.fixture
def loaded(engine: Engine) -> Iterator[ScopedSession]:
    """A session on a database that holds the small sample company as of 10 March 2026."""
    load_sample(engine, seed=1, today=TODAY)
    with ScopedSession(engine, SYSTEM) as session:
        yield session


def count(session: ScopedSession, cls: Any, *where: Any) -> int:
    return session.scalar(select(func.count()).select_from(cls).where(*where)) or 0


def test_the_small_company_has_the_promised_size_and_a_record_made_by_hand_gets_the_next_number(
    loaded: ScopedSession,
) -> None:
    sizes = {cls.__name__: count(loaded, cls) for cls in (Organisation, Contact, Deal, OrderLine)}

    assert sizes == {"Organisation": 120, "Contact": 400, "Deal": 600, "OrderLine": 12_000}
    assert count(loaded, Deal, Deal.status == "open") == 130

    team = Team(name="Export", name_key="export")
    loaded.add(team)

    loaded.flush()

    assert team.id == count(loaded, Team)


def test_it_loads_well_within_ten_seconds(sqlite_database: str) -> None:
    from db import session as database

    begun = time.process_time()
    report = load_sample(database.engine(), seed=1, today=TODAY)

    assert time.process_time() - begun < 10
    assert report.rows["interactions"] == 3_000


def test_a_database_with_records_is_refused_and_stays_as_it_was(sqlite_database: str) -> None:
    from db import session as database

    with ScopedSession(database.engine(), SYSTEM) as session, session.begin():
        session.add(Organisation(name="Real customer", name_key="realcustomer"))

    with pytest.raises(Refused, match="holds records already"):
        load_sample(database.engine(), today=TODAY)

    with ScopedSession(database.engine(), SYSTEM) as session:
        assert [o.name for o in session.scalars(select(Organisation))] == ["Real customer"]
        assert not firm(session).is_sample


def test_the_same_seed_gives_the_same_company_and_another_seed_another(
    small: ScopedSession, sqlite_template: Path, tmp_path: Path
) -> None:
    from db.session import make_engine

    def drawn(session: ScopedSession) -> list[Any]:
        return list(session.execute(select(Deal.title, Deal.amount_minor).order_by(Deal.id)).all())

    def titles(name: str, seed: int) -> list[Any]:
        engine = make_engine(f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / name)}")
        load_sample(engine, seed=seed, today=TODAY)
        with ScopedSession(engine, SYSTEM) as session:
            found = drawn(session)
        engine.dispose()
        return found

    first = drawn(small)

    assert titles("again.db", 1) == first
    assert titles("other.db", 2) != first


def test_the_firm_is_marked_as_sample_and_its_people_have_the_four_roles(small: ScopedSession) -> None:
    roles = dict(
        small.execute(
            select(User.job_title, Role.key).join(Role, Role.id == User.role_id).order_by(User.id)
        ).all()
    )

    assert firm(small).is_sample
    assert firm(small).currency == "EUR"
    assert roles["Administrator"] == "administrator"
    assert roles["Sales manager"] == "manager"
    assert roles["Sales rep"] == roles["Service agent"] == roles["Marketer"] == "staff"
    assert roles["Viewer, accounting"] == "viewer"


def test_every_address_is_valid_and_belongs_to_one_person(small: ScopedSession) -> None:
    emails = small.scalars(select(Contact.email)).all()

    assert len(set(emails)) == len(emails)
    assert [check_email(e) for e in emails] == list(emails)
    assert all(e.endswith(".example") for e in emails)


def test_every_telephone_number_could_be_called(small: ScopedSession) -> None:
    numbers = [
        *small.scalars(select(Contact.phone)),
        *small.scalars(select(Organisation.phone)),
        *small.scalars(select(Lead.phone)),
    ]

    wrong = [n for n in numbers if not phonenumbers.is_valid_number(phonenumbers.parse(n))]

    assert not wrong


def test_a_deal_is_worth_its_lines_and_stands_where_its_history_ends(small: ScopedSession) -> None:
    sums = dict(
        small.execute(
            select(DealLine.deal_id, func.sum(DealLine.amount_minor)).group_by(DealLine.deal_id)
        ).all()
    )
    last: dict[int, tuple[int, datetime]] = {}
    for change in small.scalars(select(StageChange).order_by(StageChange.deal_id, StageChange.at)):
        assert change.from_stage_id == (last[change.deal_id][0] if change.deal_id in last else None)
        last[change.deal_id] = (change.to_stage_id, change.at)

    deals = small.scalars(select(Deal)).all()

    assert all(sums[d.id] == d.amount_minor for d in deals)
    assert all(last[d.id] == (d.stage_id, d.stage_since) for d in deals)


def test_status_dates_and_reasons_of_deals_fit_together(small: ScopedSession) -> None:
    kinds = dict(small.execute(select(Stage.id, Stage.kind)).all())

    deals = small.scalars(select(Deal)).all()

    assert all(kinds[d.stage_id] == d.status for d in deals)
    assert all((d.closed_on is None) == (d.status == "open") for d in deals)
    assert all((d.loss_reason_id is not None) == (d.status == "lost") for d in deals)
    assert all(d.opened_on < d.closed_on < TODAY for d in deals if d.closed_on and d.opened_on)
    assert all(d.closed_on.weekday() < 5 for d in deals if d.closed_on)
    assert all(d.stage_since < datetime(2026, 3, 10, tzinfo=UTC) for d in deals)


def test_nobody_is_sold_to_before_the_firm_knew_them(small: ScopedSession) -> None:
    first_deal = (
        select(Deal.organisation_id, func.min(Deal.opened_on).label("day"))
        .group_by(Deal.organisation_id)
        .subquery()
    )

    early = small.execute(
        select(Organisation.name)
        .join(first_deal, first_deal.c.organisation_id == Organisation.id)
        .where(func.date(Organisation.created_at) > first_deal.c.day)
    ).all()

    assert not early


def test_referrals_are_won_far_more_often_than_cold_calls(small: ScopedSession) -> None:
    def rate(source: str) -> float:
        won = count(small, Deal, Deal.source == source, Deal.status == "won")
        return won / count(small, Deal, Deal.source == source, Deal.status != "open")

    assert rate("Referral") > rate("Cold call") + 0.15


def test_sales_grow_and_fall_in_december(small: ScopedSession) -> None:
    lines = small.execute(select(OrderLine.sold_on)).scalars().all()

    by_month = {
        (y, m): sum(d.year == y and d.month == m for d in lines) for y in (2024, 2025) for m in range(1, 13)
    }

    assert sum(n for (y, _), n in by_month.items() if y == 2025) > 1.15 * sum(
        n for (y, _), n in by_month.items() if y == 2024
    )
    assert by_month[2024, 9] > 1.4 * by_month[2024, 12]
    assert by_month[2025, 9] > 1.4 * by_month[2025, 12]
    assert max(lines) < TODAY


def test_every_won_deal_brought_an_order_of_its_value(small: ScopedSession) -> None:
    ordered = dict(
        small.execute(
            select(Order.deal_id, func.sum(OrderLine.amount_minor))
            .join(OrderLine, OrderLine.order_id == Order.id)
            .where(Order.deal_id.is_not(None))
            .group_by(Order.deal_id)
        ).all()
    )

    won = dict(small.execute(select(Deal.id, Deal.amount_minor).where(Deal.status == "won")).all())

    assert ordered == won


def test_some_tasks_are_late_and_those_who_sign_in_have_some(small: ScopedSession) -> None:
    still_open = Task.done_at.is_(None)

    busy = set(small.scalars(select(User.job_title).join(Task, Task.owner_id == User.id).where(still_open)))

    assert 0.1 < count(small, Task, still_open, Task.due_on < TODAY) / count(small, Task, still_open) < 0.5
    assert {"Sales manager", "Sales rep", "Service agent", "Marketer"} <= busy


def test_a_team_is_to_win_what_its_members_are(small: ScopedSession) -> None:
    teams = dict(
        small.execute(
            select(Target.team_id, func.sum(Target.amount_minor))
            .where(Target.team_id.is_not(None))
            .group_by(Target.team_id)
        ).all()
    )

    members = dict(
        small.execute(
            select(User.team_id, func.sum(Target.amount_minor))
            .join(Target, Target.user_id == User.id)
            .group_by(User.team_id)
        ).all()
    )

    assert teams == members


def test_defaults_are_made_once(sqlite_database: str) -> None:
    from crm.pipeline.defaults import ensure_defaults
    from db import session as database

    with ScopedSession(database.engine(), SYSTEM) as session, session.begin():
        work = Work(session, SYSTEM, datetime.now(UTC))

        first, again = ensure_defaults(work), ensure_defaults(work)

        assert first.id == again.id
        assert count(session, Stage) == 6
        assert count(session, LossReason) == 6
