"""Whom a received message is from: by every address that a record has or had, else by the domain of one organisation."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from crm.mail.inbox.free_mail import is_free_mail
from db.models import Channel, Contact, IncomingMessage, Organisation
from db.scope import ScopedSession

#: Reading as the program: an incoming message is matched before anybody looks at it.
_MOST = 50


@dataclass(frozen=True, slots=True)
class Person:
    """Who wrote: a contact, or somebody of an organisation, or nobody we know."""

    contact_id: int | None = None
    organisation_id: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether a record is theirs."""
        return self.contact_id is not None or self.organisation_id is not None


def who_wrote(session: ScopedSession, address: str, *, rather: int | None = None) -> Person:
    """The contact or organisation behind an address, valid or former; of several contacts ``rather`` that one."""
    if not address:
        return Person()
    same = _spellings(address)
    by_channel = select(Channel.contact_id).where(
        Channel.kind == "email", func.lower(Channel.value).in_(same), Channel.contact_id.is_not(None)
    )
    asked = (
        select(Contact.id, Contact.organisation_id)
        .where(or_(func.lower(Contact.email).in_(same), Contact.id.in_(by_channel)))
        # Who is still there goes before those that were put away, and who has the address now before who had it.
        .order_by(
            Contact.id != (rather or 0),
            Contact.archived_at.is_not(None),
            func.lower(Contact.email) != address,
            Contact.id,
        )
    )
    if found := session.execute(asked.limit(1)).first():
        return Person(found.id, found.organisation_id)
    return Person(None, _organisation(session, address))


def _spellings(address: str) -> list[str]:
    """An address in the ways that lead to the same mailbox: without what stands after a plus, and a domain in its two forms."""
    local, _at, domain = address.rpartition("@")
    domains = [domain]
    with suppress(UnicodeError):
        domains.append(domain.encode().decode("idna") if domain.isascii() else domain.encode("idna").decode())
    if domain in ("gmail.com", "googlemail.com"):
        domains += ["gmail.com", "googlemail.com"]
    plain = local.partition("+")[0] or local
    return [f"{name}@{known}" for name in dict.fromkeys((local, plain)) for known in dict.fromkeys(domains)]


def _organisation(session: ScopedSession, address: str) -> int | None:
    """The one organisation with this address, or whose people write from its domain."""
    by_channel = select(Channel.organisation_id).where(
        Channel.kind == "email", func.lower(Channel.value) == address, Channel.organisation_id.is_not(None)
    )
    own = select(Organisation.id).where(
        or_(func.lower(Organisation.email) == address, Organisation.id.in_(by_channel))
    )
    if (
        found := session.scalars(own.order_by(Organisation.archived_at.is_not(None), Organisation.id)).first()
    ) is not None:
        return found
    domain = address.rpartition("@")[2]
    if not domain or is_free_mail(domain):
        return None
    people = select(Contact.organisation_id).where(
        func.lower(Contact.email).endswith(f"@{domain}", autoescape=True),
        Contact.organisation_id.is_not(None),
        Contact.archived_at.is_(None),
    )
    firms = select(Organisation.id).where(
        func.lower(Organisation.email).endswith(f"@{domain}", autoescape=True),
        Organisation.archived_at.is_(None),
    )
    found_ids = {
        i
        for asked in (people, firms)
        for i in session.scalars(asked.distinct().limit(_MOST))
        if i is not None
    }
    if not found_ids:
        sites = select(Organisation.id, Organisation.website).where(
            func.lower(Organisation.website).contains(domain, autoescape=True),
            Organisation.archived_at.is_(None),
        )
        found_ids = {
            row.id for row in session.execute(sites.limit(_MOST)) if _host(row.website or "") == domain
        }
    # A domain that several share, as of a host or a trade park, says nothing.
    return found_ids.pop() if len(found_ids) == 1 else None


def _host(website: str) -> str:
    bare = website.lower().partition("://")[2] or website.lower()
    return bare.split("/")[0].split(":")[0].removeprefix("www.")


def is_colleague(
    session: ScopedSession, address: str, contact_id: int | None, organisation_id: int | None
) -> bool:
    """Whether somebody writes from where the contact of a record works: the same organisation, or the domain of theirs."""
    writer = who_wrote(session, address, rather=contact_id)
    if contact_id is not None and writer.contact_id == contact_id:
        return True
    if organisation_id is not None and writer.organisation_id == organisation_id:
        return True
    domain = address.rpartition("@")[2]
    if contact_id is None or not domain or is_free_mail(domain) or writer.organisation_id is not None:
        return False
    own = select(Contact.email).where(Contact.id == contact_id)
    others = select(Channel.value).where(Channel.contact_id == contact_id, Channel.kind == "email")
    known = [*session.scalars(own), *session.scalars(others)]
    return any((found or "").lower().rpartition("@")[2] == domain for found in known)


def earlier(session: ScopedSession, thread: Collection[str]) -> IncomingMessage | None:
    """The newest message that belongs to a record and is named in the thread of another one."""
    names = [name for name in thread if name][:_MOST]
    if not names:
        return None
    asked = select(IncomingMessage).where(
        IncomingMessage.message_id.in_(names),
        or_(IncomingMessage.case_id.is_not(None), IncomingMessage.deal_id.is_not(None)),
    )
    return session.scalars(asked.order_by(IncomingMessage.id.desc())).first()
