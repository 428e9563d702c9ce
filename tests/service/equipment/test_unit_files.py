"""What a file says of many units at once: meters, serials, contracts and visits in one batch, undone as one."""

from datetime import UTC, date, datetime, timedelta

import pytest

from crm.clock import today
from crm.errors import Refused
from crm.exchange.storing.journal import failed_rows
from crm.exchange.storing.plan import Lookup, Step
from crm.exchange.undoing.undo import undo_import
from crm.records import records
from crm.work import unit_of_work
from db.models import Contract, Equipment, MaintenancePlan, MeterReading, WorkOrder
from tests.factories import change, make
from tests.service.exchange.import_scene import bring, counts, stored

BY_SERIAL = {"equipment_id": Lookup("serial")}
READINGS = Step(
    "r.csv", "meter_reading", {"equipment_id": "unit", "at": "at", "value": "value"}, lookups=BY_SERIAL
)
METERS = Step("u.csv", "equipment", {"serial": "serial", "meter_value": "meter"}, key=("serial",))
CONTRACTS = Step(
    "c.csv",
    "contract",
    {"name": "name", "equipment_id": "unit", "starts_on": "from", "ends_on": "to"},
    lookups=BY_SERIAL,
)


@pytest.fixture
def unit(people):
    return make(people["stan"], "equipment", serial="V1")


def reasons(actor, report):
    return [row.reason for row in failed_rows(actor, report.id)]


