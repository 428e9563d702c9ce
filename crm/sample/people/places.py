"""The countries of the sample company: cities, streets, names, and how telephone numbers look there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from crm.sample.written import written


class City(NamedTuple):
    """A city with its region, a postal code and the area code that telephone numbers there begin with."""

    name: str
    region: str
    postal_code: str
    dial: str


@dataclass(frozen=True, slots=True)
class Country:
    """What a customer's name, address and telephone number look like in one country."""

    name: str
    currency: str
    team: str
    weight: float
    local_digits: int
    mobile: str
    mobile_digits: int
    cities: tuple[City, ...]
    streets: tuple[str, ...]
    women: tuple[str, ...]
    men: tuple[str, ...]
    surnames: tuple[str, ...]
    legal: tuple[str, ...]
    words: tuple[str, ...]
    hospital: tuple[str, ...]
    school: tuple[str, ...]
    trade: tuple[str, ...]


COUNTRIES = written("places", "countries", tuple[Country, ...])
#: By sector, names that read alike in all these countries; ``{w}`` a word, ``{s}`` a surname, ``{c}`` the city.
HOSPITALITY = written("places", "hospitality", dict[str, tuple[str, ...]])
