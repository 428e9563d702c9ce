"""How numbers, money, dates and values of records are written, in the reader's language. English dates read 22 Nov 2026.

Money comes as integer minor units with its currency.
Charts plot minor units too: :func:`money_unit` gives them the two ways of writing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from copy import copy
from datetime import date, datetime, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, lru_cache
from typing import Any, Literal

from babel import Locale
from babel.dates import format_skeleton, format_time, format_timedelta
from babel.numbers import (
    NumberPattern,
    format_compact_currency,
    format_compact_decimal,
    format_decimal,
    format_percent,
    get_group_symbol,
)

from crm.charts import Unit
from crm.clock import now, zone
from crm.i18n import _, formats
from crm.money import exponent
from crm.records.fields import Field, Kind

#: Nobody reads the digits of more; a meter may say anything.
_COUNTABLE = 10**18
MINUS = "\N{MINUS SIGN}"  # as wide as a digit, unlike the hyphen


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(code)


def _numbers() -> Locale:
    return _locale(formats())


def _dates() -> Locale:
    # Day before month, as most of the world reads it; the month is a word, so nobody can misread it.
    return _locale("en_GB" if formats() == "en" else formats())


def _signed(text: str) -> str:
    return text.replace("-", MINUS)


def _major(minor: float, currency: str) -> Decimal:
    return Decimal(str(minor)).scaleb(-exponent(currency))


@cache
def _money_pattern(code: str, decimals: int) -> NumberPattern:
    pattern: NumberPattern = copy(_locale(code).currency_formats["standard"])
    pattern.frac_prec = (decimals, decimals)
    return pattern


def money(minor: float | None, currency: str, *, decimals: bool | None = None) -> str:
    """Money in full, such as €118,400 or 118.400,50 €; nothing for None. An amount without a currency says so.

    Parameters
    ----------
    minor : number or None
        Amount in minor units; a fraction of one is rounded half up.
    decimals : bool, optional
        Whether to write the decimals; by default only when they are not all zero. Give True in columns.
    """
    if minor is None:
        return ""
    if not currency:
        said = number(float(minor) / 10 ** exponent(currency), decimals=0 if decimals is False else 2)
        return _("{amount}, no currency").format(amount=said)
    places = exponent(currency)
    amount = _major(minor, currency).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
    if decimals is False or (decimals is None and amount == amount.to_integral_value()):
        places = 0
        amount = amount.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    locale = _numbers()
    return _signed(
        _money_pattern(formats(), places).apply(amount, locale, currency=currency, currency_digits=False)
    )


def _few_digits(value: Decimal) -> Decimal:
    """Round to what is shown: two decimals of a million, whole thousands, one decimal below 10,000."""
    for limit, step in ((10**9, 10**7), (10**6, 10**4), (10**4, 10**3), (10**3, 100)):
        if abs(value) >= limit:
            rounded = (value / step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * step
            # 999,600 rounds up to a million and is then written as one.
            return rounded if limit == 10**9 or abs(rounded) < 10**3 * limit else _few_digits(rounded)
    return value


def _compacted(text: str) -> str:
    # k is the prefix for a thousand; a capital K is kelvin, and charts beside it would differ.
    return _signed(re.sub(r"(?<=\d)K\b", "k", text))


def short_money(minor: float | None, currency: str) -> str:
    """Money for prose, cards and axes: €118k, €2.79M, 2,79 mio. €; nothing for None."""
    if minor is None:
        return ""
    amount = _major(minor, currency)
    if abs(amount) < 1000:
        amount = amount.quantize(Decimal(1), rounding=ROUND_HALF_UP)
    written = format_compact_currency(
        _few_digits(amount), currency, format_type="short", locale=_numbers(), fraction_digits=2
    )
    return _compacted(written)


def worth_text(said: str, beside: Sequence[str] = ()) -> str:
    """What a record is worth, and in which other currencies without a rate it is worth more."""
    return (
        _("{value} and more in {currencies}").format(value=said, currencies=", ".join(beside))
        if beside
        else said
    )


def thousands_mark() -> str:
    """What stands between the thousands of the reader's numbers; mostly a comma, a point or a blank."""
    return str(get_group_symbol(_numbers()))


def number(value: float | None, *, decimals: int = 0) -> str:
    """A number with the reader's separators, rounded half up to ``decimals``; nothing for None."""
    if value is None:
        return ""
    if abs(value) >= _COUNTABLE:
        return _signed(f"{value:.3g}")
    rounded = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return _signed(format_decimal(rounded, pattern, locale=_numbers()))


def short_number(value: float | None) -> str:
    """A number in few characters: 950, 9.5k, 118k, 2.79M."""
    if value is None:
        return ""
    if abs(value) >= _COUNTABLE:
        return number(value)
    amount = _few_digits(Decimal(str(value)))
    return _compacted(
        format_compact_decimal(amount, format_type="short", locale=_numbers(), fraction_digits=2)
    )