class TestMeters:
    def file(self, *lines):
        return ("unit,at,value\n" + "\n".join(lines)).encode()

    def test_readings_of_a_file_are_compared_with_stored_ones_and_with_each_other(self, people, unit):
        make(
            people["ada"],
            "meter_reading",
            equipment_id=unit["id"],
            at=datetime(2026, 3, 1, tzinfo=UTC),
            value=300,
        )

        report = bring(
            people["ada"],
            READINGS,
            self.file(
                "V1,2026-05-01,500", "V1,2026-04-01,400", "V1,2026-02-01,301", "V1,2026-04-15,399", "V1,2026-04-15,450",
                "V1,2026-06-01,499",
            ),
        )  # fmt: skip

        assert counts(report) == (3, 0, 0, 3)
        assert [v for (v,) in stored(people["ada"], MeterReading, "value")] == [300, 500, 400, 450]
        later, earlier, lower = reasons(people["ada"], report)
        assert "showed 300 on 1 Mar 2026, which is later and lower" in later
        assert "showed 400 on 1 Apr 2026; 399 is lower" in earlier
        assert "showed 500 on 1 May 2026; 499 is lower" in lower

    def test_the_unit_shows_the_newest_and_its_plans_by_use_move_until_it_is_undone(self, people, unit):
        plan = make(
            people["stan"], "maintenance_plan", name="Burrs", equipment_id=unit["id"], every_usage=1000.0
        )
        begun, now = today() - timedelta(days=10), today()

        report = bring(people["ada"], READINGS, self.file(f"V1,{now},200", f"V1,{begun},100"))

        assert stored(people["ada"], Equipment, "meter_value") == [(200.0,)]
        # 800 are left at 10 a day.
        assert plan["next_due_on"] is None
        assert stored(people["ada"], MaintenancePlan, "next_due_on") == [(now + timedelta(days=80),)]
        undo_import(people["ada"], report.id)
        assert stored(people["ada"], MeterReading, "value") == []
        assert stored(people["ada"], Equipment, "meter_value", "meter_at") == [(None, None)]
        assert stored(people["ada"], MaintenancePlan, "next_due_on") == [(None,)]

    def test_a_meter_value_of_a_unit_is_a_reading_and_never_runs_backwards(self, people, unit):
        first = bring(people["ada"], METERS, b"serial,meter\nV1,100\nV2,50\n")
        back = bring(people["ada"], METERS, b"serial,meter\nV1,99\nV2,60\n")

        assert (counts(first), counts(back)) == ((1, 1, 0, 0), (0, 1, 0, 1))
        assert "The meter showed 100 on" in reasons(people["ada"], back)[0]
        assert sorted(v for (v,) in stored(people["ada"], MeterReading, "value")) == [50, 60, 100]
        assert [at is not None for (at,) in stored(people["ada"], Equipment, "meter_at")] == [True, True]
        for report in (back, first):
            undo_import(people["ada"], report.id)
        assert stored(people["ada"], Equipment, "serial", "meter_value") == [("V1", None)]
        assert stored(people["ada"], MeterReading, "value") == []

    def test_a_reading_that_is_corrected_shows_on_the_unit(self, people, unit):
        made = make(people["ada"], "meter_reading", equipment_id=unit["id"], value=5000)

        change(people["ada"], "meter_reading", made | {"version": 1}, value=500)

        assert stored(people["ada"], Equipment, "meter_value") == [(500.0,)]

    @pytest.mark.parametrize("turned", [False, True])
    def test_the_last_visit_of_an_old_meter_and_the_first_of_a_new_one_come_in_in_any_order(
        self, people, unit, turned
    ):
        fields = {n: n for n in ("title", "equipment_id", "done_on", "meter_value")}
        step = Step("v.csv", "work_order", fields, lookups=BY_SERIAL)
        lines = [
            f"{t},V1,{today() - timedelta(days=d)},{m}" for t, d, m in (("Old", 9, 50000), ("New", 2, 40))
        ]

        report = bring(
            people["ada"], step, "\n".join((",".join(fields), *lines[:: -1 if turned else 1])).encode()
        )

        assert counts(report) == (2, 0, 0, 0)
        told = "with a meter value that was not taken over, because a later one is lower"
        assert report.steps[0].history[told] == 1
        assert sorted(stored(people["ada"], WorkOrder, "meter_value")) == [(40.0,), (50000.0,)]
        assert stored(people["ada"], MeterReading, "value") == [(40.0,)]
        assert stored(people["ada"], Equipment, "meter_value") == [(40.0,)]

    def test_a_visit_from_before_a_meter_was_replaced_is_history_in_a_file_and_moves_no_meter(
        self, people, unit
    ):
        now = today()
        begun = now - timedelta(days=300)
        plan = make(
            people["stan"], "maintenance_plan", name="Burrs", equipment_id=unit["id"], every_usage=2000.0
        )
        make(people["ada"], "meter_reading", equipment_id=unit["id"], value=1000)
        fields = {n: n for n in ("title", "equipment_id", "done_on", "meter_value", "plan_id")}
        step = Step("v.csv", "work_order", fields, lookups=BY_SERIAL)
        lines = (
            "title,equipment_id,done_on,meter_value,plan_id",
            f"Old,V1,{begun},50000,Burrs",
            f"Low,V1,{now},900,",
        )

        report = bring(people["ada"], step, "\n".join(lines).encode())

        assert counts(report) == (1, 0, 0, 1)
        assert (
            report.steps[0].history[
                "with a meter value that was not taken over, because a later one is lower"
            ]
            == 1
        )
        assert "900 is lower" in reasons(people["ada"], report)[0]
        assert stored(people["ada"], WorkOrder, "meter_value", "plan_id") == [(50000.0, plan["id"])]
        assert stored(people["ada"], MeterReading, "value") == [(1000.0,)]
        assert stored(people["ada"], Equipment, "meter_value") == [(1000.0,)]
        assert stored(people["ada"], MaintenancePlan, "last_done_on", "last_done_meter") == [(begun, None)]
        with pytest.raises(Refused, match="which is later and lower"):
            make(people["ada"], "work_order", equipment_id=unit["id"], done_on=begun, meter_value=50000.0)


