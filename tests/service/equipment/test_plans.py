"""Maintenance plans: due by time or use, orders made ahead, each once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from crm.clock import today
from crm.errors import Refused
from crm.records import records
from crm.service.equipment.equipment import record_meter
from crm.service.visits.plans import make_due_orders
from crm.service.visits.visits import cancel_visit, finish_visit
from crm.work import SYSTEM, reading, unit_of_work
from db.models import WorkOrder
from tests.factories import change, make


@pytest.fixture
def unit(people):
    firm = make(people["stan"], "organisation", name="Lumen")
    return make(
        people["stan"],
        "equipment",
        organisation_id=firm["id"],
        installed_on=today() - timedelta(days=100),
    )


def plan(people, unit, who="stan", **values):
    given = {"name": "Descale", "equipment_id": unit["id"], "checklist": ["Drain", "Descale"]} | values
    return make(people[who], "maintenance_plan", **given)


def stored(record, entity="maintenance_plan"):
    with reading(SYSTEM) as session:
        return records.get_record(session, entity, record["id"])


def orders():
    with reading(SYSTEM) as session:
        return list(session.scalars(select(WorkOrder).order_by(WorkOrder.id)))


def make_orders(on=None, actor=SYSTEM):
    with unit_of_work(actor, cause="maintenance plans") as work:
        return make_due_orders(work, today=on or today())


class TestPlans:
    def test_a_plan_by_time_is_due_so_long_after_the_installation(self, people, unit):
        assert plan(people, unit, every_days=180)["next_due_on"] == today() + timedelta(days=80)

    def test_a_plan_by_months_is_due_on_the_day_of_the_calendar(self, people, unit):
        last = {"last_done_on": date(2026, 1, 31)}

        assert plan(people, unit, every_months=1, **last)["next_due_on"] == date(2026, 2, 28)
        assert plan(people, unit, name="B", every_months=6, every_days=900, **last)["next_due_on"] == date(
            2026, 7, 31
        )

    def test_a_day_that_somebody_chose_stays(self, people, unit):
        chosen = today() + timedelta(days=3)

        assert plan(people, unit, every_days=180, next_due_on=chosen)["next_due_on"] == chosen

    def test_a_reading_moves_a_plan_by_use(self, people, unit):
        made = plan(people, unit, every_usage=1000.0)
        assert made["next_due_on"] is None
        with unit_of_work(people["stan"]) as work:
            record_meter(work, unit["id"], 100.0, at=datetime.now(UTC) - timedelta(days=10))
            record_meter(work, unit["id"], 200.0)

        # 800 are left at 10 a day.
        assert stored(made)["next_due_on"] == today() + timedelta(days=80)

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({}, "every_days"),
            ({"every_usage": 0.0}, "every_usage"),
            ({"every_days": 0}, "every_days"),
            ({"every_days": 30, "last_done_on": date(2199, 1, 1)}, "last_done_on"),
        ],
    )
    def test_what_cannot_be_a_plan_is_refused_by_field(self, people, unit, dump, values, field):
        before = dump()

        with pytest.raises(Refused) as error:
            plan(people, unit, **values)

        assert [p.field for p in error.value.problems] == [field]
        assert dump() == before

    def test_a_retired_unit_gets_no_plan(self, people, unit):
        change(people["stan"], "equipment", unit, status="retired")

        with pytest.raises(Refused, match="is retired"):
            plan(people, unit, every_days=30)


class TestOrders:
    def test_an_order_is_made_ahead_with_the_steps_of_the_plan(self, people, unit):
        made = plan(people, unit, every_days=110, lead_days=14)

        assert make_orders() == 1

        (order,) = orders()
        assert (order.title, order.kind, order.plan_id) == ("Descale", "maintenance", made["id"])
        assert (order.planned_on, order.status) == (today() + timedelta(days=10), "planned")
        assert (order.owner_id, order.team_id) == (made["owner_id"], made["team_id"])
        assert order.organisation_id == unit["organisation_id"]
        assert order.checklist == [{"text": "Drain", "done": False}, {"text": "Descale", "done": False}]

    def test_a_second_run_makes_none(self, people, unit):
        plan(people, unit, every_days=110)

        assert [make_orders(), make_orders()] == [1, 0]

    def test_two_machines_at_once_make_one_order(self, people, unit):
        plan(people, unit, every_days=110)
        start = Barrier(2)

        def one(_n):
            start.wait(10)
            return make_orders()

        with ThreadPoolExecutor(2) as pool:
            made = sorted(pool.map(one, range(2)))

        assert made == [0, 1]
        assert len(orders()) == 1

    def test_a_plan_further_ahead_than_its_lead_waits(self, people, unit):
        plan(people, unit, every_days=110, lead_days=9)

        assert make_orders() == 0
        assert make_orders(today() + timedelta(days=1)) == 1

    def test_what_is_overdue_is_planned_for_today(self, people, unit):
        plan(people, unit, every_days=20)

        make_orders()

        assert orders()[0].planned_on == today()

    @pytest.mark.parametrize("still", ["plan off", "plan archived", "unit retired", "unit archived"])
    def test_what_is_out_of_use_gets_no_order(self, people, unit, still):
        made = plan(people, unit, every_days=20)
        stan = people["stan"]
        if still == "plan off":
            change(stan, "maintenance_plan", made, is_active=False)
        elif still == "unit retired":
            change(stan, "equipment", unit, status="retired")
        else:
            entity, row = ("maintenance_plan", made) if "plan" in still else ("equipment", unit)
            with unit_of_work(stan) as work:
                records.archive_record(work, entity, row["id"], seen_version=row["version"])

        assert make_orders() == 0

    def test_done_work_counts_from_its_day_and_the_next_order_comes_in_time(self, people, unit):
        made = plan(people, unit, every_days=110)
        make_orders()
        (order,) = orders()
        with unit_of_work(people["stan"]) as work:
            finish_visit(work, order.id, seen_version=order.version, done_on=today())

        now = stored(made)
        assert (now["last_done_on"], now["next_due_on"]) == (today(), today() + timedelta(days=110))
        assert make_orders() == 0
        assert make_orders(today() + timedelta(days=96)) == 1

    def test_the_next_day_that_the_technician_chose_makes_the_order_itself(self, people, unit):
        made = plan(people, unit, every_days=110)
        make_orders()
        (order,) = orders()
        chosen = today() + timedelta(days=5)
        with unit_of_work(people["stan"]) as work:
            finish_visit(work, order.id, seen_version=order.version, done_on=today(), next_on=chosen)

        assert stored(made)["next_due_on"] == chosen
        assert [o.plan_id for o in orders()] == [made["id"], made["id"]]
        assert make_orders() == 0

    def test_a_cancelled_order_does_not_come_back_the_next_day(self, people, unit):
        plan(people, unit, every_days=110)
        make_orders()
        (order,) = orders()
        with unit_of_work(people["stan"]) as work:
            cancel_visit(work, order.id, seen_version=order.version)

        assert make_orders(today() + timedelta(days=1)) == 0

    def test_the_meter_of_a_visit_counts_for_the_plan(self, people, unit):
        made = plan(people, unit, every_usage=1000.0, next_due_on=today())
        with unit_of_work(people["stan"]) as work:
            record_meter(work, unit["id"], 100.0, at=datetime.now(UTC) - timedelta(days=10))
        make_orders()
        (order,) = orders()
        with unit_of_work(people["stan"]) as work:
            finish_visit(work, order.id, seen_version=order.version, done_on=today(), meter=300.0)

        now = stored(made)
        # 1,000 from the 300 shown today, at 20 a day.
        assert (now["last_done_meter"], now["next_due_on"]) == (300.0, today() + timedelta(days=50))

    def test_plans_of_all_teams_are_served_by_the_job(self, people, unit):
        from crm.service.visits.plans_job import run

        south = make(people["sue"], "equipment", serial="S-1", installed_on=today() - timedelta(days=30))
        plan(people, unit, every_days=100)
        plan(people, south, "sue", every_days=30)
        steps = []

        result = run(SYSTEM, {}, lambda *step: steps.append(step))

        assert result == {"made": 2}
        assert steps == [(1, 1, "2 work orders made")]
        assert {o.team_id for o in orders()} == {people["stan"].teams[0], people["sue"].teams[0]}

    def test_the_worker_knows_the_job(self):
        from crm.jobs.worker import KINDS
        from crm.service.visits.plans_job import run

        assert KINDS["maintenance"] is run

    @pytest.mark.parametrize("waiting", [1, 12])
    def test_looking_costs_the_same_statements_for_any_number_of_plans(
        self, people, unit, statements, waiting
    ):
        for n in range(waiting):
            plan(people, unit, name=f"P{n}", every_days=20)
        make_orders()
        statements.clear()

        make_orders()

        assert len(statements) == 3
