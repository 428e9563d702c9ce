"""What column names of exports mean: in English (``headers.toml``), in exports of well-known programs (``aliases.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from crm.records.matching import name_key, name_words

_WORDS = Path(__file__).with_name("headers.toml")
_ALIASES = Path(__file__).with_name("aliases.toml")


@cache
def meanings() -> Mapping[str, tuple[str, ...]]:
    """English meanings of each foreign name, by its key."""
    found: dict[str, tuple[str, ...]] = {}
    for english, foreign in tomllib.loads(_WORDS.read_text("utf-8")).items():
        for name in foreign:
            found[name_key(name)] = (*found.get(name_key(name), ()), english)
    return found


def meant(name: str) -> tuple[str, ...]:
    """English for a column's name, also where it says whose it is or that it is a further one.

    "Rue (bureau)" and "Straße geschäftlich" are a business street, "E-mailadres 2" a second address.
    """
    if known := meanings().get(name_key(name)):
        return known
    words = name_words(name)
    bare, _blank, last = words.rpartition(" ")
    if bare and last in "2345" and (known := meanings().get(name_key(bare))):
        return tuple(f"{english} {last}" for english in known)
    for place, phrases in _places().items():
        for phrase in phrases:
            rest = f" {words} ".replace(f" {phrase} ", " ", 1).strip()
            if rest and rest != words and (known := meanings().get(name_key(rest))):
                whole = tuple(f"{place} {english}" for english in known)
                return (*whole, *known) if place == "business" else whole
    return ()


#: By a column that only one program's export has: what its other columns mean there.
_SHAPES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "lineitem name": {
        "name": ("order number",),
        "id": ("reference",),
        "total": ("order total",),
        "tax 1 value": ("first rate",),
    },
}


def shape_of(columns: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """What columns mean in the export of the program that a file is of, by their names in small letters."""
    names = {name.casefold() for name in columns}
    return next((meant for mark, meant in _SHAPES.items() if mark in names), {})


@cache
def _places() -> Mapping[str, tuple[str, ...]]:
    """Words that say at which place an address or number is, the longest first."""
    read = tomllib.loads(_WORDS.read_text("utf-8"))
    return {
        place: tuple(sorted(map(name_words, read[place]), key=len, reverse=True))
        for place in ("business", "home")
    }


@cache
def more_names() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Further names of fields, by entity and field."""
    read = tomllib.loads(_ALIASES.read_text("utf-8"))
    return {
        entity: {field: tuple(names) for field, names in fields.items()} for entity, fields in read.items()
    }
