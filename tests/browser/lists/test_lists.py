"""A list by mouse, keyboard and finger: rows are links, the head sorts all of it, keys walk, ticks hold over pages."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.hands import settled, stands

MANAGER = "helene.brandt@brewandberg.example"
STUCK_OUT = """() => {
    const root = [...document.querySelectorAll('*')].map(e => e.shadowRoot).find(r => r?.querySelector('.grid'))
    return [...root.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className)
}"""


@pytest.fixture
def contacts(sample, window):
    """The list of contacts as it stands at first."""
    page = window(sample, MANAGER)
    page.goto(sample.url + "/contacts")
    stands(rows(page).first)
    settled(page)
    return page


def rows(page):
    return page.get_by_role("grid").get_by_role("row").filter(has=page.get_by_role("rowheader"))


def titles(page):
    return rows(page).locator(".title").all_inner_texts()


def focused(page):
    return page.evaluate(
        "() => { let e = document.activeElement; while (e?.shadowRoot) e = e.shadowRoot.activeElement;"
        " return e?.querySelector?.('.title')?.textContent ?? e?.textContent }"
    )


def test_a_head_sorts_the_whole_list(contacts):
    first = titles(contacts)[0]

    contacts.get_by_role("columnheader", name="Name").get_by_role("button").click()
    expect(rows(contacts).locator(".title").first).not_to_have_text(first)

    assert titles(contacts) == sorted(titles(contacts), key=str.casefold, reverse=True)
    expect(contacts.get_by_role("columnheader", name="Name")).to_have_attribute("aria-sort", "descending")
    assert "contacts_down=true" in contacts.url
    expect(contacts).to_have_url(re.compile("/contacts"))


def test_a_row_is_a_link_that_a_click_follows_and_control_opens_beside(contacts, sample):
    link = rows(contacts).nth(2).locator("a.title")
    name = link.inner_text()
    assert re.fullmatch(r"/contact\?id=\d+", link.get_attribute("href"))

    with contacts.context.expect_page() as opened:
        link.click(modifiers=["ControlOrMeta"])
    stands(opened.value.get_by_role("heading", name=name))
    assert contacts.url.startswith(sample.url + "/contacts")

    rows(contacts).nth(2).locator(".cell").nth(1).click()
    stands(contacts.get_by_role("heading", name=name))
    expect(contacts).to_have_url(re.compile(r"/contact\?id=\d+$"))


def test_keys_walk_tick_and_open(contacts):
    names = titles(contacts)
    rows(contacts).first.focus()

    contacts.keyboard.press("ArrowDown")
    contacts.keyboard.press("ArrowDown")
    assert focused(contacts) == names[2]
    contacts.keyboard.press("Space")
    contacts.keyboard.press("Shift+ArrowDown")
    stands(contacts.get_by_text("2 selected", exact=True).filter(visible=True).last)
    assert focused(contacts) == names[3]
    contacts.keyboard.press("Home")
    assert focused(contacts) == names[0]
    contacts.keyboard.press("Enter")

    stands(contacts.get_by_role("heading", name=names[0]))


def test_a_record_opens_though_a_tick_is_told_in_the_same_moment(contacts):
    for after in (0, 40, 80):
        name, last = titles(contacts)[3], rows(contacts).nth(4)
        last.evaluate(
            "(row, after) => setTimeout(() => row.querySelector('.tick input').click(), after)", after
        )
        rows(contacts).nth(3).locator("a.title").click()
        stands(contacts.get_by_role("heading", name=name))
        expect(contacts).to_have_url(re.compile(r"/contact\?id=\d+$"))
        contacts.go_back()
        stands(rows(contacts).first)
        settled(contacts)


def test_ticks_hold_over_pages_and_a_record_and_back(contacts):
    rows(contacts).nth(1).get_by_role("checkbox").click()
    stands(contacts.get_by_text("1 selected").last)
    contacts.get_by_role("button", name="Next", exact=True).click()
    expect(contacts.get_by_text("15 to 28 of")).to_be_visible()
    rows(contacts).nth(0).get_by_role("checkbox").click()
    stands(contacts.get_by_text("2 selected").last)

    contacts.get_by_role("button", name="Previous", exact=True).click()
    expect(contacts.get_by_text("1 to 14 of")).to_be_visible()
    expect(rows(contacts).nth(1).get_by_role("checkbox")).to_be_checked()
    rows(contacts).nth(5).locator("a.title").click()
    expect(contacts).to_have_url(re.compile(r"/contact\?id=\d+"))
    contacts.go_back()

    expect(rows(contacts).nth(1).get_by_role("checkbox")).to_be_checked()
    contacts.get_by_role("button", name="Select none").click()
    expect(rows(contacts).nth(1).get_by_role("checkbox")).not_to_be_checked()


def test_ticked_rows_are_archived_and_come_back(contacts):
    names = titles(contacts)
    rows(contacts).nth(0).get_by_role("checkbox").click()
    rows(contacts).nth(2).get_by_role("checkbox").click(modifiers=["Shift"])
    stands(contacts.get_by_text("3 selected").last)

    contacts.get_by_role("button", name="Archive", exact=True).click()
    expect(rows(contacts).locator(".title").first).to_have_text(names[3])
    contacts.get_by_role("button", name="Undo", exact=True).click()

    expect(rows(contacts).locator(".title").first).to_have_text(names[0])


def test_a_width_is_kept(contacts):
    head = contacts.get_by_role("columnheader", name="E-mail")
    before = head.bounding_box()["width"]
    box = head.locator(".grip").bounding_box()
    contacts.mouse.move(box["x"] + 4, box["y"] + 8)
    contacts.mouse.down()
    contacts.mouse.move(box["x"] + 64, box["y"] + 8, steps=4)
    contacts.mouse.up()
    assert head.bounding_box()["width"] == pytest.approx(before + 60, abs=3)

    contacts.reload()

    stands(rows(contacts).first)
    assert contacts.get_by_role("columnheader", name="E-mail").bounding_box()["width"] == pytest.approx(
        before + 60, abs=3
    )


def test_a_phone_shows_cards_with_what_matters(contacts):
    contacts.set_viewport_size({"width": 390, "height": 844})
    settled(contacts)

    stands(rows(contacts).first.get_by_role("link", name="Call"))
    assert rows(contacts).first.get_by_role("link", name="Call").get_attribute("href").startswith("tel:+")
    assert rows(contacts).first.get_by_role("link", name="Call").bounding_box()["height"] >= 36
    assert contacts.evaluate(STUCK_OUT) == []
    assert contacts.evaluate("document.documentElement.scrollWidth") <= 390


def test_nothing_is_drawn_anew_by_a_rerun_without_a_change(contacts):
    contacts.evaluate(
        """() => {
            window.changes = 0
            const root = [...document.querySelectorAll('*')].map(e => e.shadowRoot).find(r => r?.querySelector('.grid'))
            new MutationObserver(m => { window.changes += m.length }).observe(
                root.querySelector('.body'), { subtree: true, childList: true, attributes: true, characterData: true })
        }"""
    )

    contacts.get_by_role("button", name="View", exact=True).click()
    settled(contacts)

    assert contacts.evaluate("window.changes") == 0


def test_back_brings_the_list_as_it_was(contacts):
    contacts.get_by_role("button", name="Customer", exact=True).click()
    expect(contacts).to_have_url(re.compile("contacts_lifecycle=Customer"))
    settled(contacts)
    contacts.get_by_role("button", name="Next", exact=True).click()
    expect(contacts.get_by_text("15 to 28 of")).to_be_visible()
    settled(contacts)
    contacts.wait_for_timeout(1100)  # so long a query waits whether a page follows
    there, names = contacts.url, titles(contacts)
    rows(contacts).nth(3).locator("a.title").click()
    stands(contacts.get_by_role("heading", name=names[3]))

    contacts.go_back()

    expect(contacts.get_by_text("15 to 28 of")).to_be_visible()
    expect(rows(contacts).locator(".title")).to_have_text(names)
    assert contacts.url == there
    expect(contacts.get_by_role("button", name="Customer", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    contacts.go_forward()
    stands(contacts.get_by_role("heading", name=names[3]))


def test_the_menu_leaves_one_entry_and_no_query_behind(contacts, sample):
    rows(contacts).nth(3).locator("a.title").click()
    expect(contacts).to_have_url(re.compile(r"/contact\?id=\d+$"))
    settled(contacts)
    contacts.get_by_role("link", name="Products").first.click()
    expect(contacts).to_have_url(sample.url + "/products")
    settled(contacts)

    contacts.go_back()

    expect(contacts).to_have_url(re.compile(r"/contact\?id=\d+$"))
    contacts.go_back()
    expect(contacts).to_have_url(sample.url + "/contacts")


def test_many_get_another_owner_and_it_is_undone(contacts):
    owners = [rows(contacts).nth(n).locator(".cell").last for n in (0, 1)]
    before = [owner.inner_text() for owner in owners]
    for n in (0, 1):
        rows(contacts).nth(n).get_by_role("checkbox").click()
    stands(contacts.get_by_text("2 selected").last)

    contacts.get_by_role("button", name="Change", exact=True).click()
    choice = contacts.get_by_role("combobox", name="Owner")
    choice.click()
    choice.press_sequentially("Helene", delay=30)
    contacts.get_by_role("option", name="Helene Brandt").click()
    contacts.get_by_role("button", name="Set it in 2 records").click()
    for owner in owners:
        expect(owner).to_have_text("Helene Brandt")
    stands(contacts.get_by_text("2 records changed."))

    contacts.get_by_role("button", name="Undo", exact=True).click()
    for owner, name in zip(owners, before, strict=True):
        expect(owner).to_have_text(name)


def test_a_yes_on_a_card_says_to_what(sample, window):
    page = window(sample, MANAGER)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(sample.url + "/products")
    stands(rows(page).first)

    check = rows(page).first.locator(".cell.check")
    said = check.evaluate("e => getComputedStyle(e, '::before').content + e.dataset.label")
    assert re.fullmatch(r'(attr\(data-label\)|"Active") ": "Active|"Active: "Active', said), said
