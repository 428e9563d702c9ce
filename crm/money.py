"""Money: whole minor units with their currency. Parsing, exact arithmetic, conversion at dated rates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from babel.numbers import get_currency_precision, list_currencies

from crm.errors import Bad, Refused
from crm.i18n import _

CURRENCIES = frozenset(list_currencies())


def check_currency(value: str) -> str:
    """An ISO 4217 code."""
    code = value.strip().upper()
    if code not in CURRENCIES:
        raise Bad(_("“{value}” is not a currency code. Use three letters as EUR.").format(value=value))
    return code


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
    """An amount that knows its currency; different currencies never add up silently."""

    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise Refused(
                _("{a} and {b} cannot be added without a rate.").format(a=self.currency, b=other.currency)
            )
        return Money(self.minor + other.minor, self.currency)

    @property
    def major(self) -> Decimal:
        """The amount in major units, exact."""
        return to_major(self.minor, self.currency)


def rate_used(rates: Mapping[str, list[tuple[date, float]]], currency: str, day: date) -> tuple[date, float]:
    """The newest rate of a currency on or before a day, with its own day; the first known one when all are later.

    Raises
    ------
    Refused
        No rate of this currency is stored; the message says where to enter one.
    """
    known = rates.get(currency)
    if not known:
        raise Refused(
            _("No exchange rate for {currency} is stored. Enter one under Settings, Rates.").format(
                currency=currency
            )
        )
    return max((dated for dated in known if dated[0] <= day), default=min(known))


def convert(money: Money, to: str, *, day: date, rates: Mapping[str, list[tuple[date, float]]]) -> Money:
    """The amount in another currency at the rate of a day.

    Parameters
    ----------
    money : Money
    to : str
        ISO 4217 code of the firm's currency, in which the rates are given.
    day : date
    rates : mapping of currency to (day, price of one major unit in ``to``), any order.
    """
    if money.currency == to:
        return money
    rate = Decimal(str(rate_used(rates, money.currency, day)[1]))
    return Money(to_minor(money.major * rate, to), to)


def total(
    amounts: Iterable[Money], currency: str, *, day: date, rates: Mapping[str, list[tuple[date, float]]]
) -> Money:
    """The sum of amounts in mixed currencies, each converted and rounded once."""
    return Money(sum(convert(m, currency, day=day, rates=rates).minor for m in amounts), currency)
