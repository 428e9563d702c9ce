"""Getting about by keys, by Find and on a phone."""

import re

from playwright.sync_api import expect

from tests.browser.hands import settled, stands, until

MANAGER = "helene.brandt@brewandberg.example"


def find(page, text):
    page.keyboard.press("Control+k")
    line = (
        page.get_by_role("dialog")
        .get_by_role("searchbox")
        .or_(page.get_by_role("dialog").get_by_role("textbox"))
    )
    expect(line).to_be_focused()
    expect(line).to_have_value("")
    settled(page)
    line.press_sequentially(text, delay=20)
    return page.get_by_role("dialog")


def test_keys_lead_to_screens_records_and_forms(sample, window):
    page = window(sample, MANAGER)
    page.goto(sample.url + "/contacts")
    settled(page)
    until(lambda: page.evaluate("() => window.rapportKeepsBack"))

    page.keyboard.press("g")
    page.keyboard.press("o")
    expect(page).to_have_url(re.compile("/organisations$"))
    stands(page.get_by_role("heading", name="Organisations"))
    settled(page)
    page.keyboard.press("?")
    stands(page.get_by_role("dialog").get_by_text("Tick a row"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    dialog = find(page, "winklre")
    stands(dialog.get_by_text("Spelled nearly so"))
    name = dialog.get_by_role("link").first.inner_text()
    assert "Winkler" in name
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/contact\?id=\d+$"))
    settled(page)

    page.keyboard.press("Control+k")
    stands(page.get_by_role("dialog").get_by_role("link").filter(has_text="Winkler"))
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    find(page, "new contact")
    page.keyboard.press("Enter")
    stands(page.get_by_role("dialog").get_by_role("textbox", name="First name"))


def test_the_menu_of_a_phone_folds_behind_a_choice(sample, window):
    phone = window(sample, MANAGER, width=390, height=844, has_touch=True)
    phone.goto(sample.url + "/contacts")
    until(lambda: phone.evaluate("() => window.rapportKeepsBack"))
    phone.get_by_test_id("stExpandSidebarButton").tap()
    stands(phone.get_by_role("button", name="Find"))

    phone.get_by_role("link", name="Organisations").tap()

    expect(phone).to_have_url(re.compile("/organisations$"))
    expect(phone.get_by_test_id("stExpandSidebarButton")).to_be_visible()
    stands(phone.get_by_role("heading", name="Organisations"))
