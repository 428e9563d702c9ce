"""Addresses that turned out to be no good: noted once, invalid from then on, never written to again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from crm.clock import here
from crm.mail.address import same_address
from crm.work import Work
from db.models import AddressProblem, CampaignMember, Channel, Outbox

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
