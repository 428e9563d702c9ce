"""A row of the outbox becomes the bytes that go to the server, or the reason why it must not go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import formatdate, parseaddr
from typing import Any

from sqlalchemy import select

from crm.config import settings
from crm.links import make_token, public_url
from crm.mail.address import same_address
from crm.mail.receiving.storing import content_of
from crm.mail.templates.render import Rendered, Source
from crm.register import Register
from crm.work import Work
from db.models import Case, MessageTemplate
from db.scope import ScopedSession


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
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Skip:
    """The message must not go; ``reason`` is an English text to be translated."""

    reason: str


#: Who writes messages of a kind that is more than a text in the outbox, and checks that they may go.
WRITERS: Register[Callable[[ScopedSession, Row], Outgoing | Skip]] = Register("message")


def compose(session: ScopedSession, row: Row) -> Outgoing | Skip:
    """The message as it is now: consent, address and texts are read at this moment, not when it was queued.

    Raises
    ------
    Unusable
        The template breaks a rule, or comes out without a subject.
    """
    if row.kind in WRITERS:
        return WRITERS[row.kind](session, row)
    payload = row.payload
    said = Rendered(payload["subject"], payload.get("html") or "", payload["text"])
    if secret := payload.get("link"):
        purpose, path, number = secret
        address = public_url(f"{path}/{make_token(purpose, number)}")
        said = Rendered(said.subject, said.html, said.text.replace("{link}", address))
    extra: dict[str, str] = dict(payload.get("headers") or {})
    raw: dict[str, str] = {}
    if row.case_id is not None:
        number = session.scalar(select(Case.number).where(Case.id == row.case_id))
        if number and f"[{number}]" not in said.subject:
            said = Rendered(f"{said.subject} [{number}]", said.html, said.text)
        extra.setdefault("Auto-Submitted", "auto-generated")
        # All messages of a case hang on one root, so that mail programs show them as one talk.
        raw["References"] = f"<{make_token('case', row.case_id)}@{_domain()}>"
    if answers := payload.get("answers"):
        raw["References"] = "\r\n ".join(filter(None, [raw.get("References"), *answers]))
        raw["In-Reply-To"] = answers[-1]
    files = [(name, kind, content_of(session, key)) for name, kind, key in payload.get("files") or ()]
    return sealed(
        row, payload["to"], said, extra, raw,
        sender_name=payload.get("from") or "", copies=payload.get("cc") or (), files=files,
    )  # fmt: skip


def source_of(template: MessageTemplate) -> Source:
    """The texts of a stored template."""
    return Source(template.subject, template.body, template.preheader or "", template.language)


def message_id(row_id: int, work: Work | None = None) -> str:
    """The Message-ID of a row of the outbox."""
    return f"<{make_token('mail', row_id, work=work)}@{_domain()}>"


def sealed(
    row: Row,
    to: str,
    said: Rendered,
    extra: Mapping[str, str],
    raw: Mapping[str, str],
    *,
    sender_name: str = "",
    copies: Sequence[str] = (),
    files: Sequence[tuple[str, str, bytes]] = (),
) -> Outgoing:
    """The message in its envelope; ``raw`` holds headers that must stay on one line each."""
    name, sender = parseaddr(settings().mail_from)
    wide = not "".join((to, sender, *copies)).isascii()
    message = EmailMessage(policy=SMTPUTF8 if wide else SMTP)
    message["From"] = _address(sender, sender_name or name)
    message["To"] = _address(to)
    if copies:
        message["Cc"] = [_address(copy) for copy in copies]
    message["Subject"] = said.subject
    message["Date"] = formatdate()
    for key, value in extra.items():
        message[key] = value
    message.set_content(said.text, cte="quoted-printable")
    if said.html:
        message.add_alternative(said.html, subtype="html", cte="quoted-printable")
    for file, kind, content in files:
        main, _slash, sub = kind.partition("/")
        # A message within a message would be read and broken anew; as bytes it stays as it is.
        if main in ("message", "multipart") or not sub:
            main, sub = "application", "octet-stream"
        message.add_attachment(content, maintype=main, subtype=sub, filename=file)
    # These must stay on one line each: the library would break long ones, or write them in encoded words.
    token = make_token("mail", row.id)
    whole = {"Message-ID": message_id(row.id), "X-Rapport-Key": token, **raw}
    lines = "".join(f"{key}: {value}\r\n" for key, value in whole.items())
    bounce = same_address(settings().mail_bounce) or sender
    return Outgoing(bounce, to, lines.encode() + message.as_bytes(), tuple(copies))


def _address(bare: str, name: str = "") -> Address:
    # In parts: read from one text, the library refuses letters beyond ASCII before the at sign.
    user, _at, domain = bare.rpartition("@")
    return Address(display_name=name, username=user, domain=domain)


def _domain() -> str:
    return parseaddr(settings().mail_from)[1].partition("@")[2] or "localhost"
