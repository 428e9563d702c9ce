"""Addresses that turned out to be no good: noted once, invalid from then on, never written to again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, select

from crm.clock import here
from crm.errors import NotAllowed, Refused
from crm.i18n import _
from crm.mail.address import same_address
from crm.records import records
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import AddressProblem, CampaignMember, Channel, Contact, Outbox
from db.scope import UPDATE, ScopedSession

BOUNCE, COMPLAINT = "bounce", "complaint"
#: States of a member whom a bounce changes; who left or was left out stays so.
_BOUNCES = ("queued", "sent", "failed")


def mark_address(work: Work, address: str, *, reason: str, source: str, kind: str = BOUNCE) -> None:
    """Write down that an address cannot be reached or does not want us; its channels are invalid from today.

    A complaint outweighs a bounce; the first reason stays otherwise.
    """
    bare = same_address(address)
    if not bare:
        return
    session = work.session
    known = session.scalars(select(AddressProblem).where(AddressProblem.address == bare)).first()
    if known is None:
        session.add(AddressProblem(address=bare, kind=kind, reason=reason[:500], source=source[:200]))
    elif kind == COMPLAINT and known.kind != COMPLAINT:
        known.kind, known.reason, known.source = kind, reason[:500], source[:200]
    if kind == BOUNCE:
        yesterday = here(work.now).date() - timedelta(days=1)
        channels = select(Channel).where(Channel.kind == "email", func.lower(Channel.value) == bare)
        for channel in session.scalars(channels):
            if channel.valid_until is None or channel.valid_until > yesterday:
                channel.valid_until = yesterday
    session.flush()


def mark_bounced(work: Work, row_id: int) -> None:
    """The member of an outbox row did not get the message after all."""
    member_id = work.session.scalar(select(Outbox.member_id).where(Outbox.id == row_id))
    member = work.session.get(CampaignMember, member_id) if member_id is not None else None
    if member is not None and member.state in _BOUNCES:
        member.state = "bounced"
        work.session.flush()


def problem_of(session: ScopedSession, address: str) -> str:
    """Why nothing is mailed to an address, in a sentence; empty when it may be. The caller sees whose it is."""
    asked = select(AddressProblem).where(AddressProblem.address == same_address(address))
    found = session.scalars(asked, execution_options={"system": True}).first()
    if found is None:
        return ""
    if found.kind == COMPLAINT:
        return _("{address} complained about our mail, so nothing is mailed there.").format(
            address=found.address
        )
    return _("{address} does not take mail: {reason}").format(
        address=found.address, reason=found.reason or _("it came back")
    )


def write_again(work: Work, contact_id: int) -> None:
    """Forget that mail to a contact's address came back, and let its channels be valid again.

    Raises
    ------
    NotFound, NotAllowed
        The contact is not there for the actor, or not theirs to change.
    Refused
        Its owner complained: who does not want our mail gets none.
    """
    contact = records.find(work.session, Contact, contact_id)
    if not work.actor.holds("contact", UPDATE, owner_id=contact.owner_id, team_id=contact.team_id):
        raise NotAllowed(_("You may not change this contact. Ask its owner or an administrator."))
    bare = same_address(contact.email or "")
    system = {"system": True}
    asked = select(AddressProblem).where(AddressProblem.address == bare)
    found = work.session.scalars(asked, execution_options=system).first()
    if found is None:
        return
    if found.kind == COMPLAINT:
        raise Refused(_("They complained about our mail. Nothing is mailed there until they ask for it."))
    connection = work.session.connection()
    connection.execute(
        delete(AddressProblem).where(AddressProblem.id == found.id), execution_options=SYSTEM_OPTIONS
    )
    ended = found.at.date()
    channels = select(Channel).where(
        Channel.contact_id == contact.id, Channel.kind == "email", func.lower(Channel.value) == bare
    )
    for channel in work.session.scalars(channels, execution_options=system):
        # Only what the bounce ended; what somebody ended by hand stays so.
        if channel.valid_until is not None and abs((channel.valid_until - ended).days) <= 1:
            channel.valid_until = None
    work.session.flush()
