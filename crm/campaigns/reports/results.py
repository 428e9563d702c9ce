"""What a campaign brought: its arms as an experiment, from sums that the database makes.

All members count in the arm they were drawn for, whether their message arrived or not; only so the arms compare.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Float, case, cast, func, select

from crm.analytics import trial
from crm.analytics.effects import UNBELIEVABLE, Moments, imbalance, return_on_cost, size_mismatch
from crm.analytics.effects_words import Circumstances
from crm.analytics.trial import Arm, Lift, Range
from crm.campaigns.reports import marketing_facts as facts
from crm.clock import here
from crm.errors import NotFound
from crm.i18n import _
from crm.reporting.book import Book, open_book
from db.models import Campaign, CampaignArm, CampaignMember, Contact
from db.scope import ScopedSession

#: Ways to respond that only a message opens: whoever got none cannot go them.
ONLY_BY_MESSAGE = ("link", "reply")
#: Fields of contacts by which members can be told apart afterwards, the first that tells any apart by default.
GROUPS = ("segment", "lifecycle", "region", "country", "source", "gender")
MOST_GROUPS = 12
DRAWN = "stratum"
_SYSTEM = {"system": True}


@dataclass(frozen=True)
class CampaignResult:
    """A campaign's arms, compared. Money is in minor units of the book's currency.

    ``counts_until`` is the last day that counts, None where no day is known. ``main`` is the measure the conclusion
    rests on; ``comparable`` names the measures that the control group could show as well. ``lifts`` holds each arm
    against the control group and ``versions`` the arms against each other, by measure. ``mismatch`` and ``imbalance``
    are p-values of the draw, NaN where nothing can be tested. ``cost_minor`` is None where no cost is entered.
    """

    id: int
    name: str
    status: str
    channel: str
    book: Book
    starts_on: date | None
    response_days: int
    counts_until: date | None
    is_open: bool
    is_drawn: bool
    from_file: bool
    arms: tuple[Arm, ...]
    measures: tuple[str, ...]
    comparable: tuple[str, ...]
    main: str
    lifts: dict[str, tuple[Lift, ...]]
    versions: dict[str, tuple[Lift, ...]]
    together: dict[str, Lift]
    cost_minor: int | None
    states: dict[str, int]
    mismatch: float
    imbalance: float
    grouped_by: str
    group_fields: tuple[str, ...]
    groups: tuple[tuple[str, tuple[Arm, ...]], ...] = field(repr=False)

    @property
    def n(self) -> int:
        """All members."""
        return sum(arm.n for arm in self.arms)

    @property
    def control(self) -> Arm | None:
        """The control group, None without one."""
        return trial.control_of(self.arms)

    @property
    def return_on_cost(self) -> Range | None:
        """What came back beyond each unit of cost, by the revenue beyond the control group's; None where unknown."""
        extra = self.extra_revenue
        if not self.cost_minor or extra is None or math.isnan(extra.value):
            return None
        ends = (return_on_cost(end, self.cost_minor) for end in (extra.value, extra.low, extra.high))
        return Range(*ends)

    @property
    def extra_revenue(self) -> Range | None:
        """Revenue of all arms with a message beyond what the control group lets expect."""
        found = self.together.get(trial.REVENUE)
        return found.extra if found is not None else None

    def group_lifts(self, measure: str) -> tuple[Lift, ...]:
        """Each arm against the control group within each group of contacts: a hint, being looked at afterwards."""
        return trial.by_group(self.groups, measure) if measure in self.comparable else ()


