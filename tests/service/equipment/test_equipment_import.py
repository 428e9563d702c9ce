"""Machine lists, contracts and past visits from files."""

from datetime import date

import pytest

from crm.exchange.storing.plan import Lookup, Step
from db.models import Contract, Equipment, WorkOrder
from tests.factories import make
from tests.service.exchange.import_scene import bring, counts, stored

UNITS = Step(
    "u.csv",
    "equipment",
    {
        "serial": "serial",
        "product_id": "model",
        "organisation_id": "customer",
        "installed_on": "installed",
        "warranty_until": "warranty",
        "warranty_covers": "covers",
        "retired_on": "retired",
    },
    key=("serial",),
    lookups={"product_id": Lookup("name"), "organisation_id": Lookup("name")},
)
CONTRACTS = Step(
    "c.csv",
    "contract",
    {"name": "name", "number": "number", "equipment_id": "serial", "starts_on": "from", "ends_on": "to"},
    key=("number",),
    lookups={"equipment_id": Lookup("serial")},
)
VISITS = Step(
    "v.csv",
    "work_order",
    {"title": "work", "equipment_id": "serial", "planned_on": "planned", "done_on": "done"},
    lookups={"equipment_id": Lookup("serial")},
)


@pytest.fixture
def lumen(people):
    make(people["ada"], "product", name="Volta 3")
    return make(people["ada"], "organisation", name="Lumen")


def units(*lines):
    return ("serial,model,customer,installed,warranty,covers,retired\n" + "\n".join(lines)).encode()


def failures(report):
    return [(f.column, f.reason) for f in report.steps[0].failures]


class TestUnits:
    def test_units_are_named_and_what_follows_is_filled_in(self, people, lumen):
        bring(
            people["ada"],
            UNITS,
            units(
                'V1,Volta 3,Lumen,2024-01-01,2026-01-01,"Parts,labor",',
                "V2,Volta 3,Lumen,2020-01-01,,,2024-05-01",
            ),
        )

        assert stored(people["ada"], Equipment, "name", "status", "warranty_covers") == [
            ("Volta 3 V1", "in_use", ["parts", "labour"]),
            ("Volta 3 V2", "retired", []),
        ]

    def test_wrong_rows_are_left_out_and_told(self, people, lumen):
        report = bring(
            people["ada"],
            UNITS,
            units(
                "V1,Volta 3,Lumen,2024-01-01,2023-01-01,,",
                "V2,Volta 3,Lumen,2024-01-01,,coffee,",
                "V3,Volta 3,Lumen,2024-01-01,,,2023-01-01",
                "V4,Volta 3,Lumen,2024-01-01,2026-01-01,,",
            ),
        )

        assert counts(report) == (1, 0, 0, 3)
        assert stored(people["ada"], Equipment, "serial") == [("V4",)]

    def test_a_serial_stands_once_per_product_in_a_file_and_in_the_database(self, people, lumen):
        make(people["ada"], "equipment", serial="OLD-1", product_id=1)
        step = Step("u.csv", "equipment", {"name": "name", "serial": "serial", "product_id": "model"}, key=("name",),
                    lookups={"product_id": Lookup("name")})  # fmt: skip

        report = bring(
            people["ada"],
            step,
            b"name,serial,model\nA,old-1,Volta 3\nB,N-1,Volta 3\nC,n-1,Volta 3\nD,N-2,Volta 3\n",
        )

        assert counts(report) == (2, 0, 0, 2)
        assert stored(people["ada"], Equipment, "serial") == [("OLD-1",), ("N-1",), ("N-2",)]

    def test_a_change_is_checked_as_well(self, people, lumen):
        bring(people["ada"], UNITS, units("V1,Volta 3,Lumen,2024-01-01,2026-01-01,,"))

        report = bring(people["ada"], UNITS, units("V1,Volta 3,Lumen,,2023-01-01,,"))
        again = bring(people["ada"], UNITS, units("V1,Volta 3,Lumen,,2027-01-01,Parts,"))
        same = bring(people["ada"], UNITS, units("V1,Volta 3,Lumen,,2027-01-01,Parts,"))

        assert (counts(report), counts(again), counts(same)) == ((0, 0, 0, 1), (0, 1, 0, 0), (0, 0, 1, 0))
        assert stored(people["ada"], Equipment, "warranty_until", "warranty_covers") == [
            (date(2027, 1, 1), ["parts"])
        ]


class TestContractsAndVisits:
    @pytest.fixture
    def unit(self, people, lumen):
        return make(people["ada"], "equipment", serial="V1", organisation_id=lumen["id"])

    def test_overlapping_and_ending_contracts_are_left_out(self, people, unit):
        report = bring(
            people["ada"],
            CONTRACTS,
            b"name,number,serial,from,to\n"
            b"Gold,1,V1,2025-01-01,2025-12-31\nSilver,2,V1,2025-12-31,2026-12-31\n"
            b"Gold,3,V1,2026-01-01,\nOdd,4,V1,2024-02-01,2024-01-01\n",
        )

        assert counts(report) == (2, 0, 0, 2)
        assert stored(people["ada"], Contract, "number", "organisation_id") == [
            ("1", unit["organisation_id"]),
            ("3", unit["organisation_id"]),
        ]

    def test_a_stored_contract_is_an_obstacle_too(self, people, unit):
        make(people["ada"], "contract", equipment_id=unit["id"], starts_on=date(2020, 1, 1))

        report = bring(people["ada"], CONTRACTS, b"name,number,serial,from,to\nGold,1,V1,2025-01-01,\n")

        assert counts(report) == (0, 0, 0, 1)

    def test_a_contract_without_unit_and_organisation_is_left_out(self, people, unit):
        report = bring(people["ada"], CONTRACTS, b"name,number,serial,from,to\nGold,1,,2025-01-01,\n")

        assert counts(report) == (0, 0, 0, 1)

    def test_visits_with_a_day_of_their_end_are_done(self, people, unit):
        bring(
            people["ada"],
            VISITS,
            b"work,serial,planned,done\nBurrs,V1,2025-01-01,2025-01-02\nSeals,V1,2025-02-01,\n",
        )

        assert stored(people["ada"], WorkOrder, "number", "status", "organisation_id") == [
            ("W-1", "done", unit["organisation_id"]),
            ("W-2", "planned", unit["organisation_id"]),
        ]
