"""The mailbox is read by the clock: each message takes effect, then it is marked as read."""

import pytest
from sqlalchemy import select

from crm.config import settings
from crm.errors import Unavailable
from crm.jobs import Worker, enqueue, get_job, schedule
from crm.jobs.schedule import Schedule
from crm.mail.receiving import mailbox
from crm.mail.sending.outbox import queue_campaign
from crm.mail.sending.postman import Postman, send_all
from crm.work import SYSTEM, reading, unit_of_work
from db.models import AddressProblem, IncomingMessage
from tests.service.mail import mail_letters as letters
from tests.service.mail.imap_server import imap_server
from tests.service.mail.mail_scene import inbox, plan, states

__all__ = ["inbox"]


@pytest.fixture
def configured(monkeypatch):
    """Set this program up to read a mailbox."""

    def configure(port, password="right"):
        for name, value in {"HOST": "127.0.0.1", "PORT": port, "USER": "crm", "PASSWORD": password}.items():
            monkeypatch.setenv(f"CRM_IMAP_{name}", str(value))
        settings.cache_clear()

    yield configure
    monkeypatch.undo()
    settings.cache_clear()


def no_step(_done, _total, _note):
    pass


def test_unread_messages_take_effect_once(people, inbox, configured):
    campaign_id = plan(people["mona"], members=3)
    with unit_of_work(people["mona"]) as work:
        queue_campaign(work, campaign_id)
    send_all(Postman())
    (_to, first), (_to2, second) = inbox.taken

    bounce = letters.postfix(mark=first["x-rapport-key"])
    reply = letters.answer(sender="m2@example.com", to_message=second["message-id"])
    with imap_server(bounce, reply, letters.answer(subject="Out of office")) as server:
        configured(server.server_address[1])
        job = enqueue(SYSTEM, "mailbox", {})
        Worker().run_one()
        again = mailbox.run(SYSTEM, {}, no_step)

    expected = {"bounces": 1, "replies to campaigns": 1, "automatic answers, kept": 1}
    assert get_job(SYSTEM, job).result == expected
    assert again == {}
    assert server.seen == {1, 2, 3}
    assert states(campaign_id) == ["planned", "bounced", "sent"]
    with reading(SYSTEM) as session:
        assert session.scalars(select(AddressProblem.address)).all() == ["m1@example.com"]


def test_a_mailbox_that_does_not_let_us_in_is_said_in_a_sentence(database, configured):
    with imap_server() as server:
        configured(server.server_address[1], password="wrong")

        with pytest.raises(Unavailable, match=r"The mailbox 127.0.0.1 cannot be read"):
            mailbox.run(SYSTEM, {}, no_step)


def test_the_clock_reads_the_mailbox_where_there_is_one(database, configured, monkeypatch):
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    assert "mailbox" not in Schedule().tick(now)

    configured(143)
    assert "mailbox" in {p.kind for p in schedule.periods()}
    assert "mailbox" in Schedule().tick(now)


def kept():
    with reading(SYSTEM) as session:
        return sorted(session.scalars(select(IncomingMessage.message_id)))


def mails(*names):
    return [letters.answer(message_id=f"<{name}@x>", text=name) for name in names]


def asked(server, *words):
    return [c for c in server.commands if any(word in c.upper() for word in words)]


def test_nothing_is_expunged_and_nothing_is_marked_before_it_is_stored(database, configured, monkeypatch):
    with imap_server(*mails("a", "b")) as server:
        configured(server.server_address[1])
        seen_when_stored = []
        real = mailbox.store
        monkeypatch.setattr(
            mailbox, "store", lambda *a, **k: (seen_when_stored.append(set(server.seen)), real(*a, **k))[1]
        )
        mailbox.run(SYSTEM, {}, no_step)

    assert seen_when_stored == [set(), {1}]
    assert server.seen == {1, 2}
    assert not asked(server, "EXPUNGE", "CLOSE", "DELETED")
    assert not [c for c in asked(server, "FETCH") if "BODY[" in c.upper()]


def test_what_somebody_else_opened_first_is_taken_in_too(database, configured):
    with imap_server(*mails("a")) as server:
        configured(server.server_address[1])
        mailbox.run(SYSTEM, {}, no_step)
        server.messages[2] = mails("b")[0]
        server.seen.add(2)
        mailbox.run(SYSTEM, {}, no_step)
        before = len(asked(server, "FETCH"))
        mailbox.run(SYSTEM, {}, no_step)

    assert kept() == ["<a@x>", "<b@x>"]
    assert len(asked(server, "FETCH")) == before


def test_read_messages_from_before_the_first_reading_stay_where_they_are(database, configured):
    with imap_server(*mails("old", "new")) as server:
        server.seen.add(1)
        configured(server.server_address[1])
        mailbox.run(SYSTEM, {}, no_step)
        mailbox.run(SYSTEM, {}, no_step)

    assert kept() == ["<new@x>"]


def test_a_server_that_counts_anew_loses_nothing_and_doubles_nothing(database, configured):
    with imap_server(*mails("a", "b")) as server:
        configured(server.server_address[1])
        mailbox.run(SYSTEM, {}, no_step)
        server.validity, server.messages = 2, dict(enumerate(mails("b", "c"), start=1))
        server.seen = {1, 2}
        mailbox.run(SYSTEM, {}, no_step)

    assert kept() == ["<a@x>", "<b@x>", "<c@x>"]


@pytest.mark.parametrize(("after", "marked"), [("seen", {1}), ("leave", set())])
def test_what_happens_to_a_message_after_it_was_stored_is_a_setting(
    database, configured, monkeypatch, after, marked
):
    monkeypatch.setenv("CRM_IMAP_AFTER", after)
    with imap_server(*mails("a")) as server:
        configured(server.server_address[1])
        mailbox.run(SYSTEM, {}, no_step)
        mailbox.run(SYSTEM, {}, no_step)

    assert server.seen == marked
    assert kept() == ["<a@x>"]


def test_a_mailbox_that_cannot_be_read_is_remembered_until_it_can(database, configured):
    with imap_server(*mails("a")) as server:
        configured(server.server_address[1], password="wrong")
        with pytest.raises(Unavailable):
            mailbox.run(SYSTEM, {}, no_step)
        assert "cannot be read" in mailbox.mailbox_problem()

        configured(server.server_address[1])
        mailbox.run(SYSTEM, {}, no_step)
    assert mailbox.mailbox_problem() == ""
    assert kept() == ["<a@x>"]