def campaign_result(
    session: ScopedSession, campaign_id: int, now: datetime | None = None, *, by: str = ""
) -> CampaignResult:
    """The result of one campaign; a handful of statements whatever its size.

    Parameters
    ----------
    now : datetime, optional
        Decides whether responses still count; this moment by default.
    by : str
        What groups are made by: ``stratum`` (as drawn) or one of ``GROUPS``; the first that fits by default.

    Raises
    ------
    NotFound
        No such campaign, or not one the actor may see.
    """
    campaign = session.scalars(select(Campaign).where(Campaign.id == campaign_id)).first()
    if campaign is None:
        raise NotFound(_("There is no campaign {id}, or you may not see it.").format(id=campaign_id))
    moment = now or datetime.now(UTC)
    planned = _planned(session, campaign_id)
    book = _book(session, campaign, moment)
    arms = _arms(session, campaign, book, planned)
    sent, ways, states = _story(session, campaign_id)
    last = sent or campaign.started_at or campaign.closed_at
    first_day = facts.first_day(campaign.starts_on, campaign.started_at)
    last_day = here(last).date() if last else campaign.starts_on
    until = last_day + timedelta(days=campaign.response_days) if last_day else None
    is_open = campaign.status != "closed" or (until is not None and here(moment).date() <= until)
    counted = trial.measured(arms)
    only_message = trial.control_of(arms) is not None and any(way in ONLY_BY_MESSAGE for way in ways)
    comparable = tuple(m for m in counted if not (m == trial.RESPONSE and only_message))
    fields = _group_fields(session, campaign)
    chosen = by if by in fields else next(iter(fields), "")
    groups = _groups(session, campaign, book, planned, chosen) if chosen else ()
    is_drawn = campaign.drawn_at is not None
    balance = _balance_field(fields, is_drawn)
    mixed = groups if balance == chosen else ()
    if balance and balance != chosen:
        mixed = _groups(session, campaign, book, planned, balance)
    together = {name: trial.together(arms, name) for name in comparable}
    tested = [arm for arm in arms if arm.n and arm.name in planned]
    return CampaignResult(
        id=campaign.id,
        name=campaign.name,
        status=campaign.status,
        channel=campaign.channel,
        book=book,
        starts_on=first_day,
        response_days=campaign.response_days,
        counts_until=until,
        is_open=is_open,
        is_drawn=is_drawn,
        from_file=ways == {"file"},
        arms=arms,
        measures=counted,
        comparable=comparable,
        main=next(iter(comparable), counted[0]),
        lifts={name: trial.lifts(arms, name) for name in comparable},
        versions={name: trial.versions(arms, name) for name in counted},
        together={name: found for name, found in together.items() if found is not None},
        cost_minor=facts.cost_of(book, campaign.cost_minor, campaign.currency, first_day),
        states=states,
        mismatch=size_mismatch([a.n for a in tested], [planned[a.name][1] for a in tested])
        if is_drawn
        else math.nan,
        imbalance=imbalance([[arm.n for arm in _ordered(found, arms)] for _name, found in mixed]),
        grouped_by=chosen,
        group_fields=fields,
        groups=groups,
    )


def circumstances(result: CampaignResult, measure: str) -> Circumstances:
    """What limits the conclusion from one measure of a result."""
    unfair = min((p for p in (result.mismatch, result.imbalance) if not math.isnan(p)), default=1.0)
    return Circumstances(
        currency=result.book.currency,
        until=result.counts_until,
        is_open=result.is_open,
        is_drawn=result.is_drawn,
        is_unfair=unfair < UNBELIEVABLE,
        needs_message=result.control is not None and measure not in result.comparable,
    )


def _planned(session: ScopedSession, campaign_id: int) -> dict[str, tuple[bool, float]]:
    """Whether each arm is the control group, and its planned share, in the order of the campaign."""
    order = (CampaignArm.is_control, CampaignArm.position, CampaignArm.id)
    rows = session.execute(
        select(CampaignArm.name, CampaignArm.is_control, CampaignArm.share)
        .where(CampaignArm.campaign_id == campaign_id)
        .order_by(*order)
    )
    return {str(name): (bool(control), float(part)) for name, control, part in rows}


def _book(session: ScopedSession, campaign: Campaign, now: datetime) -> Book:
    """The one currency of all revenue and of the cost where there is one, and says so; else that of the dashboards."""
    mine = CampaignMember.campaign_id == campaign.id, CampaignMember.revenue_minor != 0
    found = session.execute(select(CampaignMember.currency, CampaignMember.beside).where(*mine).distinct())
    used = {code for currency, more in found for code in (currency, *(more or "").split(",")) if code}
    if campaign.cost_minor and campaign.currency:
        used.add(campaign.currency)
    book = replace(open_book(session), as_of=now)
    if len(used) != 1 or (only := used.pop()) == book.currency:
        return book
    note = _("Amounts stand in {own}, as all of this campaign do; the dashboards count in {base}.")
    # The rates lead to the currency of the dashboards, not to this one.
    return replace(
        book, currency=only, rates={}, said=(*book.said, note.format(own=only, base=book.currency))
    )


def _story(session: ScopedSession, campaign_id: int) -> tuple[datetime | None, set[str], dict[str, int]]:
    """When the last message went, in which ways people responded, and how many members are in which state."""
    mine = CampaignMember.campaign_id == campaign_id
    sent = session.scalar(select(func.max(CampaignMember.sent_at)).where(mine))
    told = select(CampaignMember.response_by).where(mine, CampaignMember.response_by.is_not(None)).distinct()
    states = select(CampaignMember.state, func.count()).where(mine).group_by(CampaignMember.state)
    ways = {str(way) for way in session.scalars(told) if way}
    return sent, ways, {str(state): int(n) for state, n in session.execute(states)}


