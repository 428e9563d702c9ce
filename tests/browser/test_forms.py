"""From a form to its answer: a manager makes it, a stranger without scripts answers it, says no later, rates the help."""

import json
import re
import sqlite3

import pytest
from playwright.sync_api import expect

from tests.browser.hands import fits, stands, told

MONA = "mona@kavarna.si"


@pytest.fixture(scope="module")
def house(app_server):
    """A server with a manager."""
    return app_server(["user", "add", "--email", MONA, "--name", "Mona", "--role", "manager"])


@pytest.fixture
def mona(house, window):
    """A tab of the manager."""
    return window(house, MONA)


@pytest.fixture
def stranger(window):
    """A phone without an account and without scripts."""
    tab = window(width=390, height=844, java_script_enabled=False)
    yield tab
    assert tab.context.cookies() == []


def rows(house, statement):
    with sqlite3.connect(house.database_url.removeprefix("sqlite:///")) as connection:
        return connection.execute(statement).fetchall()


def make_form(mona, house, *, name, slug, kind=None):
    mona.goto(house.url + "/web_forms")
    mona.get_by_role("button", name="New web form").first.click()
    drawer = mona.get_by_role("dialog")
    for label, text in (("Name", name), ("Address", slug)):
        box = drawer.get_by_role("textbox", name=label).first
        box.fill(text)
        box.press("Tab")
    if kind:
        drawer.get_by_role("combobox", name="Kind").click()
        mona.get_by_role("option", name=kind).click()
    drawer.get_by_role("button", name="Save").click()
    stands(mona.get_by_role("heading", name=name))


def test_interest_from_the_form_to_the_lead_and_back_to_no(house, mona, stranger):
    make_form(mona, house, name="Ask us", slug="ask-us")
    mona.get_by_text("Questions", exact=True).click()
    mona.get_by_role("combobox", name="Ask consent to").click()
    mona.get_by_role("option", name="Offers").click()
    mona.keyboard.press("Escape")
    mona.get_by_role("button", name="Save questions").click()
    told(mona, "The questions are stored.")

    # Wrong at first: told beside the field, what was typed stays.
    stranger.goto(house.url + "/forms/ask-us")
    fits(stranger)
    expect(stranger.get_by_label("Leave this field empty")).not_to_be_in_viewport()
    stranger.get_by_label("Your name").fill("Eva <b>Novak</b>")
    stranger.get_by_label("E-mail", exact=True).fill("eva@")
    stranger.get_by_label("What can we do for you?").fill("Two grinders, please")
    stranger.wait_for_timeout(2_100)  # People need a moment, robots do not.
    stranger.get_by_role("button", name="Send").click()
    expect(stranger.get_by_role("alert")).to_contain_text("1 answer needs another look.")
    expect(stranger.get_by_label("Your name")).to_have_value("Eva <b>Novak</b>")

    stranger.get_by_label("E-mail", exact=True).fill("eva@example.com")
    offers = stranger.get_by_label("Yes, send me offers by e-mail.")
    expect(offers).not_to_be_checked()
    offers.check()
    stranger.get_by_role("button", name="Send").click()
    stands(stranger.get_by_role("heading", name="Thank you"))
    stranger.reload()
    stands(stranger.get_by_role("heading", name="Thank you"))
    assert rows(house, "SELECT name, interest FROM leads") == [("Eva <b>Novak</b>", "Two grinders, please")]

    mona.goto(house.url + "/web_form?id=1")
    stands(mona.get_by_text("Last 28 days"))
    expect(mona.locator("[data-testid=stMetricValue]").first).to_have_text("1")

    # The confirmation carries the way to say no.
    mail = json.loads(rows(house, "SELECT payload FROM outbox")[0][0])
    token = re.search(r"/preferences/(\S+)", mail["text"])[1]
    stranger.goto(f"{house.url}/unsubscribe/{token}")
    fits(stranger)
    stranger.get_by_role("button", name="Unsubscribe").click()
    stands(stranger.get_by_role("heading", name="You are unsubscribed"))
    stranger.get_by_role("link", name="Choose what you get from us").click()
    fits(stranger)
    expect(stranger.get_by_label("Offers, E-mail")).not_to_be_checked()
    stranger.get_by_label("Events, Letter").check()
    stranger.get_by_role("button", name="Save").click()
    stands(stranger.get_by_text("Your choices are stored."))
    expect(stranger.get_by_label("Events, Letter")).to_be_checked()


def test_a_service_request_gets_a_number(house, mona, stranger):
    make_form(mona, house, name="Repair", slug="repair", kind="Service request")

    stranger.goto(house.url + "/forms/repair")
    stranger.get_by_label("Your name").fill("Jan Berg")
    stranger.get_by_label("E-mail", exact=True).fill("jan@example.com")
    stranger.get_by_label("What is it about?").fill("No steam")
    stranger.get_by_label("What happened?").fill("Since this morning")
    stranger.wait_for_timeout(2_100)
    stranger.get_by_role("button", name="Send").click()

    stands(stranger.get_by_text("The number of your request is"))
    ((number, subject, origin),) = rows(house, "SELECT number, subject, origin FROM cases")
    stands(stranger.get_by_text(f"The number of your request is {number}."))
    assert (subject, origin) == ("No steam", "form")
