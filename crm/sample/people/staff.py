"""Teams and users of the sample company, and what each should win in a month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from crm.records.matching import name_words
from crm.sample.people.places import COUNTRIES, Country
from crm.sample.selling.goods import FIRM_DOMAIN, SEASON
from crm.sample.world import YEARS, Columns, Ints, World, named, pick

TEAMS = ("North", "South", "Key accounts", "Service", "Marketing", "Office")
NORTH, SOUTH, KEY, SERVICE, MARKETING, OFFICE = range(len(TEAMS))

#: Name, job title, role, team, further teams whose records the person shares.
PEOPLE: tuple[tuple[str, str, str, int, tuple[int, ...]], ...] = (
    ("Ingrid Solheim", "Administrator", "administrator", OFFICE, ()),
    ("Helene Brandt", "Sales manager", "manager", KEY, (NORTH, SOUTH)),
    ("Jonas Petersen", "Sales rep", "staff", NORTH, ()),
    ("Amira Haddad", "Service agent", "staff", SERVICE, (NORTH, SOUTH, KEY)),
    ("Lucas Moreau", "Marketer", "staff", MARKETING, (NORTH, SOUTH, KEY)),
    ("Ottilie Graf", "Viewer, accounting", "viewer", OFFICE, (NORTH, SOUTH, KEY, SERVICE)),
    ("Mette Kjær", "Sales rep", "staff", NORTH, ()),
    ("Sjoerd Bakker", "Sales rep", "staff", NORTH, ()),
    ("Theresa Pichler", "Sales rep", "staff", SOUTH, ()),
    ("Marco Ferrari", "Sales rep", "staff", SOUTH, ()),
    ("Camille Girard", "Sales rep", "staff", SOUTH, ()),
    ("Emre Yılmaz", "Key account manager", "staff", KEY, ()),
    ("Hanneke Visser", "Key account manager", "staff", KEY, ()),
    ("Minh Nguyen", "Service technician", "staff", SERVICE, (NORTH, SOUTH, KEY)),
    ("Freja Lund", "Service agent", "staff", SERVICE, (NORTH, SOUTH, KEY)),
    ("Paul Adler", "Service technician", "staff", SERVICE, (NORTH, SOUTH, KEY)),
)
MANAGER = 1
_SELLING = ("Sales rep", "Key account manager")


def staff_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Teams, users and memberships; fills ``world.staff``."""
    rng = world.rng(1)
    people = [*PEOPLE, *_further(world, rng)]
    selling = [at for at, person in enumerate(people) if person[1] in _SELLING]
    team = np.array([person[3] for person in people])
    world.staff = {
        "reps": np.array(selling),
        "team": team,
        # How well each sells, in logits: some are better than others, and it shows in their win rates.
        "skill": rng.normal(0, 0.35, len(people)),
        "reps_of": {t: np.array([at for at in selling if team[at] == t]) for t in (NORTH, SOUTH, KEY)},
    }
    yield "teams", named(TEAMS)
    yield "users", _users(world, people)
    further = [(at + 1, t + 1) for at, person in enumerate(people) for t in person[4]]
    yield "memberships", {"user_id": [a for a, _ in further], "team_id": [t for _, t in further]}


def seller_of(world: World, rng: np.random.Generator, team: Ints) -> Ints:
    """For each of some teams one of its sellers."""
    owner = np.zeros(len(team), dtype=np.int64)
    for t, reps in world.staff["reps_of"].items():
        rows = np.flatnonzero(team == t)
        owner[rows] = reps[rng.integers(len(reps), size=len(rows))]
    return owner


def any_name(rng: np.random.Generator, country: Country) -> str:
    """A first name and a surname of a country."""
    first = (country.women + country.men)[int(rng.integers(len(country.women + country.men)))]
    return f"{first} {country.surnames[int(rng.integers(len(country.surnames)))]}"


def _further(world: World, rng: np.random.Generator) -> list[tuple[str, str, str, int, tuple[int, ...]]]:
    """More sales reps for a larger firm, with names that nobody else has."""
    taken = {person[0] for person in PEOPLE}
    made: list[tuple[str, str, str, int, tuple[int, ...]]] = []
    while len(made) < world.scale.extra_reps:
        country = COUNTRIES[int(pick(rng, [c.weight for c in COUNTRIES], 1)[0])]
        name = any_name(rng, country)
        if name not in taken:
            taken.add(name)
            made.append((name, "Sales rep", "staff", (NORTH, SOUTH, KEY)[len(made) % 3], ()))
    return made


def _users(world: World, people: list[tuple[str, str, str, int, tuple[int, ...]]]) -> Columns:
    return {
        **named([person[0] for person in people]),
        "email": [f"{name_words(person[0]).replace(' ', '.')}@{FIRM_DOMAIN}" for person in people],
        "role_id": [world.role_ids[person[2]] for person in people],
        "team_id": [person[3] + 1 for person in people],
        "manager_id": [MANAGER + 1 if person[1] in _SELLING else None for person in people],
        "job_title": [person[1] for person in people],
        "language": "en",
        "is_active": True,
        "created_at": world.now,
        "changed_at": world.now,
    }


def target_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """A target a month for each seller and each team, from two years back to the end of this year.

    They ask for a little more than each one wins on average, in the season of the trade; draw deals before.
    """
    rng, deals = world.rng(14), world.deals
    months = [date(y, m, 1) for y in range(world.today.year - 2, world.today.year + 1) for m in range(1, 13)]
    selling, team = world.staff["reps"], world.staff["team"]
    won = np.bincount(deals["owner"], weights=deals["euros"] * (deals["status"] == 1), minlength=len(team))[
        selling
    ]
    level = np.maximum(won, won.mean() / 3) / (12 * YEARS) * rng.uniform(1.0, 1.25, len(selling))
    rows: list[tuple[int | None, int | None, date, int]] = []
    for month in months:
        grown = SEASON[month.month - 1] * 1.16 ** (month.year - world.today.year + 1)
        amounts = np.maximum(50_000, np.rint(level * grown / 50_000) * 50_000).astype(int).tolist()
        rows += [(int(at) + 1, None, month, amount) for at, amount in zip(selling, amounts, strict=True)]
        rows += [
            (None, t + 1, month, sum(a for a, at in zip(amounts, selling, strict=True) if team[at] == t))
            for t in (NORTH, SOUTH, KEY)
        ]
    users, teams, days, wanted = (list(column) for column in zip(*rows, strict=True))
    yield (
        "targets",
        {"user_id": users, "team_id": teams, "month": days, "amount_minor": wanted, "currency": "EUR"},
    )
