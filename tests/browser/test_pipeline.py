"""A person at the pipeline in a real browser: drag, products, next step, lose, reopen; two people at one deal."""

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

BOSS = "helene.brandt@brewandberg.example"


@pytest.fixture(scope="module")
def house(app_server):
    """A server on the small sample company."""
    return app_server(["sample", "--scale", "small", "--seed", "1"])


@pytest.fixture(scope="module")
def cookie(house):
    """A session of the sales manager."""
    return {
        "name": "rapport_session",
        "value": house.crm("session", "issue", "--email", BOSS).strip(),
        "url": house.url,
    }


@pytest.fixture
def tab(page, cookie):
    page.context.add_cookies([cookie])
    return page


def columns(page):
    expect(page.locator(".card").first).to_be_visible(timeout=30_000)
    return page.locator(".column")


def card_ids(place):
    return place.locator(".card").evaluate_all("cards => cards.map(card => card.dataset.id)")


def drag(page, card, target):
    card.scroll_into_view_if_needed()
    start, end = card.bounding_box(), target.bounding_box()
    page.mouse.move(start["x"] + 40, start["y"] + 10)
    page.mouse.down()
    page.mouse.move(end["x"] + end["width"] / 2, end["y"] + 120, steps=8)
    page.mouse.up()


def open_deal(page, house, deal):
    page.goto(f"{house.url}/deal?id={deal}")
    expect(page.get_by_text("Next step", exact=True).first).to_be_visible(timeout=30_000)


def test_a_deal_from_its_first_stage_to_its_end_and_back(house, tab):
    tab.goto(f"{house.url}/pipeline")
    first, second = columns(tab).nth(0), columns(tab).nth(1)
    deal = card_ids(first)[0]

    drag(tab, first.locator(f'.card[data-id="{deal}"]'), second)

    expect(tab.get_by_text("is in Needs and demo now")).to_be_visible()
    expect(second.locator(f'.card[data-id="{deal}"]')).to_be_visible()
    expect(tab.locator(".card.pending")).to_have_count(0)

    open_deal(tab, house, deal)
    expect(tab.get_by_role("radio", name="Needs and demo")).to_be_checked()
    tab.get_by_role("button", name="Add product").click()
    drawer = tab.get_by_role("dialog")
    drawer.get_by_label("Product").click()
    tab.get_by_role("option").first.click()
    drawer.get_by_label("Quantity").fill("2")
    drawer.get_by_label("Quantity").press("Tab")
    expect(drawer.get_by_text(re.compile(r"Line total .*\d"))).to_be_visible()
    drawer.get_by_role("button", name="Save").click()
    expect(tab.get_by_text("The products are stored")).to_be_visible()

    tab.get_by_label("What", exact=True).fill("Bring the grinder")
    tab.get_by_label("What", exact=True).press("Tab")
    tab.get_by_test_id("stForm").filter(has=tab.get_by_label("What", exact=True)).get_by_role(
        "button", name="Save"
    ).click()
    expect(tab.get_by_text("The next step is stored.")).to_be_visible()

    tab.get_by_role("button", name="Lost", exact=True).click()
    ask = tab.get_by_role("dialog")
    ask.get_by_role("button", name="Mark as lost").click()
    expect(ask.get_by_text("Say why the deal was lost.")).to_be_visible()
    ask.get_by_text("No budget").click()
    ask.get_by_role("button", name="Mark as lost").click()
    expect(tab.get_by_text(re.compile("Lost .*No budget")).first).to_be_visible()

    tab.get_by_role("button", name="Reopen").click()
    expect(tab.get_by_role("radio", name="Needs and demo")).to_be_checked()
    expect(tab.get_by_label("What", exact=True)).to_have_value("Bring the grinder")