def percent(share: float | None, *, decimals: int = 0) -> str:
    """A share from 0 to 1 as per cent: 31%, 31,4 %; nothing for None."""
    if share is None:
        return ""
    if abs(share) >= _COUNTABLE:
        return number(share * 100) + "%"
    locale = _numbers()
    pattern = locale.percent_formats[None].pattern
    if decimals:
        pattern = pattern.replace("#,##0", "#,##0." + "0" * decimals)
    rounded = Decimal(str(share)).quantize(Decimal(1).scaleb(-decimals - 2), rounding=ROUND_HALF_UP)
    return _signed(format_percent(rounded, pattern, locale=locale))


def day(value: date | None, *, today: date | None = None) -> str:
    """A date: 22 Nov 2026, without the year when ``today`` is given and lies in the same one."""
    if value is None:
        return ""
    skeleton = "MMMd" if today is not None and today.year == value.year else "yMMMd"
    return _written(skeleton, value, str(_dates()))


@lru_cache(maxsize=4096)
def _written(skeleton: str, value: date, locale: str) -> str:
    # A board asks for the same few days hundreds of times.
    return format_skeleton(skeleton, value, locale=_locale(locale))


def month(value: date) -> str:
    """A month with its year: Nov 2026."""
    return format_skeleton("yMMM", value, locale=_dates())


def month_name(value: date) -> str:
    """A month without its year: Nov."""
    return format_skeleton("MMM", value, locale=_dates())


def clock(value: datetime, *, zone: tzinfo) -> str:
    """The time of day at the reader's place: 15:04."""
    return format_time(value.astimezone(zone).timetz(), "short", locale=_dates())


def moment(value: datetime | None, *, now: datetime, zone: tzinfo) -> str:
    """A point in time: today as 15:04, else as 22 Nov or 22 Nov 2025, at the reader's place."""
    if value is None:
        return ""
    here, today = value.astimezone(zone), now.astimezone(zone).date()
    return clock(value, zone=zone) if here.date() == today else day(here.date(), today=today)


def ago(value: date, *, today: date) -> str:
    """How far a day lies from today, in one unit: today, yesterday, 5 days ago, 3 months ago, in 2 days."""
    days = (value - today).days
    close = {-1: _("yesterday"), 0: _("today"), 1: _("tomorrow")}
    if days in close:
        return close[days]
    # 60 days are still said in days: "2 months ago" would be too rough for a deal gone quiet.
    unit: Literal["day", "month", "year"] = (
        "day" if abs(days) < 60 else "month" if abs(days) < 365 else "year"
    )
    size = {"day": 1, "month": 30, "year": 365}[unit]
    whole = abs(days) // size * size
    return format_timedelta(
        timedelta(days=whole if days > 0 else -whole),
        granularity=unit,
        threshold=10**6 if unit == "day" else 1 if unit == "year" else 0.99,
        add_direction=True,
        locale=_dates(),
    )


def value_text(field: Field | None, value: Any, currency: str) -> str:
    """A value of the change log as people read it; it comes as JSON holds it."""
    if value is None or value in ("", []):
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if field is None:
        return str(value)
    match field.kind:
        case Kind.MONEY:
            return money(int(value), currency)
        case Kind.PERCENT:
            return percent(float(value))
        case Kind.INTEGER | Kind.NUMBER:
            return number(float(value), decimals=0 if float(value).is_integer() else 2)
        case Kind.DATE:
            return day(value if isinstance(value, date) else date.fromisoformat(str(value)[:10]))
        case Kind.DATETIME:
            at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
            return moment(at, now=now(), zone=zone())
        case Kind.CHOICE:
            return field.names().get(value, str(value))
        case Kind.TAGS:
            return ", ".join(map(str, value))
        case _:
            return str(value)


def money_unit(currency: str) -> Unit:
    """For charts that plot money in minor units."""
    return Unit(
        short=lambda minor: short_money(minor, currency), full=lambda minor: money(round(minor), currency)
    )


def number_unit(*, decimals: int = 0) -> Unit:
    """For charts that plot counts, days and other plain numbers."""
    return Unit(short=short_number, full=lambda value: number(value, decimals=decimals))


def percent_unit(*, decimals: int = 1) -> Unit:
    """For charts that plot shares from 0 to 1."""
    return Unit(short=percent, full=lambda share: percent(share, decimals=decimals))


def size_words(size: int) -> str:
    """How large a file is, as people say it."""
    for unit, most in (("B", 1_000), ("kB", 1_000_000), ("MB", 1_000_000_000)):
        if size < most:
            return f"{size / (most / 1_000):.0f} {unit}"
    return f"{size / 1_000_000_000:.1f} GB"
