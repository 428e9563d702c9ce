"""Units, their coverage and their meters; contracts that do not overlap."""

from datetime import UTC, date, datetime, timedelta

import pytest

from crm.errors import NotFound, Refused
from crm.records import records
from crm.service.equipment.equipment import coverage, coverages
from crm.work import reading, unit_of_work
from tests.factories import change, make

TODAY = date(2026, 6, 1)


def refused(act):
    """The refusal that an act ends in."""
    with pytest.raises(Refused) as caught:
        act()
    return caught.value


@pytest.fixture
def volta(people):
    return make(people["ada"], "product", name="Volta 3")


@pytest.fixture
def unit(people, volta):
    """A unit of Stan's at an organisation of his, under warranty until March 2027."""
    firm = make(people["stan"], "organisation", name="Lumen")
    return make(
        people["stan"],
        "equipment",
        product_id=volta["id"],
        organisation_id=firm["id"],
        installed_on=date(2025, 3, 12),
        warranty_until=date(2027, 3, 12),
        warranty_covers=["Parts", "labor"],
    )


class TestUnits:
    def test_a_unit_is_named_by_product_and_serial(self, unit):
        assert unit["name"] == "Volta 3 V3-118842"
        assert unit["warranty_covers"] == ["parts", "labour"]

    def test_the_name_follows_the_serial_until_somebody_gives_another(self, people, unit):
        stan = people["stan"]

        unit = change(stan, "equipment", unit, serial="V3-2")
        assert unit["name"] == "Volta 3 V3-2"
        unit = change(stan, "equipment", unit, name="The one at the bar")
        unit = change(stan, "equipment", unit, serial="V3-3")

        assert unit["name"] == "The one at the bar"

    @pytest.mark.parametrize("serial", ["V3-118842", " v3-118842 ", "V3-118842\t"])
    def test_a_serial_stands_once_per_product_whatever_its_capitals(self, people, unit, volta, dump, serial):
        before = dump()

        error = refused(lambda: make(people["stan"], "equipment", serial=serial, product_id=volta["id"]))

        assert [p.field for p in error.problems] == ["serial"]
        assert "is taken for this product by “Volta 3 V3-118842”. Open that unit" in error.message
        assert dump() == before

    def test_a_serial_of_another_team_is_taken_without_telling_whose(self, people, unit, volta):
        error = refused(lambda: make(people["sue"], "equipment", product_id=volta["id"]))

        assert "It is a unit of another team" in error.message
        assert "Volta 3 V3" not in error.message

    def test_the_serial_of_an_archived_unit_says_that_it_can_be_restored(self, people, unit, volta):
        with unit_of_work(people["stan"]) as work:
            records.archive_record(work, "equipment", unit["id"], seen_version=unit["version"])

        error = refused(lambda: make(people["stan"], "equipment", product_id=volta["id"]))

        assert "It is archived: restore it" in error.message

    def test_another_product_may_have_the_same_serial(self, people, unit):
        other = make(people["ada"], "product", name="Duo 3")

        assert make(people["stan"], "equipment", product_id=other["id"])["name"] == "Duo 3 V3-118842"

    def test_changing_a_serial_to_a_taken_one_is_refused(self, people, unit, volta, dump):
        second = make(people["stan"], "equipment", serial="V3-9", product_id=volta["id"])
        before = dump()

        error = refused(lambda: change(people["stan"], "equipment", second, serial="v3-118842"))

        assert error.problems[0].field == "serial"
        assert dump() == before

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"installed_on": TODAY, "warranty_until": date(2026, 5, 31)}, "warranty_until"),
            ({"installed_on": TODAY, "retired_on": date(2026, 5, 31)}, "retired_on"),
            ({"warranty_covers": ["parts", "coffee"]}, "warranty_covers"),
            ({"observed_since": date(2199, 1, 1)}, "observed_since"),
            ({"meter_value": -1.0}, "meter_value"),
            ({"serial": "  "}, "serial"),
        ],
    )
    def test_values_that_do_not_go_together_are_refused_by_field(self, people, dump, values, field):
        before = dump()

        error = refused(lambda: make(people["stan"], "equipment", **values))

        assert [p.field for p in error.problems] == [field]
        assert dump() == before

    def test_every_wrong_field_is_told_at_once(self, people):
        values = {"installed_on": TODAY, "warranty_until": date(2026, 5, 1), "retired_on": date(2026, 5, 2)}

        error = refused(lambda: make(people["stan"], "equipment", **values))

        assert {p.field for p in error.problems} == {"warranty_until", "retired_on"}

    def test_a_unit_may_be_entered_before_it_is_installed(self, people):
        ahead = datetime.now(UTC).date() + timedelta(days=90)

        unit = make(
            people["stan"], "equipment", installed_on=ahead, warranty_until=ahead + timedelta(days=365)
        )

        with reading(people["stan"]) as session:
            assert coverage(session, unit["id"], on=ahead - timedelta(days=1)).state == "none"
            assert coverage(session, unit["id"], on=ahead).state == "warranty"

    def test_retiring_sets_the_day_and_using_it_again_clears_it(self, people, unit):
        unit = change(people["stan"], "equipment", unit, status="retired")
        assert unit["retired_on"] is not None
        unit = change(people["stan"], "equipment", unit, status="in_use")
        assert unit["retired_on"] is None
        unit = change(people["stan"], "equipment", unit, retired_on=date(2026, 2, 1))
        assert unit["status"] == "retired"

    def test_a_unit_of_a_person_stands_at_their_organisation(self, people):
        firm = make(people["stan"], "organisation")
        ana = make(people["stan"], "contact", organisation_id=firm["id"])

        assert make(people["stan"], "equipment", contact_id=ana["id"])["organisation_id"] == firm["id"]

    @pytest.mark.parametrize("text", ["Ω≈ç√", "'; DROP TABLE equipment;--", "💥" * 20, "a" * 80, "<script>"])
    def test_any_text_is_a_serial(self, people, volta, text):
        unit = make(people["stan"], "equipment", serial=text, product_id=volta["id"])

        assert unit["serial"] == text
        assert unit["name"] == f"Volta 3 {text}"

    def test_serials_beyond_ascii_are_compared_without_capitals_too(self, people, volta):
        make(people["stan"], "equipment", serial="ČŠ-1", product_id=volta["id"])

        assert refused(lambda: make(people["stan"], "equipment", serial="čš-1", product_id=volta["id"]))


