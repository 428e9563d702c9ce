"""The lists of contacts, organisations, products and leads."""

import pytest

from crm.records.records import get_record
from crm.ui.records import list_bulk
from crm.work import reading, unit_of_work
from tests.factories import change, make
from tests.pages.grids import does, grids, listed

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
    assert list(listed(page)[0]["name"]) == [made["name"]]


@pytest.mark.parametrize(("screen", "entity"), LISTS)
def test_an_empty_list_says_what_belongs_there(open_page, screen, entity):
    page = open_page(screen)

    assert not page.exception
    assert not listed(page)
    assert any("yet" in text.value for text in page.markdown)
    assert page.button(key=f"{screen}_first").label.startswith("New ")


@pytest.mark.parametrize(("screen", "entity"), LISTS)
def test_nobody_sees_anything_without_a_session(open_page, actor_of, screen, entity):
    make(actor_of("ada"), entity)

    page = open_page(screen, as_=None)

    assert [title.value for title in page.title] == ["You are signed out"]
    assert not listed(page)


def test_a_viewer_finds_no_button_that_writes(open_page, actor_of):
    make(actor_of("stan"), "contact")

    page = open_page("contacts", as_="vic")

    assert len(listed(page)[0]) == 1
    keys = {button.key for button in page.button}
    assert not keys & {"contacts_new", "contacts_first", "contacts_export"}


def test_another_team_sees_an_empty_list(open_page, actor_of):
    make(actor_of("stan"), "contact")

    page = open_page("contacts", as_="sue")

    assert not page.exception
    assert not listed(page)


def test_filters_come_from_the_address(open_page, actor_of):
    make(actor_of("ada"), "contact", name="Ana", lifecycle="customer", city="Porto")
    make(actor_of("ada"), "contact", name="Bo", lifecycle="customer", city="Berlin")
    make(actor_of("ada"), "contact", name="Cy", lifecycle="lead", city="Berlin")

    page = open_page("contacts", contacts_lifecycle="Customer", contacts_city="Berlin")

    assert not page.exception
    assert list(listed(page)[0]["name"]) == ["Bo"]


def test_a_search_without_result_repeats_it_and_can_be_cleared(open_page, actor_of):
    make(actor_of("ada"), "contact", name="Ana")
    page = open_page("contacts", contacts_q="zebra")
    assert any("zebra" in text.value for text in page.caption)

    page.button(key="contacts_clear").click().run()

    assert not page.exception
    assert list(listed(page)[0]["name"]) == ["Ana"]


def test_pages_follow_each_other_and_lead_back(open_page, actor_of):
    for n in range(20):
        make(actor_of("ada"), "contact", name=f"Contact {n:02}")
    page = open_page("contacts")
    assert len(listed(page)[0]) == 14

    page.button(key="contacts_next").click().run()
    assert list(listed(page)[0]["name"]) == [f"Contact {n:02}" for n in range(14, 20)]
    page.button(key="contacts_back").click().run()

    assert listed(page)[0]["name"].iloc[0] == "Contact 00"


def test_archived_records_are_one_switch_away(open_page, actor_of):
    from crm.records.records import archive_record
    from crm.work import unit_of_work

    ana = make(actor_of("ada"), "contact", name="Ana")
    with unit_of_work(actor_of("ada")) as work:
        archive_record(work, "contact", ana["id"], seen_version=1)
    page = open_page("contacts")
    assert not listed(page)

    page.toggle(key="contacts_archived").set_value(True).run()

    assert list(listed(page)[0]["name"]) == ["Ana"]


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


