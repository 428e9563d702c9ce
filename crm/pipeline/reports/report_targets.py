"""The report on targets: what was to be won and what was won, by person, team and firm."""

from __future__ import annotations

from typing import Any

import pandas as pd

from crm.i18n import _
from crm.pipeline.reports import report_facts as facts
from crm.pipeline.reports.report_formulas import formula
from crm.pipeline.targets import applicable, target_table
from crm.reporting.book import open_book
from crm.reporting.report import Names, Report, SalesFilter, names
from db.scope import ScopedSession


def targets(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Won value against target for everybody who has a target in the period."""
    book, known = open_book(session), names(session)
    goals = target_table(session, book, start=chosen.start, end=chosen.end)
    won = facts.closed_deals(session, book, chosen, ["month", "owner"], statuses=["won"])
    rows = target_rows(goals, won, known, chosen)
    whole = applicable(goals, known, teams=chosen.teams, owners=chosen.owners)
    months = _months_of(goals)
    actual = int(won.loc[_in_months(won, months), "value_minor"].sum())
    target = int(whole["target_minor"].sum())
    summary = {"target_minor": target, "actual_minor": actual, "share": actual / target if target else None}
    return Report("targets", formula("targets"), book, chosen, len(rows), rows, summary, book.notes)


def target_rows(goals: pd.DataFrame, won: pd.DataFrame, known: Names, chosen: SalesFilter) -> pd.DataFrame:
    """``name, kind, user_id, team_id, target_minor, actual_minor, share`` by person, team or firm."""
    teams = [known.team_of(_id(t), _id(o)) for t, o in zip(won["team_id"], won["owner_id"], strict=True)]
    won = won.assign(home=pd.array(teams, dtype="Int64"))
    found: list[tuple[Any, ...]] = []
    for (user, team), rows in goals.groupby(["user_id", "team_id"], dropna=False):
        user, team = _id(user), _id(team)
        if (chosen.owners and user not in chosen.owners) or (
            chosen.teams and _team(known, user, team) not in chosen.teams
        ):
            continue
        mine = won[_in_months(won, _months_of(rows))]
        if user is not None:
            mine = mine[mine["owner_id"] == user]
            person = known.users.get(user)
            name, kind = person.name if person else f"#{user}", "person"
        elif team is not None:
            mine = mine[mine["home"] == team]
            name, kind = known.teams.get(team, f"#{team}"), "team"
        else:
            name, kind = _("The firm"), "firm"
        goal, actual = int(rows["target_minor"].sum()), int(mine["value_minor"].sum())
        if not goal:
            continue  # its currency has no rate, which the notes say
        found.append((name, kind, user, team, goal, actual, actual / goal))
    columns = ["name", "kind", "user_id", "team_id", "target_minor", "actual_minor", "share"]
    frame = pd.DataFrame(found, columns=columns, dtype=object)
    return frame.sort_values(["kind", "target_minor"], ascending=[True, False], ignore_index=True)


def _team(known: Names, user: int | None, team: int | None) -> int | None:
    return team if user is None else known.team_of(None, user)


def _id(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _months_of(goals: pd.DataFrame) -> set[tuple[int, int]]:
    return {(month.year, month.month) for month in goals["month"]}


def _in_months(won: pd.DataFrame, months: set[tuple[int, int]]) -> pd.Series[bool]:
    dates = zip(won["year"], won["month"], strict=True)
    inside = [not pd.isna(year) and (int(year), int(month)) in months for year, month in dates]
    return pd.Series(inside, index=won.index, dtype=bool)
