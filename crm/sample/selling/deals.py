"""Deals of the sample company: who is sold what, how it goes through the stages, and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from crm.sample.marketing.marketing import campaign_of
from crm.sample.people.parties import contact_of
from crm.sample.people.staff import seller_of
from crm.sample.selling.goods import (
    CAMPAIGN_SOURCE,
    CATEGORIES,
    COMPETITORS,
    GOODS,
    LOSS_WEIGHTS,
    NEXT_STEPS,
    SECTORS,
    SOURCES,
    places_of,
)
from crm.sample.world import CROWN, Columns, Floats, Ints, World, calendar, draw_days, kept, named, pick

OPEN, WON, LOST = 0, 1, 2
STATUS = ("open", "won", "lost")
STAGE_NAMES = tuple(NEXT_STEPS)
#: Deals close on working days.
_WEEK = (0.9, 1.1, 1.15, 1.1, 0.95, 0.0, 0.0)
_PRICE_GROWTH = 0.03
_GROWTH = 0.18


def goods_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Categories, products and the dated rates of the second currency."""
    ids = {name: at + 1 for at, (name, _above) in enumerate(CATEGORIES)}
    yield (
        "categories",
        {
            **named([name for name, _ in CATEGORIES]),
            "parent_id": [ids.get(above or "") for _, above in CATEGORIES],
        },
    )
    yield (
        "products",
        {
            **named([g.name for g in GOODS]),
            "code": [g.code for g in GOODS],
            "category_id": [ids[g.category] for g in GOODS],
            "list_price_minor": [g.price for g in GOODS],
            "cost_minor": [g.cost for g in GOODS],
            "currency": "EUR",
            "is_active": ["discontinued" not in g.name for g in GOODS],
            "created_at": world.now,
            "changed_at": world.now,
        },
    )
    first = world.today.year - 3
    months = [
        date(y, m, 1)
        for y in range(first, world.today.year + 1)
        for m in range(1, 13)
        if date(y, m, 1) <= world.today
    ]
    wave = CROWN + 0.0004 * np.sin(np.arange(len(months)) / 4) + world.rng(6).normal(0, 0.0001, len(months))
    yield "rates", {"currency": "DKK", "day": months, "rate": np.round(wave, 5)}


def _code(code: str) -> int:
    return next(at for at, g in enumerate(GOODS) if g.code == code)


def draw_deals(world: World) -> None:
    """Decide all deals; fills ``world.deals`` (by day of opening) and moves organisations' first days back."""
    rng, scale, parties = world.rng(7), world.scale, world.organisations
    closed = scale.deals - scale.open_deals
    is_open = np.arange(scale.deals) >= closed
    close = np.concatenate(
        [
            np.minimum(draw_days(rng, calendar(world, growth=_GROWTH, weekdays=_WEEK), closed), -1),
            np.zeros(scale.open_deals, dtype=np.int64),
        ]
    )
    cycle = np.exp(rng.normal(np.log(38), 0.6, scale.deals))
    age = np.where(
        rng.random(scale.deals) < 0.13, rng.uniform(70, 200, scale.deals), rng.gamma(1.7, 22.0, scale.deals)
    )
    opened = np.where(is_open, -1 - age, close - 2 - cycle).astype(np.int64)
    order = np.argsort(opened, kind="stable")
    opened, close, is_open = opened[order], close[order], is_open[order]
    organisation = _customer(rng, parties, opened)
    lines = _lines(world, rng, organisation, opened)
    source = np.where(
        rng.random(scale.deals) < 0.5,
        parties["source"][organisation],
        pick(rng, [s[1] for s in SOURCES], scale.deals),
    )
    team_mate = rng.random(scale.deals) < 0.1
    colleague = seller_of(world, rng, parties["team"][organisation])
    owner = np.where(team_mate, colleague, parties["owner"][organisation])
    euros = lines["euros"]
    logit = (
        np.array([s[2] for s in SOURCES])[source]
        + world.staff["skill"][owner]
        - 0.35 * np.log(np.maximum(euros, 1) / 900_000)
        + np.where(parties["sector"][organisation] == 2, 0.25, 0.0)
        - 0.05
    )
    won = (rng.random(scale.deals) < 1 / (1 + np.exp(-logit))) & ~parties["prospect"][organisation]
    status = np.where(is_open, OPEN, np.where(won, WON, LOST))
    # What is lost was dragged on for longer, and large deals take longer than small ones.
    drag = np.where(status == LOST, 1.35, 1.0) * np.clip((euros / 900_000) ** 0.12, 0.6, 1.8)
    opened = np.where(is_open, opened, close - np.maximum(2, (close - opened) * drag)).astype(np.int64)
    world.deals = {
        "organisation": organisation,
        "opened": opened,
        "close": close,
        "status": status,
        "source": source,
        "owner": owner,
        "team": world.staff["team"][owner],
        "contact": contact_of(world, rng, organisation),
        "stage": _stage_reached(rng, status, -opened),
        **lines,
    }
    np.minimum.at(parties["since"], organisation, opened - rng.integers(1, 20, scale.deals))


