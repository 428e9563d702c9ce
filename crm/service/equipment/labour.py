"""What an hour of a technician costs, and what a visit cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from math import isfinite

from crm.errors import Problem, Refused
from crm.firm.firm import firm, get_setting, put_setting, rates
from crm.i18n import _
from crm.money import Money, rate_used, to_major, to_minor
from crm.work import Work
from db.scope import ScopedSession

SETTING = "labour"
MOST_MINOR = 2**53


@dataclass(frozen=True, slots=True)
class PartUsed:
    """A part that was put in. The cost is of one piece, in minor units of the visit's currency; None when not known.

    ``after_failure`` says that the old one had failed; otherwise it was changed by plan.
    """

    name: str
    quantity: float = 1.0
    product_id: int | None = None
    unit_cost_minor: int | None = None
    after_failure: bool = False


@dataclass(frozen=True, slots=True)
class VisitCost:
    """Labour and parts in minor units; None where nothing is known to count."""

    labour_minor: int | None
    parts_minor: int | None


def labour_rate(session: ScopedSession) -> Money | None:
    """What an hour costs, None while nobody has said so."""
    value = get_setting(session, SETTING)
    return Money(int(value["rate_minor"]), str(value["currency"])) if value else None


def set_labour_rate(work: Work, minor: int) -> Money:
    """Say what an hour costs, in minor units of the firm's currency; visits that are done keep their cost."""
    if not 0 <= minor <= MOST_MINOR:
        message = _("An hour costs 0 or more.")
        raise Refused(message, problems=[Problem("rate_minor", message)])
    rate = Money(minor, firm(work.session).currency)
    put_setting(work, SETTING, {"rate_minor": rate.minor, "currency": rate.currency})
    return rate


def visit_cost(
    session: ScopedSession, *, hours: float | None, parts: Sequence[PartUsed], currency: str, day: date
) -> VisitCost:
    """Hours times the rate of an hour, and the sum over the parts of pieces times cost; each rounded half to even.

    A rate in another currency is converted at the exchange rate of the day.
    """
    rate = labour_rate(session)
    labour = None
    if hours is not None and rate is not None:
        if rate.currency != currency:
            rate = _converted(session, rate, currency, day)
        labour = _times(hours, rate.minor)
    priced = [_times(p.quantity, p.unit_cost_minor) for p in parts if p.unit_cost_minor is not None]
    return VisitCost(labour, sum(priced) if priced else None)


def _converted(session: ScopedSession, rate: Money, currency: str, day: date) -> Money:
    known, own = rates(session), firm(session).currency
    codes = (rate.currency, currency)
    if lacking := ", ".join(sorted(code for code in codes if code != own and code not in known)):
        text = _("No exchange rate for {currency} is stored. Enter one under Settings, Rates.")
        raise Refused(text.format(currency=lacking))
    prices = [Decimal(1) if code == own else Decimal(str(rate_used(known[code], day)[1])) for code in codes]
    # Rates are prices in the firm's money: into another currency the way goes backwards.
    return Money(to_minor(to_major(rate.minor, rate.currency) * prices[0] / prices[1], currency), currency)


def _times(count: float, minor: int) -> int:
    return int((Decimal(str(count)) * minor).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def part_problems(parts: Sequence[PartUsed]) -> list[Problem]:
    """What is wrong with the numbers of parts, by their place in the list."""
    problems = []
    for place, part in enumerate(parts, start=1):
        if not isfinite(part.quantity) or not 0 < part.quantity <= 1_000_000:
            problems.append(Problem("parts", _("Part {n}: enter how many, more than 0.").format(n=place)))
        if part.unit_cost_minor is not None and not 0 <= part.unit_cost_minor <= MOST_MINOR:
            problems.append(Problem("parts", _("Part {n}: the cost is 0 or more.").format(n=place)))
    return problems
