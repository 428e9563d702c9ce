"""Tracked links: a signed token leads to the stored address and nowhere else, and the click is written down."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import select

from crm.clock import now as right_now
from crm.errors import NotFound
from crm.i18n import _
from crm.links import read_token
from crm.work import SYSTEM, Work, reading, unit_of_work
from db.models import CampaignMember, LinkClick, TrackedLink

#: Nobody reads and clicks so soon after a message went out; gateways that look into links do.
TOO_SOON = timedelta(seconds=3)
#: The same link followed again within this time is one click.
SAME_CLICK = timedelta(minutes=1)
_MACHINES = re.compile(
    r"bot\b|bot/|crawl|spider|scan|preview|prefetch|headless|monitor|slurp|facebookexternalhit|whatsapp|telegram"
    r"|skypeuri|slack|barracuda|mimecast|proofpoint|safelinks|symantec|trend ?micro|fireeye|bluecoat|curl/|wget/"
    r"|python|okhttp|java/|go-http-client|libwww|httpclient|node-fetch|axios",
    re.IGNORECASE,
)
_PREFETCH = ("purpose", "sec-purpose", "x-purpose", "x-moz")


def is_machine(method: str, headers: Mapping[str, str]) -> bool:
    """True when no person asks: a look at the head only, a program's name, or a browser that loads ahead.

    ``headers`` by lower-case name.
    """
    agent = headers.get("user-agent", "")
    ahead = any(
        "prefetch" in headers.get(name, "").lower() or "preview" in headers.get(name, "").lower()
        for name in _PREFETCH
    )
    return method == "HEAD" or ahead or not agent.strip() or _MACHINES.search(agent) is not None


def follow(token: str, *, by_machine: bool) -> str:
    """The address behind a tracked link; the click is stored, and means nothing else by itself.

    Raises
    ------
    NotFound
        The token is forged, or its link is gone.
    """
    link_id, member_id = read_token("go", token)
    with reading(SYSTEM) as session:
        url = session.scalar(select(TrackedLink.url).where(TrackedLink.id == link_id))
        known = session.scalar(select(CampaignMember.id).where(CampaignMember.id == member_id))
    # Only web addresses: a template could not bring in another, and this is where it would do harm.
    if url is None or urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise NotFound(_("The page behind this link is not there any more."))
    if known is not None:
        with unit_of_work(SYSTEM, cause="link") as work:
            _note(work, link_id, member_id, by_machine)
    return url


def _note(work: Work, link_id: int, member_id: int, by_machine: bool) -> None:
    link = work.session.get(TrackedLink, link_id)
    member = work.session.get(CampaignMember, member_id)
    if link is None or member is None:
        return
    at = right_now()
    machine = by_machine or _is_too_soon(member.sent_at, at)
    again = select(LinkClick.id).where(
        LinkClick.link_id == link_id,
        LinkClick.member_id == member_id,
        LinkClick.by_machine == machine,
        LinkClick.at > at - SAME_CLICK,
    )
    if work.session.scalar(again.limit(1)) is None:
        work.session.add(
            LinkClick(
                campaign_id=link.campaign_id, link_id=link_id, member_id=member_id, at=at, by_machine=machine
            )
        )


def _is_too_soon(sent_at: datetime | None, at: datetime) -> bool:
    return sent_at is not None and at - sent_at < TOO_SOON
