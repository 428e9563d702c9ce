"""The whole server, killed again and again while it works, on either database: what was confirmed is there, nothing by half."""

import random
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.service.keeping.killed_house import House, house
from tests.service.keeping.killed_neighbours import mailbox
from tests.service.keeping.killed_truth import still_running, wrong

KILLS = 5


@pytest.fixture
def firm(database: str, tmp_path: Path, nursery: Any) -> Iterator[House]:
    with (
        tempfile.TemporaryDirectory(prefix="rapport_mailbox_") as folder,
        mailbox(Path(folder)) as (box, imap),
        house(database, tmp_path, nursery, box, imap) as made,
    ):
        yield made


def test_killed_at_random_moments_it_keeps_what_it_confirmed_and_nothing_by_half(firm: House) -> None:
    chance = random.Random(11)
    for _kill in range(KILLS):
        firm.start()
        firm.work(chance)
        firm.kill()
        assert wrong(firm) == []
    firm.start()
    firm.work(chance)
    firm.wait_until_up()
    # Ended in order; uvicorn then lets the signal do what it does.
    assert firm.terminate() in (0, -signal.SIGTERM)
    assert [*wrong(firm), *still_running()] == []

    firm.start()
    firm.rest()

    assert wrong(firm, at_rest=True) == []
    told = firm.told
    assert firm.refused == []
    assert (
        min(
            len(kind)
            for kind in (told.contacts, told.cases, told.leads, told.letters, told.mails, told.imports)
        )
        > 0
    )
    assert told.screens > 0
