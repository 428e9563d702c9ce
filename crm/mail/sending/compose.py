"""A row of the outbox becomes the bytes that go to the server, or the reason why it must not go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import formatdate, parseaddr
from typing import Any

from sqlalchemy import select

from crm.campaigns.runs.audience import cap_of
from crm.campaigns.runs.reach import REASONS, reached
from crm.clock import here, now
from crm.config import settings
from crm.i18n import N_
from crm.links import make_token, read_token
from crm.mail.address import same_address
from crm.mail.links import counted, leave_address
from crm.mail.sending.outbox import CAMPAIGN
from crm.mail.templates.render import Rendered, Source, render
from crm.mail.templates.values import campaign_values, contact_values
from db.models import Campaign, CampaignArm, CampaignMember, Case, Contact, MessageTemplate
from db.scope import ScopedSession

GONE = N_("The member, the arm or its template is gone")


@dataclass(frozen=True, slots=True)
class Row:
    """What the postman took out of the outbox."""

    id: int
    kind: str
    payload: dict[str, Any]
    unique_key: str
    tries: int
    campaign_id: int | None
    member_id: int | None
    case_id: int | None
    #: The postman who took it; whatever happens to the row happens only while it is still theirs.
    owner: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message in its envelope; ``sender`` is where bounces go."""

    sender: str
    to: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Skip:
    """The message must not go; ``reason`` is an English text to be translated."""

    reason: str


def compose(session: ScopedSession, row: Row) -> Outgoing | Skip:
    """The message as it is now: consent, address and texts are read at this moment, not when it was queued.

    Raises
    ------
    Unusable
        The template breaks a rule, or comes out without a subject.
    """
    if row.kind == CAMPAIGN:
        return _campaign_message(session, row)
    payload = row.payload
    said = Rendered(payload["subject"], payload.get("html") or "", payload["text"])
    extra: dict[str, str] = dict(payload.get("headers") or {})
    raw: dict[str, str] = {}
    if row.case_id is not None:
        number = session.scalar(select(Case.number).where(Case.id == row.case_id))
        if number and f"[{number}]" not in said.subject:
            said = Rendered(f"{said.subject} [{number}]", said.html, said.text)
        extra.setdefault("Auto-Submitted", "auto-generated")
        # All messages of a case hang on one root, so that mail programs show them as one talk.
        raw["References"] = f"<{make_token('case', row.case_id)}@{_domain()}>"
    return _sealed(row, payload["to"], said, extra, raw)


def _campaign_message(session: ScopedSession, row: Row) -> Outgoing | Skip:
    member = session.get(CampaignMember, row.member_id)
    campaign = session.get(Campaign, row.campaign_id)
    if member is None or campaign is None:
        return Skip(GONE)
    template = session.scalars(
        select(MessageTemplate)
        .join(CampaignArm, CampaignArm.template_id == MessageTemplate.id)
        .where(CampaignArm.campaign_id == campaign.id, CampaignArm.name == member.arm)
    ).first()
    if template is None:
        return Skip(GONE)
    asked = reached(
        session,
        Contact.id == member.contact_id,
        purpose=campaign.purpose,
        channel="email",
        on=here(now()).date(),
        contact_id=member.contact_id,
        cap=cap_of(campaign, now()),
    )
    if asked.empty:
        return Skip(GONE)
    if reason := str(asked["reason"].iloc[0]):
        return Skip(REASONS[reason])
    contact = session.get_one(Contact, member.contact_id)
    leave = leave_address(contact.id, campaign.id)
    said = render(
        source_of(template),
        contact_values(session, contact.id) | campaign_values(session, campaign, template.language),
        follow=counted(campaign.id, member.arm, member.id),
        leave=leave,
    )
    raw = {"List-Unsubscribe": f"<{leave}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return _sealed(row, str(contact.email), said, {}, raw)


def source_of(template: MessageTemplate) -> Source:
    """The texts of a stored template."""
    return Source(template.subject, template.body, template.preheader or "", template.language)


def _sealed(row: Row, to: str, said: Rendered, extra: Mapping[str, str], raw: Mapping[str, str]) -> Outgoing:
    name, sender = parseaddr(settings().mail_from)
    wide = not (to + sender).isascii()
    message = EmailMessage(policy=SMTPUTF8 if wide else SMTP)
    message["From"] = _address(sender, name)
    message["To"] = _address(to)
    message["Subject"] = said.subject
    message["Date"] = formatdate()
    for key, value in extra.items():
        message[key] = value
    message.set_content(said.text, cte="quoted-printable")
    if said.html:
        message.add_alternative(said.html, subtype="html", cte="quoted-printable")
    # These must stay on one line each: the library would break long ones, or write them in encoded words.
    token = make_token("mail", row.id)
    whole = {"Message-ID": f"<{token}@{_domain()}>", "X-Rapport-Key": token, **raw}
    lines = "".join(f"{key}: {value}\r\n" for key, value in whole.items())
    bounce = same_address(settings().mail_bounce) or sender
    return Outgoing(bounce, to, lines.encode() + message.as_bytes())


def _address(bare: str, name: str = "") -> Address:
    # In parts: read from one text, the library refuses letters beyond ASCII before the at sign.
    user, _at, domain = bare.rpartition("@")
    return Address(display_name=name, username=user, domain=domain)


def _domain() -> str:
    return parseaddr(settings().mail_from)[1].partition("@")[2] or "localhost"


def row_of_token(token: str) -> int:
    """The outbox row that a message with this mark came from.

    Raises
    ------
    NotFound
        The mark is forged or cut off.
    """
    return read_token("mail", token)[0]
