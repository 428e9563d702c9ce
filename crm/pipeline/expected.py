"""What open deals and targets say about the coming months, to stand beside a forecast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd
from sqlalchemy import null

from crm.periods import add_months, month_start
from crm.pipeline.targets import goals_by_month, target_table
from crm.reporting.book import Book
from crm.reporting.grouped import converted, grouped, month_of, year_of
from crm.reporting.measures import amounts, deal_conditions
from crm.reporting.report import SalesFilter, names
from db.models import Deal, Stage
from db.scope import ScopedSession


@dataclass(frozen=True, slots=True)
class Due:
    """Open deals that are expected to close in one stretch of time; minor units, the weighted ones not yet rounded, so that
    months add up to the whole."""

    deals: int = 0
    value_minor: int = 0
    weighted_minor: float = 0.0

    def __add__(self, other: Due) -> Due:
        return Due(
            self.deals + other.deals,
            self.value_minor + other.value_minor,
            self.weighted_minor + other.weighted_minor,
        )


@dataclass(frozen=True, slots=True)
class OpenDeals:
    """Open deals by the month they are expected to close; ``late`` should have closed before, ``undated`` has no day."""

    months: dict[date, Due]
    late: Due
    undated: Due


def open_deals(session: ScopedSession, book: Book, chosen: SalesFilter, *, today: date) -> OpenDeals:
    """Amounts of open deals times the chance of their stage, by month of expected closing; one statement.

    A deal without an amount counts at list price, as everywhere.
    """
    day = Deal.expected_close_on
    where = [*deal_conditions(chosen, day=None), Deal.status == "open"]
    # Open amounts count at today's rate.
    told = amounts(book, where, null(), products=chosen.products)
    keys = {"year": year_of(day), "month": month_of(day), "chance": Stage.probability}
    joins = [*told.joins, (Stage, Stage.id == Deal.stage_id, False)]
    sums = {"deals": told.once, "value_minor": told.minor}
    frame = converted(
        grouped(session, keys | told.keys, sums, joins=joins, where=where), book, ["value_minor"]
    )
    months: dict[date, Due] = {}
    late = undated = Due()
    running = month_start(today)
    for row in frame.to_dict("records"):
        value = int(row["value_minor"])
        due = Due(int(row["deals"]), value, value * float(row["chance"]))
        if pd.isna(row["year"]):
            undated += due
            continue
        month = date(int(row["year"]), int(row["month"]), 1)
        if month < running:
            late += due
        else:
            months[month] = months.get(month, Due()) + due
    return OpenDeals(months, late, undated)


def targets_ahead(
    session: ScopedSession, book: Book, *, team_id: int | None, start: date, months: int
) -> dict[date, int]:
    """Targets by month for what the actor sees: the firm's, their teams' or their own; minor units.

    Four statements.
    """
    goals = target_table(
        session, book, start=start, end=add_months(start, months) - timedelta(1), today=start
    )
    teams = () if team_id is None else (team_id,)
    return goals_by_month(goals, names(session), teams=teams, owners=())
