"""Records become lives and lives become chances, within each person's scope, on both databases."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from crm.clock import now
from crm.errors import NotAllowed
from crm.service.wear.data import EPOCH, load
from crm.service.wear.job import compute, run, start
from crm.service.wear.next import ahead_of, next_to_fail
from crm.service.wear.settings import set_wear
from crm.service.wear.wear import pareto, rates, study
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Equipment, Failure, UnitRisk
from tests.service.wear.wear_fleet import at, failed, figures, make_fleet, store, unit


@pytest.fixture
def fleet(people):
    """The fleet of ``wear_fleet``."""
    return make_fleet(people)


def pick(cls, id_):
    with reading(SYSTEM) as session:
        return session.get(cls, id_)


def change(id_, **values):
    with unit_of_work(SYSTEM) as work:
        row = work.session.get(Equipment, id_)
        for name, value in values.items():
            setattr(row, name, value)


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

    def test_a_set_day_ends_the_watch(self, people, fleet):
        with unit_of_work(people["ada"]) as work:
            set_wear(work, threshold=0.5, until=date(2024, 12, 31))

        with reading(SYSTEM) as session:
            records = load(session, now=at(410))

        assert (records.cutoff, records.watch.ended) == (date(2024, 12, 31), True)
        assert records.spells("pump").lives["end"].max() == records.watch.end
        # The day ends at midnight where the firm is: an hour before it does in UTC.
        end = EPOCH + timedelta(days=records.watch.end)
        assert abs(end - datetime(2024, 12, 31, 22, 59, 59, tzinfo=UTC)) < timedelta(seconds=1)

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
