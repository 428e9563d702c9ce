"""Which of many backups stay."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from datetime import datetime


def kept(moments: Iterable[datetime], *, days: int, weeks: int = 0, months: int = 0) -> set[datetime]:
    """The newest of each of the last so many days, weeks and months that have any: a pause takes nothing away."""
    newest_first = sorted(moments, reverse=True)
    spans: tuple[tuple[int, Callable[[datetime], Hashable]], ...] = (
        (days, datetime.date),
        (weeks, lambda at: at.isocalendar()[:2]),
        (months, lambda at: (at.year, at.month)),
    )
    stay: set[datetime] = set()
    for most, span in spans:
        newest: dict[Hashable, datetime] = {}
        for at in newest_first:
            newest.setdefault(span(at), at)
        stay.update(list(newest.values())[:most])
    return stay
