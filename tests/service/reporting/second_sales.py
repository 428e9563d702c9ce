"""What deals are worth and who sees them, worked out again from the stored tables; shares no line with the program."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from tests.service.reporting.sample_firm import TODAY, person, plain


@dataclass
class Counted:
    """A deal as the second count sees it; ``parts`` are what it is worth by product, in euros."""

    row: Any
    worth: float | None
    parts: dict[int | None, float]


def read_tables():
    """The tables as they are stored."""
    names = [
        "deals",
        "deal_lines",
        "products",
        "users",
        "teams",
        "rates",
        "stages",
        "targets",
        "stage_changes",
    ]
    return {name: plain(f"SELECT * FROM {name}").astype(object) for name in names}


def known(value):
    return None if value is None or value != value or value == "" else value


def day_of(value):
    return None if known(value) is None else date.fromisoformat(str(value)[:10])


def in_euros(tables, minor, currency, day):
    if currency == "EUR":
        return minor
    rates = [(day_of(r.day), r.rate) for r in tables["rates"].itertuples() if r.currency == currency]
    before = [rate for rate in rates if rate[0] <= (day or TODAY)]
    return round(minor * (max(before) if before else min(rates))[1])


def count_deals(tables):
    """Each deal with its worth and its parts."""
    prices = {p.id: (known(p.list_price_minor), p.currency) for p in tables["products"].itertuples()}
    lines = defaultdict(list)
    for line in tables["deal_lines"].sort_values("id").itertuples():
        if known(line.archived_at) is None:
            lines[line.deal_id].append(line)
    found = []
    for deal in tables["deals"].itertuples():
        own = []
        for line in lines[deal.id]:
            if known(line.amount_minor) is not None:
                own.append((known(line.product_id), int(line.amount_minor), line.currency))
            elif known(line.product_id) and prices[line.product_id][0] is not None:
                price, currency = prices[line.product_id]
                own.append(
                    (line.product_id, round(line.quantity * price * (1 - (line.discount or 0))), currency)
                )
            else:
                own.append((known(line.product_id), 0, deal.currency))
        amount, currency = known(deal.amount_minor), deal.currency
        if amount is None and own:
            amount, currency = sum(minor for _p, minor, _c in own), own[0][2]
        elif amount is None and known(deal.product_id):
            amount, currency = prices[deal.product_id]
        if amount is None:
            found.append(Counted(deal, None, {p: 0.0 for p, _m, _c in own} or {known(deal.product_id): 0.0}))
            continue
        day = day_of(deal.closed_on) if deal.status != "open" else None
        worth = in_euros(tables, int(amount), currency, day)
        parts: dict[int | None, float] = defaultdict(float)
        whole = sum(minor for _p, minor, _c in own)
        for product, minor, _currency in own or [(known(deal.product_id), 1, "")]:
            parts[product] += worth * (minor / whole if whole else 1 / max(1, len(own)))
        found.append(Counted(deal, worth, dict(parts)))
    return found


class Second:
    """The second count for one person, period and filter."""

    def __init__(self, tables, counted, name, period, filters):
        self.tables, self.filters = tables, filters
        self.users = {u.id: u for u in tables["users"].itertuples()}
        me = next(u for u in self.users.values() if u.name == name)
        actor = person(name)
        reach = actor.reach("deal", "read")
        self.period = period
        self.seen = [
            one
            for one in counted
            if known(one.row.archived_at) is None
            and (
                reach == "all"
                or one.row.owner_id == me.id
                or (reach == "team" and known(one.row.team_id) in actor.teams)
            )
            and all(self.passes(one, *item) for item in filters.items())
        ]

    def passes(self, one, name, values):
        if name == "products":
            return bool(set(one.parts) & set(values))
        if name == "owners":
            return one.row.owner_id in values
        return (known(one.row.source) or "") in values

    def team(self, one):
        owner = self.users.get(known(one.row.owner_id))
        return known(one.row.team_id) or (owner and known(owner.team_id))

    def manager(self, one):
        owner = self.users.get(known(one.row.owner_id))
        return owner and known(owner.manager_id)

    def closed(self, *statuses, days=None):
        start, end = days or (self.period.start, self.period.end)
        return [
            one
            for one in self.seen
            if one.row.status in statuses
            and (start is None or (day_of(one.row.closed_on) and start <= day_of(one.row.closed_on)))
            and (end is None or (day_of(one.row.closed_on) and day_of(one.row.closed_on) <= end))
        ]

    def open(self):
        return [one for one in self.seen if one.row.status == "open"]

    def value(self, deals, product=()):
        """What the deals are worth, with products the part in these."""
        wanted = product or self.filters.get("products")
        if wanted:
            return sum(v for one in deals for p, v in one.parts.items() if p in wanted)
        return sum(one.worth or 0 for one in deals)


def ids(deals):
    return {one.row.id for one in deals}
