"""Records become lives, lives become chances, chances become proposals; within each person's scope, on both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.clock import now, today
from crm.errors import NotAllowed, NotFound, Refused
from crm.service import proposals as proposing
from crm.service.proposals import plan_visit, proposals, put_off, set_threshold
from crm.service.wear import pareto, rates, study
from crm.service.wear_data import load
from crm.service.wear_job import compute, run, start
from crm.service.wear_next import ahead_of, next_to_fail
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Equipment, Failure, PartChange, UnitRisk, WorkOrder
from tests.factories import make

START = datetime(2024, 1, 1, 8, tzinfo=UTC)
END = datetime(2025, 12, 31, 8, tzinfo=UTC)


def days(n):
    return START + timedelta(days=n)


def unit(owner, serial, **values):
    return make(owner, "equipment", serial=serial, installed_on=date(2024, 1, 1), **values)["id"]


def store(*rows):
    with unit_of_work(SYSTEM) as work:
        work.session.add_all(rows)


def failed(equipment_id, day, part="pump"):
    return Failure(equipment_id=equipment_id, failed_at=days(day), part=part)


def changed(equipment_id, day, part="pump"):
    return PartChange(equipment_id=equipment_id, at=days(day), part=part)


@pytest.fixture
def fleet(people):
    """Twelve machines of Stan's, whose pumps failed at around 200 days; all but two are new again, at day 380."""
    product = make(people["ada"], "product", name="Duo 3")["id"]
    ids = [unit(people["stan"], f"D-{n}", product_id=product) for n in range(12)]
    store(*(failed(id_, 170 + 7 * n) for n, id_ in enumerate(ids)))
    store(*(changed(id_, 380) for id_ in ids[:10]))
    return ids


def at(day):
    return days(day)


class TestLives:
    def test_running_units_are_censored_at_the_last_look(self, people, fleet):
        with reading(SYSTEM) as session:
            life = load(session, now=at(410)).spells("pump").life

        assert (life.n, life.failures) == (12 + 12 + 10, 12)
        assert sorted(life.times.round(2).tolist())[:10] == [30.0] * 10

    def test_a_unit_without_any_failure_counts_as_running(self, people, fleet):
        product = pick(Equipment, fleet[0]).product_id
        unit(people["sue"], "never", product_id=product)

        with reading(SYSTEM) as session:
            found = study(load(session, now=at(410)), "pump")

        assert found.units == 13
        assert found.life.n == 35

    def test_other_spellings_of_a_part_are_the_same_part(self, people, fleet):
        store(failed(fleet[0], 395, " Pump "))

        with reading(SYSTEM) as session:
            records = load(session, now=at(410))

        assert records.parts == {"pump": "pump"}
        assert [row.failures for row in pareto(records)] == [13]

    def test_retired_and_archived_units_do_not_run(self, people, fleet):
        change(fleet[0], retired_on=date(2025, 2, 1), status="retired")
        change(fleet[1], archived_at=now())

        with reading(SYSTEM) as session:
            records = load(session, now=at(410))

        running = set(records.spells("pump").running["unit"])
        assert running == set(fleet[2:])
        assert len(records.units) == 11

    def test_failures_in_the_future_are_left_out_and_counted(self, people, fleet):
        store(failed(fleet[0], 5000))

        with reading(SYSTEM) as session:
            records = load(session, now=at(410))

        assert records.future == 1
        assert len(records.failures) == 12

    def test_nothing_at_all_is_no_error(self, people):
        with reading(SYSTEM) as session:
            records = load(session, now=now())
            found = study(records, "")

        assert found.life.n == 0
        assert found.curve.median is None
        assert pareto(records) == []
        assert rates(records, by_product=True, by_part=True) == []

    def test_each_person_studies_the_units_within_reach(self, people, fleet):
        unit(people["sue"], "S-1")

        with reading(people["stan"]) as session:
            mine = load(session, now=at(410))
        with reading(people["sue"]) as session:
            hers = load(session, now=at(410))

        assert (len(mine.units), len(mine.failures)) == (12, 12)
        assert (len(hers.units), len(hers.failures)) == (1, 0)

    def test_rates_count_the_months_of_units_that_have_the_part(self, people, fleet):
        store(failed(unit(people["stan"], "other"), 100, "belt"))

        with reading(SYSTEM) as session:
            rows = rates(load(session, now=at(410)), by_product=False, by_part=True)

        found = {row.part: row for row in rows}
        months = (410 + 8 / 24) / (365.25 / 12)
        assert found["pump"].units == 12
        assert found["pump"].rate.exposure == pytest.approx(12 * months, rel=1e-6)
        assert (found["belt"].units, found["belt"].rate.events) == (1, 1)


