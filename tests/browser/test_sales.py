"""The sales dashboard in a browser: a bar and a number open their deals, a manager enters a target."""

import re

import pytest
from playwright.sync_api import expect

MANAGER = "helene.brandt@brewandberg.example"


@pytest.fixture(scope="module")
def sample(app_server):
    """A server with the small sample company."""
    return app_server(["sample", "--scale", "small", "--seed", "1"])


@pytest.fixture
def screen(sample, page):
    """The dashboard of all days, as a manager sees it."""
    token = sample.crm("session", "issue", "--email", MANAGER).split()[-1]
    page.context.add_cookies([{"name": "rapport_session", "value": token, "url": sample.url}])
    page.set_viewport_size({"width": 1440, "height": 1900})
    page.goto(sample.url + "/sales?sales_period=All")
    expect(page.locator(".js-plotly-plot")).to_have_count(11, timeout=60_000)
    return page


def test_a_bar_opens_its_deals_and_a_second_click_puts_them_away(screen):
    bar = screen.locator(".js-plotly-plot").nth(2).locator(".points path").first.bounding_box()
    middle = (bar["x"] + 12, bar["y"] + bar["height"] / 2)

    screen.mouse.click(*middle)
    expect(screen.get_by_role("heading", name=re.compile("^Won deals: "))).to_be_visible()
    screen.mouse.click(*middle)

    expect(screen.get_by_role("heading", name=re.compile("^Won deals: "))).to_have_count(0)
    expect(screen.get_by_test_id("stException")).to_have_count(0)


def test_a_number_opens_its_deals_and_they_can_be_hidden(screen):
    screen.get_by_role("link", name=re.compile(r"^\d+ closed deals")).click()
    expect(screen.get_by_role("heading", name="Deals behind this number")).to_be_visible()
    expect(screen.get_by_role("radio", name="All", exact=True)).to_be_checked()

    screen.get_by_role("button", name="Hide these deals").click()

    expect(screen.get_by_role("heading", name="Deals behind this number")).to_have_count(0)


def test_a_manager_enters_a_target(screen):
    screen.get_by_role("button", name="Targets").click()
    screen.get_by_role("spinbutton", name="Target a month, EUR").fill("12000")

    screen.get_by_role("dialog").get_by_role("button", name="Save").click()

    expect(screen.get_by_text("Target of The firm stored.")).to_be_visible()
    expect(screen.get_by_role("dialog")).to_have_count(0)


def test_nothing_sticks_out_on_a_phone(screen):
    screen.set_viewport_size({"width": 390, "height": 844})

    screen.wait_for_timeout(1_000)

    width = screen.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= 390