def _customer(rng: np.random.Generator, parties: dict[str, Any], opened: Ints) -> Ints:
    """For each deal an organisation that we knew by then; large and eager ones more often."""
    appetite = np.cumsum(np.where(parties["prospect"], 0.35, 1.0) * parties["appetite"])
    known = np.maximum(np.searchsorted(parties["since"], opened, side="right"), len(appetite) // 3)
    found = np.searchsorted(appetite, rng.random(len(opened)) * appetite[known - 1])
    return np.asarray(np.minimum(found, known - 1), dtype=np.int64)


def _lines(world: World, rng: np.random.Generator, organisation: Ints, opened: Ints) -> dict[str, Any]:
    """The products of each deal: a machine that fits the customer and what goes with it, or service alone."""
    parties, count = world.organisations, len(organisation)
    employees = parties["employees"][organisation].astype(float)
    espresso = np.array([s[4] == "Espresso machines" for s in SECTORS])[parties["sector"][organisation]]
    size = np.clip(np.log10(employees + 1) - 0.9 + rng.normal(0, 0.35, count), 0, 2.99)
    office = places_of("Bean-to-cup machines")[np.clip(np.rint(size * 1.6), 0, 4).astype(int)]
    bar = places_of("Espresso machines")[np.clip(np.rint(size + rng.integers(0, 2, count)), 0, 3).astype(int)]
    service_only = rng.random(count) < 0.16
    contract = places_of("Service contracts")[np.clip(np.rint(size), 0, 2).astype(int)]
    main = np.where(service_only, contract, np.where(espresso, bar, office))
    quantity = np.clip(np.rint(np.exp(rng.normal(np.log(np.maximum(1, employees / 300)), 0.4))), 1, 6)
    grinders = places_of("Grinders")
    beans = np.array([_code(c) for c in ("EB-001", "EB-002", "EB-003")])
    kind = rng.integers(3, size=count)
    extras: list[tuple[npt.NDArray[np.bool_], Ints, Floats]] = [
        (np.ones(count, dtype=bool), main, quantity),
        (espresso & ~service_only & (rng.random(count) < 0.7), grinders[kind], quantity),
        (~service_only & (rng.random(count) < 0.55), contract, quantity),
        (~service_only & (rng.random(count) < 0.3), beans[kind], quantity * 2),
        (espresso & (rng.random(count) < 0.25), np.full(count, _code("TR-001")), np.ones(count)),
    ]  # fmt: skip
    price = np.array([g.price for g in GOODS])
    grown = (1 + _PRICE_GROWTH) ** (opened / 365)
    discount = rng.choice([0.0, 0.0, 0.05, 0.1, 0.15], count)
    crowns = np.array([c == "DKK" for c in parties["currency"]])[organisation]
    rows, goods, amounts, prices, quantities = [], [], [], [], []
    for chosen, good, number in extras:
        at = np.flatnonzero(chosen)
        unit = price[good[at]] * grown[at]
        unit = np.where(crowns[at], np.rint(unit / CROWN / 5_000) * 5_000, np.rint(unit / 100) * 100).astype(
            np.int64
        )
        rows.append(at)
        goods.append(good[at])
        prices.append(unit)
        quantities.append(number[at])
        amounts.append(np.rint(number[at] * unit * (1 - discount[at])).astype(np.int64))
    line_deal = np.concatenate(rows)
    order = np.argsort(line_deal, kind="stable")
    amount = np.concatenate(amounts)[order]
    line_deal = line_deal[order]
    total = np.bincount(line_deal, weights=amount, minlength=count).astype(np.int64)
    return {
        "main": main,
        "quantity": quantity,
        "service_only": service_only,
        "amount": total,
        "crowns": crowns,
        "euros": np.where(crowns, total * CROWN, total),
        "line_deal": line_deal,
        "line_good": np.concatenate(goods)[order],
        "line_price": np.concatenate(prices)[order],
        "line_quantity": np.concatenate(quantities)[order],
        "line_amount": amount,
        "line_discount": discount[line_deal],
    }


def _stage_reached(rng: np.random.Generator, status: Ints, age: Ints) -> Ints:
    """The last open stage a deal was in: the older an open one, the further; a lost one stopped anywhere."""
    by_age = np.floor(np.clip(age / 24.0 + rng.normal(0, 0.8, len(status)), 0, 3.99))
    stopped = pick(rng, [0.22, 0.28, 0.32, 0.18], len(status))
    return np.where(status == WON, 3, np.where(status == LOST, stopped, by_age)).astype(np.int64)


def _history(world: World, rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints]:
    """Every stage entered: deal, stage before (-1 for none), stage, day; in order of deal and time."""
    deals = world.deals
    open_stages = deals["stage"] + 1
    ended = deals["status"] != OPEN
    steps = open_stages + ended
    deal = np.repeat(np.arange(len(steps)), steps)
    step = np.arange(len(deal)) - np.repeat(np.cumsum(steps) - steps, steps)
    is_end = ended[deal] & (step == open_stages[deal])
    to = np.where(is_end, np.where(deals["status"][deal] == WON, 4, 5), step)
    before = np.where(step == 0, -1, step - 1)
    weight = rng.gamma(2.0, 1.0, (len(steps), 4)) * (np.arange(4) < open_stages[:, None])
    # An open deal moved lately, unless it is one of those that nobody looked after.
    fresh = ~ended & (deals["opened"] > -70)
    weight[fresh, deals["stage"][fresh]] *= np.where(deals["stage"][fresh] > 0, 0.4, 1.0)
    share = np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)
    length = deals["close"] - deals["opened"]
    passed = np.where(step == 0, 0.0, share[deal, np.minimum(step - 1, 3)])
    day = deals["opened"][deal] + np.floor(length[deal] * np.where(is_end, 1.0, passed)).astype(np.int64)
    return deal, before, to, np.minimum(day, -1)


