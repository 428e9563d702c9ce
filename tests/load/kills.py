"""The whole server killed while it works, many times on either database: what was lost, doubled or there by half."""

import os
import random
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from db import migrate, session
from tests import postgres
from tests.load.figures import Figure
from tests.nursery import Nursery
from tests.service.keeping.killed_house import house
from tests.service.keeping.killed_neighbours import mailbox
from tests.service.keeping.killed_truth import still_running, wrong

#: Every so many ends the server is asked to end instead.
ASKED = 10


def measure_kills(folder: Path, kills: int) -> list[Figure]:
    """So many kills on each database; every breach is printed when it is seen."""
    with _databases(folder) as urls, _nursery() as nursery:
        return [
            figure
            for kind, url in urls.items()
            for figure in _killed(kind, url, folder / kind, nursery, kills)
        ]


@contextmanager
def _nursery() -> Iterator[Nursery]:
    made = Nursery()
    try:
        yield made
    finally:
        made.close()


@contextmanager
def _databases(folder: Path) -> Iterator[dict[str, str]]:
    run = folder / "postgres_run"
    for place in (run, folder / "sqlite", folder / "postgresql"):
        place.mkdir()
    folder.chmod(0o755)
    run.chmod(0o755)
    (run / "owner").write_text(str(os.getpid()))
    server = postgres.create(postgres.server(run), "kills")
    try:
        yield {
            "sqlite": f"sqlite:///{folder / 'kills.db'}",
            "postgresql": server.render_as_string(hide_password=False),
        }
    finally:
        session.configure(None)
        postgres.stop(run)


def _killed(kind: str, url: str, folder: Path, nursery: Nursery, kills: int) -> Iterator[Figure]:
    session.configure(url)
    os.environ["CRM_DATABASE_URL"] = url
    migrate.upgrade(session.engine())
    chance, found, slowest = random.Random(kills), 0, 0.0
    (folder / "mail").mkdir()
    with (
        mailbox(folder / "mail") as (box, imap),
        house(url, folder, nursery, box, imap) as firm,
    ):
        for end in range(1, kills + 1):
            firm.start()
            firm.work(chance)
            if end % ASKED:
                firm.kill()
                problems = wrong(firm)
            else:
                firm.wait_until_up()
                firm.terminate()
                problems = [*wrong(firm), *still_running()]
            found += _told(problems, f"{kind}, end {end}")
        began = time.monotonic()
        firm.start()
        firm.wait_until_up()
        slowest = time.monotonic() - began
        firm.rest()
        found += _told([*wrong(firm, at_rest=True), *dict.fromkeys(firm.refused)], f"{kind}, at rest")
        if found:
            print(firm.log.read_text()[-6000:], file=sys.stderr, flush=True)
        told = firm.told
    note = f"{told.count():,} confirmed, {len(told.mails)} mails, {len(told.letters)} letters, {len(told.imports)} imports"
    yield Figure(f"ends of the server, {kind}", kills, "ends", note=f"{kills // ASKED} of them asked; {note}")
    yield Figure(f"lost, doubled or by half after them, {kind}", found, "breaches", most=0)
    yield Figure(f"start after the last one, {kind}", slowest, "s")


def _told(problems: list[str], when: str) -> int:
    for problem in problems:
        print(f"{when}: {problem}", file=sys.stderr, flush=True)
    return len(problems)
