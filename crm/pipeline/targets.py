"""Targets: what a person, a team or the whole firm should win in a month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd
from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from crm.errors import NotAllowed, Problem, Refused
from crm.i18n import _
from crm.money import check_currency
from crm.periods import month_end, month_start
from crm.reporting.book import Book
from crm.reporting.report import Names
from crm.work import Work
from db.models import Target, Team, User
from db.scope import ALL, CREATE, READ, TEAM, UPDATE, Actor, ScopedSession


def may_set_targets(actor: Actor) -> bool:
    """True when the actor's role lets them enter targets."""
    return actor.may("target", CREATE) and actor.may("target", UPDATE)


def set_target(
    work: Work,
    *,
    month: date,
    amount_minor: int,
    currency: str,
    user_id: int | None = None,
    team_id: int | None = None,
) -> None:
    """Enter the target of a month for a user, a team, or with neither the firm. Zero takes it away.

    Raises
    ------
    Refused
        Both a user and a team, an unknown one, or a negative amount.
    NotAllowed
        The actor may not enter targets.
    """
    if not may_set_targets(work.actor):
        raise NotAllowed(_("Only managers enter targets. Ask one, or an administrator."))
    if user_id is not None and team_id is not None:
        problem = Problem("team_id", _("Choose a person or a team, not both."))
        raise Refused(_("A target belongs to a person or to a team."), problems=[problem])
    for cls, key, field in ((User, user_id, "user_id"), (Team, team_id, "team_id")):
        if key is not None and work.session.get(cls, key) is None:
            problem = Problem(field, _("That one does not exist any more."))
            raise Refused(_("The target was not stored."), problems=[problem])
    if amount_minor < 0:
        problem = Problem("amount_minor", _("Enter zero or more."))
        raise Refused(_("A target cannot be negative."), problems=[problem])
    where = [Target.month == month_start(month), _is(Target.user_id, user_id), _is(Target.team_id, team_id)]
    row = work.session.scalars(select(Target).where(*where)).first()
    if amount_minor == 0:
        if row is not None:
            work.session.delete(row)
            work.session.flush()
        return
    if row is None:
        row = Target(user_id=user_id, team_id=team_id, month=month_start(month))
        work.session.add(row)
    row.amount_minor, row.currency = amount_minor, check_currency(currency)
    work.session.flush()


def _is(column: InstrumentedAttribute[int | None], value: int | None) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def target_table(
    session: ScopedSession,
    book: Book,
    *,
    start: date | None,
    end: date | None,
    today: date,
    since: date | None = None,
) -> pd.DataFrame:
    """Targets that the actor may see of the months in a period: ``user_id, team_id, month, target_minor``.

    They reach as far as the actor's deals, so that what was won and what was wanted are of the same people. They are
    converted at the month's first day; one whose currency has no rate is left out, and so must be what was won for it. A
    month cut by the period counts with the part of its days, only the running one from its first day on as a whole.
    ``since`` adds the months before the period from that day on.
    """
    statement = select(Target.user_id, Target.team_id, Target.month, Target.amount_minor, Target.currency)
    if (first := since or start) is not None:
        statement = statement.where(Target.month >= month_start(first))
    if end is not None:
        statement = statement.where(Target.month <= end)
    rows = []
    for user, team, month, minor, currency in session.execute(
        statement.where(*_within_reach(session.actor)).order_by(Target.month)
    ):
        amount = book.worth(minor, currency, month)
        if book.knows(currency):
            rows.append((user, team, month, round(amount * _part(month, start, end, today))))
    frame = pd.DataFrame(rows, columns=["user_id", "team_id", "month", "target_minor"])
    return frame.astype({"user_id": "Int64", "team_id": "Int64"})


def _within_reach(actor: Actor) -> list[ColumnElement[bool]]:
    reach = ALL if actor.is_system else actor.reach("deal", READ)
    if reach == ALL:
        return []
    mine = Target.user_id == actor.user_id
    if reach != TEAM:
        return [mine]
    members = select(User.id).where(or_(User.team_id.in_(actor.teams), User.id.in_(actor.people)))
    return [or_(mine, Target.team_id.in_(actor.teams), Target.user_id.in_(members))]


def _part(month: date, start: date | None, end: date | None, today: date) -> float:
    """The share of a month's days that lie in a period."""
    if (start is None or start <= month) and (end is None or (end - month).days > 30):
        return 1.0  # the usual case among hundreds of months
    last = month_end(month)
    first = start if start and month_start(start) == month else month
    if end is not None and end < last and (end != today or first != month):
        last = end
    return ((last - first).days + 1) / month_end(month).day


def applicable(
    targets: pd.DataFrame, known: Names, *, teams: tuple[int, ...], owners: tuple[int, ...]
) -> pd.DataFrame:
    """The rows of ``target_table`` that make up the goal of teams and owners, none counted twice.

    Owners chosen: theirs. Teams chosen: the teams', and their members' in months without a team target.
    Nothing chosen: the firm's, in months without one the teams' and those of people whose team has none.
    """
    by_month: dict[date, list[tuple[int, int | None, int | None]]] = {}
    for at, (user, team, month) in enumerate(holders(targets)):
        by_month.setdefault(month, []).append((at, user, team))
    kept: list[int] = []
    for rows in by_month.values():
        firm = [at for at, user, team in rows if user is None and team is None]
        if owners:
            kept += [at for at, user, _team in rows if user in owners]
        elif firm and not teams:
            kept += firm
        else:
            with_target = {team for _at, _user, team in rows if team is not None}
            for at, user, team in rows:
                home = known.team_of(None, user)
                goes = team is not None and (not teams or team in teams)
                if goes or (user is not None and (not teams or home in teams) and home not in with_target):
                    kept.append(at)
    return targets.iloc[kept]


def holders(targets: pd.DataFrame) -> Iterator[tuple[int | None, int | None, date]]:
    """Person, team and month of each target; both None for the firm's."""
    columns = (targets[name].astype(object) for name in ("user_id", "team_id"))
    users, teams = ([None if pd.isna(one) else int(one) for one in column] for column in columns)
    return zip(users, teams, targets["month"], strict=True)


def goals_by_month(
    targets: pd.DataFrame, known: Names, *, teams: tuple[int, ...], owners: tuple[int, ...]
) -> dict[date, int]:
    """The goal of teams and owners by month, from ``applicable``."""
    parts = applicable(targets, known, teams=teams, owners=owners)
    sums: dict[date, int] = {}
    for month, minor in zip(parts["month"], parts["target_minor"], strict=True):
        sums[month] = sums.get(month, 0) + int(minor)
    return sums
