"""Screens without a browser: a database with people of every role, and a signed-in AppTest."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from tests.factories import make_people

ROOT = Path(__file__).parents[2]
SHELL = ROOT / "crm" / "ui" / "shell.py"
SECONDS = 30


@pytest.fixture(scope="session", autouse=True)
def components_found_once() -> Iterator[None]:
    """Each AppTest reads what all installed packages say of themselves, a quarter of a second, to find the same none."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests)
        )
        yield


@pytest.fixture
def house(sqlite_database: str) -> Iterator[dict[str, int]]:
    """Two teams, a pipeline, and one person per role and team; user ids by name, emails are ``<name>@example.com``.

    ada (administrator, North), mona (manager, North), stan (staff, North), sue (staff, South), vic (viewer, North).
    """
    ids = make_people()
    st.cache_data.clear()
    yield ids
    st.cache_data.clear()


def opened(screen: str, user: int | None, *, seconds: float = SECONDS, **parameters: Any) -> AppTest:
    """A screen as a user sees it, by the hash of a session in the database that is signed as the edge would."""
    from crm.access import sessions, signing
    from crm.work import SYSTEM, unit_of_work

    app = AppTest.from_file(SHELL, default_timeout=seconds)
    if user is not None:
        with unit_of_work(SYSTEM) as work:
            token = sessions.start_session(work, user_id=user, how="test")
        app.user = {"session": signing.sign(sessions.hash_of(token))}
    for name, value in parameters.items():
        app.query_params[name] = str(value)
    file = ROOT / "pages" / f"{screen}.py"
    if file.exists():
        app.switch_page(str(file))
    else:
        # A screen that a card alone describes has no file; the hash is that of its address.
        app._page_hash = calc_hash(screen)
    return app.run()


@pytest.fixture
def open_page(house: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """``open_page("people", as_="ada", id=3)``: the screen as that person sees it; ``as_=None`` is nobody."""
    from crm.access import signing

    monkeypatch.setenv("RAPPORT_EDGE_KEY", "")
    signing.open_edge()

    def open_(screen: str, *, as_: str | None = "ada", **parameters: Any) -> AppTest:
        return opened(screen, None if as_ is None else house[as_], **parameters)

    return open_


@pytest.fixture
def actor_of(house: dict[str, int]) -> Callable[[str], Any]:
    """The actor of one of the people, for arranging records with their rights."""
    from crm.access.actors import find_actor

    def find(name: str) -> Any:
        actor = find_actor(house[name])
        assert actor is not None
        return actor

    return find
