"""A real mailbox, read by a program that is killed in the middle: nothing is lost, doubled, expunged or marked too early."""

import os
import random
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from crm.config import settings
from crm.work import SYSTEM, reading
from db.models import CaseMessage, IncomingMessage
from tests.factories import make
from tests.service.inbox.dovecot import dovecot
from tests.service.mail import mail_letters as letters

MANY = 40


@pytest.fixture
def server(database, monkeypatch):
    with tempfile.TemporaryDirectory(prefix="rapport_dovecot_") as folder, dovecot(Path(folder)) as running:
        for name, value in {
            "HOST": "127.0.0.1",
            "PORT": running.port,
            "USER": "crm",
            "PASSWORD": "right",
        }.items():
            monkeypatch.setenv(f"CRM_IMAP_{name}", str(value))
        settings.cache_clear()
        yield running
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def fetch(nursery, tmp_path):
    """Start ``python -m crm mail fetch``."""
    (tmp_path / "said").touch()
    return lambda: nursery.start("crm", "mail", "fetch", env=dict(os.environ), output=tmp_path / "said")


@pytest.fixture
def finish(fetch, tmp_path):
    """Fetch to the end."""

    def to_the_end():
        assert fetch().wait(120) == 0, (tmp_path / "said").read_text()

    return to_the_end


def stored():
    with reading(SYSTEM) as session:
        return Counter(session.scalars(select(IncomingMessage.message_id)))


def test_killed_at_random_moments_it_loses_doubles_and_marks_nothing_too_early(people, server, fetch, finish):
    ana = make(people["stan"], "contact", email="ana@kavarna.example")
    case = make(people["stan"], "case", contact_id=ana["id"])
    names = [f"m{n}" for n in range(MANY)]
    for name in names:
        content = letters.answer(
            sender="ana@kavarna.example",
            subject=f"Re: [{case['number']}]",
            message_id=f"<{name}>",
            text=f"Words {name}",
        )
        server.deliver(name, content)
    # Somebody marked one as deleted: an EXPUNGE of ours would take it away.
    server.deliver("gone", letters.answer(message_id="<gone>"), flags="ST")

    chance, kills = random.Random(5), 0
    until = time.monotonic() + 200
    while kills < 5 and len(stored()) < MANY:
        assert time.monotonic() < until
        before, wanted = len(stored()), chance.randint(1, 6)
        process = fetch()
        while process.poll() is None and len(stored()) < before + wanted:
            time.sleep(0.01)
        if process.poll() is None:
            time.sleep(chance.random() * 0.05)
            process.kill()
            kills += 1
        process.wait(60)
        seen = {name for name, flags in server.messages().items() if "S" in flags} - {"gone"}
        assert {f"<{name}>" for name in seen} <= set(stored())
    assert kills >= 3

    finish()
    finish()

    assert stored() == Counter(f"<{name}>" for name in names)
    with reading(SYSTEM) as session:
        said = session.scalars(select(CaseMessage.body).where(CaseMessage.case_id == case["id"])).all()
        states = set(session.scalars(select(IncomingMessage.state)))
    assert Counter(said) == Counter(f"Words {name}" for name in names)
    assert states == {"filed"}
    assert server.messages() == {**dict.fromkeys(names, "S"), "gone": "ST"}


def test_a_server_that_counts_anew_and_one_who_reads_first(database, server, finish):
    for name in ("a", "b"):
        server.deliver(name, letters.answer(message_id=f"<{name}>", text=name))
    finish()
    # Somebody reads it in their own program before we come.
    server.deliver("c", letters.answer(message_id="<c>", text="c"), flags="S")
    finish()
    assert stored() == Counter(["<a>", "<b>", "<c>"])

    server.count_anew()
    server.deliver("d", letters.answer(message_id="<d>", text="d"))
    finish()

    assert stored() == Counter(["<a>", "<b>", "<c>", "<d>"])
    assert server.messages() == dict.fromkeys("abcd", "S")
