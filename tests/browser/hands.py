"""What hands and eyes do in a browser test; all of them wait for what they need, none for a while.

While a run of a page replaces what stands there, the old and the new are on the screen together for a moment. Playwright
gives up at once where one place is asked for and two are found, so a test looks with ``stands``, which waits that out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from playwright._impl.frame import Frame
from playwright.sync_api import Locator, Page, expect

#: Milliseconds until a look or a click gives up; only a failure takes so long, also where the machine is busy.
PATIENCE = 60_000
#: Milliseconds from a click until the page knows of the run that it causes.
STARTS = 150
#: So many looks in a row, a twentieth of a second apart, must find a thing at the same place.
STILL = 5

#: Every page keeps the passing notes it showed, for ``told``.
KEEP_NOTES = """
window.passingNotes = []
new MutationObserver(() => {
    for (const { textContent } of document.querySelectorAll('[data-testid=stToast]'))
        if (!window.passingNotes.includes(textContent)) window.passingNotes.push(textContent)
}).observe(document, { childList: true, characterData: true, subtree: true })
"""

#: Milliseconds of one round of looks: in a longer one Playwright soon looks twice a second only, not ten times.
ROUND = 2_400

T = TypeVar("T")


@contextmanager
def looking_often() -> Iterator[None]:
    """``expect`` looks ten times a second, in rounds, until it sees what it wants or its time is over."""
    plain = Frame._expect

    async def in_rounds(self: Frame, selector: Any, expression: Any, options: Any, title: Any) -> Any:
        left = options["timeout"]
        end = time.monotonic() + left / 1000
        while True:
            found = await plain(
                self, selector, expression, {**options, "timeout": max(1, min(ROUND, left))}, title
            )
            left = (end - time.monotonic()) * 1000
            if not found.get("timedOut") or left <= 0:
                return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Frame, "_expect", in_rounds)
        yield


def stands(place: Locator) -> None:
    """This stands on the screen, and stands there once."""
    expect(place.filter(visible=True)).to_have_count(1)


def told(page: Page, words: str) -> None:
    """A passing note held these words, written as a regular expression: it may be gone before anybody looks."""
    page.wait_for_function(
        "words => window.passingNotes.some(note => new RegExp(words).test(note))", arg=words, polling=100
    )


def settled(page: Page) -> None:
    """The last run of the page has ended, so that nothing it drew will be replaced."""
    page.wait_for_timeout(STARTS)
    expect(page.locator('[data-test-script-state="notRunning"]')).to_have_count(1)


def until(look: Callable[[], T], *, seconds: float = PATIENCE / 1000) -> T:
    """Ask again until there is an answer; what nobody sees on a screen is waited for like this."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, f"Nothing came within {seconds} s: {look}"
        time.sleep(0.05)
    return found


def box_of(place: Locator) -> Any:
    """Where this stands once it no longer moves."""
    seen: list[Any] = []

    def still() -> bool:
        seen.append(place.bounding_box())
        return len(seen) >= STILL and seen[-1] is not None and seen[-STILL:].count(seen[-1]) == STILL

    until(still)
    return seen[-1]


def click_on(place: Locator, *, x: float | None = None, y: float | None = None) -> Callable[[], None]:
    """Click something drawn, in its middle or so far from its corner; gives a second click on the same spot."""
    settled(place.page)
    box = box_of(place)
    spot = (
        box["x"] + (box["width"] / 2 if x is None else x),
        box["y"] + (box["height"] / 2 if y is None else y),
    )
    place.page.mouse.click(*spot)
    return lambda: place.page.mouse.click(*spot)


def field(scope: Page | Locator, label: str) -> Locator:
    """The field of this label, and not the sign beside it that explains it and is called after it."""
    page = scope if isinstance(scope, Page) else scope.page
    return scope.get_by_label(label, exact=False).and_(page.locator("input, textarea")).first


def fill(scope: Page | Locator, label: str, text: str) -> None:
    """Type into a field and leave it."""
    box = field(scope, label)
    box.fill(text)
    box.press("Tab")


def choose(page: Page, scope: Page | Locator, label: str, text: str) -> None:
    """Take one of the options of a field, between two runs: a run that draws the field anew forgets what is half chosen."""
    settled(page)
    field(scope, label).click()
    page.get_by_role("option", name=text).first.click()
    settled(page)


def set_day(page: Page, scope: Page | Locator, label: str, day: str) -> None:
    """Type a day into a date input, which takes year, month and day one after the other."""
    parts = scope.get_by_role("group", name=label).get_by_role("spinbutton")
    parts.first.focus()
    calendar = page.locator("#stFloatingOverlayPortal table").first
    stands(calendar)
    page.keyboard.type(day.replace("-", ""), delay=20)
    expect(parts.last).to_have_text(day[-2:])
    page.keyboard.press("Escape")
    expect(calendar).to_be_hidden()


def drag(card: Locator, target: Locator) -> None:
    """Take a card by the mouse to the upper part of a column."""
    mouse = card.page.mouse
    settled(card.page)
    card.scroll_into_view_if_needed()
    start, end = box_of(card), target.bounding_box()
    assert end
    mouse.move(start["x"] + 40, start["y"] + 10)
    mouse.down()
    mouse.move(end["x"] + end["width"] / 2, end["y"] + 120, steps=8)
    mouse.up()


def fits(page: Page) -> None:
    """Nothing sticks out at the right once all of it is drawn and fitted; also of a page without Streamlit."""
    if page.locator("#root").count():
        settled(page)
    page.wait_for_function(
        """() => [document.scrollingElement, document.querySelector('[data-testid=stMain]')].every(
            element => !element || element.scrollWidth <= element.clientWidth)"""
    )


@contextmanager
def in_process(house: Any) -> Iterator[None]:
    """Let this process work on the server's database, beside the server."""
    from db.session import configure

    configure(house.database_url)
    try:
        yield
    finally:
        configure(None)
