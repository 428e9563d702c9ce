"""What is proposed to whom before it breaks, and what ends a proposal; on both databases."""

from datetime import date, timedelta

import pytest

from crm.clock import today
from crm.errors import NotFound, Refused
from crm.service.visits import proposals as proposing
from crm.service.visits.proposals import plan_visit, proposals, put_off
from crm.service.visits.visits import finish_visit
from crm.service.wear.job import compute
from crm.service.wear.next import ahead_of, next_to_fail
from crm.service.wear.settings import set_wear
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Equipment, MaintenancePlan, WorkOrder
from tests.factories import make
from tests.service.wear.wear_fleet import at, figures, make_fleet


@pytest.fixture
def fleet(people):
    """The fleet of ``wear_fleet``."""
    return make_fleet(people)


def proposed(actor, on=None):
    with reading(actor) as session:
        return proposals(session, actor=actor, today=on or today(), limit=50)


class TestProposals:
    def test_units_over_the_threshold_are_proposed_to_their_owner(self, people, fleet):
        compute(at(410))

        found = proposed(people["stan"])

        assert [p.equipment_id for p in found] == fleet[10:]
        assert all(p.kind == "risk" and p.risk >= 0.5 and p.part == "pump" for p in found)
        assert "90 days" in found[0].reason
        assert "12 failures among 34 lives" in found[0].evidence
        assert proposed(people["sue"]) == proposed(people["vic"]) == []

    def test_a_higher_threshold_proposes_fewer(self, people, fleet):
        compute(at(410))
        risks = sorted((row.risk_90 for row in figures().values()), reverse=True)
        limit = round((risks[1] + risks[2]) / 2, 3) if risks[1] > risks[2] else 0.99

        with unit_of_work(people["ada"]) as work:
            set_wear(work, threshold=min(limit, 0.99), until=None)

        assert len(proposed(people["stan"])) == sum(risk >= min(limit, 0.99) for risk in risks)

    def test_a_chance_or_a_day_that_cannot_be_is_refused(self, people, dump):
        before = dump()

        with pytest.raises(Refused), unit_of_work(people["ada"]) as work:
            set_wear(work, threshold=1.2, until=today() + timedelta(days=2))

        assert dump() == before

    def test_a_planned_visit_ends_the_proposal(self, people, fleet):
        compute(at(410))
        first, *rest = proposed(people["stan"])

        with unit_of_work(people["stan"]) as work:
            made = plan_visit(work, first, today=today())

        assert made["equipment_id"] == first.equipment_id
        assert made["owner_id"] == people["stan"].user_id
        assert today() <= made["planned_on"] <= today() + timedelta(days=14)
        assert proposed(people["stan"]) == rest

    def test_a_cancelled_visit_brings_it_back(self, people, fleet):
        compute(at(410))
        found = proposed(people["stan"])
        with unit_of_work(people["stan"]) as work:
            made = plan_visit(work, found[0], today=today())

        with unit_of_work(SYSTEM) as work:
            work.session.get(WorkOrder, made["id"]).status = "cancelled"

        assert proposed(people["stan"]) == found

    def test_not_now_is_heard_for_thirty_days(self, people, fleet):
        compute(at(410))
        first, *rest = proposed(people["stan"])

        with unit_of_work(people["stan"]) as work:
            until = put_off(work, first, today=today())

        assert until == today() + timedelta(days=30)
        assert proposed(people["stan"]) == rest
        assert first.equipment_id in {p.equipment_id for p in proposed(people["stan"], on=until)}

    def test_nobody_puts_off_what_lies_out_of_reach(self, people, fleet, dump):
        compute(at(410))
        one = proposed(people["stan"])[0]
        before = dump()

        with pytest.raises(NotFound), unit_of_work(people["sue"]) as work:
            put_off(work, one, today=today())

        assert dump() == before

    def test_units_without_an_owner_go_to_whoever_may_change_all(self, people, fleet):
        compute(at(410))
        with unit_of_work(SYSTEM) as work:
            for id_ in fleet:
                work.session.get(Equipment, id_).owner_id = None

        assert proposed(people["stan"]) == []
        assert {p.equipment_id for p in proposed(people["mona"])} >= set(fleet[10:])

    def test_warranty_contract_and_maintenance_that_end_soon_are_proposed(self, people):
        soon, later = today() + timedelta(days=10), today() + timedelta(days=90)
        units = [
            make(people["stan"], "equipment", serial="W", warranty_until=soon)["id"],
            make(people["stan"], "equipment", serial="C")["id"],
            make(people["stan"], "equipment", serial="P")["id"],
            make(people["stan"], "equipment", serial="L", warranty_until=later)["id"],
        ]
        make(people["stan"], "contract", equipment_id=units[1], starts_on=date(2024, 1, 1), ends_on=soon)
        make(
            people["stan"],
            "maintenance_plan",
            name="Yearly",
            equipment_id=units[2],
            every_days=365,
            next_due_on=soon,
        )

        found = {p.equipment_id: p for p in proposed(people["stan"])}

        assert {u: found[u].kind for u in found} == {
            units[0]: "warranty",
            units[1]: "contract",
            units[2]: "plan",
        }
        assert all(p.due_on == soon and p.risk is None for p in found.values())
        assert "in 10 days" in found[units[0]].evidence

    def test_a_visit_for_a_plan_brings_its_steps_and_moves_its_next_day(self, people):
        unit = make(people["stan"], "equipment", serial="P")["id"]
        plan = make(
            people["stan"],
            "maintenance_plan",
            name="Yearly",
            equipment_id=unit,
            every_days=365,
            next_due_on=today(),
            checklist=["Drain", "Descale"],
        )
        (one,) = proposed(people["stan"])

        with unit_of_work(people["stan"]) as work:
            made = plan_visit(work, one, today=today())
            finish_visit(work, made["id"], seen_version=made["version"], done_on=today())

        assert (made["title"], made["plan_id"]) == ("Yearly", plan["id"])
        assert [step["text"] for step in made["checklist"]] == ["Drain", "Descale"]
        assert proposed(people["stan"]) == []
        with reading(SYSTEM) as session:
            assert session.get(MaintenancePlan, plan["id"]).next_due_on == today() + timedelta(days=365)

    def test_a_renewed_contract_is_nothing_to_do(self, people):
        soon = today() + timedelta(days=10)
        one = make(people["stan"], "equipment", serial="C")["id"]
        make(people["stan"], "contract", equipment_id=one, starts_on=date(2024, 1, 1), ends_on=soon)
        make(people["stan"], "contract", name="Next", equipment_id=one, starts_on=soon + timedelta(days=1))

        assert proposed(people["stan"]) == []

    def test_a_notice_can_be_put_off_and_a_computation_keeps_that(self, people, fleet):
        one = make(people["stan"], "equipment", serial="W", warranty_until=today() + timedelta(days=10))["id"]
        notice = next(p for p in proposed(people["stan"]) if p.equipment_id == one)

        with unit_of_work(people["stan"]) as work:
            put_off(work, notice, today=today())
        compute(at(410))

        assert one not in {p.equipment_id for p in proposed(people["stan"])}
        with reading(people["stan"]) as session:
            assert proposing.PUT_OFF not in {u.part for u in next_to_fail(session, limit=500).units}
            assert proposing.PUT_OFF not in {u.part for u in ahead_of(session, one)}
