"""The reports on wear against plain SQL and hand counts, with their filters, within scope."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from crm.reporting.catalogue import run_report, to_json
from crm.reporting.report import SalesFilter
from crm.service.wear.job import compute
from crm.work import SYSTEM, reading, unit_of_work
from db.models import EquipmentEvent, Failure, PartChange
from db.session import engine
from tests.factories import make

NOW = datetime.now(UTC)


def ago(days):
    return NOW - timedelta(days=days)


@pytest.fixture
def firm(people):
    """Two products with three and two units; seven failures, two of them repairs at once, one without a part."""
    duo, solo = (make(people["ada"], "product", name=name)["id"] for name in ("Duo", "Solo"))
    installed = (NOW - timedelta(days=400)).date()
    ids = [
        make(
            people["stan"] if n < 4 else people["sue"], "equipment", serial=f"U{n}", installed_on=installed,
            product_id=duo if n < 3 else solo,
        )["id"]
        for n in range(5)
    ]  # fmt: skip
    failures = [
        (0, 300, "pump"), (0, 280, "pump"), (0, 100, "belt"), (1, 200, "pump"), (3, 150, "belt"), (3, 50, None),
        (4, 60, "belt"),
    ]  # fmt: skip
    changes = [(0, 300, "pump"), (3, 150, "belt"), (2, 90, "pump"), (1, 20, "belt")]
    with unit_of_work(SYSTEM) as work:
        work.session.add_all(Failure(equipment_id=ids[u], failed_at=ago(d), part=p) for u, d, p in failures)
        work.session.add_all(PartChange(equipment_id=ids[u], at=ago(d), part=p) for u, d, p in changes)
        work.session.add(EquipmentEvent(equipment_id=ids[0], at=ago(1), code="E1"))
    return {"ids": ids, "duo": duo, "solo": solo}


def report(name, actor=SYSTEM, **filters):
    with reading(actor) as session:
        return to_json(run_report(session, name, SalesFilter(**filters)))


def counted(sql):
    with engine().connect().execution_options(system=True, reading=True) as connection:
        return dict(connection.execute(text(sql)).all())


def test_failures_by_part_are_those_of_the_table(people, firm):
    told = report("failures-by-part")

    assert {row["part"]: row["failures"] for row in told["rows"]} == counted(
        "SELECT part, count(*) FROM failures GROUP BY part"
    )
    assert told["n"] == 7
    assert told["summary"] == {"failures": 7, "units_failed": 4, "units": 5}
    assert told["rows"][-1]["running_share"] == pytest.approx(1)


def test_failures_by_model_name_units_that_never_failed(people, firm):
    told = report("failures-by-model")

    assert [(row["product"], row["failures"], row["units"], row["units_failed"]) for row in told["rows"]] == [
        ("Duo", 4, 3, 2), ("Solo", 3, 2, 2),
    ]  # fmt: skip


def test_days_product_and_owner_narrow_a_report(people, firm):
    since = (NOW - timedelta(days=160)).date()

    assert report("failures-by-part", start=since)["n"] == 4
    assert report("failures-by-part", end=since)["n"] == 3
    assert report("failures-by-part", products=(firm["solo"],))["n"] == 3
    assert report("failures-by-part", owners=(people["sue"].user_id,))["n"] == 1


def test_a_person_counts_what_lies_within_reach(people, firm):
    assert report("failures-by-part", people["stan"])["n"] == 6
    assert report("failures-by-part", people["sue"])["n"] == 1
    assert report("failures-by-model", people["sue"])["summary"]["units"] == 1


def test_gaps_are_between_failures_of_one_unit(people, firm):
    told = report("failure-gap")

    assert told["n"] == 3
    assert told["summary"]["median_days"] == pytest.approx(100, abs=0.01)
    assert told["summary"]["mean_days"] == pytest.approx((20 + 180 + 100) / 3, abs=0.01)
    pump = next(row for row in told["rows"] if row["counted"] == "pump")
    assert (round(pump["median_days"]), pump["n"]) == (20, 1)


def test_rates_count_unit_months_of_the_installed_base(people, firm):
    told = report("failure-rate")

    rows = {row["part"]: row for row in told["rows"]}
    assert (rows["pump"]["failures"], rows["pump"]["units"]) == (3, 3)
    assert (rows["belt"]["failures"], rows["belt"]["units"]) == (3, 5)
    assert rows["pump"]["unit_months"] == pytest.approx(3 * 400 / (365.25 / 12), rel=0.005)
    assert rows["pump"]["rate"] == pytest.approx(3 / rows["pump"]["unit_months"])
    assert rows["pump"]["low"] < rows["pump"]["rate"] < rows["pump"]["high"]


def test_months_outside_the_chosen_days_do_not_count(people, firm):
    start, end = (NOW - timedelta(days=100)).date(), (NOW - timedelta(days=11)).date()

    told = report("failure-rate-by-model", start=start, end=end)

    assert told["summary"]["unit_months"] == pytest.approx(5 * 90 / (365.25 / 12), rel=1e-6)


def test_repeats_are_failures_that_come_back_within_thirty_days(people, firm):
    told = report("failure-repeats")

    assert (told["n"], told["summary"]["repeated"]) == (7, 1)
    assert next(row for row in told["rows"] if row["part"] == "pump")["repeated"] == 1


def test_a_change_at_the_moment_of_a_failure_is_a_repair(people, firm):
    told = report("maintenance-by-kind")

    assert {row["kind"]: row["changes"] for row in told["rows"]} == {"repair": 2, "planned": 2}


def test_units_at_risk_say_so_before_anything_is_computed(people, firm):
    told = report("units-at-risk")

    assert told["rows"] == []
    assert "compute" in told["notes"][0]


def test_units_at_risk_are_listed_by_their_chance(people, firm):
    with unit_of_work(SYSTEM) as work:
        work.session.add_all(
            Failure(equipment_id=i, failed_at=ago(30 + 9 * n), part="pump")
            for n, i in enumerate(firm["ids"][:3] * 2)
        )
    compute(NOW)

    told = report("units-at-risk")

    risks = [row["risk_90"] for row in told["rows"]]
    assert risks == sorted(risks, reverse=True)
    assert told["n"] == len(risks) > 0
    assert {row["serial"] for row in report("units-at-risk", people["sue"])["rows"]} <= {"U4"}


@pytest.mark.parametrize(
    "name",
    ["failures-by-part", "failures-by-model", "failure-gap", "failure-rate", "failure-rate-by-model", "failure-repeats",
     "maintenance-by-kind", "units-at-risk"],
)  # fmt: skip
def test_nothing_recorded_is_no_error(people, name):
    told = report(name)

    assert told["n"] == 0
    assert told["formula"]


def test_days_in_the_wrong_order_count_nothing(people, firm):
    assert report("failures-by-part", start=date(2030, 1, 1), end=date(2020, 1, 1))["n"] == 0
