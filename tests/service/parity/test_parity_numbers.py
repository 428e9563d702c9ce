"""A number means one record: entered by hand it is refused when taken, a file that goes by it changes that record."""

import pytest

from crm.exchange.storing.plan import Step
from crm.records import records
from crm.work import unit_of_work
from db.models import Contact, Deal
from tests.factories import make
from tests.service.exchange.import_scene import bring, counts, stored
from tests.service.parity.roads import by_api, by_file, by_form

TAKEN = "Another record has this {label} already. It is “x”: open that record, or check the {label}."
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
    make(people["ada"], "deal", title="x", number="1")
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


def test_a_number_of_another_team_is_taken_as_well_and_nobody_is_told_by_whom(people):
    make(people["sue"], "contact", name="Ana", number="7")
    told = "It is one of another team: ask an administrator, or check the number."

    for road in (by_form, by_api):
        assert road(people["stan"], "contact", {"name": "Bo", "number": "7"}).problems == {
            ("number", f"Another record has this number already. {told}")
        }


def test_a_number_of_an_archived_record_says_so_unless_a_living_one_has_it_too(people):
    ada = people["ada"]
    gone = make(ada, "contact", name="Ana", number="7")
    with unit_of_work(ada) as work:
        records.archive_record(work, "contact", gone["id"], seen_version=gone["version"])
    told = "It is “Ana” and archived: restore it, or check the number."
    asked = {"name": "Bo", "number": "7"}

    for road in (by_form, by_api):
        assert road(ada, "contact", asked).problems == {
            ("number", f"Another record has this number already. {told}")
        }

    step = Step("c.csv", "contact", {"name": "n", "email": "e", "number": "number"}, key=("email",))
    bring(ada, step, b"n,e,number\nx,x@example.com,7\n")
    assert by_form(ada, "contact", asked).problems == {("number", TAKEN.format(label="number"))}


def test_what_may_stand_once_is_refused_in_the_same_words_by_form_api_and_file(people):
    ada = people["ada"]
    make(ada, "case", subject="x", number="7")

    values = {"subject": "Leaks", "number": "7"}
    for came in (
        by_form(ada, "case", values),
        by_api(ada, "case", values),
        by_file(ada, "case", values, {"subject": "Leaks"}, "subject"),
    ):
        assert came.problems == {("number", TAKEN.format(label="number"))}


@pytest.mark.parametrize(
    ("parent", "entity", "link", "more"),
    [
        ("order", "order_line", "order_id", {"sold_on": "2026-05-01", "amount_minor": 500}),
        ("social_account", "social_post", "account_id", {"title": "Open day"}),
    ],
)
def test_a_number_within_a_parent_stands_once_there(people, parent, entity, link, more):
    ada = people["ada"]
    named = {"order": ("number", {"ordered_on": "2026-05-01"}), "social_account": ("name", {})}
    title, values = named[parent]
    one, two = (make(ada, parent, **{title: text}, **values)["id"] for text in ("S-1", "S-2"))

    for road, number in ((by_form, "1"), (by_api, "2")):
        for record in (one, two):
            assert not road(ada, entity, more | {link: record, "number": number}).problems
    twice = by_form(ada, entity, more | {link: one, "number": "1"}).problems
    moved = make(ada, entity, **more, **{link: one}, number="3")
    by_form(ada, entity, more | {link: two, "number": "3"})

    assert {name for name, _text in twice} == {"number"}
    assert {name for name, _text in by_form(ada, entity, {link: two}, moved).problems} == {"number"}
    # Without a parent there is nothing to compare within.
    assert not by_api(ada, entity, more | {"number": "1"}).problems
    assert not by_api(ada, entity, more | {"number": "1"}).problems


@pytest.mark.parametrize(("entity", "title"), [("task", "title"), ("interaction", "subject")])
def test_the_number_that_another_program_gave_a_talk_or_task_may_repeat(people, entity, title):
    customer = make(people["ada"], "contact", name="Ana")["id"]

    for road in (by_form, by_api):
        for text in ("Call", "Call again"):
            came = road(people["ada"], entity, {title: text, "number": "1", "contact_id": customer})
            assert not came.problems
