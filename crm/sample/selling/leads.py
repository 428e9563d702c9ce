"""Leads of the sample company: interests that nobody has qualified yet."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from crm.sample.marketing.marketing import campaign_of
from crm.sample.people.parties import phone
from crm.sample.people.places import COUNTRIES
from crm.sample.people.staff import any_name
from crm.sample.selling.goods import CAMPAIGN_SOURCE, SECTORS, SOURCES
from crm.sample.world import Columns, Ints, World, kept, pick

_WISHES = (
    "Coffee for {cups} people in a new office",
    "Second machine for the breakfast room",
    "Prices for bean subscription",
    "Rental of a machine for a three-day fair",
    "Our espresso machine is beyond repair",
    "Barista training for the team",
)
_LEAD_STATUS = (("new", 0.3), ("working", 0.25), ("qualified", 0.12), ("converted", 0.15), ("dropped", 0.18))


def lead_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Interests not yet qualified; a converted one points to the deal it became."""
    rng, count = world.rng(13), world.scale.leads
    country = pick(rng, [c.weight for c in COUNTRIES], count)
    sector = pick(rng, [s[1] for s in SECTORS], count)
    status = pick(rng, [share for _, share in _LEAD_STATUS], count)
    reps = world.staff["reps"][rng.integers(len(world.staff["reps"]), size=count)]
    offset: Ints = -rng.integers(1, 90, count)
    recent = np.flatnonzero(world.deals["opened"] > -120)
    deal = recent[rng.integers(len(recent), size=count)]
    converted = status == 3
    made = world.moments(offset, rng)
    names, companies, emails, phones, wishes = [], [], [], [], []
    for at in range(count):
        home = COUNTRIES[country[at]]
        names.append(any_name(rng, home))
        companies.append(f"{SECTORS[sector[at]][0]} {home.words[int(rng.integers(len(home.words)))]}")
        emails.append(f"enquiry{at + 1}@mail.example")
        phones.append(phone(rng, home, None))
        wishes.append(_WISHES[at % len(_WISHES)].format(cups=int(rng.integers(8, 90))))
    source = pick(rng, [s[1] for s in SOURCES], count)
    by_web = [at for at, s in enumerate(source) if SOURCES[s][0] == "Web enquiry"]
    world.campaigns["web_leads"] = {
        "id": [at + 1 for at in by_web],
        "at": [made[at] for at in by_web],
        "name": [names[at] for at in by_web],
        "email": [emails[at] for at in by_web],
        "company": [companies[at] for at in by_web],
    }
    linked = [int(d) if c else None for d, c in zip(deal, converted, strict=True)]
    yield (
        "leads",
        {
            "name": names,
            "number": [f"E-{5001 + at}" for at in range(count)],
            "company": companies,
            "email": emails,
            "phone": phones,
            "source": [SOURCES[i][0] for i in source],
            "campaign_id": campaign_of(world, world.rng(31), offset, source == CAMPAIGN_SOURCE),
            "status": [_LEAD_STATUS[s][0] for s in status],
            "score": np.clip(np.rint(rng.normal(50, 20, count)), 1, 99).astype(np.int64),
            "interest": wishes,
            "deal_id": [None if d is None else d + 1 for d in linked],
            "organisation_id": [
                None if d is None else int(world.deals["organisation"][d]) + 1 for d in linked
            ],
            "contact_id": [None if d is None else int(world.deals["contact"][d]) + 1 for d in linked],
            **kept(reps, world.staff["team"][reps], made),
        },
    )
