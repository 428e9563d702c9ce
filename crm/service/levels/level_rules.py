"""Which promise applies to a case and how its two clocks stand: pure decisions on plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol, TypeVar

from crm.service.levels.working_time_rules import WorkingTime

#: In these statuses the clocks stand still; in the last three the promise is kept or broken already.
STOPPED = ("waiting", "resolved", "closed", "merged")
ENDED = STOPPED[1:]

State = Literal["running", "paused", "met", "late", "none"]
#: A stretch in which the clocks stood still.
Pause = tuple[datetime, datetime]


class Policy(Protocol):
    """What is promised to whom; ``db.models.ServicePolicy`` is one."""

    id: Any
    priority: Any
    organisation_id: Any
    position: Any


P = TypeVar("P", bound=Policy)


@dataclass(frozen=True, slots=True)
class Hand:
    """One clock: ``left_minutes`` are working minutes, negative once it is late; at the answer's moment when it ended."""

    state: State = "none"
    left_minutes: float | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """Both clocks of a case. ``policy`` is the promise's name; ``waiting_since`` is set while they stand still."""

    response: Hand = Hand()
    resolution: Hand = Hand()
    policy: str = ""
    waiting_since: datetime | None = None
    paused_minutes: int = 0


def choose_policy(policies: Iterable[P], *, priority: str | None, organisation_id: int | None) -> P | None:
    """The most particular policy: for customer and priority, the customer, the priority, everybody; then by place."""
    fitting = [
        policy
        for policy in policies
        if policy.priority in (None, priority) and policy.organisation_id in (None, organisation_id)
    ]
    if not fitting:
        return None
    return min(fitting, key=lambda p: (p.organisation_id is None, p.priority is None, p.position, p.id))


def ends_stop(before: str, after: str) -> bool:
    """True when a move ends a stretch in which the clocks stood still.

    A wait ends with the solution, so that it does not count against it; the time after the solution counts as a
    stretch of its own, which ends when the case comes back.
    """
    return before in STOPPED and (after not in STOPPED or before == "waiting")


def pauses(moves: Iterable[tuple[str | None, str, datetime]]) -> Iterator[Pause]:
    """The ended stops of a case from its moves (from, to, when), oldest first."""
    since: datetime | None = None
    for before, after, at in moves:
        if since is not None and ends_stop(before or "new", after):
            yield since, max(since, at)
            since = None
        if after in STOPPED and since is None:
            since = at


def paused_between(calendar: WorkingTime, stops: Sequence[Pause], until: datetime | None = None) -> float:
    """Working minutes of the stops that ended by a moment."""
    return sum(calendar.between(start, end) for start, end in stops if until is None or end <= until)


def hand(
    calendar: WorkingTime,
    due: datetime | None,
    *,
    ended: datetime | None,
    since: datetime | None,
    now: datetime,
) -> Hand:
    """How one clock stands: it ended at a moment, stands still since one, or runs."""
    if due is None:
        return Hand()
    left = calendar.between(ended or since or now, due)
    # Two moments of one night have no working minute between them; the later one is late all the same.
    late = (ended or since or now) > due
    if ended is not None:
        return Hand("late" if late else "met", left, due)
    if late:
        return Hand("late", left, due)
    return Hand("paused" if since is not None else "running", left, due)