def _sums() -> list[Any]:
    """Per group: members, responded, converted, revenue, its squares, how many have any, and the largest."""
    money = cast(CampaignMember.revenue_minor, Float)
    one_if = [
        func.sum(case((condition, 1), else_=0))
        for condition in (CampaignMember.responded, CampaignMember.converted)
    ]
    paid = func.sum(case((CampaignMember.revenue_minor != 0, 1), else_=0))
    return [func.count(), *one_if, func.sum(money), func.sum(money * money), paid, func.max(money)]


def _counted(session: ScopedSession, campaign: Campaign, by: str = "") -> list[Any]:
    """Sums by arm and currencies, and by a kind of group at the end of each row.

    The campaign was found within the actor's scope, so all its members count, whoever owns the contacts.
    """
    keys = [CampaignMember.arm, CampaignMember.currency, CampaignMember.beside]
    extra = [CampaignMember.stratum if by == DRAWN else getattr(Contact, by)] if by else []
    statement = select(*keys, *_sums(), *extra).select_from(CampaignMember)
    if by and by != DRAWN:
        statement = statement.join(Contact, Contact.id == CampaignMember.contact_id)
    statement = statement.where(CampaignMember.campaign_id == campaign.id).group_by(*keys, *extra)
    return list(session.execute(statement, execution_options=_SYSTEM))


def _tallied(
    rows: Sequence[Any], book: Book, planned: dict[str, tuple[bool, float]], day: date | None
) -> tuple[Arm, ...]:
    """Arms in the campaign's order, their revenue in the book's currency."""
    found: dict[str, Arm] = {}
    for name, currency, more, n, responded, converted, total, squares, paid, largest in (
        row[:10] for row in rows
    ):
        book.leave_out(more)
        # A million minor units, so that the rate keeps its digits.
        rate = 1.0 if not paid else book.worth(10**6, currency or book.currency, day) / 10**6
        left = 0 if book.knows(currency or book.currency) else int(paid)
        money = Moments(
            int(n) - left,
            float(total) * rate,
            float(squares) * rate**2,
            int(paid) - left,
            float(largest) * rate,
        )
        arm = Arm(str(name), planned.get(name, (False, 0.0))[0], int(responded), int(converted), money, left)
        found[arm.name] = found[arm.name] + arm if arm.name in found else arm
    for name, (control, _share) in planned.items():
        found.setdefault(name, Arm(name, control, 0, 0, Moments(0, 0.0, 0.0, 0, 0.0)))
    places = list(planned)
    last = len(places)
    return tuple(sorted(found.values(), key=lambda a: places.index(a.name) if a.name in planned else last))


def _arms(
    session: ScopedSession, campaign: Campaign, book: Book, planned: dict[str, tuple[bool, float]]
) -> tuple[Arm, ...]:
    rows = _counted(session, campaign)
    return _tallied(rows, book, planned, facts.first_day(campaign.starts_on, campaign.started_at))


def _group_fields(session: ScopedSession, campaign: Campaign) -> tuple[str, ...]:
    """By what the members can be told apart into a few groups."""
    columns = [CampaignMember.stratum, *(getattr(Contact, name) for name in GROUPS)]
    statement = (
        select(*(func.count(column.distinct()) for column in columns))
        .select_from(CampaignMember)
        .join(Contact, Contact.id == CampaignMember.contact_id)
        .where(CampaignMember.campaign_id == campaign.id)
    )
    counts = session.execute(statement, execution_options=_SYSTEM).one()
    return tuple(name for name, n in zip((DRAWN, *GROUPS), counts, strict=True) if 2 <= n <= MOST_GROUPS)


def _balance_field(fields: tuple[str, ...], is_drawn: bool) -> str:
    """By what the arms must be mixed alike: as they were when drawn, whatever groups are looked at.

    A contact's fields may have changed because of the message; of arms that others made nothing else is known, but for
    the lifecycle, which a sale changes.
    """
    if DRAWN in fields:
        return DRAWN
    return "" if is_drawn else next((name for name in fields if name != "lifecycle"), "")


def _groups(
    session: ScopedSession, campaign: Campaign, book: Book, planned: dict[str, tuple[bool, float]], by: str
) -> tuple[tuple[str, tuple[Arm, ...]], ...]:
    rows: dict[str, list[Any]] = {}
    for row in _counted(session, campaign, by):
        rows.setdefault(str(row[10] or ""), []).append(row)
    day = facts.first_day(campaign.starts_on, campaign.started_at)
    return tuple((name, _tallied(rows[name], book, planned, day)) for name in sorted(rows))


def _ordered(found: Sequence[Arm], arms: Sequence[Arm]) -> list[Arm]:
    """A group's arms as those of the whole campaign stand."""
    by_name = {arm.name: arm for arm in found}
    empty = Moments(0, 0.0, 0.0, 0, 0.0)
    return [by_name.get(arm.name, Arm(arm.name, arm.is_control, 0, 0, empty)) for arm in arms]