class TestContracts:
    def test_contracts_of_one_file_stand_beside_each_other_or_are_told_why_not(self, people, unit):
        make(people["stan"], "contract", name="Old", equipment_id=unit["id"], ends_on=date(2026, 6, 30))

        report = bring(
            people["ada"],
            CONTRACTS,
            b"name,unit,from,to\nA,V1,2026-07-01,2026-12-31\nB,V1,2026-12-31,\nC,V1,2027-01-01,\nD,V1,2026-06-30,2026-06-30\n",
        )

        assert counts(report) == (2, 0, 0, 2)
        inside, outside = reasons(people["ada"], report)
        assert "contract “A” runs from 1 Jul 2026 to 31 Dec 2026. Start on 1 Jan 2027 or later" in inside
        assert "contract “Old” runs from 1 Jan 2026 to 30 Jun 2026. Start on 1 Jul 2026 or later" in outside

    def test_contracts_and_visits_lie_with_the_owner_of_their_unit_where_the_maker_may_make_them(
        self, people, unit
    ):
        visits = Step("v.csv", "work_order", {"title": "work", "equipment_id": "unit"}, lookups=BY_SERIAL)

        bring(people["ada"], CONTRACTS, b"name,unit,from,to\nA,V1,2026-07-01,2026-12-31\n")
        bring(people["ada"], visits, b"work,unit\nBurrs,V1\n")
        make(people["ada"], "contract", equipment_id=unit["id"], starts_on=date(2027, 1, 1))
        make(people["ada"], "work_order", equipment_id=unit["id"])
        make(people["ada"], "work_order", equipment_id=unit["id"], owner_id=people["mona"].user_id)

        stan, mona = people["stan"].user_id, people["mona"].user_id
        assert stored(people["ada"], Contract, "owner_id") == [(stan,), (stan,)]
        assert stored(people["ada"], WorkOrder, "owner_id") == [(stan,), (stan,), (mona,)]

    def test_an_archived_contract_comes_back_only_where_nothing_runs(self, people, unit, dump):
        first = make(people["stan"], "contract", equipment_id=unit["id"])
        with unit_of_work(people["stan"]) as work:
            gone = records.archive_record(work, "contract", first["id"], seen_version=first["version"])
        make(people["stan"], "contract", name="Next", equipment_id=unit["id"])
        before = dump()

        with pytest.raises(Refused, match="“Next” runs"), unit_of_work(people["stan"]) as work:
            records.restore_record(work, "contract", gone["id"], seen_version=gone["version"])

        assert dump() == before


def test_a_serial_stands_once_in_a_file_whatever_its_blanks_and_capitals(people, unit):
    step = Step("u.csv", "equipment", {"name": "n", "serial": "s"}, key=("name",))

    report = bring(people["ada"], step, b"n,s\nA,TW   9\nB,tw 9\nC,v1\nD,TW 10\n")

    assert counts(report) == (2, 0, 0, 2)
    assert stored(people["ada"], Equipment, "serial") == [("V1",), ("TW 9",), ("TW 10",)]
    mine, other = reasons(people["ada"], report)
    assert mine == "Serial tw 9 is taken for this product by “A”. Open that unit, or check the serial."
    assert other == "Serial v1 is taken for this product by “V1”. Open that unit, or check the serial."


FILES = {
    "equipment": (METERS, "serial,meter", "S{run}-{n},{n}"),
    "meter_reading": (READINGS, "unit,at,value", "V{n},2026-05-{run:02},{run}"),
    "contract": (CONTRACTS, "name,unit,from,to", "C,V{n},20{run}-01-01,20{run}-12-31"),
    "maintenance_plan": (
        Step("p.csv", "maintenance_plan", {"name": "n", "equipment_id": "u", "every_usage": "e"}, lookups=BY_SERIAL),
        "n,u,e",
        "P{run}-{n},V{n},500",
    ),
    "work_order": (
        Step("v.csv", "work_order", {"title": "t", "equipment_id": "u", "done_on": "d"}, lookups=BY_SERIAL),
        "t,u,d",
        "T{n},V{n},2026-03-0{run}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("entity", FILES)
def test_a_file_of_what_belongs_to_units_sends_no_more_statements_for_more_rows(people, statements, entity):
    step, head, line = FILES[entity]
    units = Step("u.csv", "equipment", {"serial": "serial"})
    bring(people["ada"], units, ("serial\n" + "\n".join(f"V{n}" for n in range(60))).encode())
    taken = []
    for run, rows in enumerate((3, 10, 60), 1):
        data = "\n".join(
            [head, *(line.format(n=n, run=run + (10 if entity == "contract" else 0)) for n in range(rows))]
        )
        statements.clear()
        assert counts(bring(people["ada"], step, data.encode()))[0] == rows
        taken.append(len(statements))

    assert taken[2] == taken[1]
