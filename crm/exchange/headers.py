"""What column names of exports mean in English; the words stand in ``headers.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from crm.exchange.matching import name_key

_WORDS = Path(__file__).with_name("headers.toml")


@cache
def meanings() -> Mapping[str, tuple[str, ...]]:
    """English meanings of each foreign name, by its key."""
    found: dict[str, tuple[str, ...]] = {}
    for english, foreign in tomllib.loads(_WORDS.read_text("utf-8")).items():
        for name in foreign:
            found[name_key(name)] = (*found.get(name_key(name), ()), english)
    return found
