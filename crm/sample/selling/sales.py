"""Orders of the sample company: machines that deals brought, and coffee that is ordered again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from crm.sample.people.parties import contact_of
from crm.sample.people.places import COUNTRIES
from crm.sample.selling.deals import OPEN, WON
from crm.sample.selling.goods import GOODS
from crm.sample.world import CROWN, DAYS, Columns, Floats, Ints, World, calendar, kept, pick

_WEEK = (1.3, 1.15, 1.05, 1.1, 0.9, 0.16, 0.1)
_GROWTH = 0.16
_PRICE_GROWTH = 0.034
_CHANNELS = ("Web shop", "Subscription", "Phone", "Sales rep")
_CHANNEL_SHARES = (0.52, 0.26, 0.14, 0.08)
#: Lines of an order beside its first.
_MORE_LINES = (0.16, 0.27, 0.27, 0.18, 0.12)
#: The second product goes into the basket with the first one in this share of the orders.
_TOGETHER = (
    ("WA-020", "WA-021", 0.5),
    ("MC-001", "WA-021", 0.3),
    ("FC-001", "WA-041", 0.4),
    ("EB-001", "WA-020", 0.3),
    ("EB-003", "MC-001", 0.4),
    ("MC-003", "MC-002", 0.25),
)


def draw_sales(world: World) -> None:
    """Decide who orders from when to when, and what follows: lifecycles, and who is busy."""
    rng, parties, deals = world.rng(9), world.organisations, world.deals
    count = world.scale.organisations
    won = deals["status"] == WON
    first_won = np.full(count, 1, dtype=np.int64)
    np.minimum.at(first_won, deals["organisation"][won], deals["close"][won])
    older = (rng.random(count) < 0.9) & (parties["since"] < -DAYS) & ~parties["prospect"]
    start = np.where(older, -DAYS, first_won + 5)
    customer = start < 0
    # One in a hundred customers is lost each month, quietly.
    stays = np.rint(rng.exponential(3000, count)).astype(np.int64)
    end = np.where(customer, np.minimum(0, start + np.maximum(stays, 60)), start)
    parties["buys_from"], parties["buys_until"] = start, end
    parties["busy"] = np.isin(np.arange(count), deals["organisation"][deals["status"] == OPEN]) | (
        customer & (end == 0)
    )
    kind = np.where(customer & (end > -180), "customer", np.where(customer, "past", "prospect"))
    kind[(kind == "prospect") & (rng.random(count) < 0.06)] = "partner"
    parties["lifecycle"] = kind.tolist()


def _orders(world: World, rng: np.random.Generator, shares: Floats, count: int) -> tuple[Ints, Ints]:
    """Customer and day of each reorder, at a rate of the customer's own between first and last day."""
    parties = world.organisations
    cumulated = np.concatenate([[0.0], shares])
    low = cumulated[np.clip(parties["buys_from"] + DAYS, 0, DAYS)]
    high = cumulated[np.clip(parties["buys_until"] + DAYS, 0, DAYS)]
    rate = np.sqrt(parties["appetite"]) * rng.gamma(1.8, 1.0, len(low)) * (high - low)
    customer = pick(rng, rate, count)
    share = low[customer] + rng.random(count) * (high - low)[customer]
    day = np.searchsorted(shares, share).astype(np.int64) - DAYS
    order = np.argsort(day, kind="stable")
    return customer[order], np.minimum(day[order], -1)


def _baskets(world: World, rng: np.random.Generator, customer: Ints) -> tuple[Ints, Ints]:
    """Order and product of each line: mostly the customer's own favourites, and what goes together."""
    pull = np.array([g.pull for g in GOODS])
    favourites = pick(rng, pull, world.scale.organisations * 4).reshape(-1, 4)
    lines = 1 + pick(rng, _MORE_LINES, len(customer))
    order = np.repeat(np.arange(len(customer)), lines)
    usual = rng.random(len(order)) < 0.7
    chosen = favourites[customer[order], rng.integers(4, size=len(order))]
    good = np.where(usual, chosen, pick(rng, pull, len(order)))
    code = {g.code: at for at, g in enumerate(GOODS)}
    extra_order, extra_good = [order], [good]
    for first, second, chance in _TOGETHER:
        with_first = np.unique(order[good == code[first]])
        taken = with_first[rng.random(len(with_first)) < chance]
        extra_order.append(taken)
        extra_good.append(np.full(len(taken), code[second]))
    pair = np.unique(np.concatenate(extra_order) * len(GOODS) + np.concatenate(extra_good))
    return pair // len(GOODS), pair % len(GOODS)


