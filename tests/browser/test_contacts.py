"""One person's morning with contacts: a wrong e-mail, a new contact, a call with its follow-up, two people editing."""

import re

import pytest
from playwright.sync_api import expect

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


def signed_in(browser, house, email):
    """A tab of its own window, signed in as this person."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.set_default_timeout(20_000)
    token = house.crm("session", "issue", "--email", email).strip()
    context.add_cookies([{"name": "rapport_session", "value": token, "url": house.url}])
    return context.new_page()


def field(page, label):
    return page.get_by_role("dialog").get_by_label(label, exact=False).first


def fill(page, label, text):
    box = field(page, label)
    box.fill(text)
    box.press("Tab")


def test_a_contact_from_a_wrong_email_to_two_people_editing(house, browser):
    expect.set_options(timeout=20_000)
    ana, bor = (signed_in(browser, house, email) for email in EMAILS)

    # A wrong e-mail is told at its field; what was typed stays.
    ana.goto(house.url + "/contacts")
    ana.get_by_role("button", name="New contact").first.click()
    fill(ana, "First name", "Mina")
    fill(ana, "Last name", "Zhao")
    fill(ana, "E-mail", "mina@")
    ana.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(ana.get_by_text("is not an e-mail address")).to_be_visible()
    expect(field(ana, "First name")).to_have_value("Mina")
    expect(field(ana, "E-mail")).to_have_value("mina@")

    # Put right, it is stored and its page opens.
    fill(ana, "E-mail", "mina@example.com")
    ana.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(ana).to_have_url(re.compile(r"/contact\?id=\d+"))
    expect(ana.get_by_role("heading", name="Mina Zhao")).to_be_visible()

    # A call with a follow-up, written down in place.
    ana.get_by_placeholder("What happened, and what is next?").fill("Wants two machines")
    ana.get_by_placeholder("For example: send the offer").fill("Send the offer")
    ana.get_by_role("button", name="Save to timeline").click()
    expect(ana.get_by_text("Wants two machines").first).to_be_visible()
    expect(ana.get_by_text("Send the offer").first).to_be_visible()
    expect(ana.get_by_placeholder("What happened, and what is next?")).to_have_value("")

    # Two people have the form open; the second to save sees both values and decides.
    bor.goto(ana.url)
    for page in (ana, bor):
        page.get_by_role("button", name="Edit", exact=True).click()
        expect(field(page, "Job title")).to_be_visible()
    fill(bor, "Job title", "Café manager")
    bor.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(bor.get_by_text("Café manager").first).to_be_visible()
    fill(ana, "Job title", "Finance director")
    ana.get_by_role("dialog").get_by_role("button", name="Save").click()
    both = ana.get_by_role("dialog")
    expect(both.get_by_text("Someone else changed this contact meanwhile")).to_be_visible()
    expect(both.get_by_text("Café manager")).to_be_visible()
    expect(both.get_by_text("Finance director").first).to_be_visible()
    ana.get_by_role("button", name="Keep mine").click()
    ana.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(ana.get_by_role("dialog")).to_have_count(0)
    expect(ana.get_by_text("Job title: Café manager → Finance director")).to_be_visible()

    for page in (ana, bor):
        expect(page.get_by_test_id("stException")).to_have_count(0)
        page.context.close()


def test_find_opens_by_keys_and_takes_what_is_typed_at_once(house, browser):
    expect.set_options(timeout=20_000)
    tab = signed_in(browser, house, EMAILS[0])
    tab.goto(f"{house.url}/contacts")
    # Keys pressed while the first run still draws the page are lost with what it replaces.
    expect(tab.get_by_role("button", name="Find")).to_be_visible()
    expect(tab.locator('[data-test-script-state="notRunning"]')).to_have_count(1)

    tab.keyboard.press("Control+k")
    expect(field(tab, "Find a contact")).to_be_focused()
    tab.keyboard.type("crrc", delay=30)

    expect(tab.get_by_role("dialog").get_by_text("Nothing found for “crrc”.")).to_be_visible()
    tab.context.close()
