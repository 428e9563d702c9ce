"""The forecast in a browser: computed by a click, shared by its address, readable on a phone, as all charts are."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

from tests.browser.hands import fits, settled, stands

MANAGER = "helene.brandt@brewandberg.example"
#: Screens of charts, and how many each has.
CHARTS = {
    "/sales?sales_period=All": 11,
    "/service?service_period=All": 11,
    "/marketing": 8,
    "/forecast": 6,
    "/wear": 7,
    "/campaign?id=1&tab=result": 3,
    "/social": 1,
}
#: Labels that the edge of their picture cuts off.
CUT_OFF = """() => [...document.querySelectorAll('.js-plotly-plot')].flatMap(picture => {
    const box = picture.getBoundingClientRect()
    return [...picture.querySelectorAll('text')].filter(text => {
        const { left, right, width } = text.getBoundingClientRect()
        return width && (left < box.left - 1 || right > box.right + 1)
    }).map(text => text.textContent)
})"""


@pytest.fixture(scope="module")
def sample(sample):
    """The company with a forecast of its won deals, none of its sales lines."""
    sample.crm("forecast", "--series", "won")
    return sample


@pytest.fixture
def screen(sample, window):
    return window(sample, MANAGER)


def shown(screen, address):
    """Open the screen and wait until the forecast stands there whole."""
    screen.goto(address)
    stands(screen.get_by_text("Earlier forecasts"))
    settled(screen)


def test_a_click_computes_the_forecast_while_the_page_shows_how_far_it_is(sample, screen):
    screen.goto(sample.url + "/forecast?forecast_series=Sales+lines")

    screen.get_by_role("button", name="Compute the forecast").click()

    stands(screen.get_by_role("button", name="Cancel"))
    stands(screen.get_by_text("Expected, 6 months"))
    expect(screen.get_by_role("button", name="Cancel")).to_have_count(0)
    stands(screen.get_by_text("What this rests on"))
    stands(screen.locator(".js-plotly-plot").nth(3))
    expect(screen.get_by_test_id("stException")).to_have_count(0)


def test_the_address_holds_what_was_chosen(sample, screen):
    shown(screen, sample.url + "/forecast")
    screen.get_by_role("radio", name="12 months", exact=True).click()
    stands(screen.get_by_text("Expected, 12 months"))

    other = screen.context.new_page()
    shown(other, screen.url)

    assert "forecast_ahead=12" in screen.url
    stands(other.get_by_text("Expected, 12 months"))


def test_the_export_is_the_forecast(sample, screen):
    shown(screen, sample.url + "/forecast?forecast_ahead=3+months")
    with screen.expect_download() as download:
        screen.get_by_role("button", name="Export CSV").click()

    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert len(rows) == 3
    assert all(float(row["low80"]) <= float(row["expected"]) <= float(row["high80"]) for row in rows)


def test_nothing_sticks_out_on_a_phone(sample, screen):
    screen.set_viewport_size({"width": 390, "height": 844})
    shown(screen, sample.url + "/forecast")

    wide = screen.evaluate(
        """() => [...document.querySelectorAll('[data-testid=stMain] *')].filter(
            e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('[data-testid=stDataFrame]')
        ).map(e => e.tagName + " " + (e.dataset.testid || e.className) + " " + e.textContent.slice(0, 40))"""
    )
    assert wide == []
    assert screen.evaluate("document.documentElement.scrollWidth") <= 390


def test_no_label_of_a_chart_is_cut_off_on_a_phone(sample, window):
    phone = window(sample, MANAGER, width=390, height=844)
    for address, charts in CHARTS.items():
        phone.goto(sample.url + address)
        expect(phone.locator(".js-plotly-plot .main-svg:first-child")).to_have_count(charts)
        fits(phone)

        assert phone.evaluate(CUT_OFF) == [], address


def test_the_number_leads_to_its_deals(sample, screen):
    shown(screen, sample.url + "/forecast")

    screen.get_by_role("link", name="won deals").click()

    expect(screen).to_have_url(re.compile(r"/pipeline\?.*deals_status=Won"))
    stands(screen.get_by_role("grid"))
    expect(screen.get_by_test_id("stException")).to_have_count(0)
