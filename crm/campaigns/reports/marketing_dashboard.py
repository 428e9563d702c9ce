"""Everything the marketing dashboard shows, read once for one choice of period and filters."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import select

from crm.analytics.intervals import Share, wilson
from crm.campaigns.reports import marketing_facts as facts
from crm.campaigns.reports import marketing_reports as reports
from crm.periods import USUAL, Calendar, Period, add_months, month_start, months_between, shown_period
from crm.reporting.book import Book, open_book
from crm.reporting.grouped import converted, grouped, month_of, year_of
from crm.reporting.measures import amounts, deal_conditions
from crm.reporting.report import SalesFilter, told_apart
from db.models import Campaign, Deal, Lead, Team, User
from db.scope import ScopedSession

#: The calendar shows at least so many months, and at most so many.
MONTHS, MOST_MONTHS = 12, 36
#: and looks so many ahead.
AHEAD = 6


@dataclass(frozen=True, slots=True)
class MarketingQuestion:
    """A kind of period with its own days if custom, and filters."""

    kind: str
    today: date
    start: date | None = None
    end: date | None = None
    chosen: SalesFilter = field(default_factory=SalesFilter)
    calendar: Calendar = USUAL

    def period(self, newest: date | None) -> tuple[Period, bool]:
        """The days shown, given the newest day with a lead or campaign, and whether they are older than those asked for."""
        return shown_period(
            self.kind, newest, today=self.today, start=self.start, end=self.end, calendar=self.calendar
        )


@dataclass(frozen=True)
class MarketingChoices:
    """What the filters offer, by id in the order shown."""

    teams: dict[int, str]
    owners: dict[int, str]
    campaigns: dict[int, str]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class MarketingBoard:
    """Frames of one dashboard, as the reports of the same names give them; amounts in minor units of the book's currency.

    ``campaigns`` are those that began in the period, as :func:`marketing_reports.campaign_rows`. ``months`` has ``month,
    won_value_minor, deals``. ``moved`` says that nothing happened in the running period, so that the newest one with a
    lead or campaign is shown.
    """

    book: Book
    asked: SalesFilter
    period: Period
    moved: bool
    newest: date | None
    campaigns: pd.DataFrame
    sources: pd.DataFrame
    segments: pd.DataFrame
    months: pd.DataFrame
    is_empty: bool

    def total(self, frame: pd.DataFrame, column: str) -> int:
        """Sum of a column, where nothing counts as nought."""
        return int(sum(value for value in frame[column] if value is not None and not pd.isna(value)))

    @property
    def cost_minor(self) -> int | None:
        """Cost of the campaigns that name one."""
        known = self.campaigns["cost_minor"].notna().any()
        return self.total(self.campaigns, "cost_minor") if known else None

    def cost_per(self, what: str) -> tuple[int | None, int, int]:
        """As :func:`marketing_reports.cost_per`."""
        return reports.cost_per(self.campaigns, what)

    @property
    def response(self) -> Share:
        """Responded among those to whom a message went."""
        rows = self.segments[self.segments["by"] == "contact"]
        return wilson(self.total(rows, "responded"), self.total(rows, "members"))


def marketing_choices(session: ScopedSession) -> MarketingChoices:
    """Teams, owners, campaigns and the sources of leads and deals in scope; five statements."""

    def named(statement: Any) -> dict[int, str]:
        found = told_apart({int(key): str(name) for key, name in session.execute(statement)})
        return dict(sorted(found.items(), key=lambda item: item[1].casefold()))

    sources = set(session.scalars(select(Lead.source).where(Lead.archived_at.is_(None)).distinct()))
    sources |= set(session.scalars(select(Deal.source).where(Deal.archived_at.is_(None)).distinct()))
    return MarketingChoices(
        teams=named(select(Team.id, Team.name)),
        owners=named(select(User.id, User.name)),
        campaigns=named(select(Campaign.id, Campaign.name).where(Campaign.archived_at.is_(None))),
        sources=tuple(sorted({source for source in sources if source}, key=str.casefold)),
    )


def marketing_board(session: ScopedSession, asked: MarketingQuestion) -> MarketingBoard:
    """The dashboard within the session's scope; the number of statements does not depend on the data."""
    book = open_book(session)
    last = facts.newest(session, asked.chosen, asked.today)
    period, moved = asked.period(last)
    chosen = replace(asked.chosen, start=period.start, end=period.end)
    campaigns = reports.campaign_rows(session, book, chosen)
    sources = reports.leads_by_source(session, chosen)
    for said in ("missing", "later", "older"):
        getattr(book, said).update(getattr(sources.book, said))
    segments = reports.response_by_segment(session, chosen).rows
    months = _won_by_month(session, book, asked, period, campaigns)
    nothing = not (len(campaigns) or len(sources.rows))
    return MarketingBoard(
        book, chosen, period, moved, last, campaigns, sources.rows, segments, months, nothing
    )


def _won_by_month(
    session: ScopedSession, book: Book, asked: MarketingQuestion, period: Period, campaigns: pd.DataFrame
) -> pd.DataFrame:
    """Won value by month of closing, over the period and the campaigns in it."""
    known = [day for day in campaigns["starts_on"] if day is not None and not pd.isna(day)]
    # Without an end the campaigns of the next months are in the calendar as well.
    ahead = [day for day in known if day <= add_months(asked.today, AHEAD)]
    last = period.end or max([asked.today, *ahead])
    first = period.start or min([*known, add_months(last, 1 - MONTHS)])
    first = max(min(month_start(first), add_months(last, 1 - MONTHS)), add_months(last, 1 - MOST_MONTHS))
    every = months_between(first, last)
    window = replace(asked.chosen, start=first, end=last)
    where = [*deal_conditions(window), Deal.status == "won"]
    told = amounts(book, where, Deal.closed_on)
    keys = {"year": year_of(Deal.closed_on), "month": month_of(Deal.closed_on)} | told.keys
    counted = {"deals": None, "won_value_minor": told.minor}
    found = grouped(session, keys, counted, joins=told.joins, where=where)
    frame = converted(found, book, ["won_value_minor"])
    sums = {month: [0, 0] for month in every}
    for year, month, deals, minor in frame[["year", "month", "deals", "won_value_minor"]].itertuples(
        index=False
    ):
        place = sums.get(date(int(year), int(month), 1))
        if place is not None:
            place[0] += int(deals)
            place[1] += int(minor)
    rows = [(month, minor, deals) for month, (deals, minor) in sums.items()]
    return pd.DataFrame(rows, columns=["month", "won_value_minor", "deals"])
