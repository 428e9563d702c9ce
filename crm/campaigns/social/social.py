"""Posts as the calendar and the analysis read them, within the reader's rights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import pandas as pd
from sqlalchemy import func, select

from crm.clock import here, zone
from db.models import SocialAccount, SocialPost
from db.scope import ScopedSession

#: What a post can be measured by, and the columns that it takes.
MEASURES = ("interactions", "reach", "engaged", "rate")


@dataclass(frozen=True, slots=True)
class CalendarPost:
    """A post on its day: when it will appear, or appeared."""

    id: int
    title: str
    status: str
    kind: str
    at: datetime
    account: str
    network: str
    interactions: int | None

    @property
    def day(self) -> date:
        """The day at the firm's place."""
        return here(self.at).date()


@dataclass(frozen=True, slots=True)
class Account:
    """A page or profile of ours with its number of posts."""

    id: int
    name: str
    network: str
    url: str
    posts: int


def accounts(session: ScopedSession) -> list[Account]:
    """All accounts by name. One statement."""
    rows = session.execute(
        select(
            SocialAccount.id,
            SocialAccount.name,
            SocialAccount.network,
            SocialAccount.url,
            func.count(SocialPost.id),
        )
        .outerjoin(SocialPost, (SocialPost.account_id == SocialAccount.id) & SocialPost.archived_at.is_(None))
        .where(SocialAccount.archived_at.is_(None))
        .group_by(SocialAccount.id, SocialAccount.name, SocialAccount.network, SocialAccount.url)
        .order_by(SocialAccount.name, SocialAccount.id)
    )
    return [Account(row[0], row[1], row[2], row[3] or "", row[4]) for row in rows]


def posts_between(
    session: ScopedSession, first: date, last: date, *, account_id: int | None = None
) -> list[CalendarPost]:
    """Posts that appear or appeared from one day to another, both included, in order. One statement."""
    at = func.coalesce(SocialPost.published_at, SocialPost.planned_at)
    begin = datetime.combine(first, time(), zone())
    end = datetime.combine(last + timedelta(days=1), time(), zone())
    wanted = (
        select(
            SocialPost.id,
            SocialPost.title,
            SocialPost.status,
            SocialPost.kind,
            at,
            SocialAccount.name,
            SocialAccount.network,
            SocialPost.interactions,
        )
        .outerjoin(SocialAccount, SocialAccount.id == SocialPost.account_id)
        .where(SocialPost.archived_at.is_(None), at >= begin, at < end)
        .order_by(at, SocialPost.id)
    )
    if account_id is not None:
        wanted = wanted.where(SocialPost.account_id == account_id)
    return [CalendarPost(*row[:5], row[5] or "", row[6] or "", row[7]) for row in session.execute(wanted)]


def published(session: ScopedSession, *, account_id: int | None = None) -> pd.DataFrame:
    """Published posts: id, kind, is_paid, weekday, hour, reach, interactions, engaged, and rate.

    The rate is interactions per 100 people reached, NaN where nobody was. One statement.
    """
    names = ("id", "kind", "is_paid", "weekday", "hour", "reach", "interactions", "engaged")
    wanted = (
        select(*(getattr(SocialPost, name) for name in names))
        .where(SocialPost.archived_at.is_(None), SocialPost.status == "published")
        .order_by(SocialPost.id)
    )
    if account_id is not None:
        wanted = wanted.where(SocialPost.account_id == account_id)
    frame = pd.DataFrame([tuple(row) for row in session.execute(wanted)], columns=list(names))
    for name in ("weekday", "hour", "reach", "interactions", "engaged"):
        frame[name] = frame[name].astype("float64")
    frame["rate"] = 100 * frame["interactions"] / frame["reach"].where(frame["reach"] > 0)
    return frame
