"""The service dashboard in a browser: a bar and a number open their cases, a row opens the case."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.hands import click_on, fits, settled, stands

MANAGER = "helene.brandt@brewandberg.example"


@pytest.fixture
def screen(sample, window):
    """The dashboard of all days, as a manager sees it."""
    page = window(sample, MANAGER, height=2300)
    page.goto(sample.url + "/service?service_period=All")
    expect(page.locator(".js-plotly-plot")).to_have_count(11)
    return page


def size(mark):
    box = mark.bounding_box()
    return box["width"] * box["height"] if box else 0


def test_a_mark_opens_its_cases_and_a_second_click_puts_them_away_and_nothing_sticks_out_on_a_phone(screen):
    heading = screen.get_by_role("heading", name=re.compile("^Cases: "))
    for chart in (0, 4, 7):
        marks = screen.locator(".js-plotly-plot").nth(chart).locator(".points path")
        settled(screen)
        stands(marks.filter(visible=True).first)

        again = click_on(max(marks.all(), key=size))
        stands(heading)
        stands(screen.get_by_text(re.compile(r"Click a row to open the case")))
        settled(screen)
        again()

        expect(heading).to_have_count(0)
        expect(screen.get_by_test_id("stException")).to_have_count(0)

    screen.set_viewport_size({"width": 390, "height": 844})
    fits(screen)


def test_a_number_opens_its_cases_and_a_row_opens_the_case(screen):
    screen.get_by_role("link", name=re.compile(r"^\d+ open cases")).click()
    stands(screen.get_by_role("heading", name="Open cases"))
    expect(screen.get_by_role("radio", name="All", exact=True)).to_be_checked()

    stands(screen.get_by_role("button", name="Hide these records"))
    link = screen.get_by_role("grid", name="Open cases").get_by_role("rowheader").first.get_by_role("link")
    assert re.fullmatch(r"/case\?id=\d+", link.get_attribute("href"))
    link.click()

    expect(screen).to_have_url(re.compile(r"/case\?id=\d+"))
    expect(screen.get_by_test_id("stException")).to_have_count(0)
