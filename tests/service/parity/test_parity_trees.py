"""No record stands above itself, be it through others, whichever road its link comes by."""

import pytest

from crm.exchange.storing.plan import Step
from crm.exchange.undoing.undo import undo_import
from crm.records import records, registry
from crm.work import unit_of_work
from db.models import Organisation
from tests.factories import make
from tests.service.exchange.import_scene import bring, stored
from tests.service.parity.roads import by_api, by_file, by_form

BELOW = "That record lies below this one already. Choose another {label}."
TREE = Step(
    "o.csv", "organisation", {"name": "name", "number": "number", "parent_id": "part of"}, key=("number",)
)


def line(actor, entity, link, **more):
    """Three records, each below the one before it."""
    ids = []
    for n in range(3):
        above = {link: ids[-1]} if ids else {}
        ids.append(
            make(actor, entity, name=f"Step {n}", **above, **{k: f"{v}{n}" for k, v in more.items()})["id"]
        )
    return ids


@pytest.mark.parametrize("road", [by_form, by_api, by_file])
@pytest.mark.parametrize(
    ("entity", "link", "key", "label"),
    [
        ("organisation", "parent_id", "number", "parent organisation"),
        ("category", "parent_id", "name", "parent category"),
    ],
)
@pytest.mark.parametrize("below", [1, 2])
def test_what_lies_above_cannot_be_put_below(people, dump, road, entity, link, key, label, below):
    top, *others = line(people["ada"], entity, link, **({"number": "N"} if key == "number" else {}))
    with unit_of_work(people["ada"]) as work:
        row = records.get_record(work.session, entity, top)
    table, more = registry.model(entity).__tablename__, {"key": key} if road is by_file else {}
    before = dump()[table]

    came = road(people["ada"], entity, {link: others[below - 1]}, row, **more)

    assert came.problems == {(link, BELOW.format(label=label))}
    assert dump()[table] == before


def test_two_rows_of_a_file_do_not_stand_above_each_other(people):
    report = bring(
        people["ada"], TREE, b"name,number,part of\nNorth,O1,South\nSouth,O2,East\nEast,O3,North\n"
    )

    assert stored(people["ada"], Organisation, "id", "parent_id") == [(1, 2), (2, 3), (3, None)]
    assert [e["reason"] for e in report.steps[0].examples] == [
        f"{BELOW.format(label='parent organisation')} The row is stored without it."
    ]


def test_a_file_may_turn_a_tree_over(people):
    line(people["ada"], "organisation", "parent_id", number="N")
    make(people["ada"], "organisation", name="Top", number="T")

    report = bring(people["ada"], TREE, b"name,number,part of\nStep 0,N0,Step 1\nStep 1,N1,Top\n")

    assert not report.steps[0].examples
    assert stored(people["ada"], Organisation, "id", "parent_id") == [(1, 2), (2, 4), (3, 2), (4, None)]


def test_the_undo_of_an_import_makes_no_circle(people):
    ada = people["ada"]
    for number, above in (("A", None), ("B", None), ("C", None)):
        make(ada, "organisation", name=number, number=number, **({"parent_id": above} if above else {}))
    by_form(ada, "organisation", {"parent_id": 2}, {"id": 1})
    came = bring(ada, TREE, b"name,number,part of\nA,A,C\n")
    by_form(ada, "organisation", {"parent_id": 1}, {"id": 2})

    report = undo_import(ada, came.id)

    assert stored(ada, Organisation, "id", "parent_id") == [(1, 3), (2, 1), (3, None)]
    assert BELOW.format(label="parent organisation") in str(report)


def test_the_undo_of_an_import_gives_no_number_back_that_another_record_has(people):
    ada = people["ada"]
    make(ada, "organisation", name="Lumen", number="O1")
    step = Step("o.csv", "organisation", {"name": "name", "number": "number"}, key=("name",))
    came = bring(ada, step, b"name,number\nLumen,O9\n")
    make(ada, "organisation", name="Harbour", number="O1")

    report = undo_import(ada, came.id)

    assert stored(ada, Organisation, "name", "number") == [("Lumen", "O9"), ("Harbour", "O1")]
    assert "Another record has this number already." in str(report)
