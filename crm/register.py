"""What areas hand in to those who must not know them: by what it is for, and under a name.

``crm.areas`` hands everything in, and the program's edges import it. Whoever asks before that is told so at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, TypeVar

T = TypeVar("T")

_known: dict[str, dict[str, Any]] = {}


def hand_in(area: str, **purposes: Mapping[str, Any]) -> None:
    """Take what an area offers: for each purpose, values by name.

    A text ``module:name`` stands for what has this name in that module, imported when it is first asked for.

    Raises
    ------
    RuntimeError
        Another area took the name.
    """
    for purpose, named in purposes.items():
        known = _known.setdefault(purpose, {})
        if twice := known.keys() & named.keys():
            raise RuntimeError(
                f"{area} hands in a {purpose} that another area has: {', '.join(sorted(twice))}."
            )
        known.update(named)


class Register(Mapping[str, T]):
    """Everything handed in for one purpose, in the order of the areas."""

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose

    def _named(self) -> dict[str, Any]:
        if self.purpose not in _known:
            raise RuntimeError(f"No {self.purpose} was handed in: import crm.areas where the program starts.")
        return _known[self.purpose]

    def __getitem__(self, name: str) -> T:
        found = self._named()[name]
        if isinstance(found, str) and ":" in found:
            module, attribute = found.split(":")
            found = getattr(import_module(module), attribute)
        return found  # type: ignore[no-any-return]

    def __contains__(self, name: object) -> bool:
        return name in self._named()

    def __iter__(self) -> Iterator[str]:
        return iter(self._named())

    def __len__(self) -> int:
        return len(self._named())
