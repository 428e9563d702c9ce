"""Targets: what a person, a team or the whole firm should win in a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from crm.errors import NotAllowed, Problem, Refused
from crm.i18n import _
from crm.money import check_currency
from crm.periods import month_start
from crm.reporting.book import Book
from crm.reporting.report import Names
from crm.work import Work
from db.models import Target, Team, User
from db.scope import CREATE, UPDATE, Actor, ScopedSession


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One stored target; neither user nor team means the whole firm."""

    id: int
    user_id: int | None
    team_id: int | None
    month: date
    amount_minor: int
    currency: str


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
) -> TargetRow | None:
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
        return None
    if row is None:
        row = Target(user_id=user_id, team_id=team_id, month=month_start(month))
        work.session.add(row)
    row.amount_minor, row.currency = amount_minor, check_currency(currency)
    work.session.flush()
    return TargetRow(row.id, row.user_id, row.team_id, row.month, row.amount_minor, row.currency)


def _is(column: InstrumentedAttribute[int | None], value: int | None) -> ColumnElement[bool]:
    return column.is_(None) if value is None else column == value


def target_table(session: ScopedSession, book: Book, *, start: date | None, end: date | None) -> pd.DataFrame:
    """Targets of the months in a period: ``user_id, team_id, month, target_minor``.

    They are converted at the month's first day. A month counts as soon as one of its days lies in the period.
    """
    statement = select(Target.user_id, Target.team_id, Target.month, Target.amount_minor, Target.currency)
    if start is not None:
        statement = statement.where(Target.month >= month_start(start))
    if end is not None:
        statement = statement.where(Target.month <= end)
    rows = [
        (user, team, month, book.worth(minor, currency, month))
        for user, team, month, minor, currency in session.execute(statement.order_by(Target.month))
    ]
    frame = pd.DataFrame(rows, columns=["user_id", "team_id", "month", "target_minor"])
    return frame.astype({"user_id": "Int64", "team_id": "Int64"})


def applicable(
    targets: pd.DataFrame, known: Names, *, teams: tuple[int, ...], owners: tuple[int, ...]
) -> pd.DataFrame:
    """The targets that make up the goal of teams and owners, none counted twice: ``month, target_minor``.

    Owners chosen: theirs. Teams chosen: the teams', and their members' in months without a team target.
    Nothing chosen: the firm's, in months without one the teams' and those of people whose team has none.
    """
    homes = {key: person.team_id for key, person in known.users.items()}
    found: list[tuple[date, int]] = []
    for month in sorted(set(targets["month"])):
        rows = targets[targets["month"] == month]
        people = {
            int(u): int(v)
            for u, v in zip(rows["user_id"], rows["target_minor"], strict=True)
            if not pd.isna(u)
        }
        groups = {
            int(t): int(v)
            for t, v in zip(rows["team_id"], rows["target_minor"], strict=True)
            if not pd.isna(t)
        }
        firm = rows.loc[rows["user_id"].isna() & rows["team_id"].isna(), "target_minor"]
        if owners:
            parts = [people[o] for o in owners if o in people]
        elif not teams and len(firm):
            parts = [int(firm.sum())]
        else:
            wanted: set[int | None] = {*teams} or {*groups, *homes.values()}
            parts = [v for t, v in groups.items() if t in wanted]
            parts += [v for u, v in people.items() if homes.get(u) in wanted and homes.get(u) not in groups]
        if parts:
            found.append((month, sum(parts)))
    return pd.DataFrame(found, columns=["month", "target_minor"])
