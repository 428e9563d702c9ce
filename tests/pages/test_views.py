"""Views of a list: kept under a name, opened by their address, begun with, in the menu; columns as a person keeps them."""

import pytest

from crm.records.listing.views import View, habit, keep, save_view, views
from crm.work import reading, unit_of_work
from tests.factories import make
from tests.pages.grids import grids, listed


@pytest.fixture
def towns(actor_of):
    for name, city in (("Ana", "Porto"), ("Bo", "Berlin"), ("Cy", "Berlin")):
        make(actor_of("stan"), "contact", name=name, city=city)


def kept(actor, name="Berlin", **more):
    state = more.pop("state", {"city": ["Berlin"], "down": True, "columns": ["name", "city"], "rows": 25})
    with unit_of_work(actor) as work:
        return save_view(work, View(None, "contact", name, state, **more))


def of(actor):
    with reading(actor) as session:
        return views(session, "contact"), habit(session, "contact")


def test_what_is_asked_is_kept_as_a_view_and_its_address_brings_it_back(open_page, actor_of, towns):
    page = open_page("contacts", contacts_city="Berlin", contacts_down="true")
    page.multiselect(key="contacts_columns").set_value(["name", "city"]).run()
    page.text_input(key="contacts_view_name").set_value("Berlin <b>*all*</b>")
    next(b for b in page.button if b.label == "Save view").click().run()
    assert not page.exception
    (one,) = of(actor_of("ada"))[0]
    assert (one.name, one.reach) == ("Berlin <b>*all*</b>", "own")

    page = open_page("contacts", view=str(one.id))

    assert not page.exception
    assert list(listed(page)[0]["name"]) == ["Cy", "Bo"]
    assert list(listed(page)[0].columns) == ["name", "city"]
    (asked,) = (query for name, query in links(page).items() if "Berlin" in name)
    assert "contacts_city=Berlin" in asked
    assert "contacts_columns=Name&contacts_columns=City&contacts_down=true" in asked
    assert any(r"\*all\*" in name for name in links(page)), "names are no Markdown"


def links(page):
    return {x.proto.label: x.proto.query_string for x in page.get("page_link")}


def test_a_view_shows_each_person_what_they_may_see(open_page, actor_of, towns):
    one = kept(actor_of("ada"), reach="all")

    assert not listed(open_page("contacts", as_="sue", view=str(one)))
    assert len(listed(open_page("contacts", as_="stan", view=str(one)))[0]) == 2


def test_a_filter_by_what_one_does_not_see_is_left_out_and_told(open_page, actor_of, towns):
    firm = make(actor_of("stan"), "organisation", name="Secret firm")
    one = kept(actor_of("ada"), reach="all", state={"organisation_id": [firm["id"]]})

    page = open_page("contacts", as_="sue", view=str(one))

    assert not page.exception
    assert any("1 of the filters" in toast.value for toast in page.toast)
    assert "Secret" not in str(page._tree)


@pytest.mark.parametrize("asked", ["999", "x", ""])
def test_a_view_that_is_not_there_is_told(open_page, towns, asked):
    page = open_page("contacts", view=asked)

    assert not page.exception
    assert len(listed(page)[0]) == 3


def test_a_list_begins_with_the_chosen_view_and_can_be_asked_without_it(open_page, actor_of, towns):
    one = kept(actor_of("stan"))
    with unit_of_work(actor_of("stan")) as work:
        keep(work, "contact", default=one)

    assert len(listed(open_page("contacts", as_="stan"))[0]) == 2
    bare = open_page("contacts", as_="stan", view="0")
    assert len(listed(bare)[0]) == 3
    assert bare.query_params["view"] == "0"
    assert len(listed(open_page("contacts", as_="stan", contacts_q="Ana"))[0]) == 1
    assert len(listed(open_page("contacts", as_="mona"))[0]) == 3


def test_a_view_stands_in_the_menu_is_begun_with_and_goes_when_asked(open_page, actor_of, towns):
    one = kept(actor_of("stan"), "My Berlin")
    page = open_page("contacts", as_="stan", view=str(one))
    page.button(key="contacts_view_pin").click().run()
    page.button(key="contacts_view_default").click().run()

    assert of(actor_of("stan"))[1].pinned == (one,)
    assert of(actor_of("stan"))[1].default == one
    assert links(open_page("tasks", as_="stan"))["My Berlin"].endswith(f"&view={one}")

    page.button(key="contacts_view_delete").click().run()
    page.button(key="contacts_view_gone").click().run()
    assert not page.exception
    assert of(actor_of("stan"))[0] == []
    assert "My Berlin" not in links(open_page("tasks", as_="stan"))


def test_what_was_changed_in_a_view_is_told_and_kept(open_page, actor_of, towns):
    one = kept(actor_of("stan"))
    page = open_page("contacts", as_="stan", view=str(one))
    assert not any(b.key == "contacts_view_save" for b in page.button)

    page.text_input(key="contacts_q").set_value("Bo").run()
    page.button(key="contacts_view_save").click().run()

    assert of(actor_of("stan"))[0][0].state["q"] == "Bo"


def test_those_who_only_read_a_view_cannot_change_it(open_page, actor_of, towns):
    one = kept(actor_of("ada"), reach="all")

    keys = {b.key for b in open_page("contacts", as_="stan", view=str(one)).button}

    assert "contacts_view_pin" in keys
    assert "contacts_view_delete" not in keys


def test_columns_and_their_order_are_kept_and_go_back_to_the_first(open_page, actor_of, towns):
    page = open_page("contacts", as_="stan")
    page.multiselect(key="contacts_columns").set_value(["name", "city", "phone"]).run()
    page.selectbox(key="contacts_move").select("phone").run()
    page.button(key="contacts_move_back").click().run()
    page.selectbox(key="contacts_rows").select(50).run()

    again = open_page("contacts", as_="stan")
    assert [c["name"] for c in grids(again)[0]["columns"]] == ["name", "phone", "city"]
    assert again.selectbox(key="contacts_rows").value == 50

    again.button(key="contacts_move_reset").click().run()
    assert not again.exception
    assert len(grids(open_page("contacts", as_="stan"))[0]["columns"]) == 6


def test_a_view_of_one_look_of_a_screen_leads_there(open_page, actor_of, towns):
    make(actor_of("stan"), "deal", title="Duo")
    page = open_page("pipeline", as_="stan", pipeline_view="Table")
    page.text_input(key="deals_view_name").set_value("Mine")
    next(b for b in page.button if b.label == "Save view").click().run()

    (link,) = [x.proto for x in page.get("page_link") if x.proto.label == "Mine"]

    assert link.page == "pipeline"
    assert "pipeline_view=Table" in link.query_string
