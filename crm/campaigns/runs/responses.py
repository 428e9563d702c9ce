"""What members of a campaign did within the days that count: links, replies, forms, deals, orders; the first one is kept.

A member's days begin when the message went out, and with the campaign for whoever got none, so that the control group is
counted by the same rule. What a file told about a member is never changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, or_, select, update

from crm.clock import here, zone
from crm.errors import NotFound
from crm.firm.firm import firm, rates
from crm.i18n import _
from crm.reporting.book import Book
from crm.reporting.measures import beside, worth
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import (
    Campaign,
    CampaignMember,
    Contact,
    Deal,
    FormAnswer,
    LinkClick,
    Order,
    OrderLine,
    WebForm,
)
from db.scope import UPDATE

LINK, REPLY, FORM, DEAL, ORDER, FILE = "link", "reply", "form", "deal", "order", "file"
_SYSTEM = {"system": True}


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a member: the first response with its time and way, whether anything was bought, for how much."""

    at: datetime | None = None
    by: str | None = None
    converted: bool = False
    revenue_minor: int = 0
    #: What was bought in a currency without a rate, by that: it is kept as it is until somebody enters one.
    abroad: tuple[tuple[str, int], ...] = ()

    def also(
        self, at: datetime, by: str, *, converted: bool = False, revenue_minor: int = 0, abroad: tuple[tuple[str, int], ...] = ()
    ) -> Seen:  # fmt: skip
        """The same with one more response."""
        first = self.at is None or at < self.at
        return Seen(
            at if first else self.at,
            by if first else self.by,
            self.converted or converted,
            self.revenue_minor + revenue_minor,
            self.abroad + abroad,
        )

    def money(self, home: str) -> tuple[int, str | None, str | None]:
        """What was bought for, in which currency, and in which more of it has no rate.

        Where a part has no rate only that is told, so that no sum takes it for all; of several such the first by name.
        """
        if not self.abroad:
            return self.revenue_minor, home if self.revenue_minor else None, None
        currency = min(code for code, minor in self.abroad if minor)
        more = ",".join(sorted({code for code, _minor in self.abroad} - {currency}))
        return sum(minor for code, minor in self.abroad if code == currency), currency, more or None


@dataclass
class _Count:
    """One counting: the campaign's days, and what was seen by member."""

    campaign: Campaign
    book: Book
    begun: datetime
    seen: dict[int, Seen] = field(default_factory=dict)

    def begin(self, sent_at: datetime | None) -> datetime:
        return sent_at or self.begun

    def last_day(self, sent_at: datetime | None) -> date:
        return here(self.begin(sent_at)).date() + timedelta(days=self.campaign.response_days)

    def counts_at(self, sent_at: datetime | None, at: datetime) -> bool:
        """Whether a moment lies within a member's days."""
        return self.begin(sent_at) <= at and here(at).date() <= self.last_day(sent_at)

    def counts_on(self, sent_at: datetime | None, day: date | None) -> bool:
        """Whether a day lies within a member's days; that of the message counts as a whole."""
        return day is not None and here(self.begin(sent_at)).date() <= day <= self.last_day(sent_at)

    def add(self, member_id: int, at: datetime, by: str, **more: Any) -> None:
        self.seen[member_id] = self.seen.get(member_id, Seen()).also(at, by, **more)

    def bought(
        self, member_id: int, day: date, by: str, minor: int, currency: str, rate_day: date, more: str | None = None
    ) -> None:  # fmt: skip
        """A sale counted by a day, at the rate of a day; ``more`` as of ``Worth.missing``."""
        worth = self.book.worth(minor, currency, rate_day)
        known = not minor or self.book.knows(currency)
        left = (*(() if known else ((currency, minor),)), *((code, 0) for code in beside(more, currency)))
        self.add(member_id, _noon(day), by, converted=True, revenue_minor=worth, abroad=left)


