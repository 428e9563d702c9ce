"""What the screens of campaigns read: one campaign with its arms, its members, the calendar, a contact's campaigns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import pandas as pd
from sqlalchemy import case, func, or_, select

from crm.records.view import RecordView, record_view
from db.models import (
    Campaign,
    CampaignArm,
    CampaignMember,
    Contact,
    LinkClick,
    MessageTemplate,
    Organisation,
    TrackedLink,
)
from db.scope import ScopedSession

MEMBERS_SHOWN = 25


@dataclass(frozen=True, slots=True)
class ArmView:
    """An arm with its message and how many members it has by state."""

    id: int
    name: str
    share: float
    is_control: bool
    template_id: int | None
    template: str
    states: dict[str, int]

    @property
    def members(self) -> int:
        """All members of the arm."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign as its page shows it; ``record`` holds its values, titles and rights."""

    record: RecordView
    arms: tuple[ArmView, ...]

    @property
    def states(self) -> dict[str, int]:
        """Members by state over all arms."""
        found: dict[str, int] = {}
        for arm in self.arms:
            for state, n in arm.states.items():
                found[state] = found.get(state, 0) + n
        return found

    @property
    def members(self) -> int:
        """All members, the control group included."""
        return sum(arm.members for arm in self.arms)


def campaign_view(session: ScopedSession, campaign_id: int) -> CampaignView:
    """One campaign with its arms, in four statements whatever its size.

    Raises
    ------
    NotFound
        No such campaign within the actor's scope.
    """
    record = record_view(session, "campaign", campaign_id)
    counted = (
        select(CampaignMember.arm, CampaignMember.state, func.count())
        .where(CampaignMember.campaign_id == campaign_id)
        .group_by(CampaignMember.arm, CampaignMember.state)
    )
    states: dict[str, dict[str, int]] = {}
    for arm, state, n in session.execute(counted):
        states.setdefault(arm, {})[state] = int(n)
    statement = (
        select(
            CampaignArm.id,
            CampaignArm.name,
            CampaignArm.share,
            CampaignArm.is_control,
            CampaignArm.template_id,
            MessageTemplate.name.label("template"),
        )
        .outerjoin(MessageTemplate, MessageTemplate.id == CampaignArm.template_id)
        .where(CampaignArm.campaign_id == campaign_id)
        .order_by(CampaignArm.position, CampaignArm.id)
    )
    arms = tuple(
        ArmView(*row[:5], template=row.template or "", states=states.get(row.name, {}))
        for row in session.execute(statement)
    )
    return CampaignView(record, arms)


def member_rows(
    session: ScopedSession,
    campaign_id: int,
    *,
    state: str = "",
    arm: str = "",
    search: str = "",
    page: int = 1,
    size: int = MEMBERS_SHOWN,
) -> tuple[pd.DataFrame, int]:
    """One page of a campaign's members and how many fit the filters.

    Columns: ``id``, ``contact_id``, ``name`` and ``organisation`` (empty outside the actor's scope), ``arm``, ``state``,
    ``stratum``, ``sent_at``, ``responded``, ``responded_at``, ``response_by``, ``converted``, ``revenue_minor``, ``currency``.
    """
    wanted = [CampaignMember.campaign_id == campaign_id]
    wanted += [CampaignMember.state == state] if state else []
    wanted += [CampaignMember.arm == arm] if arm else []
    wanted += [Contact.name.icontains(search.strip(), autoescape=True)] if search.strip() else []
    base = (
        select(CampaignMember.id).outerjoin(Contact, Contact.id == CampaignMember.contact_id).where(*wanted)
    )
    total = int(session.scalar(select(func.count()).select_from(base.subquery())) or 0)
    statement = (
        select(
            CampaignMember.id,
            CampaignMember.contact_id,
            Contact.name,
            Organisation.name.label("organisation"),
            CampaignMember.arm,
            CampaignMember.state,
            CampaignMember.stratum,
            CampaignMember.sent_at,
            CampaignMember.responded,
            CampaignMember.responded_at,
            CampaignMember.response_by,
            CampaignMember.converted,
            CampaignMember.revenue_minor,
            CampaignMember.currency,
        )
        .outerjoin(Contact, Contact.id == CampaignMember.contact_id)
        .outerjoin(Organisation, Organisation.id == Contact.organisation_id)
        .where(*wanted)
        .order_by(CampaignMember.id)
        .limit(size)
        .offset(max(0, page - 1) * size)
    )
    result = session.execute(statement)
    return pd.DataFrame(result.all(), columns=list(result.keys()), dtype=object), total


@dataclass(frozen=True, slots=True)
class Planned:
    """A campaign on the calendar; an open end runs as long as the start's day."""

    id: int
    name: str
    channel: str
    status: str
    starts_on: date
    ends_on: date


def campaigns_between(session: ScopedSession, first: date, last: date) -> list[Planned]:
    """Campaigns with a day in a stretch of days, both ends included, by start."""
    ends = func.coalesce(Campaign.ends_on, Campaign.starts_on)
    statement = (
        select(
            Campaign.id,
            Campaign.name,
            Campaign.channel,
            Campaign.status,
            Campaign.starts_on,
            Campaign.ends_on,
        )
        .where(
            Campaign.archived_at.is_(None),
            Campaign.starts_on.is_not(None),
            Campaign.starts_on <= last,
            ends >= first,
        )
        .order_by(Campaign.starts_on, Campaign.name, Campaign.id)
    )
    return [
        Planned(row.id, row.name, row.channel, row.status, row.starts_on, row.ends_on or row.starts_on)
        for row in session.execute(statement)
    ]


@dataclass(frozen=True, slots=True)
class Took:
    """A campaign that a contact was in."""

    campaign_id: int
    name: str
    arm: str
    state: str
    sent_at: datetime | None
    responded: bool


def campaigns_of_contact(session: ScopedSession, contact_id: int, *, limit: int = 10) -> list[Took]:
    """The newest campaigns that a contact is or was a member of, within the actor's scope."""
    statement = (
        select(
            Campaign.id,
            Campaign.name,
            CampaignMember.arm,
            CampaignMember.state,
            CampaignMember.sent_at,
            CampaignMember.responded,
        )
        .join(Campaign, Campaign.id == CampaignMember.campaign_id)
        .where(CampaignMember.contact_id == contact_id)
        .order_by(CampaignMember.id.desc())
        .limit(limit)
    )
    return [Took(*row) for row in session.execute(statement)]


def link_rows(session: ScopedSession, campaign_id: int) -> pd.DataFrame:
    """Tracked links with ``url``, ``arm``, ``clicks`` and ``members`` who clicked; what mail scanners did is left out."""
    human = or_(LinkClick.by_machine.is_(False), LinkClick.by_machine.is_(None))
    statement = (
        select(
            TrackedLink.url,
            TrackedLink.arm,
            func.sum(case((LinkClick.id.is_not(None) & human, 1), else_=0)).label("clicks"),
            func.count(func.distinct(case((human, LinkClick.member_id)))).label("members"),
        )
        .outerjoin(LinkClick, LinkClick.link_id == TrackedLink.id)
        .where(TrackedLink.campaign_id == campaign_id)
        .group_by(TrackedLink.id, TrackedLink.url, TrackedLink.arm)
        .order_by(TrackedLink.arm, TrackedLink.id)
    )
    result = session.execute(statement)
    return pd.DataFrame(result.all(), columns=list(result.keys()), dtype=object)