def deal_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Deals with their lines and their way through the stages."""
    rng, deals, count = world.rng(8), world.deals, world.scale.deals
    deal, before, to, day = _history(world, rng)
    moments = world.moments(day, rng)
    for at in range(1, len(deal)):
        if deal[at] == deal[at - 1] and moments[at] <= moments[at - 1]:
            moments[at] = min(moments[at - 1] + timedelta(minutes=5), world.now)
    last = np.flatnonzero(np.append(deal[1:] != deal[:-1], True))
    deals["stage_since"] = since = [moments[at] for at in last]
    opened = [moments[at] for at in np.append(0, last[:-1] + 1)]
    is_open, lost = deals["status"] == OPEN, deals["status"] == LOST
    stage = np.array(world.stage_ids)
    left = np.rint(rng.gamma(2.2, 16.0, count)).astype(np.int64) - 6
    expected = np.where(
        is_open, np.maximum(left, -deals["opened"] // -9 - 25), deals["close"] + rng.integers(-12, 9, count)
    )
    planned = is_open & (rng.random(count) < 0.8)
    steps = [
        NEXT_STEPS[STAGE_NAMES[s]][int(r * 4)] if p else None
        for s, r, p in zip(deals["stage"], rng.random(count), planned, strict=True)
    ]
    step_on = world.days(np.rint(rng.normal(4, 6, count)).astype(np.int64))
    expected_days, opened_days, closed_days = (
        world.days(x) for x in (expected, deals["opened"], deals["close"])
    )
    campaigns = campaign_of(world, world.rng(30), deals["opened"], deals["source"] == CAMPAIGN_SOURCE)
    euro = np.where(deals["crowns"], "DKK", "EUR").tolist()
    reasons = np.array(world.loss_reason_ids)
    reason = pick(rng, LOSS_WEIGHTS[: len(reasons)], count)
    rivals = rng.random(count) < np.where(lost, 0.6, 0.25)
    rival = rng.integers(len(COMPETITORS), size=(count, 2))
    yield (
        "deals",
        {
            "title": _titles(world),
            "number": [f"D-{1001 + at}" for at in range(count)],
            "pipeline_id": world.pipeline_id,
            "stage_id": np.where(is_open, stage[deals["stage"]], np.where(lost, stage[5], stage[4])),
            "status": [STATUS[s] for s in deals["status"]],
            "organisation_id": deals["organisation"] + 1,
            "contact_id": deals["contact"] + 1,
            "product_id": deals["main"] + 1,
            "amount_minor": deals["amount"],
            "currency": euro,
            "opened_on": opened_days,
            "expected_close_on": expected_days,
            "closed_on": [None if o else d for o, d in zip(is_open, closed_days, strict=True)],
            "source": [SOURCES[s][0] for s in deals["source"]],
            "campaign_id": campaigns,
            "loss_reason_id": [
                int(reasons[r]) if gone else None for gone, r in zip(lost, reason, strict=True)
            ],
            "competitors": [
                sorted({COMPETITORS[i] for i in pair}) if r else []
                for pair, r in zip(rival, rivals, strict=True)
            ],
            "next_step": steps,
            "next_step_on": [d if s else None for s, d in zip(steps, step_on, strict=True)],
            "stage_since": since,
            "rank": np.arange(count) * 1000.0,
            **kept(deals["owner"], deals["team"], opened, since),
        },
    )
    line = deals["line_deal"]
    yield (
        "deal_lines",
        {
            "deal_id": line + 1,
            "product_id": deals["line_good"] + 1,
            "description": [GOODS[g].name for g in deals["line_good"]],
            "quantity": deals["line_quantity"],
            "unit_price_minor": deals["line_price"],
            "discount": deals["line_discount"],
            "amount_minor": deals["line_amount"],
            "currency": [euro[at] for at in line],
            **kept(deals["owner"][line], deals["team"][line], [opened[at] for at in line]),
        },
    )
    yield (
        "stage_changes",
        {
            "deal_id": deal + 1,
            "from_stage_id": [int(stage[b]) if b >= 0 else None for b in before],
            "to_stage_id": stage[to],
            "at": moments,
            "user_id": deals["owner"][deal] + 1,
        },
    )


def _titles(world: World) -> list[str]:
    deals = world.deals
    names, titles = world.organisations["names"], []
    for o, main, quantity, service in zip(
        deals["organisation"], deals["main"], deals["quantity"], deals["service_only"], strict=True
    ):
        what = GOODS[main].name.removesuffix(", 1 year")
        number = f"{quantity:.0f} × " if quantity > 1 else ""
        titles.append(f"{number}{what}: {names[o]}" if not service else f"{what} for {names[o]}")
    return titles
