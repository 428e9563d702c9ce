"""A real SMTP server on loopback, and a campaign ready to be sent through it."""

import asyncio
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import insert, select, update

from crm.config import settings
from crm.mail.sending.outbox import queue_campaign, queue_mail
from crm.work import SYSTEM, unit_of_work
from db.models import Campaign, CampaignArm, CampaignMember, Consent, Contact, Outbox
from db.session import engine
from tests.factories import make

OPTIONS = {"execution_options": {"system": True}}


@dataclass
class Inbox:
    """What the server took, in order; the hooks let a test misbehave as real servers do."""

    port: int = 0
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)
    #: Asked with the step ("mail", "rcpt", "data", "dot", "taken") and the recipient; a text is the server's answer.
    on: Callable[[str, str], str | None] = lambda step, to: None

    def addresses(self) -> list[str]:
        return [to for to, _message in self.taken]

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.on("mail", "") or "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = self.on("rcpt", address)
        if said is None or said.startswith("250"):
            envelope.rcpt_tos.append(address)
        if said == "drop":
            server.transport.close()
        return said or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        to = envelope.rcpt_tos[0]
        said = self.on("dot", to)
        if said not in (None, "drop"):
            return said
        content = envelope.content
        assert isinstance(content, bytes)
        message = message_from_bytes(content, policy=default)
        assert isinstance(message, EmailMessage)
        self.taken.append((to, message))
        if said == "drop":
            server.transport.close()
        self.on("taken", to)
        await asyncio.sleep(0)
        return "250 OK"


@contextmanager
def smtp_server(inbox: Inbox, **options: Any) -> Iterator[Inbox]:
    """An SMTP server on a free port of this machine until the block ends; ``options`` are the library's own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        inbox.port = probe.getsockname()[1]
    controller = Controller(inbox, hostname="127.0.0.1", port=inbox.port, **options)
    controller.start()
    try:
        yield inbox
    finally:
        controller.stop()


def mail_settings(port: int, **more: str) -> dict[str, str]:
    """The environment of a program that sends through the server on this port, as fast as it can."""
    return {
        "CRM_SMTP_HOST": "127.0.0.1",
        "CRM_SMTP_PORT": str(port),
        "CRM_SMTP_SECURITY": "none",
        "CRM_MAIL_FROM": "Brew & Berg <hello@kavarna.example>",
        "CRM_MAIL_PER_MINUTE": "1000000",
        "CRM_PUBLIC_URL": "https://crm.kavarna.example",
        **more,
    }


@pytest.fixture
def inbox(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    """The server, with this program set up to send through it."""
    with smtp_server(Inbox()) as server:
        for name, value in mail_settings(server.port).items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        yield server
    monkeypatch.undo()
    settings.cache_clear()


def plan(
    actor: Any,
    *,
    members: int,
    status: str = "running",
    body: str = "Dear {{ contact.name }},",
    **template: Any,
) -> int:
    """A campaign of the actor's with consenting members ``m0@example.com`` …; the first is the control group's."""
    campaign = make(actor, "campaign")
    set_status(campaign["id"], status)
    written = make(actor, "message_template", body=body, **template)
    now = datetime.now(UTC)
    people = [
        {"name": f"Member {n}", "name_key": f"member {n}", "first_name": f"M{n}", "email": f"m{n}@example.com",
         "owner_id": actor.user_id, "team_id": actor.teams[0], "version": 1, "created_at": now, "changed_at": now}
        for n in range(members)
    ]  # fmt: skip
    arms = [
        {"campaign_id": campaign["id"], "name": "A", "template_id": written["id"], "is_control": False},
        {"campaign_id": campaign["id"], "name": "Control", "template_id": None, "is_control": True},
    ]
    with unit_of_work(SYSTEM) as work:
        run = work.session.connection().execute
        run(insert(CampaignArm), arms, **OPTIONS)
        ids = run(insert(Contact).returning(Contact.id), people, **OPTIONS).scalars().all()
        yes = {"purpose": "offers", "channel": "email", "state": "given", "basis": "consent", "at": now}
        run(insert(Consent), [{"contact_id": i, **yes} for i in ids], **OPTIONS)
        places = [{"contact_id": i, "arm": "Control" if n == 0 else "A"} for n, i in enumerate(sorted(ids))]
        run(insert(CampaignMember), [{"campaign_id": campaign["id"], **place} for place in places], **OPTIONS)
    return int(campaign["id"])


def start(actor: Any, campaign_id: int) -> None:
    """Queue the messages of a campaign."""
    with unit_of_work(actor) as work:
        queue_campaign(work, campaign_id)


def write(actor: Any, to: str = "ana@example.com", **more: Any) -> None:
    """Queue one message; a line of a single dot is in it, which SMTP must not take for the end."""
    with unit_of_work(actor) as work:
        queue_mail(work, **({"key": f"k:{to}", "to": to, "subject": "Hello", "text": "One\n.\nTwo"} | more))


def rows(*columns: Any) -> list[Any]:
    """The outbox, oldest first."""
    with engine().connect().execution_options(system=True, reading=True) as connection:
        return list(connection.execute(select(*columns).order_by(Outbox.id)))


def states(campaign_id: int) -> list[str]:
    """The states of a campaign's members."""
    with engine().connect().execution_options(system=True, reading=True) as connection:
        asked = select(CampaignMember.state).where(CampaignMember.campaign_id == campaign_id)
        return list(connection.execute(asked.order_by(CampaignMember.id)).scalars())


def due_now() -> None:
    """As if the wait of every row were over."""
    with engine().execution_options(system=True).begin() as connection:
        connection.execute(update(Outbox).values(due_at=datetime.now(UTC)))


def set_status(campaign_id: int, status: str) -> None:
    """Put a campaign into a status."""
    with engine().execution_options(system=True).begin() as connection:
        connection.execute(update(Campaign).where(Campaign.id == campaign_id).values(status=status))
