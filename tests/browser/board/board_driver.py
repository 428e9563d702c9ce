"""Drives one board in one tab: the hands of the browser tests, and the server they play against."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect

from tests.browser.hands import PATIENCE, stands, until
from tests.nursery import Nursery, answers, streamlit_words

ROOT = Path(__file__).parents[3]
APP = Path(__file__).with_name("board_app.py")


@contextmanager
def served(truth_folder: Path, port: int, nursery: Nursery) -> Iterator[str]:
    """The small company's server, ended with the block."""
    log = truth_folder / f"server-{port}.log"
    log.touch()
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BOARD_TRUTH": str(truth_folder)}
    server = nursery.start(*streamlit_words(APP, port), env=environment, output=log)
    try:
        until(lambda: answers(port) or server.poll() is not None)
        assert server.poll() is None, log.read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Board:
    """One company's board in one tab."""

    def __init__(self, page: Page, url: str, truth: Path, query: str) -> None:
        self.page = page
        self._truth = truth
        page.goto(f"{url}/?world={truth.stem}{query}")
        stands(page.locator(".card").first)

    def column(self, name: str) -> Locator:
        return self.page.locator(f'.column[data-column="{name}"]')

    def card(self, number: int, column: str = "") -> Locator:
        place = f'.column[data-column="{column}"] ' if column else ""
        return self.page.locator(f'{place}.card[data-id="{number}"]')

    def log(self) -> list[dict[str, Any]]:
        return json.loads(self._truth.read_text())["log"] if self._truth.exists() else []

    def until(self, reached: Callable[[list[dict[str, Any]]], object]) -> list[dict[str, Any]]:
        end = time.monotonic() + PATIENCE / 1000
        while not reached(self.log()) and time.monotonic() < end:
            self.page.wait_for_timeout(50)
        return self.log()

    def confirmed(self) -> None:
        expect(self.page.locator(".card.pending")).to_have_count(0)

    def middle(self, place: Locator) -> tuple[float, float]:
        box = place.bounding_box()
        assert box
        return box["x"] + box["width"] / 2, box["y"] + min(box["height"] / 2, 90)

    def finger(self) -> Finger:
        return Finger(self.page)

    def lift(self, number: int, column: str) -> None:
        """Take a card by the mouse and hold it over a column, not letting go."""
        self.page.mouse.move(*self.middle(self.card(number)))
        self.page.mouse.down()
        self.page.mouse.move(*self.middle(self.column(column)), steps=8)


class Finger:
    """Chromium's own touch events, which scroll and cancel as a real finger's would."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._devtools = page.context.new_cdp_session(page)

    def swipe(self, start: tuple[float, float], end: tuple[float, float], *, hold: float = 0) -> None:
        self._send("touchStart", start)
        self._page.wait_for_timeout(hold * 1000)
        for step in range(1, 9):
            share = step / 8
            x, y = (a + (b - a) * share for a, b in zip(start, end, strict=True))
            self._send("touchMove", (x, y))
            self._page.wait_for_timeout(20)
        self._send("touchEnd")

    def _send(self, kind: str, *points: tuple[float, float]) -> None:
        spots = [{"x": x, "y": y} for x, y in points]
        self._devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})


def moved(card: int, to: str, version: int = 1) -> dict[str, Any]:
    return {"what": "move", "card": card, "to": to, "version": version}