def collect_responses(work: Work, campaign_id: int, now: datetime) -> int:
    """Count a campaign's responses anew.

    Returns
    -------
    int
        How many members were changed; nought when nothing happened since the last time.

    Raises
    ------
    NotFound
        No such campaign, or not one the actor may change.
    """
    campaign = work.session.scalars(select(Campaign).where(Campaign.id == campaign_id)).first()
    if campaign is None or not work.actor.holds(
        "campaign", UPDATE, owner_id=campaign.owner_id, team_id=campaign.team_id
    ):
        raise NotFound(_("There is no campaign {id}, or you may not change it.").format(id=campaign_id))
    begun = _begun(work, campaign)
    if begun is None or begun > now:
        return 0
    book = Book(firm(work.session).currency, rates(work.session), now)
    count = _Count(campaign, book, begun)
    _links(work, count)
    _forms(work, count)
    counted = _deals(work, count)
    _orders(work, count, counted)
    return _store(work, count)


def _begun(work: Work, campaign: Campaign) -> datetime | None:
    """When the campaign began: its start, else its first message, else its planned day."""
    if campaign.started_at is not None:
        return campaign.started_at
    first = select(func.min(CampaignMember.sent_at)).where(CampaignMember.campaign_id == campaign.id)
    sent: datetime | None = work.session.scalar(first, execution_options=_SYSTEM)
    if sent is None and campaign.starts_on is not None:
        return datetime.combine(campaign.starts_on, time(), zone())
    return sent


def _members(count: _Count) -> list[ColumnElement[bool]]:
    """Members whose responses are counted here."""
    told = or_(CampaignMember.response_by.is_(None), CampaignMember.response_by != FILE)
    return [CampaignMember.campaign_id == count.campaign.id, told]


def _read(work: Work, statement: Any) -> Iterable[Any]:
    return work.session.execute(statement, execution_options=_SYSTEM)


def _links(work: Work, count: _Count) -> None:
    """Links followed by people; mail scanners follow links too and count for nothing."""
    statement = (
        select(CampaignMember.id, CampaignMember.sent_at, LinkClick.at)
        .join(LinkClick, LinkClick.member_id == CampaignMember.id)
        .where(*_members(count), LinkClick.by_machine.is_(False))
    )
    for member_id, sent_at, at in _read(work, statement):
        if count.counts_at(sent_at, at):
            count.add(member_id, at, LINK)


def _forms(work: Work, count: _Count) -> None:
    """Answers to the forms of the campaign."""
    statement = (
        select(CampaignMember.id, CampaignMember.sent_at, FormAnswer.at)
        .join(FormAnswer, FormAnswer.contact_id == CampaignMember.contact_id)
        .join(WebForm, WebForm.id == FormAnswer.form_id)
        .where(*_members(count), WebForm.campaign_id == count.campaign.id)
    )
    for member_id, sent_at, at in _read(work, statement):
        if count.counts_at(sent_at, at):
            count.add(member_id, at, FORM)


def _lone(count: _Count) -> Any:
    """By organisation its first member, and how many it has: with several, nobody knows whose doing a deal is."""
    return (
        select(
            Contact.organisation_id.label("organisation_id"),
            func.min(CampaignMember.id).label("member_id"),
            func.count().label("members"),
        )
        .join(CampaignMember, CampaignMember.contact_id == Contact.id)
        .where(CampaignMember.campaign_id == count.campaign.id, Contact.organisation_id.is_not(None))
        .group_by(Contact.organisation_id)
        .subquery()
    )


def _of_members(count: _Count, cls: Any, columns: list[Any], day: Any, where: list[Any]) -> list[Select[Any]]:
    """Rows of members themselves, and those of their organisation that name nobody.

    A row of an organisation counts for its only member, and for the first of several where it names the campaign.
    """
    mine = [*_members(count), cls.archived_at.is_(None), day >= here(count.begun).date(), *where]
    columns = [CampaignMember.id, CampaignMember.sent_at, *columns]
    own = select(*columns).join(cls, cls.contact_id == CampaignMember.contact_id).where(*mine)
    lone = _lone(count)
    whose: ColumnElement[bool] = lone.c.members == 1
    if cls is Deal:
        whose = or_(whose, Deal.campaign_id == count.campaign.id)
    of_firm = (
        select(*columns)
        .join(lone, lone.c.member_id == CampaignMember.id)
        .join(cls, and_(cls.organisation_id == lone.c.organisation_id, cls.contact_id.is_(None)))
        .where(*mine, whose)
    )
    return [own, of_firm]


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), zone())


