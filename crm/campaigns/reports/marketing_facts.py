"""What is counted in marketing, each word once: campaigns with cost, members with revenue, leads, and deals that name them.

Campaigns, leads and deals are those in the actor's scope; of a campaign in scope all members count, and its cost is divided
by all its leads and won deals. *Contacted* are members to whom a message went, *responded* and *converted* those of them
all but the control group that did, *revenue* what these members bought within the days that count. A *won deal* of a
campaign names it, whenever it was closed. Amounts are minor units of the book's currency.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, and_, case, func, null, or_, select

from crm.clock import zone
from crm.reporting.book import Book
from crm.reporting.grouped import converted, folded, grouped, rate_day
from crm.reporting.measures import among, worth
from crm.reporting.report import SalesFilter, told_apart
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
        ``id, name, status, channel, segment, starts_on, ends_on, cost_minor`` (None where none is entered, or in a
        currency without a rate), by start.
    """
    where: list[ColumnElement[bool]] = [Campaign.archived_at.is_(None), *_held(Campaign, chosen)]
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
        first, last = first_day(starts, started), ends or _day(closed)
        outside = (chosen.start and (first is None or first < chosen.start)) or (
            chosen.end and (first is None or first > chosen.end)
        )
        if outside and not chosen.campaigns:
            continue
        rows.append((key, name, status, channel, segment, first, last, cost_of(book, cost, currency, first)))
    rows.sort(key=lambda row: (row[5] or date.max, row[0]))
    named = told_apart({row[0]: row[1] for row in rows})
    rows = [(row[0], named[row[0]], *row[2:]) for row in rows]
    columns = ["id", "name", "status", "channel", "segment", "starts_on", "ends_on", "cost_minor"]
    # As objects: among numbers and days a gap would turn into NaN.
    return pd.DataFrame(rows, columns=columns, dtype=object).astype({"id": "int64"})


def _day(moment: datetime | None) -> date | None:
    return moment.astimezone(zone()).date() if moment else None


def first_day(starts_on: date | None, started_at: datetime | None) -> date | None:
    """The day a campaign begins, at whose rates its cost and revenue count."""
    return starts_on or _day(started_at)


def cost_of(book: Book, minor: int | None, currency: str | None, day: date | None) -> int | None:
    """A campaign's cost in the book's currency; None where none is entered or its currency has no rate."""
    if minor is None:
        return None
    worth = book.worth(minor, currency or book.currency, day)
    return worth if book.knows(currency or book.currency) else None


def _messaged() -> tuple[Any, ColumnElement[bool]]:
    """How members are joined to their arm, and that it is not the control group."""
    arm = and_(CampaignArm.campaign_id == CampaignMember.campaign_id, CampaignArm.name == CampaignMember.arm)
    return arm, func.coalesce(CampaignArm.is_control, False).is_(False)


def reached(ids: list[int]) -> tuple[Any, list[ColumnElement[bool]]]:
    """Members of campaigns to whom a message went: the join to their arm, and the conditions."""
    arm, messaged = _messaged()
    return arm, [CampaignMember.campaign_id.in_(ids), CampaignMember.state.in_(REACHED), messaged]


def members(session: ScopedSession, book: Book, found: pd.DataFrame) -> pd.DataFrame:
    """Members of campaigns without the control groups.

    Returns
    -------
    DataFrame
        ``campaign_id, members, contacted, responded, converted, revenue_minor``.
    """
    arm, messaged = _messaged()
    sums = {
        "members": func.count(),
        "contacted": func.sum(case((CampaignMember.state.in_(REACHED), 1), else_=0)),
        "responded": func.sum(case((CampaignMember.responded, 1), else_=0)),
        "converted": func.sum(case((CampaignMember.converted, 1), else_=0)),
        "revenue_minor": func.sum(CampaignMember.revenue_minor),
    }
    days = dict(zip(found["id"].tolist(), found["starts_on"].tolist(), strict=True))
    statement = (
        select(CampaignMember.campaign_id, CampaignMember.currency, CampaignMember.beside, *sums.values())
        .outerjoin(CampaignArm, arm)
        .where(CampaignMember.campaign_id.in_(list(days)), messaged)
        .group_by(CampaignMember.campaign_id, CampaignMember.currency, CampaignMember.beside)
    )
    rows = []
    for key, currency, more, *counts, minor in (
        session.execute(statement, execution_options=_SYSTEM) if days else ()
    ):
        book.leave_out(more)
        rows.append((key, *counts, book.worth(int(minor or 0), currency or book.currency, days[key])))
    return folded(pd.DataFrame(rows, columns=["campaign_id", *sums]).astype("int64"), list(sums))


