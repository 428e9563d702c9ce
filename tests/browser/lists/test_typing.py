"""A newcomer's first contact, typed with the firm it works for: the firm comes along."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.hands import fill, settled, stands


@pytest.fixture(scope="module")
def house(app_server):
    """A server with one manager and nothing else."""
    return app_server(["user", "add", "--email", "ana@kavarna.si", "--name", "Ana", "--role", "manager"])


def new_contact(page, house, first, firm):
    page.goto(house.url + "/contacts")
    page.get_by_role("button", name="New contact").first.click()
    drawer = page.get_by_role("dialog")
    fill(drawer, "First name", first)
    fill(drawer, "Last name", "Zhao")
    choice = drawer.get_by_role("combobox", name="Organisation")
    choice.click()
    choice.press_sequentially(firm, delay=30)
    choice.press("Enter")
    settled(page)
    drawer.get_by_role("button", name="Save").click()
    return drawer


def test_the_firm_is_made_found_and_asked_about(house, window):
    page = window(house, "ana@kavarna.si")

    new_contact(page, house, "Mina", "Kavarna Zupan")
    expect(page).to_have_url(re.compile(r"/contact\?id=\d+"))
    stands(page.get_by_role("heading", name="Mina Zhao"))
    expect(page.get_by_text("Kavarna Zupan").first).to_be_visible()

    drawer = new_contact(page, house, "Bo", "Kavarna")
    stands(drawer.get_by_text("but “Kavarna Zupan”"))
    expect(drawer.get_by_role("textbox", name="First name")).to_have_value("Bo")
    page.goto(house.url + "/organisations")
    expect(page.get_by_role("grid").locator(".title")).to_have_text(["Kavarna Zupan"])
