"""The sales dashboard in a browser: a bar and a number open their deals, a manager enters a target."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.hands import click_on, fits, settled, stands, told

MANAGER = "helene.brandt@brewandberg.example"


@pytest.fixture
def screen(sample, window):
    """The dashboard of all days, as a manager sees it."""
    page = window(sample, MANAGER, height=1900)
    page.goto(sample.url + "/sales?sales_period=All")
    expect(page.locator(".js-plotly-plot")).to_have_count(11)
    return page


def test_a_bar_and_a_number_open_their_deals_and_they_can_be_put_away(screen):
    again = click_on(screen.locator(".js-plotly-plot").nth(2).locator(".points path").first, x=12)
    stands(screen.get_by_role("heading", name=re.compile("^Won deals: ")))
    settled(screen)
    again()

    expect(screen.get_by_role("heading", name=re.compile("^Won deals: "))).to_have_count(0)
    expect(screen.get_by_test_id("stException")).to_have_count(0)
    settled(screen)

    screen.get_by_role("link", name=re.compile(r"^\d+ closed deals")).click()
    stands(screen.get_by_role("heading", name="Deals behind this number"))
    expect(screen.get_by_role("radio", name="All", exact=True)).to_be_checked()

    screen.get_by_role("button", name="Hide these deals").click()

    expect(screen.get_by_role("heading", name="Deals behind this number")).to_have_count(0)


def test_a_manager_enters_a_target(screen):
    screen.get_by_role("button", name="Targets").click()
    screen.get_by_role("spinbutton", name="Target a month, EUR").fill("12000")

    screen.get_by_role("dialog").get_by_role("button", name="Save").click()

    told(screen, "Target of The firm stored.")
    expect(screen.get_by_role("dialog")).to_have_count(0)


def test_nothing_sticks_out_on_a_phone(screen):
    screen.set_viewport_size({"width": 390, "height": 844})

    fits(screen)
