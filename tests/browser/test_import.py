"""A real import by hand: upload, map a word, see what will happen, import, take it back."""

import pytest
from playwright.sync_api import expect

from tests.browser.hands import stands

ACCOUNTS = "account,sector,employees,office_location\nCasa Olivares,retail,120,Portugal\nAtelier Nové,design,8,Czechia\n"
DEALS = (
    "opportunity_id;account;deal_stage;engage_date;close_date;close_value\n"
    "A1;Casa Olivares;Won;20/10/2023;01/03/2024;1.054,50\n"
    "A2;casa-olivares;Lost;21/10/2023;02/03/2024;\n"
    "A3;Atelier Nove;Won;22/10/2023;soon;900,00\n"
)


@pytest.fixture(scope="module")
def house(app_server):
    """A server with an administrator."""
    return app_server(
        ["user", "add", "--email", "ada@example.com", "--name", "Ada", "--role", "administrator"]
    )


def test_two_files_come_in_as_one_and_go_again(house, window, tmp_path):
    (tmp_path / "accounts.csv").write_text(ACCOUNTS, encoding="utf-8")
    (tmp_path / "sales_pipeline.csv").write_text(DEALS, encoding="cp1250")
    page = window(house, "ada@example.com")

    # Both files are read and their columns found.
    page.goto(house.url + "/import_data")
    page.locator("input[type=file]").set_input_files(
        [tmp_path / "accounts.csv", tmp_path / "sales_pipeline.csv"]
    )
    page.get_by_role("button", name="Read the files").click()
    stands(page.get_by_role("heading", name="Import deals, organisations"))
    stands(page.get_by_text("4 of 4 are matched."))
    page.get_by_text("sales_pipeline.csv").click()
    stands(page.get_by_text("6 of 6 are matched."))
    stands(page.get_by_text("1 cell cannot be right"))

    # What will happen is told before anything is stored.
    page.get_by_role("button", name="Continue to problems").click()
    stands(page.get_by_text("Nothing is stored yet"))
    stands(page.get_by_text("Rows that would be left out"))

    # The import runs and says what it did; the bad row can be downloaded.
    page.get_by_role("button", name="Import now").click()
    stands(page.get_by_text("What happened"))
    stands(page.get_by_role("button", name="Download all failed rows"))

    # It is undone as one.
    page.get_by_role("button", name="Undo this import").click()
    page.get_by_role("button", name="Undo it").click()
    stands(page.get_by_text("This import was undone."))
    expect(page.get_by_test_id("stException")).to_have_count(0)
