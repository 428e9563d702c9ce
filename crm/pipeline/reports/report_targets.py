"""The report on targets: what was to be won and what was won, by person, team and firm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from crm.i18n import _
from crm.pipeline.reports import report_facts as facts
from crm.pipeline.reports.report_changes import changed_notes
from crm.pipeline.reports.report_formulas import formula
from crm.pipeline.targets import applicable, target_table
from crm.reporting.book import Book, open_book
from crm.reporting.catalogue import report
from crm.reporting.report import Names, Report, SalesFilter, names
from db.scope import ScopedSession

#: Targets are set for people, teams and the firm; no one sets them by these.
NOT_BY = ("products", "pipelines", "sources", "campaigns")


def has_targets(chosen: SalesFilter) -> bool:
    """False where the filter narrows what was won by something that targets are not set by."""
    return not any(getattr(chosen, name) for name in NOT_BY)


def no_targets_text() -> str:
    """Why no target is shown beside a narrowed sum."""
    return _("Targets are not set by source, product or pipeline; with such a filter none is shown.")


@report("targets", "Won value against target")
def targets(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Won value against target for everybody who has a target in the period."""
    book, known = open_book(session), names(session)
    goals = target_table(session, book, start=chosen.start, end=chosen.end, today=book.today)
    if not has_targets(chosen):
        goals = goals.iloc[:0]
    won = won_for_targets(session, book, known, chosen)
    rows = target_rows(goals, won, known, chosen)
    summary = dict(
        zip(("target_minor", "actual_minor", "share"), reached(goals, won, known, chosen), strict=True)
    )
    changed = changed_notes(session, book, chosen)
    notes = (*book.notes, *changed, *([] if has_targets(chosen) else [no_targets_text()]))
    return Report("targets", formula("targets"), book, chosen, len(rows), rows, summary, notes)


def reached(
    goals: pd.DataFrame, won: pd.DataFrame, known: Names, chosen: SalesFilter
) -> tuple[int, int, float | None]:
    """The goal of the chosen from ``applicable``, what those it is set for won of it, and the share if that says anything."""
    parts = applicable(goals, known, teams=chosen.teams, owners=chosen.owners)
    counted = pd.Series(False, index=won.index)
    for user, team, month in parts[["user_id", "team_id", "month"]].itertuples(index=False):
        counted |= _mine(won, _id(user), _id(team)) & _in_months(won, {(month.year, month.month)})
    return _against(parts, won[counted])


def won_for_targets(session: ScopedSession, book: Book, known: Names, chosen: SalesFilter) -> pd.DataFrame:
    """Won deals by month, with their ``home`` (their team, or their owner's where they have none).

    A person's target is for all that they win. Those that a filter of teams leaves out are not ``here``: they count nothing,
    and whoever has some has no share.
    """
    everywhere = replace(chosen, teams=())
    won = facts.closed_deals(session, book, everywhere, ["month", "owner"], statuses=["won"])
    teams = [known.team_of(_id(t), _id(o)) for t, o in zip(won["team_id"], won["owner_id"], strict=True)]
    here = [not chosen.teams or team in chosen.teams for team in teams]
    return won.assign(home=pd.array(teams, dtype="Int64"), here=pd.Series(here, index=won.index, dtype=bool))


def _mine(won: pd.DataFrame, user: int | None, team: int | None) -> pd.Series[bool]:
    """What was won by a user, in a team, or with neither by all."""
    if user is not None:
        return won["owner_id"] == user
    if team is not None:
        return (won["home"] == team).fillna(False).astype(bool)
    return pd.Series(True, index=won.index)


def _against(goals: pd.DataFrame, won: pd.DataFrame) -> tuple[int, int, float | None]:
    """Target, won value and its share; no share where the sum leaves something out: without a rate, or of another team."""
    goal, actual = int(goals["target_minor"].sum()), int(won.loc[won["here"], "value_minor"].sum())
    whole = bool((won["here"] & (won["valued"] == won["priced"])).all())
    return goal, actual, actual / goal if goal and whole else None


def target_rows(goals: pd.DataFrame, won: pd.DataFrame, known: Names, chosen: SalesFilter) -> pd.DataFrame:
    """``name, kind, user_id, team_id, target_minor, actual_minor, share`` by person, team or firm."""
    found: list[tuple[Any, ...]] = []
    for (user, team), rows in goals.groupby(["user_id", "team_id"], dropna=False):
        user, team = _id(user), _id(team)
        if (chosen.owners and user not in chosen.owners) or (
            chosen.teams and _team(known, user, team) not in chosen.teams
        ):
            continue
        mine = won[_mine(won, user, team) & _in_months(won, _months_of(rows))]
        name, kind = _("The firm"), "firm"
        if user is not None:
            name, kind = known.people.get(user, f"#{user}"), "person"
        elif team is not None:
            name, kind = known.teams.get(team, f"#{team}"), "team"
        found.append((name, kind, user, team, *_against(rows, mine)))
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