def pick(cls, id_):
    with reading(SYSTEM) as session:
        return session.get(cls, id_)


def change(id_, **values):
    with unit_of_work(SYSTEM) as work:
        row = work.session.get(Equipment, id_)
        for name, value in values.items():
            setattr(row, name, value)


def figures(part="pump"):
    with reading(SYSTEM) as session:
        rows = session.scalars(select(UnitRisk).where(UnitRisk.part == part)).all()
        return {row.equipment_id: row for row in rows}


class TestJob:
    def test_every_running_unit_gets_its_chance(self, people, fleet):
        told = compute(at(410))

        found = figures()
        assert told["units"] == 12
        assert set(found) == set(fleet)
        assert all(0 < row.risk_30 < row.risk_90 < row.risk_365 <= 1 for row in found.values())
        # Two pumps run since their repair half a year ago, ten are thirty days old.
        assert min(found[i].risk_90 for i in fleet[10:]) > max(found[i].risk_90 for i in fleet[:10])
        assert found[fleet[0]].low_days < found[fleet[0]].median_days < found[fleet[0]].high_days

    def test_the_figures_are_those_of_the_law(self, people, fleet):
        import math

        compute(at(410))

        row = figures()[fleet[0]]
        alpha, beta = row.basis["alpha"], row.basis["beta"]
        hazard = ((row.age_days + 90) / alpha) ** beta - (row.age_days / alpha) ** beta
        assert row.age_days == pytest.approx(30)
        assert row.risk_90 == pytest.approx(1 - math.exp(-hazard), rel=1e-3)
        assert (row.basis["failures"], row.basis["n"]) == (12, 34)

    def test_too_few_failures_leave_no_figures(self, people):
        store(failed(unit(people["stan"], "A"), 30), failed(unit(people["stan"], "B"), 60))

        told = compute(at(90))

        assert told["figures"] == 0
        assert figures() == {}

    def test_figures_of_a_part_without_failures_enough_go_away(self, people, fleet):
        compute(at(410))
        with unit_of_work(SYSTEM) as work:
            for row in work.session.scalars(select(Failure)):
                work.session.delete(row)

        compute(at(410))

        assert figures() == {}

    def test_what_was_put_off_stays_put_off(self, people, fleet):
        compute(at(410))
        with unit_of_work(SYSTEM) as work:
            work.session.scalars(
                select(UnitRisk).where(UnitRisk.equipment_id == fleet[0], UnitRisk.part == "pump")
            ).one().dismissed_until = date(2030, 1, 1)

        compute(at(411))

        assert figures()[fleet[0]].dismissed_until == date(2030, 1, 1)

    def test_progress_is_told_and_a_stop_is_obeyed(self, people, fleet):
        seen = []

        run(people["stan"], {}, lambda done, total, note: seen.append((done, total, note)))

        assert seen[0][0] == 0
        assert seen[-1][0] == seen[-1][1]

    def test_who_only_reads_equipment_starts_nothing(self, people, fleet, dump):
        before = dump()

        with pytest.raises(NotAllowed):
            start(people["vic"])

        assert dump() == before

    def test_one_computation_at_a_time(self, people, fleet):
        assert start(people["stan"]) == start(people["stan"])

    def test_each_person_sees_the_figures_of_units_within_reach(self, people, fleet):
        compute(at(410))

        with reading(people["stan"]) as session:
            mine = next_to_fail(session)
        with reading(people["sue"]) as session:
            hers = next_to_fail(session)
            assert ahead_of(session, fleet[0]) == []

        assert mine.total == 12
        assert (hers.total, hers.units) == (0, [])
        assert [u.risk_90 for u in mine.units] == sorted((u.risk_90 for u in mine.units), reverse=True)


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
            set_threshold(work, min(limit, 0.99))

        assert len(proposed(people["stan"])) == sum(risk >= min(limit, 0.99) for risk in risks)

    def test_a_threshold_that_is_no_chance_is_refused(self, people, dump):
        before = dump()

        with pytest.raises(Refused), unit_of_work(people["ada"]) as work:
            set_threshold(work, 1.2)

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
