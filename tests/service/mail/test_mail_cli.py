"""``python -m crm mail …`` and the worker that sends beside its jobs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from crm.commands import app
from crm.config import settings
from crm.mail.sending.outbox import queue_campaign, queue_mail
from crm.work import SYSTEM, unit_of_work
from tests.service.mail import mail_letters as letters
from tests.service.mail.mail_scene import inbox, plan

__all__ = ["inbox"]
ROOT = Path(__file__).parents[3]


def crm(*arguments):
    return CliRunner().invoke(app, ["mail", *arguments])


def write(key="k"):
    with unit_of_work(SYSTEM) as work:
        queue_mail(work, key=key, to="ana@example.com", subject="Hello", text="Hi")


def test_what_waits_is_sent_and_counted(people, inbox):
    write()

    assert "1 message was dealt with." in crm("send", "--once").output

    lines = dict(reversed(line.split(maxsplit=1)) for line in crm("status").output.splitlines())
    assert lines["sent"] == "1"
    assert lines["waiting"] == "0"
    assert inbox.addresses() == ["ana@example.com"]


def test_a_test_message_says_what_became_of_it(people, inbox):
    assert crm("test", "--to", "ana@example.com").output.strip() == "sent"

    inbox.on = lambda step, to: "550 5.1.1 nobody" if step == "rcpt" else None
    assert crm("test", "--to", "eve@example.com").output.strip() == "failed: 550 5.1.1 nobody"
    wrong = crm("test", "--to", "nowhere")
    assert wrong.exit_code == 1
    assert "is not an e-mail address" in wrong.output


def test_without_a_server_the_settings_are_named(people, monkeypatch):
    monkeypatch.delenv("CRM_SMTP_HOST", raising=False)
    settings.cache_clear()

    told = crm("send", "--once")

    assert told.exit_code == 1
    assert "Set CRM_SMTP_HOST and CRM_MAIL_FROM" in told.output


def test_a_server_that_is_away_loses_nothing(people, inbox, monkeypatch):
    write()
    monkeypatch.setenv("CRM_SMTP_PORT", "1")
    settings.cache_clear()

    told = crm("send", "--once")

    assert told.exit_code == 1
    assert "The mail server 127.0.0.1 cannot be used" in told.output
    assert "× The mail server 127.0.0.1 cannot be used" in crm("status").output


def test_dropped_bounces_are_read(people, inbox, tmp_path):
    campaign_id = plan(people["mona"], members=2)
    with unit_of_work(people["mona"]) as work:
        queue_campaign(work, campaign_id)
    crm("send", "--once")
    (tmp_path / "b.eml").write_bytes(letters.postfix(mark=inbox.taken[0][1]["x-rapport-key"]))

    assert crm("bounces", str(tmp_path)).output.split() == ["1", "bounces"]
    assert crm("bounces", str(tmp_path / "nothing")).exit_code != 0


@pytest.mark.parametrize(
    ("command", "told"),
    [(["worker"], signal.SIGINT), (["mail", "send"], signal.SIGTERM)],
    ids=["worker", "mail"],
)
def test_a_running_program_sends_what_is_written_and_stops_within_a_second(people, inbox, command, told):
    process = subprocess.Popen(
        [sys.executable, "-m", "crm", *command], cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE
    )
    try:
        assert process.stdout.readline()
        write()
        until = time.monotonic() + 100
        while not inbox.taken and time.monotonic() < until:
            time.sleep(0.02)
        began = time.monotonic()
        process.send_signal(told)
        assert process.wait(10) == 0
        # Python itself needs a moment to leave.
        assert time.monotonic() - began < 3
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()
    assert inbox.addresses() == ["ana@example.com"]
