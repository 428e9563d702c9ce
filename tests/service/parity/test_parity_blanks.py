"""What blanks mean: a cleared field clears, a blank cell says nothing; what programs write for nothing is text by hand."""

import pytest

from crm.exchange.storing.plan import Step
from db.models import Organisation
from tests.factories import make
from tests.service.exchange.import_scene import BY_NUMBER, bring, counts, stored
from tests.service.parity.roads import by_api, by_form


@pytest.mark.parametrize("road", [by_form, by_api])
@pytest.mark.parametrize("blank", [None, "", "  "])
def test_a_cleared_field_is_empty(people, road, blank):
    made = make(people["ada"], "organisation", name="Casa", number="O1", city="Porto")

    assert not road(people["ada"], "organisation", {"city": blank}, made).problems
    assert stored(people["ada"], Organisation, "city") == [(None,)]


@pytest.mark.parametrize("blank", ["", "  ", "NULL", "#N/A", "\\N"])
def test_a_blank_cell_leaves_what_is_stored_and_is_counted(people, blank):
    make(people["ada"], "organisation", name="Casa", number="O1", city="Porto")

    report = bring(people["ada"], BY_NUMBER, f"name,number,city\nCasa dos,O1,{blank}\n".encode())

    assert counts(report) == (0, 1, 0, 0)
    assert report.steps[0].kept == {"city": 1}
    assert stored(people["ada"], Organisation, "name", "city") == [("Casa dos", "Porto")]


def test_a_blank_cell_where_nothing_is_stored_is_not_counted(people):
    make(people["ada"], "organisation", name="Casa", number="O1")

    assert bring(people["ada"], BY_NUMBER, b"name,number,city\nCasa dos,O1,\nNova,O2,\n").steps[0].kept == {}


@pytest.mark.parametrize("word", ["NULL", "#N/A", "\\N"])
def test_a_word_of_programs_for_nothing_is_text_by_hand_and_nothing_in_a_file(people, word):
    for road in (by_form, by_api):
        road(people["ada"], "organisation", {"name": word})
    step = Step("o.csv", "organisation", {"name": "name", "city": "city"}, key=("name",))

    report = bring(people["ada"], step, f"name,city\n{word},Porto\n".encode())

    assert stored(people["ada"], Organisation, "name") == [(word,), (word,)]
    assert [e["reason"] for e in report.steps[0].examples] == ["Name is needed."]
