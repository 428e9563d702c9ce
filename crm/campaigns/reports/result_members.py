"""The members behind a campaign's numbers, with the contacts that the actor may see."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import func, or_, select

from db.models import CampaignMember, Contact
from db.scope import ScopedSession

MOST = 500


@dataclass(frozen=True)
class Members:
    """The first members of a choice, and how many there are among the contacts in scope.

    ``rows``: ``contact_id, name, segment, arm, state, sent_at, responded_at, response_by, converted, revenue_minor,
    currency, beside``.
    """

    rows: pd.DataFrame
    total: int


def result_members(
    session: ScopedSession, campaign_id: int, *, arm: str = "", only_responded: bool = False
) -> Members:
    """Members of a campaign, or of one arm: those that brought most first, then those that responded."""
    where = [CampaignMember.campaign_id == campaign_id]
    if arm:
        where.append(CampaignMember.arm == arm)
    if only_responded:
        where.append(
            or_(CampaignMember.responded, CampaignMember.converted, CampaignMember.revenue_minor != 0)
        )
    columns = [
        CampaignMember.contact_id, Contact.name, Contact.segment, CampaignMember.arm, CampaignMember.state,
        CampaignMember.sent_at, CampaignMember.responded_at, CampaignMember.response_by, CampaignMember.converted,
        CampaignMember.revenue_minor, CampaignMember.currency, CampaignMember.beside,
    ]  # fmt: skip
    joined = select(*columns).join(Contact, Contact.id == CampaignMember.contact_id).where(*where)
    order = (
        CampaignMember.revenue_minor.desc(), CampaignMember.converted.desc(), CampaignMember.responded.desc(),
        CampaignMember.id,
    )  # fmt: skip
    rows = session.execute(joined.order_by(*order).limit(MOST)).all()
    counted = (
        select(func.count(CampaignMember.id))
        .join(Contact, Contact.id == CampaignMember.contact_id)
        .where(*where)
    )
    frame = pd.DataFrame(rows, columns=[column.key for column in columns])
    return Members(frame, int(session.scalar(counted) or 0))
