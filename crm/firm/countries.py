"""What follows from the country of a firm: currency, time zones, first day of the week. From CLDR and the zone database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

import pytz
from babel import Locale, UnknownLocaleError
from babel.core import get_global
from babel.localedata import exists
from babel.numbers import get_territory_currencies

from crm.config import settings
from crm.i18n import language
from crm.money import CURRENCIES


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual in a country; ``zone`` is empty where its clocks differ and nobody said which."""

    currency: str
    zone: str


@cache
def _names(code: str) -> dict[str, str]:
    # Only where somebody chooses a country; the first list need not wait for it.
    from phonenumbers import SUPPORTED_REGIONS

    territories = Locale.parse(code).territories
    known = [one for one in SUPPORTED_REGIONS if one in territories and pytz.country_timezones.get(one)]
    return {one: territories[one] for one in sorted(known, key=lambda one: territories[one])}


def country_names() -> dict[str, str]:
    """All countries by name, in the language in force; two letters to name."""
    return _names(language())


@cache
def zone_names() -> tuple[str, ...]:
    """The zones that are in use, by name."""
    return tuple(pytz.common_timezones)


@cache
def week_start(country: str) -> int:
    """The first day of the week in a country, 0 is Monday."""
    try:
        return Locale.parse(f"und_{country.upper()}").first_week_day
    except (UnknownLocaleError, ValueError):
        return 0


@cache
def formats_of(country: str) -> str:
    """How numbers and dates are written in a country: in English where that is written there too, else in its language."""
    if exists(english := f"en_{country}"):
        return english
    likely = get_global("likely_subtags").get(f"und_{country}", "en").partition("_")[0]
    return one if exists(one := f"{likely}_{country}") else likely


@cache
def zones_of(country: str) -> tuple[str, ...]:
    """The zones of a country whose clocks differ: of those that agree all year the first."""
    found: dict[tuple[object, ...], str] = {}
    year = datetime.now().year  # noqa: DTZ005 - any moment of about now does
    for name in pytz.country_timezones.get(country.upper(), ()):
        clocks = tuple(
            pytz.timezone(name).utcoffset(datetime(year, month, 15))  # noqa: DTZ001 - its own clocks
            for month in (1, 4, 7, 10)
        )
        found.setdefault(clocks, name)
    return tuple(found.values())


@cache
def usual(country: str) -> Usual:
    """What is usual in a country that ``country_names`` has."""
    money = [code for code in get_territory_currencies(country) if code in CURRENCIES]
    zones = zones_of(country)
    return Usual(money[0] if money else settings().default_currency, zones[0] if len(zones) == 1 else "")
