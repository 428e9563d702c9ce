"""What is covered on which day, and how it is said."""

from datetime import date

import pytest

from crm.service.equipment.coverage_rules import ContractFacts, UnitFacts, coverage_on

INSTALLED, ENDS = date(2025, 3, 12), date(2027, 3, 12)
UNIT = UnitFacts(INSTALLED, ENDS)
GOLD = ContractFacts(1, "Gold", date(2026, 1, 1), date(2026, 12, 31), ("labour",))


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2025, 3, 11), "none"),
        (INSTALLED, "warranty"),
        (ENDS, "warranty"),
        (date(2027, 3, 13), "none"),
    ],
)
def test_the_warranty_counts_from_the_installation_through_its_last_day(on, state):
    assert coverage_on(on, UNIT).state == state


def test_a_warranty_without_installation_day_counts_until_its_end():
    assert coverage_on(date(1999, 1, 1), UnitFacts(warranty_until=ENDS)).state == "warranty"


def test_a_warranty_covers_everything_when_nothing_else_was_agreed():
    found = coverage_on(INSTALLED, UNIT)

    assert found.covers == ("parts", "labour", "travel")
    assert found.until == ENDS
    assert found.reason == "Warranty until 12 Mar 2027 covers parts, labour and travel."


def test_warranty_and_contract_together_cover_what_either_does():
    unit = UnitFacts(INSTALLED, ENDS, ("parts",))

    found = coverage_on(date(2026, 6, 1), unit, [GOLD])

    assert (found.state, found.covers, found.contract_name) == ("warranty", ("parts", "labour"), "Gold")
    assert (
        found.reason
        == "Warranty until 12 Mar 2027 covers parts; contract Gold until 31 Dec 2026 covers labour."
    )


def test_a_contract_within_the_warranty_is_said_to_add_nothing():
    found = coverage_on(date(2026, 6, 1), UNIT, [GOLD])

    assert found.reason.endswith("contract Gold until 31 Dec 2026 adds nothing to it.")


@pytest.mark.parametrize(
    ("on", "state"),
    [
        (date(2025, 12, 31), "none"),
        (date(2026, 1, 1), "contract"),
        (date(2026, 12, 31), "contract"),
        (date(2027, 1, 1), "none"),
    ],
)
def test_a_contract_counts_on_its_first_and_its_last_day(on, state):
    assert coverage_on(on, UnitFacts(), [GOLD]).state == state


def test_a_contract_for_the_unit_goes_before_one_for_the_organisation():
    wide = ContractFacts(2, "Silver", date(2026, 5, 1), None, (), for_unit=False)

    found = coverage_on(date(2026, 6, 1), UnitFacts(), [wide, GOLD])

    assert (found.contract_id, found.until) == (1, date(2026, 12, 31))


def test_a_contract_of_the_organisation_says_so_and_may_have_no_end():
    wide = ContractFacts(2, "Silver", date(2026, 5, 1), None, (), for_unit=False)

    found = coverage_on(date(2026, 6, 1), UnitFacts(), [wide])

    assert found.until is None
    assert found.reason == (
        "Contract Silver of the organisation, without an end, covers parts, labour and travel."
    )


def test_what_is_not_covered_says_what_ended_when():
    unit = UnitFacts(date(2023, 3, 3), date(2025, 3, 3))
    old = ContractFacts(3, "Gold", date(2025, 3, 4), date(2026, 2, 28))

    found = coverage_on(date(2026, 6, 1), unit, [old])

    assert found.reason == "Warranty ended on 3 Mar 2025; contract Gold ended on 28 Feb 2026."
    assert (found.state, found.covers, found.until, found.contract_id) == ("none", (), None, None)


def test_what_is_not_covered_yet_says_when_it_begins():
    ahead = ContractFacts(4, "Gold", date(2027, 1, 1))

    assert coverage_on(date(2025, 1, 1), UNIT, [ahead]).reason == (
        "Warranty begins with the installation on 12 Mar 2025; contract Gold begins on 1 Jan 2027."
    )


def test_nothing_recorded_is_said_plainly():
    assert coverage_on(INSTALLED, UnitFacts()).reason == "No warranty and no contract are recorded."


def test_a_retired_unit_is_covered_until_the_day_before():
    unit = UnitFacts(INSTALLED, ENDS, (), True, date(2026, 5, 10))

    assert coverage_on(date(2026, 5, 9), unit, [GOLD]).state == "warranty"
    assert coverage_on(date(2026, 5, 10), unit, [GOLD]).reason == (
        "The unit was retired on 10 May 2026; retired units are not covered."
    )
    assert coverage_on(date(2020, 1, 1), UnitFacts(retired=True)).state == "none"


def test_words_that_cannot_be_covered_count_as_none_agreed():
    # Only an import can bring such a word; it must not leave a unit without the cover its warranty promises.
    assert coverage_on(INSTALLED, UnitFacts(INSTALLED, ENDS, ("coffee",))).covers == (
        "parts",
        "labour",
        "travel",
    )