def test_a_card_dropped_into_lost_is_asked_why_and_kept_there_when_nobody_answers(house, tab):
    tab.goto(f"{house.url}/pipeline")
    deal = card_ids(columns(tab).nth(2))[0]
    card = tab.locator(f'.card[data-id="{deal}"]')
    card.locator(".dots").click()

    tab.locator('[role="menuitem"]').filter(has_text="Lost").click()

    ask = tab.get_by_role("dialog").filter(has_text="Why was it lost?")
    expect(ask).to_be_visible()
    tab.keyboard.press("Escape")
    tab.goto(f"{house.url}/deal?id={deal}")
    expect(tab.get_by_text("No reason yet")).to_be_visible()
    tab.get_by_role("button", name="Say why").click()
    tab.get_by_role("dialog").get_by_text("Timing").click()
    tab.get_by_role("dialog").get_by_role("button", name="Mark as lost").click()
    expect(tab.get_by_text(re.compile("Lost .*Timing")).first).to_be_visible()


def test_of_two_people_moving_one_deal_the_second_is_told_where_it_went(house, tab, browser, cookie):
    other_window = browser.new_context(viewport={"width": 1440, "height": 900})
    other_window.add_cookies([cookie])
    other = other_window.new_page()
    try:
        for page in (tab, other):
            page.goto(f"{house.url}/pipeline")
            columns(page)
        deal = card_ids(columns(tab).nth(0))[0]

        drag(tab, tab.locator(f'.card[data-id="{deal}"]'), columns(tab).nth(1))
        expect(tab.get_by_text("is in Needs and demo now")).to_be_visible()
        drag(other, other.locator(f'.card[data-id="{deal}"]'), columns(other).nth(2))

        expect(
            other.get_by_text("it is in “Needs and demo” now, you chose “Offer sent”").first
        ).to_be_visible()
        expect(columns(other).nth(1).locator(f'.card[data-id="{deal}"]')).to_be_visible()
    finally:
        other_window.close()


def test_of_two_people_editing_one_deal_the_second_chooses_between_both_values(house, tab, browser, cookie):
    other_window = browser.new_context(viewport={"width": 1440, "height": 900})
    other_window.add_cookies([cookie])
    other = other_window.new_page()
    try:
        for page in (tab, other):
            open_deal(page, house, 401)
            page.get_by_role("button", name="Edit", exact=True).click()
            expect(page.get_by_role("dialog").get_by_label("Title")).to_be_visible()
        for page, title in ((tab, "Title of the first"), (other, "Title of the second")):
            drawer = page.get_by_role("dialog")
            drawer.get_by_label("Title").fill(title)
            drawer.get_by_label("Title").press("Tab")
            drawer.get_by_role("button", name="Save").click()
            if page is tab:
                expect(tab.get_by_text("The deal is stored.")).to_be_visible()

        drawer = other.get_by_role("dialog")
        expect(drawer.get_by_text("Someone else changed this deal")).to_be_visible()
        expect(drawer.get_by_text("Title of the first")).to_be_visible()
        expect(drawer.get_by_text("Title of the second")).to_be_visible()
        drawer.get_by_role("button", name="Keep mine").click()
        drawer.get_by_role("button", name="Save").click()
        expect(other.get_by_role("heading", name="Title of the second")).to_be_visible()
    finally:
        other_window.close()


@pytest.mark.parametrize("view", ["Board", "Table", "Calendar"])
def test_a_phone_scrolls_only_inside_the_board(house, tab, view):
    tab.set_viewport_size({"width": 390, "height": 844})
    tab.goto(f"{house.url}/pipeline?pipeline_view={view}")
    expect(tab.get_by_role("heading", name="Pipeline")).to_be_visible(timeout=30_000)
    tab.wait_for_timeout(1500)

    wide = tab.evaluate("document.documentElement.scrollWidth - window.innerWidth")

    assert wide <= 0


def test_more_cards_than_fit_open_the_table_of_that_stage(house, tab):
    with closing(sqlite3.connect(house.database_url.removeprefix("sqlite:///"))) as database, database:
        (all_open,) = database.execute("select count(*) from deals where status = 'open'").fetchone()
        database.execute("update deals set stage_id = 1 where status = 'open'")
    tab.goto(f"{house.url}/pipeline")

    columns(tab).nth(0).get_by_role("button", name=f"{all_open - 50} more in the table").click()

    expect(tab.get_by_text(f"{all_open} deals")).to_be_visible()
    expect(tab.get_by_role("radio", name="Table")).to_be_checked()
