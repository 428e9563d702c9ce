"""A person at the pipeline in a real browser: drag, products, next step, lose, reopen; two people at one deal."""

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.browser.hands import drag, fits, stands, told

BOSS = "helene.brandt@brewandberg.example"


@pytest.fixture(scope="module")
def house(sample):
    """The sample company's server."""
    return sample


@pytest.fixture
def tab(house, window):
    """A tab of the sales manager."""
    return window(house, BOSS)


def columns(page):
    stands(page.locator(".card").first)
    return page.locator(".column")


def card_ids(place):
    return place.locator(".card").evaluate_all("cards => cards.map(card => card.dataset.id)")


def open_deal(page, house, deal):
    page.goto(f"{house.url}/deal?id={deal}")
    stands(page.get_by_text("Write down a talk", exact=True))


def test_a_deal_from_its_first_stage_to_its_end_and_back(house, tab):
    tab.goto(f"{house.url}/pipeline")
    first, second = columns(tab).nth(0), columns(tab).nth(1)
    deal = card_ids(first)[0]

    drag(first.locator(f'.card[data-id="{deal}"]'), second)

    told(tab, "is in Needs and demo now")
    stands(second.locator(f'.card[data-id="{deal}"]'))
    expect(tab.locator(".card.pending")).to_have_count(0)

    open_deal(tab, house, deal)
    expect(tab.get_by_role("radio", name="Needs and demo")).to_be_checked()
    tab.get_by_role("button", name="Add product").click()
    drawer = tab.get_by_role("dialog")
    drawer.get_by_label("Product").click()
    tab.get_by_role("option").first.click()
    drawer.get_by_label("Quantity").fill("2")
    drawer.get_by_label("Quantity").press("Tab")
    stands(drawer.get_by_text(re.compile(r"Line total .*\d")))
    drawer.get_by_role("button", name="Save").click()
    told(tab, "The products are stored")

    tab.get_by_label("What", exact=True).fill("Bring the grinder")
    tab.get_by_label("What", exact=True).press("Tab")
    tab.get_by_test_id("stForm").filter(has=tab.get_by_label("What", exact=True)).get_by_role(
        "button", name="Save"
    ).click()
    told(tab, "The next step is stored.")

    tab.get_by_role("button", name="Lost", exact=True).click()
    ask = tab.get_by_role("dialog")
    ask.get_by_role("button", name="Mark as lost").click()
    stands(ask.get_by_text("Say why the deal was lost."))
    ask.get_by_text("No budget").click()
    ask.get_by_role("button", name="Mark as lost").click()
    stands(tab.get_by_text(re.compile("Lost .*No budget")).first)

    tab.get_by_role("button", name="Reopen").click()
    expect(tab.get_by_role("radio", name="Needs and demo")).to_be_checked()
    expect(tab.get_by_label("What", exact=True)).to_have_value("Bring the grinder")


def test_a_card_dropped_into_lost_stays_where_it_was_until_somebody_says_why(house, tab):
    tab.goto(f"{house.url}/pipeline")
    deal = card_ids(columns(tab).nth(2))[0]
    card = tab.locator(f'.card[data-id="{deal}"]')
    card.locator(".dots").click()

    tab.locator('[role="menuitem"]').filter(has_text="Lost").click()

    ask = tab.get_by_role("dialog").filter(has_text="Why was it lost?")
    stands(ask)
    tab.keyboard.press("Escape")
    stands(columns(tab).nth(2).locator(f'.card[data-id="{deal}"]'))
    expect(card).to_contain_text("Say first why it was lost.")

    card.locator(".dots").click()
    tab.locator('[role="menuitem"]').filter(has_text="Lost").click()
    tab.get_by_role("dialog").get_by_text("Timing").click()
    tab.get_by_role("dialog").get_by_role("button", name="Mark as lost").click()
    told(tab, "is lost")
    expect(card).not_to_contain_text("Say first why it was lost.")
    tab.goto(f"{house.url}/deal?id={deal}")
    stands(tab.get_by_text(re.compile("Lost .*Timing")).first)


def test_of_two_people_moving_one_deal_the_second_is_told_where_it_went(house, tab, window):
    other = window(house, BOSS)
    for page in (tab, other):
        page.goto(f"{house.url}/pipeline")
        columns(page)
    deal = card_ids(columns(tab).nth(0))[0]

    drag(tab.locator(f'.card[data-id="{deal}"]'), columns(tab).nth(1))
    told(tab, "is in Needs and demo now")
    drag(other.locator(f'.card[data-id="{deal}"]'), columns(other).nth(2))

    stands(other.get_by_text("it is in “Needs and demo” now, you chose “Offer sent”").first)
    stands(columns(other).nth(1).locator(f'.card[data-id="{deal}"]'))


def test_of_two_people_editing_one_deal_the_second_chooses_between_both_values(house, tab, window):
    other = window(house, BOSS)
    for page in (tab, other):
        open_deal(page, house, 401)
        page.get_by_role("button", name="Edit", exact=True).click()
        stands(page.get_by_role("dialog").get_by_label("Title"))
    for page, title in ((tab, "Title of the first"), (other, "Title of the second")):
        drawer = page.get_by_role("dialog")
        drawer.get_by_label("Title").fill(title)
        drawer.get_by_label("Title").press("Tab")
        drawer.get_by_role("button", name="Save").click()
        if page is tab:
            stands(tab.get_by_role("heading", name="Title of the first"))

    drawer = other.get_by_role("dialog")
    stands(drawer.get_by_text("Someone else changed this deal"))
    stands(drawer.get_by_text("Title of the first"))
    stands(drawer.get_by_text("Title of the second"))
    drawer.get_by_role("button", name="Keep mine").click()
    drawer.get_by_role("button", name="Save").click()
    stands(other.get_by_role("heading", name="Title of the second"))


@pytest.mark.parametrize("view", ["Board", "Table", "Calendar"])
def test_a_phone_scrolls_only_inside_the_board(house, tab, view):
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto(f"{house.url}/pipeline?pipeline_view={view}")
    stands(tab.get_by_role("heading", name="Pipeline"))

    fits(tab)


def test_more_cards_than_fit_open_the_table_of_that_stage(house, tab):
    with closing(sqlite3.connect(house.database_url.removeprefix("sqlite:///"))) as database, database:
        (all_open,) = database.execute("select count(*) from deals where status = 'open'").fetchone()
        database.execute("update deals set stage_id = 1 where status = 'open'")
    tab.goto(f"{house.url}/pipeline")

    columns(tab).nth(0).get_by_role("button", name=f"{all_open - 50} more in the table").click()

    stands(tab.get_by_text(f"{all_open} deals"))
    expect(tab.get_by_role("radio", name="Table")).to_be_checked()