class TestHands:
    """What the browser tells of a click, a key or a tick; the hands themselves are tried in the browser."""

    def test_a_head_sorts_the_whole_list_and_stands_in_the_address(self, open_page, actor_of):
        for n in range(20):
            make(actor_of("ada"), "contact", name=f"Contact {n:02}")
        page = does(open_page("contacts"), ask=("name", True))

        assert listed(page)[0]["name"].iloc[0] == "Contact 19"
        assert page.query_params["contacts_down"] == "true"
        assert grids(page)[0]["sort"] == {"name": "name", "down": True}

    @pytest.mark.parametrize("wish", ["notes", "no_such", "id; drop table"])
    def test_a_forged_sort_is_not_done(self, open_page, actor_of, wish):
        make(actor_of("ada"), "contact", name="Ana")

        page = does(open_page("contacts"), ask=(wish, True))

        assert not page.exception
        assert not page.error
        assert grids(page)[0]["sort"] == {"name": "name", "down": False}

    def test_a_row_leads_to_its_page(self, open_page, actor_of):
        ana = make(actor_of("ada"), "contact", name="Ana")
        page = open_page("contacts")
        assert grids(page)[0]["rows"][0]["href"] == f"/contact?id={ana['id']}"

        page = does(page, open=ana["id"])

        assert not page.exception
        assert page.title[0].value.startswith("Ana")

    def test_a_row_that_is_not_shown_is_not_opened(self, open_page, actor_of):
        make(actor_of("stan"), "contact", name="Ana")
        other = make(actor_of("sue"), "contact", name="Secret")

        page = does(open_page("contacts", as_="stan"), open=other["id"])

        assert page.title[0].value.startswith("Contacts")

    def test_ticked_rows_of_several_pages_are_archived_and_come_back(self, open_page, actor_of):
        made = [make(actor_of("ada"), "contact", name=f"Contact {n:02}")["id"] for n in range(16)]
        page = does(open_page("contacts"), picked=[made[0]])
        page.button(key="contacts_next").click().run()
        page = does(page, picked=[made[0], made[15]])
        assert any("2 selected" in m.value for m in page.markdown)

        page.button(key="contacts_bulk").click().run()

        assert grids(page)[0]["total"] == 14
        assert not any("selected" in m.value for m in page.markdown)
        page.button(key="contacts_undo_button").click().run()
        assert grids(page)[0]["total"] == 16

    def test_another_filter_begins_with_nothing_ticked(self, open_page, actor_of):
        ana = make(actor_of("ada"), "contact", name="Ana")
        page = does(open_page("contacts"), picked=[ana["id"]])
        assert any("1 selected" in m.value for m in page.markdown)

        page.text_input(key="contacts_q").set_value("An").run()

        assert not any("selected" in m.value for m in page.markdown)

    @pytest.mark.parametrize(
        "told", [None, 7, "x", {"turn": 0}, {"turn": 0, "ids": [1, ["a", 2], [1, 2, 3], [True, 1]]}]
    )
    def test_ticks_that_are_none_are_not_believed(self, open_page, actor_of, told):
        make(actor_of("ada"), "contact", name="Ana")

        page = does(open_page("contacts"), raw=told)

        assert not page.exception
        assert not any("selected" in m.value for m in page.markdown)

    def test_more_rows_of_a_page_are_chosen_and_stand_in_the_address(self, open_page, actor_of):
        for n in range(20):
            make(actor_of("ada"), "contact", name=f"Contact {n:02}")

        page = open_page("contacts", contacts_rows="25")

        assert len(listed(page)[0]) == 20

    def test_those_who_may_not_archive_tick_nothing(self, open_page, actor_of):
        make(actor_of("stan"), "contact")

        assert grids(open_page("contacts", as_="vic"))[0]["pick"] is False

    def test_the_owner_of_many_is_changed_and_comes_back(self, open_page, actor_of, house):
        made = [make(actor_of("ada"), "contact", name=f"Contact {n}")["id"] for n in range(3)]
        page = does(open_page("contacts"), picked=made[:2])

        page.selectbox(key="contacts_change_owner_id").select(house["stan"]).run()
        assert page.button(key="contacts_change_do").label == "Set it in 2 records"
        page.button(key="contacts_change_do").click().run()

        assert not page.exception
        assert list(listed(page)[0]["owner_id"]) == ["Stan", "Stan", "Ada"]
        assert any("2 records changed." in m.value for m in page.markdown)
        page.button(key="contacts_undo_button").click().run()
        assert list(listed(page)[0]["owner_id"]) == ["Ada", "Ada", "Ada"]

    def test_a_list_without_its_name_still_leads_to_its_records(self, open_page, actor_of):
        make(actor_of("ada"), "contact", name="Ana", city="Porto")

        page = open_page("contacts", contacts_columns="City")

        assert not page.exception
        assert listed(page)[0].to_dict("list") == {"name": ["Ana"], "city": ["Porto"]}

    def test_tags_are_added_to_those_that_stand_and_taken_away_again(self, actor_of):
        ada = actor_of("ada")
        rows = [make(ada, "contact", name=n, tags=t) for n, t in (("Ana", ["vip"]), ("Bo", ["vip", "new"]))]

        def stored():
            with reading(ada) as session:
                return [get_record(session, "contact", row["id"])["tags"] for row in rows]

        with unit_of_work(ada) as work:
            wishes = [(row["id"], row["version"], {"tags": ["new"]}) for row in rows]
            back = list_bulk._set(work, "contact", wishes, is_undo=False)
        assert stored() == [["vip", "new"], ["vip", "new"]]
        with unit_of_work(ada) as work:
            list_bulk._set(work, "contact", back, is_undo=True)

        assert stored() == [["vip"], ["vip", "new"]]

    def test_nothing_is_changed_where_one_was_changed_meanwhile(self, open_page, actor_of, house):
        rows = [make(actor_of("ada"), "contact", name=f"Contact {n}") for n in range(2)]
        page = does(open_page("contacts"), picked=[row["id"] for row in rows])
        change(actor_of("ada"), "contact", rows[1], city="Porto")

        page.selectbox(key="contacts_change_owner_id").select(house["stan"]).run()
        page.button(key="contacts_change_do").click().run()

        assert not page.exception
        assert list(listed(page)[0]["owner_id"]) == ["Ada", "Ada"]
        assert page.error