class TestContracts:
    def contract(self, people, who="stan", **values):
        return make(people[who], "contract", **values)

    def test_a_contract_of_a_unit_is_with_its_organisation(self, people, unit):
        made = self.contract(people, equipment_id=unit["id"], covers=["Travel", "part"], price_minor=129_00)

        assert made["organisation_id"] == unit["organisation_id"]
        assert made["covers"] == ["parts", "travel"]
        assert made["currency"] == "EUR"

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({}, "equipment_id"),
            ({"organisation": True, "ends_on": date(2025, 12, 31)}, "ends_on"),
            ({"organisation": True, "covers": ["sugar"]}, "covers"),
        ],
    )
    def test_what_cannot_be_a_contract_is_refused_by_field(self, people, unit, dump, values, field):
        if values.pop("organisation", False):
            values["organisation_id"] = unit["organisation_id"]
        before = dump()

        error = refused(lambda: self.contract(people, **values))

        assert [p.field for p in error.problems] == [field]
        assert dump() == before

    @pytest.mark.parametrize(
        ("start", "end", "clash"),
        [
            (date(2026, 12, 31), None, True),
            (date(2027, 1, 1), None, False),
            (date(2025, 1, 1), date(2025, 12, 31), False),
            (date(2025, 1, 1), date(2026, 1, 1), True),
            (date(2025, 1, 1), None, True),
            (date(2026, 3, 1), date(2026, 4, 1), True),
        ],
    )
    @pytest.mark.parametrize("wide", [False, True])
    def test_contracts_of_the_same_scope_do_not_overlap(self, people, unit, dump, start, end, clash, wide):
        of = {"organisation_id": unit["organisation_id"]} if wide else {"equipment_id": unit["id"]}
        self.contract(people, name="Gold", ends_on=date(2026, 12, 31), **of)
        before = dump()

        def second():
            return self.contract(people, name="Silver", starts_on=start, ends_on=end, **of)

        if not clash:
            assert second()["name"] == "Silver"
            return
        error = refused(second)
        assert "contract “Gold” runs from 1 Jan 2026 to 31 Dec 2026" in error.message
        assert dump() == before

    def test_a_contract_of_the_unit_may_run_beside_one_of_the_organisation(self, people, unit):
        self.contract(people, name="Wide", organisation_id=unit["organisation_id"])
        narrow = self.contract(people, name="Narrow", equipment_id=unit["id"])

        with reading(people["stan"]) as session:
            found = coverage(session, unit["id"], on=date(2028, 1, 1))
        assert (found.contract_id, found.contract_name) == (narrow["id"], "Narrow")

    def test_the_name_of_a_contract_of_another_team_is_not_told(self, people, unit):
        south = make(people["ada"], "equipment", serial="S-1", team_id=people["sue"].teams[0], owner_id=None)
        self.contract(people, "ada", name="Hidden", equipment_id=south["id"], owner_id=people["stan"].user_id)

        error = refused(lambda: self.contract(people, "sue", equipment_id=south["id"]))

        assert "a contract of another team runs" in error.message
        assert "Hidden" not in error.message
        assert not any(sign.isdigit() for sign in error.message), "nor when it begins and ends"

    def test_a_unit_of_another_organisation_is_refused(self, people, unit):
        other = make(people["stan"], "organisation", name="Harbour")

        error = refused(lambda: self.contract(people, equipment_id=unit["id"], organisation_id=other["id"]))

        assert "The unit stands at Lumen." in error.message

    def test_prolonging_a_contract_into_the_next_one_is_refused(self, people, unit, dump):
        first = self.contract(people, equipment_id=unit["id"], ends_on=date(2026, 6, 30))
        self.contract(people, name="Next", equipment_id=unit["id"], starts_on=date(2026, 7, 1))
        before = dump()

        error = refused(lambda: change(people["stan"], "contract", first, ends_on=date(2026, 7, 1)))

        assert "“Next”" in error.message
        assert dump() == before


