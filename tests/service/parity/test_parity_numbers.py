"""A number means one record: entered by hand it is refused when taken, a file that goes by it changes that record."""

import pytest

from crm.exchange.storing.plan import Step
from db.models import Contact, Deal
from tests.factories import make
from tests.service.exchange.import_scene import bring, counts, stored
from tests.service.parity.roads import by_api, by_form

TAKEN = "Another record has this {label} already."
NUMBERED = [
    ("organisation", {"name": "x", "number": "7"}), ("contact", {"name": "x", "number": "7"}),
    ("product", {"name": "x", "code": "7"}), ("campaign", {"name": "x", "number": "7"}),
    ("lead", {"name": "x", "number": "7"}), ("deal", {"title": "x", "number": "7"}),
    ("contract", {"name": "x", "number": "7"}), ("case", {"subject": "x", "number": "7"}),
]  # fmt: skip


@pytest.mark.parametrize(("entity", "values"), NUMBERED, ids=[entity for entity, _values in NUMBERED])
def test_a_number_that_is_taken_is_refused_by_hand(people, dump, entity, values):
    more = {"starts_on": "2026-01-01"} if entity == "contract" else {}
    if entity == "contract":
        more["organisation_id"] = make(people["ada"], "organisation", name="Casa")["id"]
    made = make(people["ada"], entity, **values, **more)
    other = {name: value for name, value in more.items() if name != "starts_on"} | {"starts_on": "2030-01-01"}
    more = other if entity == "contract" else more
    name = "code" if "code" in values else "number"
    before = dump()

    for road in (by_form, by_api):
        assert road(people["ada"], entity, values | more).problems == {(name, TAKEN.format(label=name))}
        assert dump() == before
    # Its own number is no other record's.
    by_form(people["ada"], entity, {name: "7"}, made)


def test_another_number_is_refused_too_when_it_is_taken(people):
    make(people["ada"], "deal", title="One", number="1")
    two = make(people["ada"], "deal", title="Two", number="2")

    assert by_form(people["ada"], "deal", {"number": "1"}, two).problems == {
        ("number", TAKEN.format(label="number"))
    }


def test_a_file_that_goes_by_the_number_changes_the_record_and_counts_it_as_updated(people):
    make(people["ada"], "deal", title="Two machines", number="D2")
    step = Step("d.csv", "deal", {"number": "number", "title": "title"}, key=("number",))

    report = bring(people["ada"], step, b"number,title\nD2,Three machines\n")

    assert counts(report) == (0, 1, 0, 0)
    assert stored(people["ada"], Deal, "number", "title") == [("D2", "Three machines")]


def test_a_file_that_goes_by_something_else_brings_a_taken_number_and_says_so(people):
    make(people["ada"], "contact", name="Ana", email="ana@example.com", number="7")
    step = Step("c.csv", "contact", {"email": "e", "number": "n"}, key=("email",))

    report = bring(people["ada"], step, b"e,n\nana@example.com,7\nbo@example.com,7\n")

    assert counts(report) == (1, 0, 1, 0)
    assert report.steps[0].history == {"with a number that another record has": 1}
    assert stored(people["ada"], Contact, "email", "number") == [
        ("ana@example.com", "7"), ("bo@example.com", "7"),
    ]  # fmt: skip


def test_a_number_of_another_team_is_taken_as_well(people):
    make(people["sue"], "contact", name="Ana", number="7")

    assert by_form(people["stan"], "contact", {"name": "Ana", "number": "7"}).problems == {
        ("number", TAKEN.format(label="number"))
    }
