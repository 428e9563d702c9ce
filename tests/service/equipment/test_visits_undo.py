"""A finished or cancelled visit taken back: exactly what ending it wrote."""

from datetime import timedelta

import pytest

from crm.clock import today
from crm.errors import Conflict, NotAllowed, NotFound, Refused
from crm.service.equipment.equipment import record_meter
from crm.service.visits.page import visit_page
from crm.service.visits.visits import cancel_visit, reopen_visit
from crm.work import reading, unit_of_work
from db.models import Equipment, Failure, MaintenancePlan, MeterReading, PartChange, WorkOrder, WorkOrderPart
from tests.factories import change, make
from tests.service.equipment.visit_scene import (
    BURRS,
    GASKET,
    covered_unit,
    facts,
    finish,
    planned,
    rows,
    stored,
)


@pytest.fixture
def unit(people):
    return covered_unit(people)


@pytest.fixture
def visit(people, unit):
    return planned(people, equipment_id=unit["id"], planned_on=today(), checklist=["Look", "Clean"])


TOUCHED = (WorkOrder, WorkOrderPart, PartChange, Failure, MeterReading, MaintenancePlan)


class TestTakingBack:
    @pytest.fixture
    def plan(self, people, unit):
        return make(
            people["stan"],
            "maintenance_plan",
            name="Yearly",
            equipment_id=unit["id"],
            every_days=365,
            every_usage=500.0,
            last_done_on=today() - timedelta(days=300),
            last_done_meter=900.0,
        )

    def of_plan(self, people, plan, visit):
        with unit_of_work(people["stan"]) as work:
            work.session.get(WorkOrder, visit["id"]).plan_id = plan["id"]
        return stored(visit)

    def reopen(self, people, order, who="stan"):
        with unit_of_work(people[who]) as work:
            reopen_visit(work, order["id"])

    def test_reopening_takes_back_exactly_what_finishing_wrote(self, people, unit, plan, visit):
        visit = self.of_plan(people, plan, visit)
        before = facts((*TOUCHED, Equipment))
        finish(
            people,
            visit,
            meter=1200.0,
            parts=[BURRS, GASKET],
            hours=1.0,
            report="Done",
            next_on=today() + timedelta(days=9),
        )
        assert stored(plan, "maintenance_plan")["last_done_meter"] == 1200.0

        self.reopen(people, visit)

        assert facts((*TOUCHED, Equipment)) == before

    def test_a_plan_that_was_made_since_falls_due_by_the_meter_that_is_left(self, people, unit, visit):
        with unit_of_work(people["stan"]) as work:
            record_meter(work, unit["id"], 400.0, at=work.now - timedelta(days=60))
        finish(people, visit, meter=1400.0)
        by_use = {
            "every_usage": 500.0,
            "last_done_on": today() - timedelta(days=300),
            "last_done_meter": 1000.0,
        }
        plan = make(people["stan"], "maintenance_plan", name="By use", equipment_id=unit["id"], **by_use)

        self.reopen(people, visit)

        fresh = make(people["stan"], "maintenance_plan", name="Fresh", equipment_id=unit["id"], **by_use)
        assert stored(plan, "maintenance_plan")["next_due_on"] == fresh["next_due_on"] != plan["next_due_on"]

    def test_it_can_be_finished_again_afterwards(self, people, visit):
        finish(people, visit, parts=[BURRS])
        self.reopen(people, visit)

        finish(people, stored(visit), parts=[GASKET])

        assert [p.name for p in rows(WorkOrderPart)] == ["Gasket"]
        self.reopen(people, visit)
        assert rows(WorkOrderPart) == []

    def test_what_was_entered_stands_in_the_form_again(self, people, unit, visit):
        ahead = today() + timedelta(days=9)
        finish(
            people, visit, meter=1200.0, parts=[BURRS, GASKET], hours=1.5, report="Two burrs worn", fault_code="E7",
            next_on=ahead,
        )  # fmt: skip
        assert self.typed(people, visit) is None

        self.reopen(people, visit)

        told = self.typed(people, visit)
        assert (told.done_on, told.hours, told.meter) == (today(), 1.5, 1200.0)
        assert (told.report, told.fault_code, told.next_on) == ("Two burrs worn", "E7", ahead)
        assert told.parts == (BURRS, GASKET)
        finish(people, stored(visit), parts=[GASKET])
        assert self.typed(people, visit) is None
        self.reopen(people, visit)
        assert self.typed(people, visit).parts == (GASKET,)

    def test_a_visit_that_was_never_ended_or_only_cancelled_begins_blank(self, people, visit):
        assert self.typed(people, visit) is None
        with unit_of_work(people["stan"]) as work:
            cancel_visit(work, visit["id"], seen_version=stored(visit)["version"], reason="Not needed")
        self.reopen(people, visit)

        assert self.typed(people, visit) is None

    def typed(self, people, visit):
        with reading(people["stan"]) as session:
            return visit_page(session, visit["id"], day=today()).typed

    def test_a_later_reading_keeps_it(self, people, unit, visit, dump):
        finish(people, visit, meter=1200.0)
        with unit_of_work(people["stan"]) as work:
            record_meter(work, unit["id"], 1300.0)
        before = dump()

        with pytest.raises(Conflict, match="The meter was read again"):
            self.reopen(people, visit)

        assert dump() == before

    def test_a_changed_next_visit_keeps_it(self, people, visit, dump):
        following = finish(people, visit, next_on=today() + timedelta(days=9))
        change(people["stan"], "work_order", stored(following), title="Moved")
        before = dump()

        with pytest.raises(Conflict, match="The next visit W-"):
            self.reopen(people, visit)

        assert dump() == before

    def test_a_changed_report_keeps_it(self, people, visit):
        finish(people, visit, report="One")
        change(people["stan"], "work_order", stored(visit), report="Two")

        with pytest.raises(Conflict, match="was changed after it was ended"):
            self.reopen(people, visit)

    def test_a_changed_plan_keeps_it(self, people, plan, visit):
        visit = self.of_plan(people, plan, visit)
        finish(people, visit)
        now = stored(plan, "maintenance_plan")
        change(people["stan"], "maintenance_plan", now, last_done_on=today() - timedelta(days=1))

        with pytest.raises(Conflict, match="maintenance plan was changed"):
            self.reopen(people, visit)

    def test_a_cancelled_visit_comes_back_with_its_plan(self, people, plan, visit):
        visit = self.of_plan(people, plan, visit)
        due = stored(plan, "maintenance_plan")["next_due_on"]
        with unit_of_work(people["stan"]) as work:
            cancel_visit(work, visit["id"], seen_version=visit["version"], reason="Closed for holidays")
        now = stored(visit)
        assert (now["status"], now["report"]) == ("cancelled", "Closed for holidays")
        assert stored(plan, "maintenance_plan")["next_due_on"] == today() + timedelta(days=365)

        self.reopen(people, visit)

        assert (stored(visit)["status"], stored(visit)["report"]) == ("planned", None)
        assert stored(plan, "maintenance_plan")["next_due_on"] == due

    def test_an_open_visit_has_nothing_to_take_back(self, people, visit):
        with pytest.raises(Refused, match="is still open"):
            self.reopen(people, visit)

    def test_what_was_ended_elsewhere_is_not_guessed(self, people, unit):
        order = make(people["stan"], "work_order", status="done", done_on=today())

        with pytest.raises(Refused, match="was not ended here"):
            self.reopen(people, order)

    def test_a_visit_of_another_team_is_not_there(self, people, visit):
        finish(people, visit)

        with pytest.raises(NotFound):
            self.reopen(people, visit, who="sue")

    def test_a_viewer_takes_nothing_back(self, people, visit, dump):
        finish(people, visit, parts=[BURRS])
        before = dump()

        with pytest.raises(NotAllowed):
            self.reopen(people, visit, who="vic")

        assert dump() == before

    def test_a_colleague_may_take_back_a_visit_whose_next_one_is_not_theirs(self, people, visit):
        finish(people, visit, who="mona", next_on=today() + timedelta(days=9))

        self.reopen(people, visit, who="stan")

        assert [o.status for o in rows(WorkOrder)] == ["planned"]
