"""The leads, deals and members behind a number of the marketing dashboard: the same rows that it counts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, func, literal, select

from crm.campaigns.reports import marketing_facts as facts
from crm.campaigns.reports.marketing_dashboard import MarketingQuestion
from crm.reporting.book import open_book
from db.models import Campaign, CampaignArm, CampaignMember, Contact, Deal, Lead
from db.scope import ScopedSession


def marketing_records(
    session: ScopedSession, asked: MarketingQuestion, what: str, *, limit: int = 50
) -> tuple[pd.DataFrame, int]:
    """The newest rows of a number, and how many there are among the records in scope.

    ``what`` is ``came`` (leads of the period), ``leads`` or ``won`` (leads or won deals that name a campaign of the period
    whose cost is known), or ``messages`` (members to whom a message went). The columns are ``id, name, campaign, source,
    status, day``; a member stands with the contact's id and the arm.
    """
    period, _moved = asked.period(facts.newest(session, asked.chosen, asked.today))
    chosen = replace(asked.chosen, start=period.start, end=period.end)
    found = facts.campaigns(session, open_book(session), chosen)
    costed = found.loc[found["cost_minor"].notna(), "id"].tolist()
    cls: Any = {"won": Deal, "messages": CampaignMember}.get(what, Lead)
    columns: list[Any] = [Lead.id, Lead.name, Campaign.name, Lead.source, Lead.status, Lead.created_at]
    where: list[ColumnElement[bool]] = [Lead.archived_at.is_(None), Lead.campaign_id.in_(costed)]
    statement = select().select_from(cls).outerjoin(Campaign, Campaign.id == cls.campaign_id)
    if what == "came":
        where = facts.lead_conditions(chosen)
    elif what == "won":
        columns = [Deal.id, Deal.title, Campaign.name, Deal.source, literal("won"), Deal.closed_on]
        where = [Deal.archived_at.is_(None), Deal.status == "won", Deal.campaign_id.in_(costed)]
    elif what == "messages":
        arm, where = facts.reached(found["id"].tolist())
        member = CampaignMember
        columns = [Contact.id, Contact.name, Campaign.name, member.arm, member.state, member.sent_at]
        statement = statement.join(Contact, Contact.id == member.contact_id).outerjoin(CampaignArm, arm)
    statement = statement.where(*where)
    total = session.scalar(statement.add_columns(func.count()))
    newest = statement.add_columns(*columns).order_by(columns[-1].desc(), cls.id.desc()).limit(limit)
    names = ["id", "name", "campaign", "source", "status", "day"]
    return pd.DataFrame(session.execute(newest).all(), columns=names), int(total or 0)
