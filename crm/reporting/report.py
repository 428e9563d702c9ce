"""What a report is asked and what it answers, and the names it calls people, teams and products by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import select

from crm.reporting.book import Book
from db.models import Product, Team, User
from db.scope import ScopedSession


@dataclass(frozen=True, slots=True)
class SalesFilter:
    """Which deals a report counts; empty means all.

    Days include both ends, the source ``""`` means none given.
    """

    start: date | None = None
    end: date | None = None
    teams: tuple[int, ...] = ()
    owners: tuple[int, ...] = ()
    products: tuple[int, ...] = ()
    pipelines: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()
    campaigns: tuple[int, ...] = ()


@dataclass(frozen=True)
class Report:
    """One report. Columns and summary entries named ``…_minor`` are minor units of the book's currency."""

    name: str
    formula: str
    book: Book
    chosen: SalesFilter
    n: int
    rows: pd.DataFrame
    summary: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A user as reports need one."""

    name: str
    team_id: int | None
    manager_id: int | None


@dataclass(frozen=True, slots=True)
class Names:
    """Names by id, read once for a whole report."""

    users: dict[int, Person] = field(default_factory=dict)
    teams: dict[int, str] = field(default_factory=dict)
    products: dict[int, str] = field(default_factory=dict)

    @property
    def people(self) -> dict[int, str]:
        """Users' names by id."""
        return {key: person.name for key, person in self.users.items()}

    def team_of(self, team_id: int | None, owner_id: int | None) -> int | None:
        """The deal's team, or its owner's where the deal has none."""
        if team_id is not None or owner_id is None or owner_id not in self.users:
            return team_id
        return self.users[owner_id].team_id

    def manager_of(self, owner_id: int | None) -> int | None:
        """The user to whom the owner reports."""
        person = self.users.get(owner_id) if owner_id is not None else None
        return person.manager_id if person else None


def told_apart(called: Mapping[int, str]) -> dict[int, str]:
    """Names by id, with the id where a name stands twice: a bar, a choice or a row of a report is known by its name."""
    often = Counter(called.values())
    return {key: name if often[name] == 1 else f"{name} #{key}" for key, name in called.items()}


def names(session: ScopedSession) -> Names:
    """Users, teams and products by id, no two of one name; three statements."""
    users = session.execute(select(User.id, User.name, User.team_id, User.manager_id)).all()
    people = told_apart({user.id: user.name for user in users})
    return Names(
        users={key: Person(people[key], team, manager) for key, _name, team, manager in users},
        teams=dict(session.execute(select(Team.id, Team.name)).all()),
        products=told_apart(dict(session.execute(select(Product.id, Product.name)).all())),
    )
