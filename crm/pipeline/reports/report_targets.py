"""The report on targets: what was to be won and what was won, by person, team and firm."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pandas as pd

from crm.i18n import _
from crm.pipeline.reports import report_facts as facts
from crm.pipeline.reports.report_changes import changed_notes
from crm.pipeline.reports.report_formulas import formula
from crm.pipeline.targets import applicable, holders, target_table
from crm.reporting.book import Book, open_book
from crm.reporting.catalogue import report
from crm.reporting.report import Names, Report, SalesFilter, names
from db.scope import ScopedSession

#: Targets are set for people, teams and the firm; no one sets them by these.
NOT_BY = ("products", "pipelines", "sources", "campaigns")

Month = tuple[int, int]


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
    counted = {(user, team, (month.year, month.month)) for user, team, month in holders(parts)}
    goal, actual, whole = sum(map(int, parts["target_minor"])), 0, True
    for owner, home, month, minor, is_whole in _won(won):
        if {(owner, None, month), (None, home, month), (None, None, month)} & counted:
            actual, whole = actual + minor, whole and is_whole
    return goal, actual, actual / goal if goal and whole else None


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


def _won(won: pd.DataFrame) -> Iterator[tuple[int | None, int | None, Month, int, bool]]:
    """Owner, home, month and worth of each row; False where the sum leaves something out: without a rate, or elsewhere."""
    names = ("owner_id", "home", "year", "month", "value_minor", "here", "valued", "priced")
    for owner, home, year, month, minor, here, valued, priced in zip(
        *(won[name].tolist() for name in names), strict=True
    ):
        if not pd.isna(year):
            whole = bool(here and valued == priced)
            yield _id(owner), _id(home), (int(year), int(month)), minor if here else 0, whole


def target_rows(goals: pd.DataFrame, won: pd.DataFrame, known: Names, chosen: SalesFilter) -> pd.DataFrame:
    """``name, kind, user_id, team_id, target_minor, actual_minor, share`` by person, team or firm."""
    goal: dict[tuple[int | None, int | None], int] = {}
    wanted: set[tuple[int | None, int | None, Month]] = set()
    for (user, team, day), minor in zip(holders(goals), goals["target_minor"], strict=True):
        if (chosen.owners and user not in chosen.owners) or (
            chosen.teams and _team(known, user, team) not in chosen.teams
        ):
            continue
        goal[user, team] = goal.get((user, team), 0) + int(minor)
        wanted.add((user, team, (day.year, day.month)))
    actual, part = dict.fromkeys(goal, 0), set[tuple[int | None, int | None]]()
    for owner, home, month, minor, whole in _won(won):
        for holder in {(owner, None), (None, home), (None, None)}:
            if (*holder, month) in wanted:
                actual[holder] += minor
                part |= set() if whole else {holder}
    found: list[tuple[Any, ...]] = []
    for user, team in sorted(goal, key=lambda one: tuple((key is None, key or 0) for key in one)):
        name, kind = _("The firm"), "firm"
        if user is not None:
            name, kind = known.people.get(user, f"#{user}"), "person"
        elif team is not None:
            name, kind = known.teams.get(team, f"#{team}"), "team"
        aim, came = goal[user, team], actual[user, team]
        share = came / aim if aim and (user, team) not in part else None
        found.append((name, kind, user, team, aim, came, share))
    columns = ["name", "kind", "user_id", "team_id", "target_minor", "actual_minor", "share"]
    frame = pd.DataFrame(found, columns=columns, dtype=object)
    return frame.sort_values(["kind", "target_minor"], ascending=[True, False], ignore_index=True)


def _team(known: Names, user: int | None, team: int | None) -> int | None:
    return team if user is None else known.team_of(None, user)


def _id(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)