class TestCoverage:
    def test_whoever_sees_the_unit_knows_of_contracts_that_others_keep(self, people, unit):
        make(people["ada"], "contract", equipment_id=unit["id"], owner_id=people["sue"].user_id)

        with reading(people["vic"]) as session:
            assert coverage(session, unit["id"], on=TODAY).contract_name == "Gold"

    def test_a_unit_of_another_team_is_not_there(self, people, unit):
        with reading(people["sue"]) as session:
            assert coverages(session, [unit["id"]], on=TODAY) == {}
            with pytest.raises(NotFound):
                coverage(session, unit["id"], on=TODAY)

    def test_an_archived_contract_no_longer_counts(self, people, unit):
        gold = make(people["stan"], "contract", equipment_id=unit["id"])
        with unit_of_work(people["stan"]) as work:
            records.archive_record(work, "contract", gold["id"], seen_version=gold["version"])

        with reading(people["stan"]) as session:
            assert coverage(session, unit["id"], on=TODAY).contract_id is None

    def test_units_without_organisation_share_no_contract(self, people, unit):
        make(people["stan"], "contract", organisation_id=unit["organisation_id"])
        lone = make(people["stan"], "equipment", serial="L-1")

        with reading(people["stan"]) as session:
            assert coverage(session, lone["id"], on=TODAY).state == "none"

    @pytest.mark.parametrize("count", [1, 60])
    def test_it_costs_two_statements_for_any_number_of_units(self, people, statements, count):
        firm = make(people["stan"], "organisation")
        ids = [
            make(people["stan"], "equipment", serial=f"S{n}", organisation_id=firm["id"])["id"]
            for n in range(count)
        ]
        make(people["stan"], "contract", organisation_id=firm["id"])
        statements.clear()

        with reading(people["stan"]) as session:
            found = coverages(session, [*ids, None], on=TODAY)

        assert {c.contract_name for c in found.values()} == {"Gold"}
        assert len(found) == count
        assert len(statements) == 2
