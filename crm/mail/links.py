"""Counted links: each address of a campaign's arm has one row, and each member their own signed way to it."""

from __future__ import annotations

from sqlalchemy import Select, select

from crm.links import make_token, public_url
from crm.mail.templates.markdown import Follow
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Campaign, TrackedLink

#: An address that is longer than its column goes out as it is, uncounted.
LONGEST = 2000


def counted(campaign_id: int, arm: str, member_id: int) -> Follow:
    """How the web addresses in one member's message are rewritten."""

    def follow(address: str) -> str:
        if len(address) > LONGEST:
            return address
        link_id = _known(campaign_id, arm, address) or _made(campaign_id, arm, address)
        return public_url("/go/" + make_token("go", link_id, member_id))

    return follow


def _link(campaign_id: int, arm: str, address: str) -> Select[int]:
    return select(TrackedLink.id).where(
        TrackedLink.campaign_id == campaign_id, TrackedLink.arm == arm, TrackedLink.url == address
    )


def _known(campaign_id: int, arm: str, address: str) -> int | None:
    """All messages but an arm's first one find the row, without waiting for a turn to write."""
    with reading(SYSTEM) as session:
        return session.scalars(_link(campaign_id, arm, address)).first()


def _made(campaign_id: int, arm: str, address: str) -> int:
    with unit_of_work(SYSTEM, cause="mail") as work:
        # Two senders at once would each find no row and make one; the campaign's lock makes the second wait.
        work.session.execute(select(Campaign.id).where(Campaign.id == campaign_id).with_for_update())
        known = work.session.scalars(_link(campaign_id, arm, address)).first()
        if known is not None:
            return known
        made = TrackedLink(campaign_id=campaign_id, arm=arm, url=address)
        work.session.add(made)
        work.session.flush()
        return made.id


def leave_address(contact_id: int, campaign_id: int) -> str:
    """Where a contact opts out: people confirm there, mail programs post to it."""
    return public_url("/unsubscribe/" + make_token("out", contact_id, campaign_id))
