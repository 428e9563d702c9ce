"""The forecast in a browser: computed by a click, shared by its address, readable on a phone."""

import csv
import io
import re

import pytest
from playwright.sync_api import expect

MANAGER = "helene.brandt@brewandberg.example"
#: Six charts, each step of them traced, take their time on a busy machine.
PATIENCE = 60_000


@pytest.fixture(scope="module")
def sample(app_server):
    """A server with the small sample company and a forecast of its won deals, none of its sales lines."""
    return app_server(["sample", "--scale", "small", "--seed", "1"], ["forecast", "--series", "won"])


@pytest.fixture
def screen(sample, page):
    token = sample.crm("session", "issue", "--email", MANAGER).split()[-1]
    page.context.add_cookies([{"name": "rapport_session", "value": token, "url": sample.url}])
    page.context.set_default_timeout(PATIENCE)
    return page


def shown(screen, address):
    """Open the screen and wait until the forecast stands there whole."""
    screen.goto(address)
    expect(screen.get_by_text("Earlier forecasts")).to_be_visible(timeout=PATIENCE)


def test_a_click_computes_the_forecast_while_the_page_shows_how_far_it_is(sample, screen):
    screen.goto(sample.url + "/forecast?forecast_series=Sales+lines")

    screen.get_by_role("button", name="Compute the forecast").click()

    expect(screen.get_by_role("button", name="Cancel")).to_be_visible(timeout=PATIENCE)
    expect(screen.get_by_text("Expected, 6 months")).to_be_visible(timeout=PATIENCE)
    expect(screen.get_by_role("button", name="Cancel")).to_have_count(0, timeout=PATIENCE)
    expect(screen.get_by_text("What this rests on")).to_be_visible(timeout=PATIENCE)
    expect(screen.locator(".js-plotly-plot").nth(3)).to_be_visible(timeout=PATIENCE)
    expect(screen.get_by_test_id("stException")).to_have_count(0)


def test_the_address_holds_what_was_chosen(sample, screen):
    shown(screen, sample.url + "/forecast")
    screen.get_by_role("radio", name="12 months", exact=True).click()
    expect(screen.get_by_text("Expected, 12 months")).to_be_visible(timeout=PATIENCE)

    other = screen.context.new_page()
    shown(other, screen.url)

    assert "forecast_ahead=12" in screen.url
    expect(other.get_by_text("Expected, 12 months")).to_be_visible(timeout=PATIENCE)


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
        ).length"""
    )
    assert wide == 0
    assert screen.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_number_leads_to_its_deals(sample, screen):
    shown(screen, sample.url + "/forecast")

    screen.get_by_role("link", name="won deals").click()

    expect(screen).to_have_url(re.compile(r"/pipeline\?.*deals_status=Won"), timeout=PATIENCE)
    expect(screen.get_by_test_id("stDataFrame")).to_be_visible(timeout=PATIENCE)
    expect(screen.get_by_test_id("stException")).to_have_count(0)
