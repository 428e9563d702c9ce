"""Numbers, amounts of money, counts and shares of a column, read by one decimal mark."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from crm.exchange.files.column import Column, Made, Reading
from crm.exchange.values import numbers
from crm.i18n import _
from crm.money import to_major, to_minor
from crm.records.checks import LARGEST
from crm.records.fields import Field, Kind

#: In major units: what is larger is so in the smallest unit of any currency.
_LARGEST_AMOUNT = Decimal(LARGEST[Kind.MONEY])


def read_numbers(about: Field, column: Column, told: Reading) -> Made:
    thousands = about.kind in (Kind.MONEY, Kind.INTEGER)
    written, values, decision = numbers.read(column, hint=told.decimal, thousands=thousands)
    made = Made(list(values), ambiguous=decision.ambiguous, currencies=[""] * len(written))
    made.problems = {at: numbers.reason(column.texts[at]) for at, value in enumerate(values) if value is None}
    if any(number is not None and number.decimal for number in written):
        made.mark = decision.mark
        made.found = (
            _("1,234.5: the decimal sign is a point")
            if decision.mark == "."
            else _("1.234,5: the decimal sign is a comma")
        )
    _FINISH[about.kind](about, made, written, told)
    return made


def _finish_money(about: Field, made: Made, written: list[numbers.Written | None], told: Reading) -> None:
    made.shared = [""] * len(made.values)
    assert made.currencies is not None
    scale = Decimal(repr(told.scale))
    for at, value in enumerate(made.values):
        number = written[at]
        if value is None or number is None:
            continue
        code = numbers.currency_of(number, told.currency)
        if number.percent:
            made.values[at], made.problems[at] = None, _("A share in percent is not an amount of money.")
            continue
        amount = value * scale
        if abs(amount) > _LARGEST_AMOUNT:
            made.values[at], made.problems[at] = None, _("{label} is too large.").format(label=_(about.label))
            continue
        made.currencies[at] = code
        made.shared[at] = number.currency if number.currency in numbers.SHARED else ""
        # Dollars and crowns have cents, whichever of them are meant.
        unit = code or ("USD" if number.currency else told.currency)
        minor = to_minor(amount, unit)
        if to_major(minor, unit) != amount and to_minor(amount * 1000, unit) != minor * 1000:
            made.rounded.append(at)
        made.values[at] = minor


def _finish_integer(_about: Field, made: Made, _written: list[numbers.Written | None], told: Reading) -> None:
    for at, value in enumerate(made.values):
        if value is None:
            continue
        scaled = value * Decimal(repr(told.scale))
        if scaled != scaled.to_integral_value():
            text = _("“{value}” is not a whole number.").format(value=f"{scaled:f}")
            made.values[at], made.problems[at] = None, text
        else:
            made.values[at] = int(scaled)


def _finish_number(_about: Field, made: Made, written: list[numbers.Written | None], told: Reading) -> None:
    for at, value in enumerate(made.values):
        number = written[at]
        if value is not None and number is not None:
            made.values[at] = float(value * Decimal(repr(told.scale))) / (100 if number.percent else 1)


def _finish_percent(_about: Field, made: Made, written: list[numbers.Written | None], told: Reading) -> None:
    """Shares from 0 to 1. Numbers without a sign are hundredths when any of them is larger than 1."""
    signed = any(number is not None and number.percent for number in written)
    bare = [
        abs(v)
        for v, n in zip(made.values, written, strict=True)
        if v is not None and n is not None and not n.percent
    ]
    hundredths = bool(bare) and max(bare) > 1
    if hundredths and not signed:
        made.found = _("5 means 5 %")
    for at, value in enumerate(made.values):
        number = written[at]
        if value is None or number is None:
            continue
        made.values[at] = float(value / 100 if number.percent or hundredths else value)
        if number.currency:
            reason = _("“{value}” is an amount and no share. Choose another field for the column.")
            made.values[at], made.problems[at] = None, reason.format(value=f"{value:f}")


_FINISH: dict[Kind, Callable[[Field, Made, list[numbers.Written | None], Reading], None]] = {
    Kind.MONEY: _finish_money,
    Kind.INTEGER: _finish_integer,
    Kind.NUMBER: _finish_number,
    Kind.PERCENT: _finish_percent,
}
