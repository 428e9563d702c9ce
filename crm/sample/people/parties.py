"""Customers of the sample company: organisations, the people there, and how to reach them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from crm.records.matching import name_key, name_words
from crm.sample.people.places import COUNTRIES, HOSPITALITY, City, Country
from crm.sample.people.staff import KEY, NORTH, SOUTH, seller_of
from crm.sample.selling.goods import JOB_TITLES, SECTORS, SOURCES, TAGS
from crm.sample.world import DAYS, Columns, Ints, World, kept, named, pick

#: From this many employees on a customer is a key account.
KEY_ACCOUNT = 700


def draw_organisations(world: World) -> None:
    """Decide who the customers are; fills ``world.organisations`` (sorted by how long we know them)."""
    rng, count = world.rng(2), world.scale.organisations
    country = pick(rng, [c.weight for c in COUNTRIES], count)
    sector = pick(rng, [s[1] for s in SECTORS], count)
    low, high = np.array([s[2] for s in SECTORS])[sector], np.array([s[3] for s in SECTORS])[sector]
    employees = np.rint(
        np.exp(rng.triangular(np.log(low), np.log(low) * 0.6 + np.log(high) * 0.4, np.log(high)))
    )
    # Half the customers are older than the three years shown; the others came since, more of them lately.
    old = rng.random(count) < 0.5
    since = np.where(
        old, -DAYS - rng.integers(30, 1500, count), -np.rint(DAYS * rng.random(count) ** 1.3)
    ).astype(np.int64)
    since = np.sort(np.minimum(since, -2))
    world.organisations = {
        "country": country,
        "sector": sector,
        "employees": employees.astype(np.int64),
        "since": since,
        "source": pick(rng, [s[1] for s in SOURCES], count),
        "prospect": rng.random(count) < np.where(since > -200, 0.5, 0.17),
        "city": np.array([rng.integers(len(COUNTRIES[c].cities)) for c in country]),
        "appetite": rng.gamma(1.2, 1.0, count) * (0.5 + np.log10(employees + 1)),
        "currency": [COUNTRIES[c].currency for c in country],
    }
    _assign(world, rng)


def _assign(world: World, rng: np.random.Generator) -> None:
    """Give each organisation to a team by region and size, and to one of its sellers."""
    parties = world.organisations
    north = np.array([c.team == "North" for c in COUNTRIES])[parties["country"]]
    team = np.where(parties["employees"] >= KEY_ACCOUNT, KEY, np.where(north, NORTH, SOUTH))
    parties["team"], parties["owner"] = team, seller_of(world, rng, team)


def _name(rng: np.random.Generator, country: Country, sector: str, city: City) -> str:
    forms = {"Hospital": country.hospital, "School": country.school, "Trade and industry": country.trade}
    patterns = HOSPITALITY.get(sector) or forms[sector]
    pattern = patterns[int(rng.integers(len(patterns)))]
    name = pattern.format(
        w=country.words[int(rng.integers(len(country.words)))],
        s=country.surnames[int(rng.integers(len(country.surnames)))].title().replace("’a", "’A"),
        c=city.name,
    )
    with_form = sector in ("Office", "Trade and industry") or rng.random() < 0.15
    return f"{name} {country.legal[int(rng.integers(len(country.legal)))]}" if with_form else name


def _names(world: World, rng: np.random.Generator) -> list[str]:
    """A name for each organisation that no other has, whatever its capitals and accents."""
    taken: set[str] = set()
    names = []
    parties = world.organisations
    for c, s, town in zip(parties["country"], parties["sector"], parties["city"], strict=True):
        country, sector = COUNTRIES[c], SECTORS[s][0]
        city = country.cities[town]
        name = _name(rng, country, sector, city)
        for attempt in range(1, 1000):
            if name_key(name) not in taken:
                break
            name = _name(rng, country, sector, city)
            if attempt > 2:
                place = country.streets[int(rng.integers(len(country.streets)))] if attempt > 6 else city.name
                number = f" {int(rng.integers(2, 199))}" if attempt > 8 else ""
                name = f"{name}, {place}{number}"
        taken.add(name_key(name))
        names.append(name)
    return names


def phone(rng: np.random.Generator, country: Country, city: City | None) -> str:
    """A number in E.164 that can exist: of the city, or a mobile one."""
    digits = country.local_digits if city else country.mobile_digits
    begin = city.dial if city else country.mobile
    # No line begins with 0 or 1.
    return f"{begin}{rng.integers(2, 9)}{rng.integers(10 ** (digits - 1)):0{digits - 1}d}"


def organisation_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Organisations with addresses and channels; draw deals and sales before: lifecycles follow."""
    rng, parties = world.rng(3), world.organisations
    count = world.scale.organisations
    names = parties["names"] = _names(world, rng)
    places = [COUNTRIES[c].cities[t] for c, t in zip(parties["country"], parties["city"], strict=True)]
    countries = [COUNTRIES[c] for c in parties["country"]]
    domains = parties["domains"] = _domains(names)
    emails = [f"info@{domain}" for domain in domains]
    phones = [phone(rng, c, p) for c, p in zip(countries, places, strict=True)]
    created = world.moments(parties["since"], rng)
    buying = [s[0] in ("Office", "Trade and industry") for s in SECTORS]
    revenue = parties["employees"] * rng.uniform(4e6, 1.6e7, count)
    tagged = rng.random(count)
    tag = pick(rng, np.ones(len(TAGS)), count)
    archived = (tagged > 0.975) & ~parties["busy"]
    yield (
        "organisations",
        {
            **named(names),
            "number": [f"C-{10_001 + at}" for at in range(count)],
            "sector": [SECTORS[s][0] for s in parties["sector"]],
            "lifecycle": parties["lifecycle"],
            "source": [SOURCES[s][0] for s in parties["source"]],
            "website": [f"https://www.{domain}" for domain in domains],
            "email": emails,
            "phone": phones,
            "employees": parties["employees"],
            "revenue_minor": [
                int(r // 1e7 * 1e7) if buying[s] else None
                for r, s in zip(revenue, parties["sector"], strict=True)
            ],
            "currency": parties["currency"],
            "founded": np.minimum(2020, 2022 - rng.gamma(2.0, 14.0, count).astype(int)),
            "city": [p.name for p in places],
            "region": [p.region for p in places],
            "country": [c.name for c in countries],
            "parent_id": _parents(world, rng),
            "tags": [[TAGS[t]] if r < 0.22 else [] for t, r in zip(tag, tagged, strict=True)],
            **kept(parties["owner"], parties["team"], created),
            "archived_at": [world.now if a else None for a in archived],
        },
    )
    number = rng.integers(1, 160, count)
    street = [c.streets[int(rng.integers(len(c.streets)))] for c in countries]
    yield (
        "addresses",
        {
            "organisation_id": np.arange(count) + 1,
            "contact_id": None,
            "kind": "office",
            "street": [f"{s} {n}" for s, n in zip(street, number, strict=True)],
            "postal_code": [p.postal_code for p in places],
            "city": [p.name for p in places],
            "region": [p.region for p in places],
            "country": [c.name for c in countries],
        },
    )
    yield (
        "channels",
        {
            "organisation_id": np.tile(np.arange(count) + 1, 2),
            "contact_id": None,
            "kind": ["email"] * count + ["phone"] * count,
            "value": emails + phones,
            "is_primary": True,
            "label": None,
        },
    )


def _parents(world: World, rng: np.random.Generator) -> list[int | None]:
    """A few organisations belong to a larger one of the same country that we knew before."""
    parties = world.organisations
    parents: list[int | None] = [None] * world.scale.organisations
    large: dict[int, int] = {}
    chance = rng.random(world.scale.organisations)
    for at, country in enumerate(parties["country"]):
        if chance[at] < 0.05 and country in large:
            parents[at] = large[country] + 1
        elif parties["employees"][at] > 400:
            large[country] = at
    return parents


def _domains(names: list[str]) -> list[str]:
    taken: dict[str, int] = {}
    domains = []
    for name in names:
        words = name_words(name.split(",")[0]).encode("ascii", "ignore").decode().split()
        stem = "-".join(words[:4]) or "kunde"
        taken[stem] = taken.get(stem, 0) + 1
        domains.append(f"{stem}{taken[stem] if taken[stem] > 1 else ''}.example")
    return domains


def draw_contacts(world: World) -> None:
    """Decide how many people we know where; those of one organisation stand together."""
    rng = world.rng(4)
    size = np.log2(world.organisations["employees"] + 2.0)
    spare = rng.multinomial(world.scale.contacts - world.scale.organisations, size / size.sum())
    count: Ints = 1 + spare
    world.contacts = {
        "organisation": np.repeat(np.arange(world.scale.organisations), count),
        "first": np.concatenate([[0], np.cumsum(count)[:-1]]),
        "count": count,
    }


def contact_of(world: World, rng: np.random.Generator, organisation: Ints) -> Ints:
    """One of the people at each organisation; the first, who decides, half the time."""
    first, count = world.contacts["first"][organisation], world.contacts["count"][organisation]
    other = (rng.random(len(organisation)) * count).astype(np.int64)
    return np.asarray(first + np.where(rng.random(len(organisation)) < 0.5, 0, other), dtype=np.int64)


def contact_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Contacts with their roles and channels."""
    rng, count = world.rng(5), world.scale.contacts
    parties, at_org = world.organisations, world.contacts["organisation"]
    people = [_person(world, rng, int(o)) for o in at_org]
    first, last, gender = (list(column) for column in zip(*people, strict=True))
    names = [f"{f} {s}" for f, s in zip(first, last, strict=True)]
    world.contacts["first_names"] = first
    emails = _emails(names, [parties["domains"][o] for o in at_org])
    where = [(COUNTRIES[parties["country"][o]], int(parties["city"][o])) for o in at_org]
    mobile = rng.random(count) < 0.35
    phones = [phone(rng, c, None if m else c.cities[t]) for (c, t), m in zip(where, mobile, strict=True)]
    leading = np.arange(count) == world.contacts["first"][at_org]
    titles = [
        _title(SECTORS[parties["sector"][o]][0], bool(lead), rng)
        for o, lead in zip(at_org, leading, strict=True)
    ]
    offset = np.minimum(
        -1, parties["since"][at_org] + (rng.gamma(1.0, 200.0, count) * ~leading).astype(np.int64)
    )
    created = world.moments(offset, rng)
    left = (rng.random(count) < 0.03) & ~leading
    yield (
        "contacts",
        {
            **named(names),
            "first_name": first,
            "last_name": last,
            "number": [f"P-{100_001 + at}" for at in range(count)],
            "email": emails,
            "phone": phones,
            "job_title": titles,
            "organisation_id": at_org + 1,
            "lifecycle": [parties["lifecycle"][o] for o in at_org],
            "source": [SOURCES[parties["source"][o]][0] for o in at_org],
            "gender": gender,
            "city": [c.cities[t].name for c, t in where],
            "region": [c.cities[t].region for c, t in where],
            "country": [c.name for c, _ in where],
            **kept(parties["owner"][at_org], parties["team"][at_org], created),
            "archived_at": [world.now if gone else None for gone in left],
        },
    )
    since = world.days(offset)
    yield (
        "contact_roles",
        {
            "contact_id": np.arange(count) + 1,
            "organisation_id": at_org + 1,
            "since": since,
            "role": np.where(leading, "decision maker", "employee").tolist(),
            "until": [world.today if gone else None for gone in left],
        },
    )
    yield "contact_roles", _second_roles(world, rng)
    ids = np.arange(count) + 1
    yield (
        "channels",
        {
            "contact_id": np.tile(ids, 2),
            "organisation_id": None,
            "kind": ["email"] * count + ["phone"] * count,
            "value": emails + phones,
            "is_primary": True,
            "label": ["work"] * count + ["mobile" if m else "work" for m in mobile],
        },
    )


def _second_roles(world: World, rng: np.random.Generator) -> Columns:
    """Some people also advise another organisation."""
    count = max(3, world.scale.contacts // 50)
    people = rng.choice(world.scale.contacts, count, replace=False)
    there = (
        world.contacts["organisation"][people] + 1 + rng.integers(world.scale.organisations - 1, size=count)
    ) % (world.scale.organisations)
    return {
        "contact_id": people + 1,
        "organisation_id": there + 1,
        "role": "adviser",
        "since": world.days(-rng.integers(30, 900, count)),
        "until": None,
    }


def _person(world: World, rng: np.random.Generator, organisation: int) -> tuple[str, str, str]:
    home: Any = COUNTRIES[world.organisations["country"][organisation]]
    if rng.random() < 0.08:
        home = COUNTRIES[int(rng.integers(len(COUNTRIES)))]
    gender = "female" if rng.random() < 0.52 else "male"
    given = home.women if gender == "female" else home.men
    first = given[int(rng.integers(len(given)))]
    last = home.surnames[int(rng.integers(len(home.surnames)))]
    if rng.random() < 0.06:
        last = f"{last}-{home.surnames[int(rng.integers(len(home.surnames)))]}"
    return first, last, gender


def _emails(names: list[str], domains: list[str]) -> list[str]:
    taken: dict[str, int] = {}
    emails = []
    for name, domain in zip(names, domains, strict=True):
        local = ".".join(name_words(name).encode("ascii", "ignore").decode().split())
        address = f"{local}@{domain}"
        taken[address] = taken.get(address, 0) + 1
        emails.append(address if taken[address] == 1 else f"{local}{taken[address]}@{domain}")
    return emails


def _title(sector: str, leads: bool, rng: np.random.Generator) -> str:
    titles = JOB_TITLES[sector]
    return titles[0] if leads else titles[int(rng.integers(len(titles)))]
