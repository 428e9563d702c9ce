"""The screens of cases: the list, the board, the queue, and one case."""

import pytest

from crm import records
from crm.service import cases
from crm.work import SYSTEM, reading, unit_of_work
from tests.factories import make


@pytest.fixture
def case(house, actor_of):
    """A case of Stan's with its contact and unit."""
    stan = actor_of("stan")
    firm = make(stan, "organisation", name="Lumen [Museum] Café")
    yara = make(stan, "contact", name="Yara Marin", email="yara@example.com", organisation_id=firm["id"])
    unit = make(stan, "equipment", organisation_id=firm["id"])
    return make(
        stan,
        "case",
        contact_id=yara["id"],
        equipment_id=unit["id"],
        impact="high",
        description="The left grinder stops.\n\nThe right one works.",
    )


def stored(case):
    with reading(SYSTEM) as session:
        return records.get_record(session, "case", case["id"])


def test_a_case_shows_its_problem_customer_and_promises(open_page, case):
    page = open_page("case", as_="stan", id=case["id"])

    assert not page.exception
    assert page.title[0].value.startswith("Grinder stops mid-dose")
    assert [m.label for m in page.metric] == ["Solve within", "First answer", "Warranty", "Contract"]
    assert any("The left grinder stops" in m.value for m in page.markdown)


@pytest.mark.parametrize("view", ["List", "Board", "My queue"])
def test_every_view_of_cases_opens(open_page, case, view):
    page = open_page("cases", as_="stan", cases_view=view)

    assert not page.exception
    assert page.title[0].value == "Cases"
