"""Campaigns with consenting contacts, for the tests of planning and running them."""

from datetime import timedelta

from sqlalchemy import select

from crm.campaigns.runs.arms import ArmPlan, set_arms
from crm.clock import today
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Campaign, CampaignMember, Consent, Contact
from tests.factories import make

ARMS = (ArmPlan("A", 0.45), ArmPlan("B", 0.45), ArmPlan("Control", 0.1, is_control=True))


def make_contacts(actor, count=40, **values):
    """Consenting contacts ``c0@example.com`` …, every other one in Berlin; their ids."""
    with unit_of_work(SYSTEM) as work:
        rows = [
            Contact(
                name=f"C{n}",
                email=f"c{n}@example.com",
                city=("Berlin", "Oslo")[n % 2],
                owner_id=actor.user_id,
                team_id=actor.teams[0],
                **values,
            )
            for n in range(count)
        ]
        work.session.add_all(rows)
        work.session.flush()
        work.session.add_all(
            Consent(contact_id=row.id, purpose="offers", channel="email", state="given", at=work.now)
            for row in rows
        )
        return [row.id for row in rows]


def make_campaign(actor, *, arms=ARMS, **values):
    """A draft over everybody that lacks nothing."""
    segment = make(actor, "segment")
    template = make(actor, "message_template")
    days = {"starts_on": today(), "ends_on": today() + timedelta(days=30)}
    made = make(actor, "campaign", segment_id=segment["id"], **(days | values))
    with unit_of_work(actor) as work:
        set_arms(work, made["id"], [ArmPlan(a.name, a.share, a.is_control, template["id"]) for a in arms])
    return made["id"]


def act(actor, function, campaign_id, **options):
    with unit_of_work(actor) as work:
        return function(work, campaign_id, **options)


def members(campaign_id):
    with reading(SYSTEM) as session:
        statement = select(CampaignMember).where(CampaignMember.campaign_id == campaign_id)
        return {m.contact_id: m for m in session.scalars(statement)}


def campaign_row(campaign_id):
    with reading(SYSTEM) as session:
        return session.get(Campaign, campaign_id)
