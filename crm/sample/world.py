"""The sizes of the sample company and what its parts know of each other while it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from crm.records.matching import name_key
from crm.sample.selling.goods import SEASON

ScaleName = Literal["small", "large"]
#: Whole numbers, mostly indices into another part or days before (negative) today.
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
#: One table: equally long columns, or one value that all rows share.
Columns = Mapping[str, Any]

YEARS = 3
DAYS = 365 * YEARS
#: The second currency: crowns in euros, around which its dated rates move.
CROWN = 0.134


@dataclass(frozen=True, slots=True)
class Scale:
    """How many rows of each kind."""

    extra_reps: int
    organisations: int
    contacts: int
    deals: int
    open_deals: int
    interactions: int
    lines: int
    tasks: int
    leads: int
    units: int
    plans: int
    cases: int
    open_cases: int
    campaigns: int
    members: int
    posts: int


SCALES: dict[ScaleName, Scale] = {
    "small": Scale(0, 120, 400, 600, 130, 3_000, 12_000, 420, 60, 240, 70, 180, 24, 6, 260, 140),
    "large": Scale(
        72,
        20_000,
        100_000,
        50_000,
        6_000,
        200_000,
        1_000_000,
        20_000,
        5_000,
        50_000,
        8_000,
        20_000,
        600,
        40,
        5_000,
        2_500,
    ),
}


@dataclass(slots=True)
class World:
    """Fixed before anything is drawn, then filled part by part; row ``i`` of a part gets the id ``i + 1``."""

    today: date
    seed: int
    scale: Scale
    role_ids: dict[str, int]
    stage_ids: list[int]
    pipeline_id: int
    loss_reason_ids: list[int]
    queue_ids: list[int]
    policy_ids: list[int]
    clock: datetime | None = None
    staff: dict[str, Any] = field(default_factory=dict)
    organisations: dict[str, Any] = field(default_factory=dict)
    contacts: dict[str, Any] = field(default_factory=dict)
    deals: dict[str, Any] = field(default_factory=dict)
    goods: dict[str, Any] = field(default_factory=dict)
    units: dict[str, Any] = field(default_factory=dict)
    cases: dict[str, Any] = field(default_factory=dict)
    campaigns: dict[str, Any] = field(default_factory=dict)

    def rng(self, part: int) -> np.random.Generator:
        """A generator of this part's own, so that a change in one part leaves the others as they were."""
        return np.random.default_rng([self.seed, part])

    @property
    def now(self) -> datetime:
        """The end of today's working day, or this moment where that is still to come: nothing has happened after it."""
        end = datetime(self.today.year, self.today.month, self.today.day, 17, tzinfo=UTC)
        return min(end, self.clock) if self.clock else end

    @property
    def morning(self) -> datetime:
        """When today's letters go out."""
        return datetime(self.today.year, self.today.month, self.today.day, 7, tzinfo=UTC)

    def day(self, offset: Ints) -> npt.NDArray[np.datetime64]:
        """Days from offsets to today."""
        return np.datetime64(self.today, "D") + offset.astype("timedelta64[D]")

    def days(self, offset: Ints) -> list[date]:
        """Days as plain dates."""
        return list(self.day(offset).tolist())

    def moments(self, offset: Ints, rng: np.random.Generator) -> list[datetime]:
        """A moment in the working hours of each day, none after now: what would come later today was yesterday."""
        minute = rng.integers(7 * 60, 16 * 60, len(offset))
        times = self.day(offset).astype("datetime64[m]") + minute.astype("timedelta64[m]")
        found = [at.replace(tzinfo=UTC) for at in times.astype("datetime64[us]").tolist()]
        now = self.now
        return [at - timedelta(days=1) if at > now else at for at in found]


def kept(owner: Any, team: Any, made: Any, changed: Any = None) -> Columns:
    """The columns that say whose rows are, by the places of people and teams, and since when they are there."""
    last = made if changed is None else changed
    return {"owner_id": owner + 1, "team_id": team + 1, "created_at": made, "changed_at": last}


def named(names: Sequence[str]) -> Columns:
    """The columns of names and of the keys that they are found by."""
    return {"name": list(names), "name_key": [name_key(name) for name in names]}


def calendar(world: World, *, growth: float, weekdays: tuple[float, ...], after: int = 0) -> Floats:
    """How much happens on each day from ``-DAYS`` to ``after - 1``, as a cumulated share ending in 1.

    The product of a yearly season, a weekly one and a steady growth; index 0 is the day ``-DAYS``.
    """
    offsets = np.arange(-DAYS, after)
    days = np.datetime64(world.today, "D") + offsets
    month = days.astype("datetime64[M]").astype(int) % 12
    weekday = (days.astype(int) + 3) % 7
    weight = np.asarray(SEASON)[month] * np.asarray(weekdays)[weekday] * (1 + growth) ** (offsets / 365)
    total = np.cumsum(weight)
    return np.asarray(total / total[-1], dtype=np.float64)


def draw_days(rng: np.random.Generator, shares: Floats, count: int) -> Ints:
    """Days drawn by a calendar, as offsets to today."""
    return np.searchsorted(shares, rng.random(count)).astype(np.int64) - DAYS


def pick(rng: np.random.Generator, weights: Any, count: int) -> Ints:
    """Indices drawn by weight."""
    share = np.cumsum(np.asarray(weights, dtype=np.float64))
    return np.minimum(np.searchsorted(share / share[-1], rng.random(count)), len(share) - 1).astype(np.int64)
