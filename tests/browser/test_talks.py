"""A talk of yesterday written down by keyboard, put right, and the correction taken back."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from crm.clock import today
from tests.browser.hands import field, settled, stands, told

EMAIL = "ana@kavarna.si"


@pytest.fixture(scope="module")
def house(app_server):
    """A server with one manager and one contact."""
    return app_server(["user", "add", "--email", EMAIL, "--name", "Ana", "--role", "manager"])


def new_contact(page, house):
    page.goto(house.url + "/contacts")
    page.get_by_role("button", name="New contact").first.click()
    field(page.get_by_role("dialog"), "First name").fill("Mina Zhao")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile(r"/contact\?id=\d+"))


def test_a_talk_of_yesterday_by_keyboard_corrected_and_undone(house, window):
    ana = window(house, EMAIL)
    new_contact(ana, house)
    ana.goto(house.url + "/")
    stands(ana.get_by_role("button", name="Log a talk"))
    settled(ana)
    keys = 0

    def press(*names):
        nonlocal keys
        for name in names:
            ana.keyboard.press(name)
            keys += 1

    def write(text):
        nonlocal keys
        ana.keyboard.type(text)
        keys += len(text)

    def tab_to(name):
        while name not in ana.evaluate("document.activeElement.getAttribute('aria-label') || ''"):
            press("Tab")
            assert keys < 100, f"Tab does not lead to {name}"

    # From any screen by keys alone: with whom, which way, yesterday at 15:00, how long, what was said.
    press("Control+j")
    expect(ana.get_by_role("dialog").get_by_label("Contact")).to_be_focused()
    write("mina")
    press("Enter")
    tab_to("Direction")
    write("inc")
    press("Enter")
    if (yesterday := today() - timedelta(days=1)).month == today().month:
        tab_to("day, When")
        press("ArrowDown")
    else:
        # The arrow goes round within a month, so on its first day the whole date is typed; that is not counted.
        before = keys
        for part, digits in (("year", "%Y"), ("month", "%m"), ("day", "%d")):
            tab_to(f"{part}, When")
            write(f"{yesterday:{digits}}")
        keys = before + 2
    tab_to("hour, When")
    write("1500")
    tab_to("Duration")
    write("20")
    tab_to("What happened")
    write("Wants two machines")
    press("Control+Enter")
    told(ana, "Written down")
    # Four keys a second are slow typing.
    assert keys < 4 * 15, f"{keys} keys"

    ana.goto(house.url + "/contact?id=1")
    step = ana.get_by_text(re.compile(r"15:00 · Ana · incoming · 20 min"))
    stands(step)

    # It was longer: corrected, and said so.
    ana.get_by_role("button", name="Correct").click()
    minutes = ana.get_by_role("dialog").get_by_label("Duration", exact=False).first
    minutes.fill("35")
    minutes.press("Tab")
    ana.get_by_role("dialog").get_by_role("button", name="Save").click()
    stands(ana.get_by_text(re.compile("incoming · 35 min · corrected")))

    # It was not: taken back.
    ana.get_by_role("button", name="Correct").click()
    ana.get_by_role("dialog").get_by_role("button", name="Undo the last change").click()
    stands(ana.get_by_text(re.compile("incoming · 20 min")))

    # Put away, and back again.
    ana.get_by_role("button", name="Correct").click()
    ana.get_by_role("dialog").get_by_role("button", name="Archive").click()
    expect(ana.get_by_text(re.compile("incoming · 20 min"))).to_have_count(0)
    ana.get_by_role("radio", name="Archived").or_(ana.get_by_role("button", name="Archived")).first.click()
    ana.get_by_role("button", name="Restore").click()
    ana.get_by_role("dialog").get_by_role("button", name="Restore").click()
    stands(ana.get_by_text(re.compile("incoming · 20 min")))
