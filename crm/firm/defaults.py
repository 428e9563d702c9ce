"""What a firm starts with; each area brings its own."""

from __future__ import annotations

from collections.abc import Callable, Collection

from crm.register import Register
from crm.work import Work

#: By the entity whose records cannot do without it.
STARTS: Register[Callable[[Work], object]] = Register("start")


def ensure_defaults(work: Work, entities: Collection[str] | None = None) -> None:
    """Put in what every firm starts with, or only what records of some entities need; what there is stays as it is."""
    for entity, ensure in STARTS.items():
        if entities is None or entity in entities:
            ensure(work)
