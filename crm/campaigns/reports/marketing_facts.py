"""Grouped reads for marketing: campaigns with what they cost, members, leads, deals and contacts by where they came from.

Campaigns, leads, deals and contacts are those in the actor's scope; the members of such a campaign all count. Amounts are
minor units of the book's currency.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, and_, case, func, null, or_, select

from crm.clock import zone
from crm.reporting.book import Book
from crm.reporting.grouped import converted, grouped
from crm.reporting.measures import deal_conditions
from crm.reporting.report import SalesFilter
from db.models import Campaign, CampaignArm, CampaignMember, Contact, Deal, Lead, Segment, User
from db.scope import ScopedSession

_SYSTEM = {"system": True}
#: States of members to whom something went out.
REACHED = ("sent", "unsubscribed")


def campaigns(session: ScopedSession, book: Book, chosen: SalesFilter) -> pd.DataFrame:
    """Campaigns that began in the period, or that are chosen by name.

    Returns
    -------
    DataFrame
        ``id, name, status, channel, segment, starts_on, ends_on, cost_minor`` (None where none is entered), by start.
    """
    where: list[ColumnElement[bool]] = [Campaign.archived_at.is_(None)]
    if chosen.campaigns:
        where.append(Campaign.id.in_(chosen.campaigns))
    statement = (
        select(
            Campaign.id, Campaign.name, Campaign.status, Campaign.channel, Campaign.starts_on,
            Campaign.started_at, Campaign.ends_on, Campaign.closed_at, Campaign.cost_minor, Campaign.currency,
            Segment.name,
        )
        .outerjoin(Segment, Segment.id == Campaign.segment_id)
        .where(*where)
        .order_by(Campaign.id)
    )  # fmt: skip
    rows = []
    for key, name, status, channel, starts, started, ends, closed, cost, currency, segment in session.execute(
        statement
    ):
        first, last = starts or _day(started), ends or _day(closed)
        outside = (chosen.start and (first is None or first < chosen.start)) or (
            chosen.end and (first is None or first > chosen.end)
        )
        if outside and not chosen.campaigns:
            continue
        worth = None if cost is None else book.worth(cost, currency or book.currency, first or book.today)
        rows.append((key, name, status, channel, segment, first, last, worth))
    rows.sort(key=lambda row: (row[5] or date.max, row[0]))
    columns = ["id", "name", "status", "channel", "segment", "starts_on", "ends_on", "cost_minor"]
    # As objects: among numbers and days a gap would turn into NaN.
    return pd.DataFrame(rows, columns=columns, dtype=object).astype({"id": "int64"})


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(zone()).date() if moment else None


def members(session: ScopedSession, ids: list[int]) -> pd.DataFrame:
    """Members by campaign: ``campaign_id, members, contacted, responded, converted`` without the control group."""
    control = and_(
        CampaignArm.campaign_id == CampaignMember.campaign_id, CampaignArm.name == CampaignMember.arm
    )
    reached = case((CampaignMember.state.in_(REACHED), 1), else_=0)
    yes = [
        func.sum(case((condition, 1), else_=0))
        for condition in (CampaignMember.responded, CampaignMember.converted)
    ]
    statement = (
        select(CampaignMember.campaign_id, func.count(), func.sum(reached), *yes)
        .outerjoin(CampaignArm, control)
        .where(CampaignMember.campaign_id.in_(ids), func.coalesce(CampaignArm.is_control, False).is_(False))
        .group_by(CampaignMember.campaign_id)
    )
    rows = session.execute(statement, execution_options=_SYSTEM).all() if ids else []
    columns = ["campaign_id", "members", "contacted", "responded", "converted"]
    return pd.DataFrame(rows, columns=columns).astype("int64")


def responses(session: ScopedSession, ids: list[int], *, by: str) -> pd.DataFrame:
    """Those who got a message, by the campaign's segment or the contact's: ``key, members, responded``."""
    column = Segment.name if by == "campaign" else Contact.segment
    control = and_(
        CampaignArm.campaign_id == CampaignMember.campaign_id, CampaignArm.name == CampaignMember.arm
    )
    statement = select(
        column, func.count(), func.sum(case((CampaignMember.responded, 1), else_=0))
    ).select_from(CampaignMember)
    if by == "campaign":
        statement = statement.join(Campaign, Campaign.id == CampaignMember.campaign_id).join(
            Segment, Segment.id == Campaign.segment_id
        )
    else:
        statement = statement.join(Contact, Contact.id == CampaignMember.contact_id)
    statement = (
        statement.outerjoin(CampaignArm, control)
        .where(
            CampaignMember.campaign_id.in_(ids),
            CampaignMember.state.in_(REACHED),
            func.coalesce(CampaignArm.is_control, False).is_(False),
        )
        .group_by(column)
    )
    rows = session.execute(statement, execution_options=_SYSTEM).all() if ids else []
    return pd.DataFrame(rows, columns=["key", "members", "responded"])


def lead_conditions(chosen: SalesFilter) -> list[ColumnElement[bool]]:
    """The filter as conditions on leads; the period is that of their arrival."""
    found: list[ColumnElement[bool]] = [Lead.archived_at.is_(None)]
    if chosen.start is not None:
        found.append(Lead.created_at >= _midnight(chosen.start))
    if chosen.end is not None:
        found.append(Lead.created_at < _midnight(chosen.end + timedelta(days=1)))
    return [*found, *_held(Lead, chosen), *_from(Lead, chosen)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), zone()).astimezone(UTC)


def _held(cls: Any, chosen: SalesFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.teams:
        theirs = select(User.id).where(User.team_id.in_(chosen.teams))
        found.append(
            or_(cls.team_id.in_(chosen.teams), and_(cls.team_id.is_(None), cls.owner_id.in_(theirs)))
        )
    if chosen.owners:
        found.append(cls.owner_id.in_(chosen.owners))
    return found


def _from(cls: Any, chosen: SalesFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.sources:
        parts: list[ColumnElement[bool]] = [cls.source.in_([s for s in chosen.sources if s])]
        if "" in chosen.sources:
            parts += [cls.source.is_(None), cls.source == ""]
        found.append(or_(*parts))
    if chosen.campaigns and hasattr(cls, "campaign_id"):
        found.append(cls.campaign_id.in_(chosen.campaigns))
    return found


def leads(session: ScopedSession, book: Book, chosen: SalesFilter, by: str) -> pd.DataFrame:
    """Leads by ``source`` and campaign, or by ``campaign`` alone, with what became of them.

    Returns
    -------
    DataFrame
        The key (``source`` and ``campaign_id``, or ``campaign_id``), ``leads``, ``converted``, ``deals``, ``won``,
        ``lost``, ``won_value_minor``.
    """
    keys: dict[str, Any] = {"source": func.nullif(Lead.source, "")} if by == "source" else {}
    keys |= {"campaign_id": Lead.campaign_id}
    won = Deal.status == "won"
    keys |= {
        "currency": func.coalesce(Deal.currency, book.currency),
        "rate_day": case((and_(won, Deal.currency != book.currency), Deal.closed_on), else_=null()),
    }
    sums = {
        "leads": None,
        "converted": case((Lead.status == "converted", 1), else_=0),
        "deals": case((Deal.id.is_not(None), 1), else_=0),
        "won": case((won, 1), else_=0),
        "lost": case((Deal.status == "lost", 1), else_=0),
        "won_value_minor": case((won, func.coalesce(Deal.amount_minor, 0)), else_=0),
    }
    alive = and_(Deal.id == Lead.deal_id, Deal.archived_at.is_(None))
    frame = grouped(session, keys, sums, joins=[(Deal, alive, True)], where=lead_conditions(chosen))
    return _folded(converted(frame, book, ["won_value_minor"]), list(sums))


def deals(session: ScopedSession, book: Book, chosen: SalesFilter, by: str) -> pd.DataFrame:
    """Deals opened in the period, by their own ``source`` or ``campaign_id``: ``deals, won, lost, won_value_minor``."""
    key = {"source": func.nullif(Deal.source, "")} if by == "source" else {"campaign_id": Deal.campaign_id}
    won = Deal.status == "won"
    keys = {
        **key,
        "currency": Deal.currency,
        "rate_day": case((and_(won, Deal.currency != book.currency), Deal.closed_on), else_=null()),
    }
    sums = {
        "deals": None,
        "won": case((won, 1), else_=0),
        "lost": case((Deal.status == "lost", 1), else_=0),
        "won_value_minor": case((won, func.coalesce(Deal.amount_minor, 0)), else_=0),
    }
    frame = grouped(session, keys, sums, where=deal_conditions(chosen, day=Deal.opened_on))
    return _folded(converted(frame, book, ["won_value_minor"]), list(sums))


def contacts(session: ScopedSession, chosen: SalesFilter) -> pd.DataFrame:
    """Contacts entered in the period, by their own source: ``source, contacts``."""
    where: list[ColumnElement[bool]] = [Contact.archived_at.is_(None)]
    if chosen.start is not None:
        where.append(Contact.created_at >= _midnight(chosen.start))
    if chosen.end is not None:
        where.append(Contact.created_at < _midnight(chosen.end + timedelta(days=1)))
    where += [*_held(Contact, chosen), *_from(Contact, chosen)]
    return grouped(session, {"source": func.nullif(Contact.source, "")}, {"contacts": None}, where=where)


def lead_totals(session: ScopedSession, ids: list[int]) -> dict[int, int]:
    """All leads of each campaign, whoever holds them: the cost of a campaign is shared out among these."""
    statement = (
        select(Lead.campaign_id, func.count())
        .where(Lead.campaign_id.in_(ids), Lead.archived_at.is_(None))
        .group_by(Lead.campaign_id)
    )
    rows = session.execute(statement, execution_options=_SYSTEM).all() if ids else []
    return {int(key): int(n) for key, n in rows if key is not None}


def _folded(frame: pd.DataFrame, sums: list[str]) -> pd.DataFrame:
    """Add up groups that differed only in currency and day."""
    keys = [column for column in frame.columns if column not in sums]
    return frame.groupby(keys, dropna=False, as_index=False, sort=False)[sums].sum()
