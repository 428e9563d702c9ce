"""Talks and tasks of the sample company; what is said fits the stage a deal was in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from crm.sample.people.parties import contact_of
from crm.sample.selling.deals import OPEN, STAGE_NAMES, WON
from crm.sample.selling.goods import COMPETITORS, GOODS
from crm.sample.world import Columns, World, kept, pick
from crm.sample.written import written


class Talk(NamedTuple):
    """What was said: ``{who}`` is the contact, ``{goods}`` the main product, ``{rival}`` a competitor; 0 minutes: not noted."""

    kind: str
    direction: str
    minutes: int
    subject: str
    body: str


#: By where the deal stands (``begin``, ``middle``, ``end_won``, ``end_lost``); ``customer`` between deals.
TALKS = written("talks", "talks", dict[str, tuple[Talk, ...]])
#: By stage.
TASKS = written("talks", "tasks", dict[str, tuple[str, ...]])
CUSTOMER_TASKS = written("talks", "customer_tasks", tuple[str, ...])
#: Who takes up what customers say between deals: service agents, and the marketer for news; and the manager's tasks.
_OTHERS = (3, 4, 1, 13)
_TAKEN_UP_BY = {"Grinder is too loud": 3, "Milk system shows E14": 3, "Yearly service": 13, "New harvest": 4}


def talk_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Interactions, half of them along deals, the rest with customers in between; then tasks."""
    rng, deals, parties = world.rng(11), world.deals, world.organisations
    along = int(world.scale.interactions * 0.62)
    between = world.scale.interactions - along
    # Deals that are worth more are talked about more, and recent ones were all talked about.
    deal = pick(rng, np.log(deals["euros"] + 10) * np.where(deals["status"] == OPEN, 1.8, 1.0), along)
    moment = rng.beta(1.1, 1.3, along)
    day = deals["opened"][deal] + np.floor((deals["close"][deal] - deals["opened"][deal]) * moment).astype(
        np.int64
    )
    customers = np.flatnonzero(parties["buys_from"] < 0)
    organisation = customers[rng.integers(len(customers), size=between)]
    start, end = parties["buys_from"][organisation], parties["buys_until"][organisation]
    later = start + np.floor((end - start) * rng.random(between) ** 0.7).astype(np.int64)
    chance = rng.random(along)
    talks = [
        _of_deal(int(status), at, c, bool(service))
        for status, at, c, service in zip(
            deals["status"][deal], moment, chance, deals["service_only"][deal], strict=True
        )
    ]
    customer = TALKS["customer"]
    said = [customer[i] for i in rng.integers(len(customer), size=between)]
    talks += said
    keepers = [
        _TAKEN_UP_BY.get(talk.subject, int(o))
        for talk, o in zip(said, parties["owner"][organisation], strict=True)
    ]
    contact = np.concatenate([deals["contact"][deal], contact_of(world, rng, organisation)])
    owner = np.concatenate([deals["owner"][deal], np.array(keepers)])
    offsets = np.minimum(np.concatenate([day, later]), -1)
    order = np.argsort(offsets, kind="stable")
    deal_ids = [int(d) + 1 for d in deal] + [None] * between
    goods = np.concatenate([deals["main"][deal], np.zeros(between, dtype=np.int64)])
    at_org = np.concatenate([deals["organisation"][deal], organisation])
    happened = world.moments(offsets[order], rng)
    texts = [
        _spoken(world, talks[i], int(contact[i]), int(goods[i]), n)
        for i, n in zip(order, rng.integers(0, 10_000, len(order)), strict=True)
    ]
    yield (
        "interactions",
        {
            "kind": [talks[i].kind for i in order],
            "direction": [talks[i].direction for i in order],
            "subject": [subject for subject, _ in texts],
            "body": [body for _, body in texts],
            "happened_at": happened,
            "duration_minutes": [talks[i].minutes or None for i in order],
            "contact_id": contact[order] + 1,
            "organisation_id": at_org[order] + 1,
            "deal_id": [deal_ids[i] for i in order],
            **kept(owner[order], parties["team"][at_org[order]], happened),
        },
    )
    yield "tasks", _tasks(world)


def _of_deal(status: int, moment: float, chance: float, service: bool) -> Talk:
    if moment < 0.3:
        choices = TALKS["begin"]
    elif moment < 0.85 or status == OPEN:
        # Nobody tastes a service contract, so those deals go without the first two.
        choices = TALKS["middle"][2:] if service else TALKS["middle"]
    else:
        choices = TALKS["end_won" if status == WON else "end_lost"]
    return choices[int(chance * len(choices))]


def _spoken(world: World, talk: Talk, contact: int, good: int, number: int) -> tuple[str, str]:
    words = {
        "who": world.contacts["first_names"][contact],
        "goods": GOODS[good].name,
        "rival": COMPETITORS[number % len(COMPETITORS)],
        "cups": 20 + number % 37 * 5,
        "months": 1 + number % 8,
        "count": 4 + number % 21,
        "day": 4 + number % 24,
    }
    return talk.subject.format(**words), talk.body.format(**words)


def _tasks(world: World) -> Columns:
    """Tasks around today for open deals and customers, some late, and done ones of the last months."""
    rng, deals, parties, count = world.rng(12), world.deals, world.organisations, world.scale.tasks
    open_deals = np.flatnonzero(deals["status"] == OPEN)
    with_deal = rng.random(count) < 0.7
    done = rng.random(count) < 0.55
    deal = open_deals[rng.integers(len(open_deals), size=count)]
    customers = np.flatnonzero(parties["buys_until"] == 0)
    organisation = np.where(
        with_deal, deals["organisation"][deal], customers[rng.integers(len(customers), size=count)]
    )
    contact = np.where(with_deal, deals["contact"][deal], world.contacts["first"][organisation])
    owner = np.where(with_deal, deals["owner"][deal], parties["owner"][organisation])
    # Everybody who signs in finds something to do, also those who sell nothing.
    owner = np.where(~with_deal & (rng.random(count) < 0.6), np.array(_OTHERS)[np.arange(count) % 4], owner)
    due = np.where(done, -rng.integers(1, 120, count), np.rint(rng.normal(4, 7, count))).astype(np.int64)
    done_at = world.moments(np.minimum(-1, due + rng.integers(-2, 3, count)), rng)
    made = world.moments(np.minimum(due, 0) - rng.integers(2, 15, count), rng)
    titles = []
    for at in range(count):
        choices = TASKS[STAGE_NAMES[deals["stage"][deal[at]]]] if with_deal[at] else CUSTOMER_TASKS
        titles.append(choices[at % len(choices)].format(who=world.contacts["first_names"][contact[at]]))
    return {
        "title": titles,
        "due_on": world.days(due),
        "priority": np.array(["high", "normal", "low"])[pick(rng, [0.2, 0.65, 0.15], count)],
        "done_at": [at if d else None for at, d in zip(done_at, done, strict=True)],
        "contact_id": contact + 1,
        "organisation_id": organisation + 1,
        "deal_id": [int(d) + 1 if w else None for d, w in zip(deal, with_deal, strict=True)],
        **kept(owner, parties["team"][organisation], made),
    }
