"""Numbers are read as people write them, whatever marks they know from home."""

import json
from pathlib import Path

from playwright.sync_api import expect

from crm.ui.frame import watch
from tests.browser.hands import told

MANAGER = "helene.brandt@brewandberg.example"
#: What is typed, what stands between the reader's thousands, whether it is money; what is read, nothing for no number.
READ = [
    ("12.345,67", ",", True, "12345.67"), ("12345,67", ",", True, "12345.67"), ("12,345.67", ".", True, "12345.67"),
    ("1 234,5", ",", False, "1234.5"), ("1\u202f234", "\u202f", False, "1234"), ("1'234.50", ",", True, "1234.50"),
    ("12.345", ",", True, "12345"), ("12.345", ",", False, "12.345"), ("12.345", ".", False, "12345"),
    ("12,345", ".", False, "12.345"), ("0,134", ",", True, "0.134"), ("1.234.567", ",", False, "1234567"),
    ("1,23,456.78", ",", True, "123456.78"), ("€ 12,50", ",", True, "12.50"), ("EUR 3.000", ",", True, "3000"),
    ("12,-", ",", True, "12"), ("\N{MINUS SIGN}5,5", ",", True, "-5.5"), (".5", ",", False, ".5"), ("1e3", ",", False, "1e3"),
    ("abc", ",", False, ""), ("12,3,4.5", ",", False, ""), ("1.2.3", ",", False, ""), ("", ",", False, ""),
]  # fmt: skip


def test_marks_of_every_home_are_read(window):
    page = window()
    source = (Path(watch.__file__).parent / "numbers.js").read_text("utf-8")

    given = [[typed, mark, money] for typed, mark, money, _read in READ]
    found = page.evaluate(
        f"() => {{ {source}; return {json.dumps(given)}.map((row) => readNumber(...row)) }}"
    )

    assert found == [read for *_given, read in READ]
    asked = ["Amount (EUR)", "Target a month, EUR", "Unit price (KWD) *", "Quantity"]
    label = (
        "(text) => { const input = document.createElement('input'); input.setAttribute('aria-label', text)"
    )
    assert [page.evaluate(f"{label}; {source}; return isMoney(input) }}", text) for text in asked] == [
        True, True, False, False,
    ]  # fmt: skip


def test_a_target_with_marks_is_stored_as_it_was_written(sample, window):
    page = window(sample, MANAGER)
    page.goto(sample.url + "/sales")
    page.get_by_role("button", name="Targets").click()
    amount = page.get_by_role("spinbutton", name="Target a month, EUR")

    amount.click()
    page.keyboard.type("12.500,75")
    page.keyboard.press("Tab")

    expect(amount).to_have_value("12500.75")
    amount.click()
    amount.press("Control+a")
    page.keyboard.type("13.500")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    told(page, "Target of The firm stored.")
    page.get_by_role("button", name="Targets").click()
    expect(amount).to_have_value("13500.00")
