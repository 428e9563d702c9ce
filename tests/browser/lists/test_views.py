"""A view of a list, by keyboard: kept, in the menu, brought back by its address, begun with, taken away."""

import re

from playwright.sync_api import expect

from tests.browser.hands import settled, stands
from tests.browser.lists.test_lists import MANAGER, contacts, rows, titles  # noqa: F401 - a fixture


def test_a_view_is_kept_pinned_brought_back_and_taken_away(contacts, sample, window):  # noqa: F811
    page = contacts
    page.get_by_placeholder("Search contacts").fill("an")
    settled(page)
    page.get_by_role("columnheader", name="Name").get_by_role("button").click()
    expect(page).to_have_url(re.compile("contacts_down=true"))
    settled(page)
    wanted = titles(page)

    page.get_by_role("button", name="Views").click()
    page.get_by_label("Keep this as a view").fill("Who is an?")
    page.keyboard.press("Enter")
    stands(page.get_by_role("button", name="Who is an?"))
    page.get_by_role("button", name="Show in the menu").click()
    link = page.get_by_test_id("stSidebar").get_by_role("link", name="Who is an?")
    stands(link)
    there = link.get_attribute("href")
    assert re.search(r"contacts\?contacts_q=an&contacts_down=true&view=\d+$", there)

    page.goto(sample.url + "/tasks")
    link.click()
    stands(rows(page).first)
    expect(page).to_have_url(re.compile("contacts_q=an"))
    expect(page).to_have_url(re.compile("contacts_down=true"))
    settled(page)
    assert titles(page) == wanted
    alone = page.url

    other = window(sample, MANAGER)
    other.goto(re.sub(r"&view=\d+", "", alone))
    stands(rows(other).first)
    settled(other)
    assert "contacts_down=true" in other.url

    page.get_by_role("button", name="Who is an?").click()
    page.get_by_role("button", name="Begin with it").click()
    settled(page)
    page.goto(sample.url + "/contacts")
    stands(rows(page).first)
    settled(page)
    assert titles(page) == wanted
    page.get_by_role("button", name="Who is an?").click()
    page.get_by_role("link", name="All contacts").click()
    stands(page.get_by_role("button", name="Views"))
    settled(page)
    assert titles(page) != wanted

    link.click()
    expect(page).to_have_url(re.compile("contacts_q=an"))
    page.get_by_role("button", name="Who is an?").click()
    page.get_by_role("button", name="Delete this view").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete", exact=True).click()
    expect(link).to_have_count(0)
