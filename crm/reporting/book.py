"""The one currency in which a page, board, report or dashboard adds up, with the dated rates into it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import select

from crm.clock import here
from crm.firm.firm import firm, home, rates
from crm.i18n import _
from crm.money import exponent, rate_used, to_major, to_minor
from crm.periods import USUAL, Calendar
from db.models import Deal
from db.scope import ScopedSession

#: An amount at a rate older than this many days is said: nobody has entered one for long.
OLD_DAYS = 366


@dataclass(frozen=True)
class Book:
    """In which currency sums are made, and the rates they are converted with.

    Each amount is converted at the rate of its day and rounded once. What has no rate counts as nothing and is named in
    ``notes``, as is what counts at a rate that is later than its day or much older.
    """

    currency: str
    rates: dict[str, list[tuple[date, float]]]
    as_of: datetime
    said: tuple[str, ...] = ()
    #: When the firm's year and weeks begin.
    calendar: Calendar = USUAL
    missing: set[str] = field(default_factory=set, compare=False)
    #: By currency: the first day whose amounts count at a later rate, and the day of that rate; the same for old rates.
    later: dict[str, tuple[date, date]] = field(default_factory=dict, compare=False)
    older: dict[str, tuple[date, date]] = field(default_factory=dict, compare=False)
    # Thousands of days ask for the same few rates.
    _found: dict[tuple[str, date], Decimal] = field(default_factory=dict, compare=False, repr=False)

    @property
    def today(self) -> date:
        """The day at which open amounts are converted."""
        return here(self.as_of).date()

    @cached_property
    def factors(self) -> dict[str, float]:
        """What one minor unit of each known currency is worth today in minor units, for statements that add up or sort."""
        many = 10**9
        priced = {code: rate_used(known, self.today)[1] for code, known in self.rates.items()}
        found = {
            code: to_minor(to_major(many, code) * Decimal(str(rate)), self.currency) / many
            for code, rate in priced.items()
        }
        return found | {self.currency: 1.0}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know about the sums made so far."""
        found = list(self.said)
        if self.missing:
            text = _(
                "Amounts in {currencies} are left out, because no rate is stored. Enter one under Settings, Rates."
            )
            found.append(text.format(currencies=", ".join(sorted(self.missing))))
        return (*found, *self.rate_notes)

    @property
    def rate_notes(self) -> tuple[str, ...]:
        """Which amounts count at a rate that is not of their day."""
        later = _("{currency} of {day} counts at the first rate stored, of {rate}: that is later.")
        older = _("{currency} of {day} counts at a rate of {rate}, because no newer one is stored.")
        return tuple(
            text.format(currency=code, day=day.isoformat(), rate=rate.isoformat())
            for text, days in ((later, self.later), (older, self.older))
            for code, (day, rate) in sorted(days.items())
        )

    def knows(self, currency: str) -> bool:
        """True when amounts in a currency can be converted."""
        return currency == self.currency or currency in self.rates

    def leave_out(self, codes: str | None) -> None:
        """Note currencies, told apart by commas, in which something is left out; those with a rate by now count."""
        self.missing.update(code for code in (codes or "").split(",") if code and not self.knows(code))

    def worth(self, minor: int, currency: str, day: date | None = None) -> int:
        """An amount in the book's currency at the rate of a day, today's without one; zero, and noted, without a rate."""
        if currency == self.currency or not minor:
            return minor
        return int(self.exact(minor, currency, day).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))

    def exact(self, minor: int, currency: str, day: date | None = None) -> Decimal:
        """The same in minor units that are not rounded yet, for sums that are rounded once."""
        if currency == self.currency or not minor:
            return Decimal(minor)
        if currency not in self.rates:
            self.missing.add(currency)
            return Decimal(0)
        major = to_major(minor, currency) * self._rate(currency, day or self.today)
        return major.scaleb(exponent(self.currency))

    def _rate(self, currency: str, day: date) -> Decimal:
        key = (currency, day)
        if key not in self._found:
            dated, rate = rate_used(self.rates[currency], day)
            if dated > day:
                self.later[currency] = min(self.later.get(currency, (day, dated)), (day, dated))
            elif (day - dated).days > OLD_DAYS:
                self.older[currency] = max(self.older.get(currency, (day, dated)), (day, dated))
            self._found[key] = Decimal(str(rate))
        return self._found[key]

    def fresh(self) -> Book:
        """The same currency and rates, with nothing noted yet."""
        return replace(self, missing=set(), later={}, older={}, _found={})

    def fitting(self, used: Iterable[str]) -> Book:
        """The book for amounts in these currencies: where all share one without a rate, they are added up in that."""
        found = set(used)
        if len(found) != 1 or self.knows(only := found.pop()):
            return self
        note = _("All amounts are in {only}; they were not converted to {base}, because no rate is stored.")
        # The rates lead to the firm's currency, not to this one.
        return replace(
            self, currency=only, rates={}, said=(*self.said, note.format(only=only, base=self.currency))
        )


def firm_book(session: ScopedSession) -> Book:
    """The firm's currency with the rates into it; two statements."""
    known = firm(session)
    return Book(known.currency, rates(session), datetime.now(UTC), calendar=known.calendar)


def open_book(session: ScopedSession, cls: type[Any] = Deal) -> Book:
    """The book for adding up all rows of a class with amounts, fitting what they are in; two statements, seldom three."""
    used = select(cls.currency).where(cls.archived_at.is_(None))
    currency, calendar, first = home(session, used.limit(1).scalar_subquery())
    book = Book(currency, rates(session), datetime.now(UTC), calendar=calendar)
    # One amount that can be converted settles it; only without are all looked at.
    return book if first is None or book.knows(first) else book.fitting(session.scalars(used.distinct()))
