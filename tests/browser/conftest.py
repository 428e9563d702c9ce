"""A real server and a real Chromium. What a failed test saw is kept in .test-artifacts/."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.hands import KEEP_NOTES, PATIENCE, in_process, looking_often
from tests.nursery import ROOT, Child, Nursery, answers, streamlit_words

ARTIFACTS = ROOT / ".test-artifacts"
FAILED = pytest.StashKey[bool]()
START_SECONDS = 60
#: A journey takes half a minute on a quiet machine and several on a busy one.
SECONDS = 400


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("browser")
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(SECONDS))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def chromium_path() -> str:
    for name in (
        os.environ.get("CHROMIUM"), "chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"
    ):  # fmt: skip
        if name and (found := shutil.which(name)):
            return found
    pytest.fail("No Chromium found. `make test` installs one; CHROMIUM=/path/to/chromium names another.")


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    """The one Chromium of this worker; Playwright allows one such object per thread."""
    expect.set_options(timeout=PATIENCE)
    with looking_often(), sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_path,
            args=[
                "--no-sandbox",
                "--disable-dev-shm-usage",
                "--disable-background-networking",
                "--disable-gpu",
            ],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def window(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Open a tab in a window of its own: ``window(house, "ana@kavarna.si")`` is signed in, ``window()`` is nobody.

    After a failure the picture of each tab is kept, with ``RAPPORT_TRACE=1`` also what happened in each window.
    """
    # A trace takes a picture of every step, which costs as much as the step itself.
    traced = "RAPPORT_TRACE" in os.environ
    opened: list[BrowserContext] = []

    def open_(
        house: "Server | None" = None,
        email: str = "",
        *,
        width: int = 1440,
        height: int = 900,
        **options: Any,
    ) -> Page:
        usual: dict[str, Any] = {"locale": "en-GB", "timezone_id": "UTC", "reduced_motion": "reduce"}
        context = browser.new_context(viewport={"width": width, "height": height}, **usual | options)
        opened.append(context)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(KEEP_NOTES)
        if house is not None:
            context.add_cookies(
                [{"name": "rapport_session", "value": house.session(email), "url": house.url}]
            )
        if traced:
            context.tracing.start(screenshots=True, snapshots=True)
        return context.new_page()

    yield open_
    failed, name = request.node.stash.get(FAILED, False), re.sub(r"\W+", "-", request.node.name)
    for at, context in enumerate(opened):
        if failed:
            ARTIFACTS.mkdir(exist_ok=True)
            for place, tab in enumerate(context.pages):
                tab.screenshot(path=ARTIFACTS / f"{name}-{at}-{place}.png", full_page=True)
            if traced:
                context.tracing.stop(path=ARTIFACTS / f"{name}-{at}.zip")
        context.close()


@pytest.fixture
def page(window: Callable[..., Page]) -> Page:
    """A tab of nobody."""
    return window()


@dataclass(frozen=True)
class Server:
    """A running application: its address, its database, and the file its output goes to."""

    url: str
    database_url: str
    output: Path

    def crm(self, *arguments: str) -> str:
        """Run ``python -m crm …`` on this server's database; gives what it prints."""
        return crm(self.database_url, *arguments)

    def session(self, email: str) -> str:
        """A cookie value that is signed in as this person."""
        from crm.access.cli import issue_session

        with in_process(self):
            return issue_session(email)


def crm(database_url: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "crm", *arguments],
        cwd=ROOT,
        env={**os.environ, "CRM_DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"python -m crm {' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout


def prepared(nursery: Nursery, database_url: str, folder: Path, *arguments: str) -> None:
    """As ``crm`` without the start of an interpreter, where nobody reads what is printed."""
    output = folder / "crm.log"
    output.touch()
    env = {**os.environ, "CRM_DATABASE_URL": database_url}
    code = nursery.start("crm", *arguments, env=env, output=output).wait(300)
    assert code == 0, f"python -m crm {' '.join(arguments)}\n{output.read_text()}"


@contextmanager
def serving(
    database_url: str, *, folder: Path, script: Path, env: dict[str, str], nursery: Nursery | None
) -> Iterator[Server]:
    """Run Streamlit on a free port until the block ends; fails with its output when it does not come up.

    Without a nursery it is started by the command.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = streamlit_words(script, port)
    env = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "CRM_PUBLIC_URL": f"http://127.0.0.1:{port}",
        **env,
        "CRM_DATABASE_URL": database_url,
    }
    output = folder / "server.log"
    output.touch()
    process: subprocess.Popen[bytes] | Child
    if nursery is None:
        with output.open("a") as log:
            command = [sys.executable, "-m", *words]
            process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log)
    else:
        process = nursery.start(*words, env=env, output=output)
    try:
        until = time.monotonic() + START_SECONDS
        while not answers(port):
            if process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"The server did not come up:\n{output.read_text()}")
            time.sleep(0.1)
        yield Server(f"http://127.0.0.1:{port}", database_url, output)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


@pytest.fixture(scope="module")
def app_server(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, nursery: Nursery
) -> Iterator[Callable[..., Server]]:
    """Start a server: ``app_server(["sample", "--scale", "small"], env={…}, script=…)``.

    Each server has a migrated database of its own, on which the given ``python -m crm`` commands run first,
    and lives until the module's tests end: share one among them by a fixture of module scope.
    """
    with ExitStack() as running:

        def start(
            *commands: list[str],
            database_url: str | None = None,
            script: Path = ROOT / "app.py",
            env: dict[str, str] | None = None,
            by_command: bool = False,
        ) -> Server:
            folder = tmp_path_factory.mktemp("server")
            if database_url is None:
                database_url = f"sqlite:///{shutil.copyfile(sqlite_template, folder / 'rapport.db')}"
            for command in commands:
                prepared(nursery, database_url, folder, *command)
            where: dict[str, Any] = {"folder": folder, "script": script, "env": env or {}}
            made = serving(database_url, **where, nursery=None if by_command else nursery)
            return running.enter_context(made)

        yield start


@pytest.fixture(scope="session")
def sample_database(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, nursery: Nursery
) -> Path:
    """A database with the small sample company, loaded once for all who copy it."""
    made = Path(shutil.copyfile(sqlite_template, tmp_path_factory.mktemp("sample") / "sample.db"))
    prepared(nursery, f"sqlite:///{made}", made.parent, "sample", "--scale", "small", "--seed", "1")
    return made


@pytest.fixture(scope="module")
def sample(
    app_server: Callable[..., Server], sample_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Server:
    """A server of this module's own on the small sample company."""
    folder = tmp_path_factory.mktemp("company")
    return app_server(database_url=f"sqlite:///{shutil.copyfile(sample_database, folder / 'rapport.db')}")
