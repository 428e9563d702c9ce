"""A visit from its plan to its end, and taken back."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import select

from crm.clock import today
from crm.errors import Conflict, NotAllowed, NotFound, Refused
from crm.firm.firm import set_firm
from crm.service.equipment.history import unit_history
from crm.service.equipment.labour import set_labour_rate
from crm.service.visits.visits import (
    PartUsed,
    replan_visit,
    set_steps,
    start_visit,
    tick_step,
)
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Failure, MeterReading, PartChange, WorkOrderPart
from tests.factories import change, make
from tests.service.equipment.visit_scene import BURRS, GASKET, covered_unit, finish, planned, rows, stored


@pytest.fixture
def unit(people):
    return covered_unit(people)


@pytest.fixture
def visit(people, unit):
    return planned(people, equipment_id=unit["id"], planned_on=today(), checklist=["Look", "Clean"])


class TestPlanning:
    def test_customer_and_title_follow_from_the_unit(self, unit, visit):
        assert visit["title"] == "Repair: V3-118842"
        assert visit["organisation_id"] == unit["organisation_id"]
        assert visit["number"] == f"W-{visit['id']}"
        assert visit["currency"] == "EUR"
        assert visit["checklist"] == [{"text": "Look", "done": False}, {"text": "Clean", "done": False}]

    def test_unit_and_customer_follow_from_the_case(self, people, unit):
        case = make(people["stan"], "case", equipment_id=unit["id"], organisation_id=unit["organisation_id"])

        made = planned(people, case_id=case["id"], planned_at=time(9, 30))

        assert (made["title"], made["equipment_id"]) == (case["subject"], unit["id"])
        assert made["planned_at"] == time(9, 30)

    def test_a_status_cannot_be_set_past_the_services(self, people, visit, dump):
        before = dump()

        with pytest.raises(Refused) as error:
            change(people["stan"], "work_order", visit, status="done")

        assert error.value.problems[0].field == "status"
        assert dump() == before

    def test_other_steps_keep_the_ticks_of_those_that_stay(self, people, visit, dump):
        with unit_of_work(people["stan"]) as work:
            tick_step(work, visit["id"], 1, done=True)
        seen = stored(visit)["version"]

        with unit_of_work(people["stan"]) as work:
            set_steps(work, visit["id"], ["Weigh a dose", "", " Clean "], seen_version=seen)

        assert stored(visit)["checklist"] == [
            {"text": "Weigh a dose", "done": False},
            {"text": "Clean", "done": True},
        ]
        before = dump()
        with pytest.raises(Conflict), unit_of_work(people["stan"]) as work:
            set_steps(work, visit["id"], ["Late"], seen_version=seen)
        assert dump() == before

    def test_another_day_time_and_technician(self, people, visit):
        with unit_of_work(people["stan"]) as work:
            replan_visit(
                work,
                visit["id"],
                seen_version=visit["version"],
                planned_on=date(2027, 1, 5),
                planned_at=time(8),
                owner_id=people["mona"].user_id,
            )

        now = stored(visit)
        assert (now["planned_on"], now["planned_at"], now["owner_id"]) == (
            date(2027, 1, 5),
            time(8),
            people["mona"].user_id,
        )

    def test_starting_takes_a_visit_without_technician(self, people, unit):
        order = planned(people, equipment_id=unit["id"])
        order = change(people["stan"], "work_order", order, owner_id=None)

        with unit_of_work(people["stan"]) as work:
            start_visit(work, order["id"], seen_version=order["version"])

        now = stored(order)
        assert (now["status"], now["owner_id"]) == ("under_way", people["stan"].user_id)

    def test_steps_are_ticked_one_by_one(self, people, visit):
        with unit_of_work(people["stan"]) as work:
            tick_step(work, visit["id"], 1, done=True)

        assert [s["done"] for s in stored(visit)["checklist"]] == [False, True]

    def test_a_step_that_is_not_there_is_refused(self, people, visit):
        with unit_of_work(people["stan"]) as work, pytest.raises(Refused, match="no such step"):
            tick_step(work, visit["id"], 2, done=True)


def test_the_history_of_the_unit_tells_what_failed_and_what_was_changed(people, unit, visit):
    finish(people, visit, parts=[BURRS, GASKET], report="Worn.")

    with reading(people["stan"]) as session:
        (step,) = [s for s in unit_history(session, unit["id"]) if s.kind == "visit"]

    assert step.text == f"{visit['number']} Failed: Burrs. Changed: Burrs, Gasket. Worn."


class TestFinishing:
    def test_everything_that_follows_is_stored_at_once(self, people, unit, visit):
        with unit_of_work(people["stan"]) as work:
            tick_step(work, visit["id"], 0, done=True)

        finish(
            people,
            stored(visit),
            meter=1200.0,
            parts=[BURRS, GASKET],
            hours=1.25,
            report="Changed the burrs.",
            fault_code="E14",
        )

        done = stored(visit)
        assert (done["status"], done["done_on"], done["covered"]) == ("done", today(), "warranty")
        assert (done["labour_minor"], done["parts_minor"], done["currency"]) == (100_00, 94_20, "EUR")
        assert [s["done"] for s in done["checklist"]] == [True, False]
        assert [(p.name, p.quantity, p.unit_cost_minor, p.after_failure) for p in rows(WorkOrderPart)] == [
            ("Burrs", 2.0, 45_50, True),
            ("Gasket", 1.0, 3_20, False),
        ]
        assert [(c.part, c.equipment_id, c.work_order_id) for c in rows(PartChange)] == [
            ("Burrs", unit["id"], visit["id"]),
            ("Gasket", unit["id"], visit["id"]),
        ]
        assert [(f.part, f.code, f.work_order_id) for f in rows(Failure)] == [("Burrs", "E14", visit["id"])]
        assert stored(unit, "equipment")["meter_value"] == 1200.0
        assert rows(MeterReading)[-1].source == visit["number"]

    def test_cover_is_that_of_the_day_of_the_visit(self, people, unit, visit):
        change(people["stan"], "equipment", unit, warranty_until=today() - timedelta(days=2))

        finish(people, visit, done_on=today() - timedelta(days=3))

        assert stored(visit)["covered"] == "warranty"

    def test_a_visit_of_an_earlier_day_stands_at_noon_of_that_day(self, people, unit, visit):
        day = today() - timedelta(days=3)

        finish(people, visit, done_on=day, parts=[GASKET])

        assert rows(PartChange)[0].at.date() == day

    def test_without_a_rate_the_hours_stand_without_cost(self, people, unit, visit):
        from db.models import Setting

        with unit_of_work(SYSTEM) as work:
            work.session.delete(work.session.scalars(select(Setting).where(Setting.name == "labour")).one())

        finish(people, visit, hours=2.0)

        assert (stored(visit)["hours"], stored(visit)["labour_minor"]) == (2.0, None)

    def test_a_next_day_makes_the_next_visit(self, people, visit):
        following = finish(people, visit, next_on=today() + timedelta(days=30))

        made = stored(following)
        same = ("title", "equipment_id", "organisation_id", "owner_id", "team_id", "kind")
        assert {n: made[n] for n in same} == {n: visit[n] for n in same}
        assert (made["status"], made["planned_on"]) == ("planned", today() + timedelta(days=30))
        assert made["number"] != visit["number"]
        assert [s["done"] for s in made["checklist"]] == [False, False]

    @pytest.mark.parametrize(
        ("options", "field"),
        [
            ({"done_on": date(2199, 1, 1)}, "done_on"),
            ({"meter": 999.0}, "meter_value"),
            ({"meter": float("nan")}, "meter_value"),
            ({"hours": -1.0}, "hours"),
            ({"hours": float("inf")}, "hours"),
            ({"next_on": today()}, "next_on"),
            ({"parts": [PartUsed(" ")]}, "parts"),
            ({"parts": [PartUsed("x" * 81)]}, "parts"),
            ({"parts": [PartUsed("Burrs", quantity=0)]}, "parts"),
            ({"parts": [PartUsed("Burrs", unit_cost_minor=-1)]}, "parts"),
            ({"parts": [PartUsed("nul\x00")]}, "parts"),
            ({"report": "x" * 10_001}, "report"),
            ({"fault_code": "E" * 61}, "fault_code"),
        ],
    )
    def test_a_wrong_value_leaves_nothing_behind(self, people, visit, dump, options, field):
        before = dump()

        with pytest.raises(Refused) as error:
            finish(people, visit, **({"parts": [BURRS], "hours": 1.0, "meter": 1100.0} | options))

        assert [p.field for p in error.value.problems] == [field]
        assert dump() == before

    def test_all_that_is_wrong_is_told_at_once(self, people, visit):
        with pytest.raises(Refused) as error:
            finish(people, visit, hours=-1.0, next_on=today(), parts=[PartUsed("")])

        assert {p.field for p in error.value.problems} == {"hours", "next_on", "parts"}

    def test_a_visit_without_unit_has_no_meter(self, people, unit, dump):
        order = planned(people, title="Advice")
        before = dump()

        with pytest.raises(Refused, match="no unit"):
            finish(people, order, meter=1.0)
        assert dump() == before

        finish(people, order, parts=[BURRS])
        assert (rows(PartChange), rows(Failure), stored(order)["covered"]) == ([], [], None)

    def test_somebody_elses_change_is_not_overwritten(self, people, visit, dump):
        change(people["mona"], "work_order", visit, title="Other title")
        before = dump()

        with pytest.raises(Conflict):
            finish(people, visit, parts=[BURRS])

        assert dump() == before

    def test_a_visit_ends_once(self, people, visit, dump):
        finish(people, visit)
        before = dump()

        with pytest.raises(Refused, match="was done on"):
            finish(people, stored(visit))
        with unit_of_work(people["stan"]) as work, pytest.raises(Refused, match="was done on"):
            start_visit(work, visit["id"], seen_version=stored(visit)["version"])

        assert dump() == before

    @pytest.mark.parametrize(("who", "error"), [("sue", NotFound), ("vic", NotAllowed)])
    def test_others_end_nothing(self, people, visit, dump, who, error):
        before = dump()

        with pytest.raises(error):
            finish(people, visit, who=who, parts=[BURRS])

        assert dump() == before

    @pytest.mark.parametrize("text", ["Ω≈ç√∫", "'; DROP TABLE failures;--", "<b>x</b>", "مرحبا", "💥"])
    def test_any_text_is_kept_as_it_is(self, people, visit, text):
        finish(people, visit, parts=[PartUsed(text, after_failure=True)], report=text, fault_code=text)

        assert stored(visit)["report"] == text
        assert rows(Failure)[0].part == text


def test_hours_cost_what_an_hour_costs_rounded_half_to_even(people, unit):
    from crm.service.equipment.labour import visit_cost

    with reading(people["stan"]) as session:
        cost = visit_cost(session, hours=0.0003125, parts=[], currency="EUR", day=today())

    # 0.0003125 × 8,000 = 2.5 minor units.
    assert cost.labour_minor == 2


def test_a_rate_in_other_money_is_converted_both_ways(people, unit):
    from crm.service.equipment.labour import visit_cost
    from db.models import Rate

    with unit_of_work(SYSTEM) as work:
        work.session.add(Rate(currency="USD", day=date(2025, 1, 1), rate=0.5))

    with reading(people["stan"]) as session:
        assert visit_cost(session, hours=1, parts=[], currency="USD", day=today()).labour_minor == 160_00


def test_every_currency_without_a_rate_is_named(people, unit):
    from crm.service.equipment.labour import visit_cost

    with unit_of_work(SYSTEM) as work:
        set_labour_rate(work, 80_00)
        set_firm(work, name="Kavarna", currency="CZK")

    with reading(people["stan"]) as session, pytest.raises(Refused, match="EUR, USD"):
        visit_cost(session, hours=1, parts=[], currency="USD", day=today())


def test_a_negative_rate_is_refused(people, dump):
    before = dump()

    with pytest.raises(Refused), unit_of_work(people["ada"]) as work:
        set_labour_rate(work, -1)

    assert dump() == before
