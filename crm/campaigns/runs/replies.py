"""Replies to a campaign's messages: a talk with who wrote, a task for whoever looks after them, and the response."""

from __future__ import annotations

from typing import Any

from crm.campaigns.runs.responses import REPLY
from crm.clock import here
from crm.i18n import _
from crm.mail.inbox.filing import put_into
from crm.mail.inbox.matching import who_wrote
from crm.mail.receiving.bounce_rules import AUTOMATIC, Received
from crm.mail.receiving.intake import RESPONDED
from crm.records import records
from crm.records.settling import still_here
from crm.work import Work
from db.models import Campaign, CampaignMember, Contact, IncomingMessage, Outbox


def take_reply(work: Work, received: Received, answered: Outbox | None, incoming: IncomingMessage) -> str:
    """Keep what a member answered; the first response counts, within the campaign's days.

    Whoever answers for somebody else waits in the inbox, and what a machine answers is no response.
    """
    if answered is None or answered.member_id is None:
        return ""
    member = work.session.get(CampaignMember, answered.member_id)
    contact = work.session.get(Contact, member.contact_id) if member is not None else None
    if member is None or contact is None:
        return ""
    incoming.campaign_id = member.campaign_id
    if who_wrote(work.session, incoming.sender, rather=contact.id).contact_id != contact.id:
        return ""
    campaign = work.session.get_one(Campaign, member.campaign_id)
    incoming.contact_id, incoming.organisation_id = contact.id, contact.organisation_id
    owner = contact if contact.owner_id is not None else campaign
    incoming.owner_id, incoming.team_id = owner.owner_id, owner.team_id
    if received.kind == AUTOMATIC:
        return RESPONDED
    last = here(member.sent_at or work.now).date()
    if not member.responded and (here(work.now).date() - last).days <= campaign.response_days:
        member.responded, member.responded_at, member.response_by = True, work.now, REPLY
    put_into(work, incoming, "interaction", None)
    _task(work, incoming, campaign, contact)
    work.session.flush()
    return RESPONDED


def _task(work: Work, incoming: IncomingMessage, campaign: Campaign, contact: Contact) -> None:
    """Somebody has to answer: by the end of today."""
    values: dict[str, Any] = {
        "title": _("Answer {name}: {campaign}").format(name=contact.name, campaign=campaign.name)[:500],
        "due_on": here(work.now).date(),
        "contact_id": contact.id,
        "organisation_id": contact.organisation_id,
        "campaign_id": campaign.id,
        "notes": incoming.body[:10_000],
        "owner_id": still_here(work.session, incoming.owner_id),
        "team_id": incoming.team_id,
    }
    records.create_record(work, "task", {name: value for name, value in values.items() if value is not None})
