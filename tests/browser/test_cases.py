"""A person at the cases in a real browser: written down, answered, waited for, solved, reopened; moved on the board."""

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


@pytest.fixture
def tab(house, page):
    page.context.add_cookies(
        [
            {
                "name": "rapport_session",
                "value": house.crm("session", "issue", "--email", BOSS).strip(),
                "url": house.url,
            }
        ]
    )
    return page


def asked(house, statement):
    """What the server's database answers."""
    with closing(sqlite3.connect(house.database_url.removeprefix("sqlite:///"))) as database:
        return database.execute(statement).fetchall()


def status(tab, move):
    tab.get_by_role("button", name="Status", exact=True).click()
    tab.get_by_role("menuitem", name=move, exact=True).or_(tab.get_by_text(move, exact=True)).last.click()


def say(tab, kind, text, button):
    tab.get_by_role("radio", name=re.compile(kind)).click()
    box = tab.get_by_role("textbox", name="Text")
    box.fill(text)
    box.blur()
    tab.get_by_role("button", name=button, exact=True).click()
    expect(tab.get_by_test_id("stChatMessage").filter(has_text=text)).to_be_visible()
    expect(tab.get_by_role("textbox", name="Text")).to_have_value("")


def chips(tab):
    return tab.locator("h1")


def test_a_case_from_the_first_word_to_its_coming_back(house, tab):
    tab.goto(f"{house.url}/cases")
    tab.get_by_role("button", name="New case").click()
    drawer = tab.get_by_role("dialog")
    drawer.get_by_label("Subject").fill("Steam wand hisses")
    drawer.get_by_label("Description").fill("It hisses <b>loudly</b> since Monday.")
    drawer.get_by_label("Contact").click()
    tab.get_by_role("option").first.click()
    drawer.get_by_role("button", name="Save").click()

    expect(tab.get_by_role("heading", name=re.compile("Steam wand hisses"))).to_be_visible()
    expect(tab.get_by_text("It hisses <b>loudly</b> since Monday.")).to_be_visible()
    expect(chips(tab)).to_contain_text("New")

    say(tab, "Reply to", "Does it hiss when closed, too?", "Send")
    expect(chips(tab)).to_contain_text("In progress")

    status(tab, "Wait for customer")
    expect(chips(tab)).to_contain_text("Waiting for customer")

    say(tab, "Customer said", "Yes, all day.", "Write down")
    expect(chips(tab)).to_contain_text("In progress")
    say(tab, "Internal note", "Bring a seal.", "Keep note")

    status(tab, "Solved")
    ask = tab.get_by_role("dialog")
    ask.get_by_label("Resolution").fill("New seal")
    ask.get_by_role("button", name="Mark as solved").click()
    expect(chips(tab)).to_contain_text("Resolved")

    status(tab, "Reopen")
    expect(chips(tab)).to_contain_text("In progress")
    ((number, reopened, resolution),) = asked(
        house, "SELECT number, reopened, resolution FROM cases WHERE subject = 'Steam wand hisses'"
    )
    assert (reopened, resolution) == (1, "New seal")
    mailed = asked(house, f"SELECT payload FROM outbox WHERE payload LIKE '%[{number}]%' ORDER BY id")
    assert len(mailed) == 2
    assert "Does it hiss when closed" in mailed[0][0]
    assert "/rate/rate." in mailed[1][0]


def test_what_is_typed_survives_a_look_at_another_screen(house, tab):
    ((case_id,),) = asked(house, "SELECT id FROM cases WHERE status = 'open' ORDER BY id LIMIT 1")
    tab.goto(f"{house.url}/case?id={case_id}")
    box = tab.get_by_role("textbox", name="Text")
    box.fill("Half an answer")
    box.blur()
    tab.get_by_role("link", name="Contacts").click()
    expect(tab.get_by_role("heading", name="Contacts")).to_be_visible()

    tab.go_back()

    expect(tab.get_by_role("textbox", name="Text")).to_have_value("Half an answer")


def test_a_card_is_dragged_to_its_next_status_and_refused_where_it_may_not_go(house, tab):
    tab.goto(f"{house.url}/cases?cases_view=Board")
    columns = tab.locator(".column")
    expect(tab.locator(".card").first).to_be_visible(timeout=30_000)
    card = columns.nth(1).locator(".card").first
    case_id = card.get_attribute("data-id")

    drag(tab, card, columns.nth(2))

    expect(tab.get_by_text("is “Waiting for customer” now.")).to_be_visible()
    assert asked(house, f"SELECT status FROM cases WHERE id = {case_id}") == [("waiting",)]

    drag(tab, columns.nth(2).locator(f'.card[data-id="{case_id}"]'), columns.nth(0))

    expect(tab.get_by_text("cannot become “New”").first).to_be_visible()
    expect(columns.nth(2).locator(f'.card[data-id="{case_id}"]')).to_be_visible()
    assert asked(house, f"SELECT status FROM cases WHERE id = {case_id}") == [("waiting",)]


def drag(tab, card, target):
    card.scroll_into_view_if_needed()
    start, end = card.bounding_box(), target.bounding_box()
    tab.mouse.move(start["x"] + 40, start["y"] + 10)
    tab.mouse.down()
    tab.mouse.move(end["x"] + end["width"] / 2, end["y"] + 120, steps=8)
    tab.mouse.up()


@pytest.mark.parametrize("width", [390, 1440])
def test_every_screen_of_cases_fits_its_window(house, tab, width):
    tab.set_viewport_size({"width": width, "height": 844})
    ((case_id,),) = asked(house, "SELECT id FROM cases WHERE status = 'open' ORDER BY id LIMIT 1")
    for path in ("/cases", "/cases?cases_view=My+queue", f"/case?id={case_id}"):
        tab.goto(f"{house.url}{path}")
        expect(tab.locator("h1").first).to_be_visible(timeout=30_000)
        expect(tab.get_by_test_id("stException")).to_have_count(0)
        main = tab.get_by_test_id("stMain")
        assert main.evaluate("e => e.scrollWidth - e.clientWidth") <= 1, path
