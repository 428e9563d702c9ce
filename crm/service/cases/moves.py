"""Pure decisions about cases: what is urgent, which moves are allowed, in which order its dates may stand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

#: Somebody still has to do something.
OPEN = ("new", "open", "waiting")
#: The customer has an answer; the case may come back.
ENDED = ("resolved", "closed")
#: Columns of the board, in the order of the way through.
WAY = ("new", "open", "waiting", "resolved", "closed")
MOVES: dict[str, tuple[str, ...]] = {
    "new": ("open", "waiting", "resolved", "closed"),
    "open": ("waiting", "resolved", "closed"),
    "waiting": ("open", "resolved", "closed"),
    "resolved": ("open", "closed"),
    "closed": ("open",),
    # Only taking the merge back ends it.
    "merged": (),
}
#: Most urgent first, for sorting.
PRIORITY_ORDER = ("critical", "high", "normal", "low")
_WEIGHT = {"low": 0, "medium": 1, "high": 2}
_BY_SUM = ("low", "low", "normal", "high", "critical")
#: What a priority says about impact and urgency where only it is known, as in an import.
_DEGREES = {
    "critical": ("high", "high"),
    "high": ("high", "medium"),
    "normal": ("medium", "medium"),
    "low": ("medium", "low"),
}
#: A rating may be changed within this many days.
RATING_DAYS = 7


def priority_of(impact: str, urgency: str) -> str:
    """The priority that impact and urgency (high, medium, low) make together.

    Both count alike: high × high is critical, high × medium high, medium × medium and high × low normal, the rest low.
    """
    return _BY_SUM[_WEIGHT[impact] + _WEIGHT[urgency]]


def degrees_of(priority: str) -> tuple[str, str]:
    """Impact and urgency that give this priority."""
    return _DEGREES[priority]


def may_move(before: str, after: str) -> bool:
    """True when a case may go from one status to the other."""
    return after in MOVES.get(before, ())


def is_reopening(before: str, after: str) -> bool:
    """True when an answered case comes back."""
    return before in ENDED and after == "open"


def dates_after(
    status: str, *, before: str, at: datetime, resolved_at: datetime | None
) -> dict[str, datetime | None]:
    """The end dates of a case that enters a status: set when it ends, emptied when it comes back."""
    if status == "resolved":
        return {"resolved_at": at, "closed_at": None}
    if status == "closed":
        return {"resolved_at": resolved_at or at, "closed_at": at}
    if before in ENDED:
        return {"resolved_at": None, "closed_at": None}
    return {}


def status_from_dates(values: Mapping[str, Any]) -> str:
    """The status of a case of which only the dates are known."""
    if values.get("closed_at") is not None:
        return "closed"
    if values.get("resolved_at") is not None:
        return "resolved"
    return "open" if values.get("first_response_at") is not None else "new"


def wrong_order(values: Mapping[str, Any]) -> str:
    """The name of the first date that lies before the one it must follow; empty when all is in order."""
    opened, resolved = values.get("opened_at"), values.get("resolved_at")
    for name in ("first_response_at", "resolved_at", "closed_at"):
        if opened is not None and values.get(name) is not None and values[name] < opened:
            return name
    closed = values.get("closed_at")
    return "closed_at" if closed is not None and resolved is not None and closed < resolved else ""


def may_rate_again(rated_at: datetime | None, now: datetime) -> bool:
    """True as long as an answer may replace the one that was given first."""
    return rated_at is None or (now - rated_at).days < RATING_DAYS
