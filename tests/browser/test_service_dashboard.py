"""The service dashboard in a browser: a bar and a number open their cases, a row opens the case."""

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
    page.set_viewport_size({"width": 1440, "height": 2300})
    page.goto(sample.url + "/service?service_period=All")
    expect(page.locator(".js-plotly-plot")).to_have_count(11, timeout=60_000)
    return page


@pytest.mark.parametrize("chart", [0, 4, 7])
def test_a_mark_opens_its_cases_and_a_second_click_puts_them_away(screen, chart):
    marks = screen.locator(".js-plotly-plot").nth(chart).locator(".points path")
    boxes = [mark.bounding_box() for mark in marks.all()]
    bar = max((box for box in boxes if box), key=lambda box: box["width"] * box["height"])
    middle = (bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    heading = screen.get_by_role("heading", name=re.compile("^Cases: "))

    screen.mouse.click(*middle)
    expect(heading).to_be_visible(timeout=20_000)
    expect(screen.get_by_text(re.compile(r"Click a row to open the case"))).to_be_visible()
    screen.mouse.click(*middle)

    expect(heading).to_have_count(0, timeout=20_000)
    expect(screen.get_by_test_id("stException")).to_have_count(0)


def test_a_number_opens_its_cases_and_a_row_opens_the_case(screen):
    screen.get_by_role("link", name=re.compile(r"^\d+ open cases")).click()
    expect(screen.get_by_role("heading", name="Open cases")).to_be_visible(timeout=20_000)
    expect(screen.get_by_role("radio", name="All", exact=True)).to_be_checked()

    expect(screen.get_by_role("button", name="Hide these cases")).to_be_visible()
    # The table takes clicks only once its canvas is drawn and everything below has found its place.
    screen.wait_for_timeout(2_000)
    table = screen.get_by_test_id("stDataFrame").first.bounding_box()
    screen.mouse.click(table["x"] + 200, table["y"] + 56)

    screen.wait_for_url(re.compile(r"/case\?id=\d+"), timeout=20_000)
    expect(screen.get_by_test_id("stException")).to_have_count(0)


def test_nothing_sticks_out_on_a_phone(screen):
    screen.set_viewport_size({"width": 390, "height": 844})

    screen.wait_for_timeout(1_000)

    width = screen.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert width <= 390
