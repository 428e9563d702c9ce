"""The lists of contacts, organisations, products and leads."""

import pytest

from tests.factories import make

LISTS = [
    ("contacts", "contact"),
    ("organisations", "organisation"),
    ("products", "product"),
    ("leads", "lead"),
]


@pytest.mark.parametrize(("screen", "entity"), LISTS)
def test_records_are_shown(open_page, actor_of, screen, entity):
    made = make(actor_of("ada"), entity)

    page = open_page(screen)

    assert not page.exception
    assert list(page.dataframe[0].value["name"]) == [made["name"]]


@pytest.mark.parametrize(("screen", "entity"), LISTS)
def test_an_empty_list_says_what_belongs_there(open_page, screen, entity):
    page = open_page(screen)

    assert not page.exception
    assert not page.dataframe
    assert any("yet" in text.value for text in page.markdown)
    assert page.button(key=f"{screen}_first").label.startswith("New ")


@pytest.mark.parametrize(("screen", "entity"), LISTS)
def test_nobody_sees_anything_without_a_session(open_page, actor_of, screen, entity):
    make(actor_of("ada"), entity)

    page = open_page(screen, as_=None)

    assert [title.value for title in page.title] == ["You are signed out"]
    assert not page.dataframe


def test_a_viewer_finds_no_button_that_writes(open_page, actor_of):
    make(actor_of("stan"), "contact")

    page = open_page("contacts", as_="vic")

    assert len(page.dataframe[0].value) == 1
    keys = {button.key for button in page.button}
    assert not keys & {"contacts_new", "contacts_first", "contacts_export"}


def test_another_team_sees_an_empty_list(open_page, actor_of):
    make(actor_of("stan"), "contact")

    page = open_page("contacts", as_="sue")

    assert not page.exception
    assert not page.dataframe


def test_filters_come_from_the_address(open_page, actor_of):
    make(actor_of("ada"), "contact", name="Ana", lifecycle="customer", city="Porto")
    make(actor_of("ada"), "contact", name="Bo", lifecycle="customer", city="Berlin")
    make(actor_of("ada"), "contact", name="Cy", lifecycle="lead", city="Berlin")

    page = open_page("contacts", contacts_lifecycle="Customer", contacts_city="Berlin")

    assert not page.exception
    assert list(page.dataframe[0].value["name"]) == ["Bo"]


def test_a_search_without_result_repeats_it_and_can_be_cleared(open_page, actor_of):
    make(actor_of("ada"), "contact", name="Ana")
    page = open_page("contacts", contacts_q="zebra")
    assert any("zebra" in text.value for text in page.caption)

    page.button(key="contacts_clear").click().run()

    assert not page.exception
    assert list(page.dataframe[0].value["name"]) == ["Ana"]


def test_pages_follow_each_other_and_lead_back(open_page, actor_of):
    for n in range(20):
        make(actor_of("ada"), "contact", name=f"Contact {n:02}")
    page = open_page("contacts")
    assert len(page.dataframe[0].value) == 14

    page.button(key="contacts_next").click().run()
    assert list(page.dataframe[0].value["name"]) == [f"Contact {n:02}" for n in range(14, 20)]
    page.button(key="contacts_back").click().run()

    assert page.dataframe[0].value["name"].iloc[0] == "Contact 00"


def test_archived_records_are_one_switch_away(open_page, actor_of):
    from crm.records.records import archive_record
    from crm.work import unit_of_work

    ana = make(actor_of("ada"), "contact", name="Ana")
    with unit_of_work(actor_of("ada")) as work:
        archive_record(work, "contact", ana["id"], seen_version=1)
    page = open_page("contacts")
    assert not page.dataframe

    page.toggle(key="contacts_archived").set_value(True).run()

    assert list(page.dataframe[0].value["name"]) == ["Ana"]


def test_the_screen_costs_the_same_statements_for_one_and_for_three_hundred(open_page, actor_of, statements):
    from crm.work import SYSTEM, unit_of_work
    from db.models import Contact

    counts = []
    make(actor_of("ada"), "contact", name="Ana")
    for more in (0, 300):
        with unit_of_work(SYSTEM) as work:
            work.session.add_all(Contact(name=f"C {n}", name_key=f"c {n}") for n in range(more))
        page = open_page("contacts")
        statements.clear()
        page.run()
        counts.append(len(statements))

    assert counts[0] == counts[1]
