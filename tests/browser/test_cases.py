"""A person at the cases in a real browser: written down, answered, waited for, solved, reopened; moved on the board."""

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import expect

from tests.browser.hands import drag, fits, settled, stands, told

BOSS = "helene.brandt@brewandberg.example"


@pytest.fixture(scope="module")
def house(sample):
    """The sample company's server."""
    return sample


@pytest.fixture
def tab(house, window):
    """A tab of the sales manager."""
    return window(house, BOSS)


def asked(house, statement):
    """What the server's database answers."""
    with closing(sqlite3.connect(house.database_url.removeprefix("sqlite:///"))) as database:
        return database.execute(statement).fetchall()


def status(tab, move):
    settled(tab)
    tab.get_by_role("button", name="Status", exact=True).click()
    tab.get_by_role("menuitem", name=move, exact=True).or_(tab.get_by_text(move, exact=True)).last.click()


def say(tab, kind, text, button):
    tab.get_by_role("radio", name=re.compile(kind)).click()
    box = tab.get_by_role("textbox", name="Text")
    box.fill(text)
    box.blur()
    tab.get_by_role("button", name=button, exact=True).click()
    stands(tab.get_by_test_id("stChatMessage").filter(has_text=text))
    expect(tab.get_by_role("textbox", name="Text")).to_have_value("")


def chips(tab):
    return tab.locator("h1")


def test_a_case_from_the_first_word_to_its_coming_back(house, tab):
    tab.goto(f"{house.url}/cases")
    tab.get_by_role("button", name="New case").click()
    drawer = tab.get_by_role("dialog")
    drawer.get_by_label("Subject").fill("Steam wand hisses")
    drawer.get_by_label("Description").fill("It hisses <b>loudly</b> since Monday.")
    settled(tab)
    drawer.get_by_label("Contact").click()
    tab.get_by_role("option").first.click()
    drawer.get_by_role("button", name="Save").click()

    stands(tab.get_by_role("heading", name=re.compile("Steam wand hisses")))
    stands(tab.get_by_text("It hisses <b>loudly</b> since Monday."))
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


def test_what_is_typed_and_chosen_survives_a_look_at_another_screen_and_is_sent(house, tab):
    ((case_id,),) = asked(house, "SELECT id FROM cases WHERE status = 'open' ORDER BY id LIMIT 1")
    tab.goto(f"{house.url}/case?id={case_id}")
    box = tab.get_by_role("textbox", name="Text")
    box.fill("Half an answer")
    box.blur()
    tab.get_by_role("button", name="Files and copies").click()
    tab.get_by_test_id("stFileUploaderDropzoneInput").last.set_input_files(
        {"name": "leak.txt", "mimeType": "text/plain", "buffer": b"drip"}
    )
    stands(tab.get_by_role("button", name="Files and copies · 1"))
    tab.keyboard.press("Escape")
    tab.get_by_role("link", name="Contacts").click()
    stands(tab.get_by_role("heading", name="Contacts"))

    tab.go_back()

    expect(tab.get_by_role("textbox", name="Text")).to_have_value("Half an answer")
    stands(tab.get_by_role("button", name="Files and copies · 1"))
    tab.get_by_role("button", name="Send", exact=True).click()
    stands(tab.get_by_test_id("stChatMessage").filter(has_text="Half an answer"))
    assert asked(house, "SELECT size FROM files WHERE name = 'leak.txt'") == [(4,)]
    expect(tab.get_by_role("button", name="Files and copies", exact=True)).to_be_visible()


def test_a_card_is_dragged_to_its_next_status_and_refused_where_it_may_not_go(house, tab):
    tab.goto(f"{house.url}/cases?cases_view=Board")
    columns = tab.locator(".column")
    stands(tab.locator(".card").first)
    card = columns.nth(1).locator(".card").first
    case_id = card.get_attribute("data-id")

    drag(card, columns.nth(2))

    told(tab, "is “Waiting for customer” now.")
    assert asked(house, f"SELECT status FROM cases WHERE id = {case_id}") == [("waiting",)]

    drag(columns.nth(2).locator(f'.card[data-id="{case_id}"]'), columns.nth(0))

    stands(tab.get_by_text("cannot become “New”").first)
    stands(columns.nth(2).locator(f'.card[data-id="{case_id}"]'))
    assert asked(house, f"SELECT status FROM cases WHERE id = {case_id}") == [("waiting",)]


@pytest.mark.parametrize("width", [390, 1440])
def test_every_screen_of_cases_fits_its_window(house, tab, width):
    tab.set_viewport_size({"width": width, "height": 844})
    ((case_id,),) = asked(house, "SELECT id FROM cases WHERE status = 'open' ORDER BY id LIMIT 1")
    for path in ("/cases", "/cases?cases_view=My+queue", f"/case?id={case_id}"):
        tab.goto(f"{house.url}{path}")
        stands(tab.locator("h1").first)
        expect(tab.get_by_test_id("stException")).to_have_count(0)
        fits(tab)


def test_two_who_answer_at_once_lose_nothing_and_read_each_other(house, window):
    one, other = window(house, BOSS), window(house, "amira.haddad@brewandberg.example")
    asking = "SELECT id FROM cases WHERE status = 'open' AND contact_id IS NOT NULL ORDER BY id DESC LIMIT 1"
    ((case_id,),) = asked(house, asking)
    for tab in (one, other):
        tab.goto(f"{house.url}/case?id={case_id}")
        stands(tab.get_by_role("textbox", name="Text"))
        settled(tab)
    mine = one.get_by_role("textbox", name="Text")
    mine.fill("Please send it in.")
    mine.blur()
    settled(one)

    say(other, "Reply to", "We come tomorrow.", "Send")
    one.get_by_role("button", name="Send", exact=True).click()

    stands(one.get_by_text("Amira Haddad answered"))
    expect(one.get_by_text("We come tomorrow.").first).to_be_visible()
    expect(mine).to_have_value("Please send it in.")
    one.get_by_role("button", name="Send", exact=True).click()
    stands(one.get_by_test_id("stChatMessage").filter(has_text="Please send it in."))
    said = asked(house, f"SELECT body FROM case_messages WHERE case_id = {case_id} ORDER BY id DESC LIMIT 2")
    assert said == [("Please send it in.",), ("We come tomorrow.",)]
