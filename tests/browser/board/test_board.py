"""The board in a real browser: drags, keys, menu, slow server, refusals; the server's log is the truth."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.board.board_driver import Board, free_port, moved, served
from tests.browser.hands import stands
from tests.nursery import Nursery

Open = Callable[..., Board]


@pytest.fixture(scope="module")
def truth_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("board")


@pytest.fixture(scope="module")
def board_url(truth_folder: Path, nursery: Nursery) -> Iterator[str]:
    with served(truth_folder, free_port(), nursery) as url:
        yield url


@pytest.fixture
def open_board(browser: Browser, board_url: str, truth_folder: Path) -> Iterator[Open]:
    contexts = []

    def opened(query: str = "", **options: Any) -> Board:
        contexts.append(browser.new_context(**{"viewport": {"width": 1600, "height": 900}, **options}))
        return Board(contexts[-1].new_page(), board_url, truth_folder / f"{uuid4().hex}.json", query)

    yield opened
    for context in contexts:
        context.close()


def test_a_card_dragged_by_mouse_is_saved_and_its_click_opens_nothing(open_board: Open) -> None:
    board = open_board()

    board.lift(1, "propose")
    board.page.mouse.up()

    stands(board.card(1, "propose"))
    board.confirmed()
    assert board.until(len) == [moved(1, "propose")]


def test_a_drop_between_two_cards_stands_there_until_the_server_answers(open_board: Open) -> None:
    board = open_board("&slow=1")

    board.lift(1, "propose")
    above = board.card(7).bounding_box()
    assert above
    board.page.mouse.move(above["x"] + 40, above["y"] + above["height"] - 10, steps=4)
    board.page.mouse.up()

    expect(board.column("propose").locator(".card .title")).to_have_text(
        ["Brightwell Trust", "Port Authority Mess", "Grand Alder Hotel"]
    )


def test_escape_puts_the_card_back_and_sends_nothing(open_board: Open) -> None:
    board = open_board()

    board.lift(1, "propose")
    expect(board.column("propose").locator(".slot")).to_have_count(1)
    board.page.keyboard.press("Escape")
    board.page.mouse.up()

    stands(board.card(1, "qualify"))
    expect(board.page.locator(".slot, .ghost")).to_have_count(0)
    board.page.wait_for_timeout(500)
    assert board.log() == []


def test_a_finger_held_still_lifts_a_card(open_board: Open) -> None:
    board = open_board(has_touch=True)
    finger = board.finger()

    finger.swipe(board.middle(board.card(1)), board.middle(board.column("discover")), hold=0.4)

    stands(board.card(1, "discover"))
    assert board.until(len) == [moved(1, "discover")]


def test_a_finger_that_moves_at_once_scrolls_the_phone_and_moves_no_card(open_board: Open) -> None:
    board = open_board(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    x, y = board.middle(board.card(2))

    board.finger().swipe((x + 80, y), (x - 120, y))
    board.page.wait_for_timeout(400)

    assert board.page.locator(".strip").evaluate("strip => strip.scrollLeft") > 100
    assert board.column("qualify").evaluate("column => column.offsetWidth") >= 236
    assert board.log() == []


def test_keys_walk_move_and_open(open_board: Open) -> None:
    board = open_board()
    keyboard = board.page.keyboard

    board.card(1).locator(".title").focus()
    keyboard.press("ArrowDown")
    keyboard.press("Shift+ArrowRight")
    board.confirmed()
    keyboard.press("Control+ArrowRight")
    board.confirmed()
    focused = board.page.evaluate(
        "() => { let at = document.activeElement; while (at.shadowRoot) at = at.shadowRoot.activeElement;"
        " return at.textContent }"
    )
    keyboard.press("Enter")

    log = board.until(lambda log: len(log) == 3)
    assert log == [moved(2, "discover"), moved(2, "propose", 2), {"what": "open", "card": 2}]
    assert focused == "Nordlicht Klinik"
    expect(board.page.locator("[aria-live=polite]")).to_have_text("Nordlicht Klinik moved to Propose.")


def test_each_opening_counts_once(open_board: Open) -> None:
    board = open_board()

    for wanted in (1, 2):
        board.card(3).locator(".title").click()
        board.until(lambda log, wanted=wanted: len(log) == wanted)
    board.page.get_by_role("button", name="Elsewhere").click()
    board.page.wait_for_timeout(500)

    assert board.log() == [{"what": "open", "card": 3}] * 2


@pytest.mark.parametrize("width", [1600, 390])
def test_the_menu_moves_a_card_by_keys_alone(open_board: Open, width: int) -> None:
    board = open_board(viewport={"width": width, "height": 844})

    board.card(1).get_by_role("button", name="Move or open").press("Enter")
    items = board.page.get_by_role("menuitem")
    expect(items).to_have_text(["Open", "Discover", "Propose", "Negotiate", "Won", "Lost"])
    expect(items.nth(0)).to_be_focused()
    for _ in range(4):
        board.page.keyboard.press("ArrowDown")
    board.page.keyboard.press("Enter")

    expect(board.card(1, "won")).to_have_count(1)
    expect(board.page.locator(".menu")).to_be_hidden()
    assert board.until(len) == [moved(1, "won")]


def test_eight_quick_moves_on_a_slow_server_are_all_saved_in_order(open_board: Open) -> None:
    board = open_board("&slow=0.3")
    wanted = [1, 2, 3, 4, 5, 6, 7, 8]

    for number in wanted:
        board.card(number).locator(".title").focus()
        board.page.keyboard.press("Shift+ArrowRight")
        board.page.wait_for_timeout(40)

    log = board.until(lambda log: len(log) == 8)
    assert [event["card"] for event in log] == wanted
    assert {event["what"] for event in log} == {"move"}
    board.confirmed()
    board.page.reload()
    expect(board.column("discover").locator(".card")).to_have_count(3)
    expect(board.column("negotiate").locator(".card")).to_have_count(5)


def test_a_card_walked_over_three_columns_in_a_blink_keeps_its_versions(open_board: Open) -> None:
    board = open_board("&slow=0.3")

    board.card(1).locator(".title").focus()
    for _ in range(3):
        board.page.keyboard.press("Shift+ArrowRight")

    stands(board.card(1, "negotiate"))
    log = board.until(lambda log: len(log) == 3)
    assert log == [moved(1, "discover"), moved(1, "propose", 2), moved(1, "negotiate", 3)]
    board.confirmed()
    stands(board.card(1, "negotiate"))


def test_moves_survive_a_click_elsewhere_while_the_server_is_busy(open_board: Open) -> None:
    board = open_board("&slow=0.3")

    for number in (1, 2, 3):
        board.card(number).locator(".title").focus()
        board.page.keyboard.press("Shift+ArrowRight")
        board.page.get_by_role("button", name="Elsewhere").click()

    log = board.until(lambda log: len(log) == 3)
    board.confirmed()
    assert log == [moved(number, "discover") for number in (1, 2, 3)]


def test_moves_survive_the_board_leaving_the_page_before_they_are_confirmed(open_board: Open) -> None:
    board = open_board("&slow=0.5")
    table = board.page.get_by_test_id("stCheckbox").locator("label")

    board.card(1).locator(".title").focus()
    board.page.keyboard.press("Shift+ArrowRight")
    board.page.keyboard.press("Shift+ArrowRight")
    table.click()
    expect(board.page.locator(".card")).to_have_count(0)
    table.click()

    assert board.until(lambda log: len(log) == 2) == [moved(1, "discover"), moved(1, "propose", 2)]
    stands(board.card(1, "propose"))
    board.confirmed()


def test_a_place_within_a_column_is_sent_only_where_it_means_something(open_board: Open) -> None:
    plain, ordered = open_board(), open_board("&reorder=1")

    for board in (plain, ordered):
        board.card(1).locator(".title").focus()
        board.page.keyboard.press("Shift+ArrowDown")
    ordered.until(len)
    ordered.confirmed()
    ordered.page.keyboard.press("Shift+ArrowDown")

    assert ordered.until(lambda log: len(log) == 2) == [
        {"what": "order", "card": 1, "before": 3},
        {"what": "order", "card": 1, "before": 3},
    ]
    assert plain.log() == []


def test_nothing_is_drawn_under_the_hand(open_board: Open) -> None:
    board = open_board("&slow=0.5")

    board.card(2).locator(".title").focus()
    board.page.keyboard.press("Shift+ArrowRight")
    board.lift(1, "propose")
    board.until(len)
    board.page.wait_for_timeout(500)
    held = board.page.locator(".ghost").count(), board.page.locator(".slot").count()
    board.page.mouse.up()

    assert held == (1, 1)
    assert board.until(lambda log: len(log) == 2) == [moved(2, "discover"), moved(1, "propose")]
    board.confirmed()
    expect(board.column("qualify").locator(".card")).to_have_count(1)


def test_a_refused_move_comes_back_with_its_reason(open_board: Open) -> None:
    board = open_board()

    board.lift(1, "lost")
    board.page.mouse.up()

    note = board.card(1, "qualify").locator(".note")
    expect(note).to_have_text("Say why it was lost first.")
    expect(board.page.locator("[aria-live=polite]")).to_have_text(
        "Port Authority Mess was not moved. Say why it was lost first."
    )
    note.get_by_role("button").click()
    expect(note).to_be_hidden()
    assert board.log() == []


def test_sums_follow_at_once_and_agree_with_the_server_afterwards(open_board: Open) -> None:
    board = open_board("&slow=0.7")
    sums = board.column("discover").locator(".sums")
    expect(sums).to_have_text("€179k · €45k weighted")

    board.card(1).locator(".title").focus()
    board.page.keyboard.press("Shift+ArrowRight")
    at_once = sums.text_content()
    board.confirmed()

    assert at_once == sums.text_content() == "€275k · €69k weighted"
    expect(board.column("discover").locator(".count")).to_have_text("4")


def test_a_move_made_while_the_server_was_away_is_saved_when_it_is_back(
    browser: Browser, truth_folder: Path, nursery: Nursery
) -> None:
    port, truth = free_port(), truth_folder / f"{uuid4().hex}.json"
    context = browser.new_context(viewport={"width": 1600, "height": 900})
    try:
        with served(truth_folder, port, nursery) as url:
            board = Board(context.new_page(), url, truth, "")
            board.card(1).locator(".title").focus()
            board.page.keyboard.press("Shift+ArrowRight")
            board.confirmed()
        board.card(2).locator(".title").focus()
        board.page.keyboard.press("Shift+ArrowRight")
        truth.unlink()
        with served(truth_folder, port, nursery):
            log = board.until(len)
            board.confirmed()
    finally:
        context.close()

    assert log == [moved(2, "discover")]


def test_text_from_a_customer_stays_text(open_board: Open) -> None:
    board = open_board()

    board.page.wait_for_timeout(300)

    expect(board.card(10).locator(".title")).to_contain_text("<img src=x onerror=")
    expect(board.page.locator(".board img, .board b")).to_have_count(0)
    assert board.page.title() != "owned"


def test_a_card_that_may_not_move_stays_and_still_opens(open_board: Open) -> None:
    board = open_board()

    board.lift(11, "qualify")
    board.page.mouse.up()
    board.card(11).locator(".title").focus()
    board.page.keyboard.press("Shift+ArrowLeft")
    board.card(11).get_by_role("button", name="Move or open").click()
    expect(board.page.get_by_role("menuitem")).to_have_text(["Open"])
    board.page.get_by_role("menuitem").click()

    assert board.until(len) == [{"what": "open", "card": 11}]
    stands(board.card(11, "negotiate"))


def test_a_crowded_column_shows_fifty_and_offers_the_rest(open_board: Open) -> None:
    board = open_board("&crowded=1")

    expect(board.column("propose").locator(".card")).to_have_count(50)
    expect(board.column("propose").locator(".count")).to_have_text("55")
    board.column("propose").get_by_role("button", name="Show 5 more").click()

    assert board.until(len) == [{"what": "more", "column": "propose"}]


def test_an_empty_column_says_what_to_do(open_board: Open) -> None:
    board = open_board()

    expect(board.column("won").locator(".empty")).to_have_text("Drop a card here")
    expect(board.column("qualify").locator(".empty")).to_be_hidden()