def _deals(work: Work, count: _Count) -> set[int]:
    """Deals opened within the days; those won within them are sales. The ids of these, whose orders count no more."""
    own = worth(count.book)
    columns = [Deal.id, Deal.opened_on, Deal.status, Deal.closed_on, own.minor, own.currency, own.missing]
    won: set[int] = set()
    for statement in _of_members(count, Deal, columns, Deal.opened_on, []):
        for member_id, sent_at, deal_id, opened, status, closed, *value in _read(work, statement):
            if not count.counts_on(sent_at, opened):
                continue
            if status == "won" and count.counts_on(sent_at, closed):
                minor, currency, missing = value
                count.bought(member_id, opened, DEAL, int(minor or 0), currency, closed, missing)
                won.add(deal_id)
            else:
                count.add(member_id, _noon(opened), DEAL)
    return won


def _orders(work: Work, count: _Count, counted: set[int]) -> None:
    """Orders and single sales within the days, with the sum of their lines."""
    found: dict[int, tuple[int, date]] = {}
    for statement in _of_members(
        count, Order, [Order.id, Order.ordered_on, Order.deal_id], Order.ordered_on, []
    ):
        for member_id, sent_at, order_id, day, deal_id in _read(work, statement):
            if count.counts_on(sent_at, day) and deal_id not in counted:
                found[order_id] = (member_id, day)
    for member_id, day in found.values():
        count.add(member_id, _noon(day), ORDER, converted=True)
    for order_id, currency, minor in _order_values(work, sorted(found)):
        member_id, day = found[order_id]
        count.bought(member_id, day, ORDER, int(minor), currency, day)
    lines = [OrderLine.sold_on, OrderLine.amount_minor, OrderLine.currency]
    for statement in _of_members(count, OrderLine, lines, OrderLine.sold_on, [OrderLine.order_id.is_(None)]):
        for member_id, sent_at, day, minor, currency in _read(work, statement):
            if count.counts_on(sent_at, day):
                count.bought(member_id, day, ORDER, minor, currency, day)


def _order_values(work: Work, ids: list[int]) -> Iterable[Any]:
    """Order, currency and what its lines in that currency add up to."""
    for start in range(0, len(ids), 5_000):
        statement = (
            select(OrderLine.order_id, OrderLine.currency, func.sum(OrderLine.amount_minor))
            .where(OrderLine.order_id.in_(ids[start : start + 5_000]), OrderLine.archived_at.is_(None))
            .group_by(OrderLine.order_id, OrderLine.currency)
        )
        yield from _read(work, statement)


def _store(work: Work, count: _Count) -> int:
    """Write what differs from what is stored; a reply was written down when it came, and stays."""
    columns = [
        CampaignMember.id, CampaignMember.responded, CampaignMember.responded_at, CampaignMember.response_by,
        CampaignMember.converted, CampaignMember.revenue_minor, CampaignMember.currency, CampaignMember.beside,
    ]  # fmt: skip
    has = or_(CampaignMember.responded, CampaignMember.converted, CampaignMember.revenue_minor != 0)
    stored = {row.id: row for row in _read(work, select(*columns).where(*_members(count), has))}
    changes = []
    for member_id in sorted(stored.keys() | count.seen.keys()):
        old, seen = stored.get(member_id), count.seen.get(member_id, Seen())
        if old is not None and old.response_by == REPLY:
            replied = old.responded_at or count.begun
            seen = seen.also(replied, REPLY) if seen.at is not None else replace(seen, at=replied, by=REPLY)
        new = (seen.by is not None, seen.at, seen.by, seen.converted, *seen.money(count.book.currency))
        if old is None or tuple(old)[1:] != new:
            names = (
                "responded",
                "responded_at",
                "response_by",
                "converted",
                "revenue_minor",
                "currency",
                "beside",
            )
            changes.append({"member_id": member_id, **dict(zip(names, new, strict=True))})
    if changes:
        # In bulk; members are no news to the change log.
        statement = update(CampaignMember).where(CampaignMember.id == bindparam("member_id"))
        values: dict[str, Any] = {name: bindparam(name) for name in changes[0] if name != "member_id"}
        work.session.connection().execute(statement.values(values), changes, execution_options=SYSTEM_OPTIONS)
    return len(changes)
