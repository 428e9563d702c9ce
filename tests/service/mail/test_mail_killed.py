"""Exactly once, proved by killing the program that sends: at every step of the conversation and at random moments."""

import os
import random
import signal
import time
from collections import Counter
from pathlib import Path

import pytest

from crm.mail.sending.outbox import queue_campaign
from crm.mail.sending.status import mail_status
from crm.work import unit_of_work
from db.models import Outbox
from tests.service.mail.mail_scene import due_now, inbox, plan, rows, states

__all__ = ["inbox"]


@pytest.fixture
def sender(nursery):
    """Start the program that sends, on the database and the server of this test."""
    return lambda: nursery.start("crm", "mail", "send", "--once", env=os.environ, output=Path(os.devnull))


def started(actor, *, members):
    campaign_id = plan(actor, members=members)
    with unit_of_work(actor) as work:
        queue_campaign(work, campaign_id)
    return campaign_id


@pytest.mark.parametrize("step", ["mail", "rcpt", "dot", "taken"])
def test_killed_at_any_step_that_the_server_sees_everybody_gets_one_message(people, inbox, sender, step):
    campaign_id = started(people["mona"], members=8)
    killed = []

    def kill(at, _to):
        # The fourth message is in work; the server's next answer will find nobody.
        if at == step and len(inbox.taken) >= 3 and not killed:
            killed.append(process.pid)
            os.kill(process.pid, signal.SIGKILL)
            process.wait(10)

    inbox.on = kill
    process = sender()
    process.wait(60)
    assert killed
    assert process.returncode == -signal.SIGKILL

    due_now()
    process = sender()
    assert process.wait(60) == 0

    assert Counter(inbox.addresses()) == Counter(f"m{n}@example.com" for n in range(1, 8))
    assert set(states(campaign_id)[1:]) == {"sent"}
    # A server that had the final dot before the kill has the message; that it said so was not heard.
    unheard = 1 if step in ("dot", "taken") else 0
    assert mail_status(campaign_id).unconfirmed == unheard


def test_killed_at_random_moments_nobody_gets_two_and_everybody_is_accounted_for(people, inbox, sender):
    campaign_id = started(people["mona"], members=201)
    chance, kills, most = random.Random(3), 0, 6
    until = time.monotonic() + 250

    while mail_status(campaign_id).waiting + mail_status(campaign_id).sending:
        assert time.monotonic() < until, "the outbox was not emptied in time"
        due_now()
        before, wanted = len(inbox.taken), chance.randint(5, 45)
        process = sender()
        while process.poll() is None and (kills == most or len(inbox.taken) < before + wanted):
            time.sleep(0.002)
        if process.poll() is None:
            time.sleep(chance.random() * 0.02)
            process.kill()
            kills += 1
        process.wait(60)

    assert kills >= 4
    got = Counter(inbox.addresses())
    everybody = {f"m{n}@example.com" for n in range(1, 201)}
    assert set(got) <= everybody
    assert max(got.values()) == 1
    # Between the commit of "handed" and the dot nobody can know; such a row is shown, and there is one per kill at most.
    in_doubt = mail_status(campaign_id).unconfirmed
    assert in_doubt <= kills
    assert len(everybody - set(got)) <= in_doubt
    assert {row.state for row in rows(Outbox.state)} <= {"sent", "handed"}
