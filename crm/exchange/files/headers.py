"""What column names of exports mean: in English (``headers.toml``), in exports of well-known programs (``aliases.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from crm.records.matching import name_key

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


@cache
def more_names() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Further names of fields, by entity and field."""
    read = tomllib.loads(_ALIASES.read_text("utf-8"))
    return {
        entity: {field: tuple(names) for field, names in fields.items()} for entity, fields in read.items()
    }
