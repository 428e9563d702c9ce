"""A campaign's message to one member, written when its turn has come, or the reason why it must not go."""

from __future__ import annotations

from sqlalchemy import select

from crm.campaigns.consent.reach import REASONS, reached
from crm.campaigns.runs.audience import cap_of
from crm.clock import here, now
from crm.i18n import N_
from crm.mail.links import counted, leave_address
from crm.mail.sending.compose import Outgoing, Row, Skip, sealed, source_of
from crm.mail.templates.render import render
from crm.mail.templates.values import campaign_values, contact_values
from db.models import Campaign, CampaignArm, CampaignMember, Contact, MessageTemplate
from db.scope import ScopedSession

GONE = N_("The member, the arm or its template is gone")


def write(session: ScopedSession, row: Row) -> Outgoing | Skip:
    """The message to one member as it is now: consent, address, texts and the cap on messages are read at this moment."""
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
    return sealed(row, str(contact.email), said, {}, raw)
