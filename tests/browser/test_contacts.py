"""One person's morning with contacts: a wrong e-mail, a new contact, a call with its follow-up, two people editing."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.hands import field, fill, settled, stands

EMAILS = ("ana@kavarna.si", "bor@kavarna.si")


@pytest.fixture(scope="module")
def house(app_server):
    """A server with two managers."""
    return app_server(
        *(
            ["user", "add", "--email", email, "--name", email[:3].title(), "--role", "manager"]
            for email in EMAILS
        )
    )


def test_a_contact_from_a_wrong_email_to_two_people_editing(house, window):
    ana, bor = (window(house, email) for email in EMAILS)

    # A wrong e-mail is told at its field; what was typed stays.
    ana.goto(house.url + "/contacts")
    ana.get_by_role("button", name="New contact").first.click()
    fill(ana.get_by_role("dialog"), "First name", "Mina")
    fill(ana.get_by_role("dialog"), "Last name", "Zhao")
    fill(ana.get_by_role("dialog"), "E-mail", "mina@")
    ana.get_by_role("dialog").get_by_role("button", name="Save").click()
    stands(ana.get_by_text("is not an e-mail address"))
    expect(field(ana.get_by_role("dialog"), "First name")).to_have_value("Mina")
    expect(field(ana.get_by_role("dialog"), "E-mail")).to_have_value("mina@")

    # Put right, it is stored and its page opens.
    fill(ana.get_by_role("dialog"), "E-mail", "mina@example.com")
    ana.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(ana).to_have_url(re.compile(r"/contact\?id=\d+"))
    stands(ana.get_by_role("heading", name="Mina Zhao"))

    # A call with a follow-up, written down in place.
    settled(ana)
    ana.get_by_text("Write down a talk").click()
    field(ana, "What happened").fill("Wants two machines")
    ana.get_by_placeholder("For example: send the offer").fill("Send the offer")
    ana.get_by_role("button", name="Save to timeline").click()
    stands(ana.get_by_text("Wants two machines").first)
    stands(ana.get_by_text("Send the offer").first)
    expect(field(ana, "What happened")).to_have_value("")

    # Two people have the form open; the second to save sees both values and decides.
    bor.goto(ana.url)
    for page in (ana, bor):
        page.get_by_role("button", name="Edit", exact=True).click()
        stands(field(page.get_by_role("dialog"), "Job title"))
    fill(bor.get_by_role("dialog"), "Job title", "Café manager")
    bor.get_by_role("dialog").get_by_role("button", name="Save").click()
    stands(bor.get_by_text("Café manager").first)
    fill(ana.get_by_role("dialog"), "Job title", "Finance director")
    ana.get_by_role("dialog").get_by_role("button", name="Save").click()
    both = ana.get_by_role("dialog")
    stands(both.get_by_text("Someone else changed this contact meanwhile"))
    stands(both.get_by_text("Café manager"))
    stands(both.get_by_text("Finance director").first)
    ana.get_by_role("button", name="Keep mine").click()
    ana.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(ana.get_by_role("dialog")).to_have_count(0)
    stands(ana.get_by_text("Job title: Café manager → Finance director"))

    for page in (ana, bor):
        expect(page.get_by_test_id("stException")).to_have_count(0)


def test_find_opens_by_keys_and_takes_what_is_typed_at_once(house, window):
    tab = window(house, EMAILS[0])
    tab.goto(f"{house.url}/contacts")
    # Keys pressed while the first run still draws the page are lost with what it replaces.
    stands(tab.get_by_role("button", name="Find"))
    settled(tab)

    tab.keyboard.press("Control+k")
    expect(field(tab.get_by_role("dialog"), "Find a record")).to_be_focused()
    tab.keyboard.type("crrc", delay=30)

    stands(tab.get_by_role("dialog").get_by_text("Nothing found for “crrc”."))
