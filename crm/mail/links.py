"""Counted links: each address of a campaign's arm has one row, and each member their own signed way to it."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import select

from crm.links import make_token, public_url
from crm.mail.markdown import Follow
from crm.work import SYSTEM, unit_of_work
from db.models import Campaign, TrackedLink
from db.session import database_url

#: An address that is longer than its column goes out as it is, uncounted.
LONGEST = 2000


def counted(campaign_id: int, arm: str, member_id: int) -> Follow:
    """How the web addresses in one member's message are rewritten."""

    def follow(address: str) -> str:
        if len(address) > LONGEST:
            return address
        link_id = _link_id(database_url(), campaign_id, arm, address)
        return public_url("/go/" + make_token("go", link_id, member_id))

    return follow


@lru_cache(maxsize=4096)
def _link_id(_database: str, campaign_id: int, arm: str, address: str) -> int:
    with unit_of_work(SYSTEM, cause="mail") as work:
        # Two senders at once would each find no row and make one; the campaign's lock makes the second wait.
        work.session.execute(select(Campaign.id).where(Campaign.id == campaign_id).with_for_update())
        known = work.session.scalars(
            select(TrackedLink.id).where(
                TrackedLink.campaign_id == campaign_id, TrackedLink.arm == arm, TrackedLink.url == address
            )
        ).first()
        if known is not None:
            return known
        made = TrackedLink(campaign_id=campaign_id, arm=arm, url=address)
        work.session.add(made)
        work.session.flush()
        return made.id


def leave_address(contact_id: int, campaign_id: int) -> str:
    """Where a contact opts out: people confirm there, mail programs post to it."""
    return public_url("/unsubscribe/" + make_token("out", contact_id, campaign_id))
