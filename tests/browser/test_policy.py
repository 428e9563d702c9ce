"""The screens work under their policy: nothing they need is kept out, nothing from elsewhere gets in, files stay private."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.hands import stands

BOSS, OTHER = "helene.brandt@brewandberg.example", "hanneke.visser@brewandberg.example"


@pytest.fixture(scope="module")
def house(sample):
    return sample


def test_screens_with_charts_boards_and_tables_break_no_policy(house, window):
    tab, told = window(house, BOSS), []
    tab.on("console", lambda line: told.append(line.text) if "Content Security Policy" in line.text else None)
    for screen, sign in (
        ("sales", ".js-plotly-plot"),
        ("pipeline", ".card"),
        ("contacts", "[role=grid] .title"),
    ):
        answer = tab.goto(f"{house.url}/{screen}")
        assert "object-src 'none'" in answer.headers["content-security-policy"]
        stands(tab.locator(sign).first)

    fetched = tab.evaluate(
        "() => new Promise(done => { const i = new Image(); i.onload = () => done('loaded'); "
        "i.onerror = () => done('kept out'); i.src = 'http://127.0.0.1:1/x.png'; })"
    )

    assert fetched == "kept out"
    assert [line for line in told if "127.0.0.1:1/" not in line] == []
    assert any("127.0.0.1:1/" in line for line in told), "the policy itself kept the picture out"


def test_an_export_opens_for_nobody_else(house, window):
    tab = window(house, BOSS)
    tab.goto(f"{house.url}/contacts")
    with tab.expect_download() as downloading:
        button = tab.get_by_role("button", name=re.compile("CSV|Export|Download")).first
        stands(button)
        button.click()
    address = downloading.value.url

    assert window(house, BOSS).request.get(address).status == 404, "another sign-in of the same person"
    assert window(house, OTHER).request.get(address).status == 404
    mine = tab.request.get(address)
    assert (mine.status, mine.headers["cache-control"]) == (200, "no-store")
    assert mine.headers["x-content-type-options"] == "nosniff"
    expect(tab.get_by_role("heading").first).to_be_visible()
