"""Money: whole minor units with their currency. Parsing, exact arithmetic, conversion at dated rates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache

from babel.numbers import get_currency_precision, list_currencies

from crm.errors import Bad
from crm.i18n import _

CURRENCIES = frozenset(list_currencies())
#: No currency, and one for tests (ISO 4217); known, but never offered.
NONE = ("XXX", "XTS")
#: Offered first among all currencies.
USUAL = ("EUR", "USD", "GBP", "DKK", "SEK", "NOK", "CZK", "PHP", "CHF", "PLN", "RUB")


def codes() -> list[str]:
    """Currency codes to choose from, the usual ones first."""
    return [*USUAL, *sorted(CURRENCIES - {*USUAL, *NONE})]


def check_currency(value: str) -> str:
    """An ISO 4217 code."""
    code = value.strip().upper()
    if code not in CURRENCIES:
        raise Bad(_("“{value}” is not a currency code. Use three letters as EUR.").format(value=value))
    return code


@cache
def exponent(currency: str) -> int:
    """Digits after the decimal mark: 2 for EUR, 0 for JPY, 3 for KWD (ISO 4217 by CLDR); 2 where no currency is known."""
    return int(get_currency_precision(currency))


def to_minor(amount: Decimal | int | str | float, currency: str) -> int:
    """An amount in major units as whole minor units; fractions of a unit round half to even, at this place only.

    Floats go through their shortest text, so 0.1 is a tenth and not its binary neighbour.
    """
    value = amount if isinstance(amount, Decimal) else Decimal(str(amount))
    return int((value * 10 ** exponent(currency)).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def to_major(minor: int, currency: str) -> Decimal:
    """Whole minor units as an exact amount in major units."""
    return Decimal(minor).scaleb(-exponent(currency))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount that knows its currency."""

    minor: int
    currency: str


def rate_used(known: Sequence[tuple[date, float]], day: date) -> tuple[date, float]:
    """Of one currency's dated rates the newest on or before a day, with its own day; the first when all are later."""
    return max((dated for dated in known if dated[0] <= day), default=min(known))
