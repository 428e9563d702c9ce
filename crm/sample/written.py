"""What of the sample company is only written down: names, places, prices and sentences, in the files of ``told``."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")
_TOLD = Path(__file__).with_name("told")


@cache
def _file(name: str) -> dict[str, Any]:
    return tomllib.loads((_TOLD / f"{name}.toml").read_text("utf-8"))


def written(file: str, name: str, kind: type[T]) -> T:
    """What stands under a name in a file, checked and turned into this type; raises ``ValidationError`` otherwise."""
    return TypeAdapter(kind).validate_python(_file(file)[name])