class TestQuickFilters:
    """One number: what a quick filter says is what it shows."""

    def test_they_stand_in_the_address_and_count_what_they_show(self, open_page, actor_of):
        make(actor_of("stan"), "contact", name="Ana")
        make(actor_of("mona"), "contact", name="Bo")

        page = open_page("contacts", as_="mona", contacts_quick_mine="true")

        assert not page.exception
        assert list(listed(page)[0]["name"]) == ["Bo"]
        labels = {box.key: box.label for box in page.checkbox}
        assert labels["contacts_quick_mine"] == "Mine :small[:gray[1]]"
        assert labels["contacts_quick_no_step"].endswith("[1]]")
        assert labels["contacts_quick_quiet_30"].endswith("[0]]")
        page.checkbox(key="contacts_quick_mine").uncheck().run()
        assert len(listed(page)[0]) == 2

    def test_last_touch_and_next_step_are_columns(self, open_page, actor_of):
        ana = make(actor_of("ada"), "contact", name="Ana")
        make(actor_of("ada"), "interaction", contact_id=ana["id"], kind="call", subject="Call")
        make(actor_of("ada"), "task", contact_id=ana["id"], title="Send the offer")
        page = open_page("contacts")

        chosen = ["name", "last_touch", "next_step", "next_step_on"]
        page.multiselect(key="contacts_columns").set_value(chosen).run()

        assert not page.exception
        row = listed(page)[0].iloc[0]
        assert row["next_step"] == "Send the offer"
        assert row["last_touch"]
        again = does(page, ask=("last_touch", True))
        assert not again.exception


def test_an_empty_list_says_whether_there_is_nothing_or_nothing_for_you(open_page, actor_of):
    assert "No contacts yet" in [m.value.strip("*") for m in open_page("contacts", as_="sue").markdown]

    make(actor_of("stan"), "contact", last_name="Malá")

    assert "No contacts for you yet" in [
        m.value.strip("*") for m in open_page("contacts", as_="sue").markdown
    ]