def responses(session: ScopedSession, ids: list[int], *, by: str) -> pd.DataFrame:
    """Those who got a message, by the campaign's segment or the contact's: ``key, members, responded``."""
    key, column = (Segment.id, Segment.name) if by == "campaign" else (Contact.segment, Contact.segment)
    arm, where = reached(ids)
    statement = select(
        key, column, func.count(), func.sum(case((CampaignMember.responded, 1), else_=0))
    ).select_from(CampaignMember)
    if by == "campaign":
        statement = statement.join(Campaign, Campaign.id == CampaignMember.campaign_id).join(
            Segment, Segment.id == Campaign.segment_id
        )
    else:
        statement = statement.join(Contact, Contact.id == CampaignMember.contact_id)
    statement = statement.outerjoin(CampaignArm, arm).where(*where).group_by(key, column)
    rows = session.execute(statement, execution_options=_SYSTEM).all() if ids else []
    named = told_apart({row[0]: row[1] for row in rows})
    return pd.DataFrame(
        [(named[key], *counts) for key, _name, *counts in rows], columns=["key", "members", "responded"]
    )


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
        found.append(among(func.nullif(cls.source, ""), [source or None for source in chosen.sources]))
    if chosen.campaigns:
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
    deal = _deals_apart(Deal.id.in_(select(Lead.deal_id)), book)
    # What several leads became counts once, for the first of them.
    order = func.row_number().over(partition_by=Lead.deal_id, order_by=Lead.id)
    once = case((and_(deal.c.id.is_not(None), order == 1), 1), else_=0)
    sums = {
        "leads": None,
        "converted": case((Lead.status == "converted", 1), else_=0),
        "deals": once,
        **{name: part * once for name, part in _closed(deal).items()},
    }
    keys |= {"campaign_id": Lead.campaign_id} | _keys(deal, book)
    joined = (deal, deal.c.id == Lead.deal_id, True)
    frame = grouped(session, keys, sums, joins=[joined], where=lead_conditions(chosen))
    return folded(converted(frame, book, ["won_value_minor"]), list(sums))


def _deals_apart(condition: ColumnElement[bool], book: Book) -> Any:
    """Deals with what they are worth if they are won, as a table of their own: of an outer join SQLite finds no prices."""
    own, won = worth(book), Deal.status == "won"
    columns = [
        Deal.id, Deal.campaign_id, Deal.status, Deal.closed_on, case((won, own.minor)).label("minor"),
        case((won, own.currency)).label("currency"), case((won, own.missing)).label("missing"),
    ]  # fmt: skip
    return select(*columns).where(Deal.archived_at.is_(None), condition).subquery()


def _keys(deal: Any, book: Book) -> dict[str, Any]:
    """Keys that convert each foreign amount at the rate of the day the deal was closed."""
    currency = deal.c.currency
    own = currency == book.currency
    return {
        "currency": currency,
        "missing": deal.c.missing,
        "rate_day": rate_day(currency, deal.c.closed_on, book),
        "each": case((own, null()), else_=deal.c.minor),
    }


def _closed(deal: Any) -> dict[str, Any]:
    return {
        "won": case((deal.c.status == "won", 1), else_=0),
        "lost": case((deal.c.status == "lost", 1), else_=0),
        "won_value_minor": deal.c.minor,
    }


def deals(session: ScopedSession, book: Book) -> pd.DataFrame:
    """Deals by the campaign they name: ``campaign_id, deals, won, lost, won_value_minor``."""
    deal = _deals_apart(Deal.campaign_id.is_not(None), book)
    sums = {"deals": None, **_closed(deal)}
    frame = grouped(session, {"campaign_id": deal.c.campaign_id} | _keys(deal, book), sums, where=[])
    return folded(converted(frame, book, ["won_value_minor"]), list(sums))


def newest(session: ScopedSession, chosen: SalesFilter, today: date) -> date | None:
    """The newest day by today on which a lead came in or a campaign began; two statements."""
    lead = session.scalar(select(func.max(Lead.created_at)).where(*lead_conditions(chosen)))
    begun = func.max(Campaign.starts_on)
    held = [Campaign.archived_at.is_(None), *_held(Campaign, chosen), Campaign.starts_on <= today]
    if chosen.campaigns:
        held.append(Campaign.id.in_(chosen.campaigns))
    days = [day for day in (_day(lead), session.scalar(select(begun).where(*held))) if day is not None]
    return min(max(days), today) if days else None


def totals(session: ScopedSession, ids: list[int]) -> pd.DataFrame:
    """All leads and won deals of campaigns, whoever holds them, to divide their cost by: ``leads, won`` by campaign."""
    counted = {}
    for name, cls, more in (("leads", Lead, []), ("won", Deal, [Deal.status == "won"])):
        statement = (
            select(cls.campaign_id, func.count())
            .where(cls.campaign_id.in_(ids), cls.archived_at.is_(None), *more)
            .group_by(cls.campaign_id)
        )
        counted[name] = dict(session.execute(statement, execution_options=_SYSTEM).all()) if ids else {}
    found = {name: [int(n.get(key, 0)) for key in ids] for name, n in counted.items()}
    return pd.DataFrame(found, index=ids, columns=list(counted), dtype="int64")