def sales_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Orders and their lines; exactly as many lines as the scale says."""
    rng, parties, deals = world.rng(10), world.organisations, world.deals
    won = np.flatnonzero(deals["status"] == WON)
    deal_lines = np.flatnonzero(np.isin(deals["line_deal"], won))
    wanted = world.scale.lines - len(deal_lines)
    shares = calendar(world, growth=_GROWTH, weekdays=_WEEK)
    customer, day = _orders(world, rng, shares, int(wanted / 2.6))
    order, good = _baskets(world, rng, customer)
    # Lines are drawn a little too many and cut in the middle of nowhere: evenly over the three years.
    keep = np.sort(rng.permutation(len(order))[:wanted])
    order, good = order[keep], good[keep]
    used, order = np.unique(order, return_inverse=True)
    customer, day = customer[used], day[used]
    reorders = len(used)
    organisation = np.concatenate([customer, deals["organisation"][won]])
    ordered = np.concatenate([day, np.minimum(-1, deals["close"][won] + rng.integers(0, 6, len(won)))])
    channel = np.concatenate([pick(rng, _CHANNEL_SHARES, reorders), np.full(len(won), 3)])
    count = len(organisation)
    contact = contact_of(world, rng, organisation)
    contact[reorders:] = deals["contact"][won]
    owner = np.concatenate([parties["owner"][customer], deals["owner"][won]])
    team = world.staff["team"][owner]
    made = world.moments(ordered, rng)
    shipped = world.days(np.minimum(0, ordered + rng.integers(1, 5, count)))
    places = [
        (COUNTRIES[c], COUNTRIES[c].cities[t])
        for c, t in zip(parties["country"], parties["city"], strict=True)
    ]
    segments = np.select(
        [parties["employees"] >= 700, parties["employees"] >= 100], ["Key", "Medium"], "Small"
    )
    yield (
        "orders",
        {
            "number": [f"S-{100_001 + at}" for at in range(count)],
            "ordered_on": world.days(ordered),
            "shipped_on": shipped,
            "organisation_id": organisation + 1,
            "contact_id": contact + 1,
            "deal_id": [None] * reorders + [int(d) + 1 for d in won],
            "channel": [_CHANNELS[c] for c in channel],
            "ship_mode": "Standard",
            "segment": segments[organisation].tolist(),
            "city": [places[o][1].name for o in organisation],
            "region": [places[o][1].region for o in organisation],
            "country": [places[o][0].name for o in organisation],
            **kept(owner, team, made),
        },
    )
    sold = _prices(world, rng, organisation, ordered, order, good)
    # The lines of won deals follow those of the reorders.
    at_order = np.concatenate([order, reorders + np.searchsorted(won, deals["line_deal"][deal_lines])])
    columns = {name: np.concatenate([values, deals[name][deal_lines]]) for name, values in sold.items()}
    cost = np.array([g.cost for g in GOODS])[columns["line_good"]]
    crowns = deals_currency(world)[organisation[at_order]]
    grown = (1 + _PRICE_GROWTH) ** (ordered[at_order] / 365)
    spent = np.rint(columns["line_quantity"] * cost * np.where(crowns, 1 / CROWN, 1.0) * grown).astype(
        np.int64
    )
    lines = len(at_order)
    yield (
        "order_lines",
        {
            "number": [f"L-{1_000_001 + at}" for at in range(lines)],
            "order_id": at_order + 1,
            "sold_on": world.days(ordered[at_order]),
            "product_id": columns["line_good"] + 1,
            "organisation_id": organisation[at_order] + 1,
            "contact_id": contact[at_order] + 1,
            "quantity": columns["line_quantity"],
            "amount_minor": columns["line_amount"],
            "discount": columns["line_discount"],
            "profit_minor": columns["line_amount"] - spent,
            "currency": np.where(crowns, "DKK", "EUR"),
            "channel": np.array(_CHANNELS, dtype=object)[channel[at_order]],
            "region": np.array([c.name for c, _ in places], dtype=object)[organisation[at_order]],
            **kept(owner[at_order], team[at_order], np.array(made, dtype=object)[at_order]),
        },
    )


def deals_currency(world: World) -> Any:
    """True for organisations that pay in crowns."""
    return np.array([c == "DKK" for c in world.organisations["currency"]])


def _prices(
    world: World, rng: np.random.Generator, organisation: Ints, ordered: Ints, order: Ints, good: Ints
) -> dict[str, Any]:
    """Quantity, discount and amount of each reordered line; prices rise a little every year."""
    employees = world.organisations["employees"][organisation[order]]
    quantity = 1 + rng.poisson(np.clip(employees / 120, 0.3, 9))
    discount = np.select([quantity >= 8, quantity >= 4], [0.1, 0.05], 0.0)
    crowns = deals_currency(world)[organisation[order]]
    price = np.array([g.price for g in GOODS])[good] * (1 + _PRICE_GROWTH) ** (ordered[order] / 365)
    unit = np.where(crowns, np.rint(price / CROWN / 100) * 100, np.rint(price / 10) * 10)
    return {
        "line_good": good,
        "line_quantity": quantity.astype(np.float64),
        "line_discount": discount,
        "line_amount": np.rint(quantity * unit * (1 - discount)).astype(np.int64),
    }
