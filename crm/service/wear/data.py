"""The records of units as frames for the analysis of wear, within the session's scope."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import func, select

from crm.analytics.spells import YEAR_DAYS, Spells, Watch, spells, watch_of
from crm.analytics.survival import Floats
from crm.clock import here, zone
from crm.i18n import N_
from crm.reporting.report import told_apart
from crm.service.wear.settings import watched_until
from db.models import Equipment, EquipmentEvent, Failure, MeterReading, PartChange, Product
from db.scope import ScopedSession

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: What is asked of every unit, and how it is called among the effects.
AGE, MODEL = N_("age"), N_("model")
#: Stands for units without a product.
NO_PRODUCT = 0
#: From so many messages, readings and changes on, they alone tell how far the records reach.
_ROUTINE = 50


@dataclass(frozen=True)
class Records:
    """Units, failures and part changes.

    Attributes
    ----------
    units : DataFrame
        ``unit`` (id), ``product_id`` (0 without), ``born`` (day, NaN unknown), ``origin, since, end`` (days) and ``runs``.
        ``origin`` is the day of installation, else the first day of observation, else the unit's first record.
    failures, changes : DataFrame
        ``unit, part, at``; ``part`` is a key without case and extra blanks, blank for the unit as a whole.
    parts : dict
        How each part key is written.
    products : dict
        Name of each product among the units.
    guessed : int
        Units whose first life counts from their first record, because neither day is known.
    future : int
        Failures dated after now; they are left out.
    """

    units: pd.DataFrame
    failures: pd.DataFrame
    changes: pd.DataFrame
    parts: dict[str, str]
    products: dict[int, str]
    watch: Watch
    guessed: int
    future: int

    @property
    def cutoff(self) -> date:
        """The day up to which units were watched."""
        return day_of(self.watch.end)

    def units_with(self, part: str, product_id: int | None = None) -> pd.DataFrame:
        """Units that have a part: all of a product where the part failed or was changed in any of them."""
        units = self.units
        if part:
            named = pd.concat([self.failures, self.changes])
            owners = units.loc[units["unit"].isin(named.loc[named["part"] == part, "unit"]), "product_id"]
            units = units[units["product_id"].isin(owners.unique())]
        return units if product_id is None else units[units["product_id"] == product_id]

    def of_product(self, product_id: int | None) -> Records:
        """The records of one product's units; all where none is given."""
        return (
            self if product_id is None else self._narrowed(self.units[self.units["product_id"] == product_id])
        )

    def of_part(self, part: str) -> Records:
        """The records of units that have a part, with its failures and changes only; all for the blank part."""
        if not part:
            return self
        narrow = self._narrowed(self.units_with(part))
        failures, changes = (f[f["part"] == part] for f in (narrow.failures, narrow.changes))
        return replace(narrow, failures=failures, changes=changes)

    def _narrowed(self, units: pd.DataFrame) -> Records:
        failures, changes = (f[f["unit"].isin(units["unit"])] for f in (self.failures, self.changes))
        return replace(self, units=units, failures=failures, changes=changes)

    def spells(self, part: str, product_id: int | None = None) -> Spells:
        """Lives of a part; for the blank part spans between failures of any part of a unit."""
        units = self.units_with(part, product_id)
        failures = self.failures if not part else self.failures[self.failures["part"] == part]
        changes = self.changes[self.changes["part"] == part] if part else self.changes.iloc[:0]
        return spells(
            units, failures.drop_duplicates(["unit", "at"]), changes.drop_duplicates(["unit", "at"])
        )

    def numbers(self, frame: pd.DataFrame) -> dict[str, Floats]:
        """Age in years of each row's unit when its span began; NaN where unknown."""
        born = frame["unit"].map(self.units.set_index("unit")["born"])
        return {AGE: ((frame["start"] - born) / YEAR_DAYS).to_numpy(dtype=np.float64)}

    def groups(self, frame: pd.DataFrame) -> dict[str, NDArray[np.object_]]:
        """The model of each row's unit."""
        product = frame["unit"].map(self.units.set_index("unit")["product_id"])
        return {MODEL: product.map(self.products).to_numpy(dtype=object)}


def day_of(moment: float) -> date:
    """The firm's day that a moment lies in."""
    return here(EPOCH + timedelta(days=moment)).date()


def by_clock(moments: pd.Series) -> pd.Series:
    """Moments as the firm's clocks show them, in days since the epoch: thirty days later is the same hour then, and all
    days are of one length."""
    clock = pd.to_datetime(moments, unit="D", utc=True).dt.tz_convert(zone()).dt.tz_localize(None)
    return (clock.dt.round("s") - pd.Timestamp(0)) / pd.Timedelta(days=1)


def days_of(day: date) -> float:
    """The beginning of a day as days since the epoch."""
    return float((day - EPOCH.date()).days)


def part_key(text: str | None) -> str:
    """A part's name without case and extra blanks."""
    return " ".join((text or "").split()).casefold()


def load(session: ScopedSession, *, now: datetime) -> Records:
    """Everything about units within scope, up to now; a constant number of statements."""
    today = _days([now])[0]
    units, products = _units(session)
    failures = _events(session, Failure.equipment_id, Failure.part, Failure.failed_at)
    changes = _events(session, PartChange.equipment_id, PartChange.part, PartChange.at)
    parts = _spelling(failures, changes)
    future = int((failures["at"] > today).sum())
    known = units["unit"]
    failures, changes = (f[(f["at"] <= today) & f["unit"].isin(known)] for f in (failures, changes))
    first, last, others = _other_records(session, today)
    for frame in (failures, changes):
        ends = frame.groupby("unit")["at"].agg(["min", "max"])
        first = first.combine(ends["min"], np.fmin)
        last = last.combine(ends["max"], np.fmax)
    guessed = units["installed"].isna() & units["observed"].isna()
    begin = units["installed"].fillna(units["observed"]).fillna(units["unit"].map(first)).fillna(today)
    retired = units["retired"].where(~units["gone"] | units["retired"].notna(), units["unit"].map(last))
    end = np.fmin(retired.fillna(today), today)
    # What comes in whether something fails or not tells best how long somebody watched.
    routine = np.concatenate([changes["at"], others])
    watch = watch_of(
        begin.to_numpy(),
        end.to_numpy(),
        units["installed"].notna().to_numpy(),
        failures["at"].to_numpy(),
        (failures["at"] - failures["unit"].map(begin.set_axis(known))).to_numpy(),
        routine if len(routine) >= _ROUTINE else np.concatenate([failures["at"], routine]),
        now=float(today),
    )
    if (until := watched_until(session)) is not None:
        # Its last second where the firm is, so that the cut-off is that day and not the next.
        over = datetime.combine(until + timedelta(days=1), time(), zone()) - timedelta(seconds=1)
        end_of_day = min((over - EPOCH) / timedelta(days=1), float(today))
        watch = Watch(watch.start, end_of_day, end_of_day < float(today))
    since = units["observed"]
    if not math.isnan(watch.start):
        since = since.fillna(watch.start)
    frame = pd.DataFrame(
        {
            "unit": known,
            "product_id": units["product_id"],
            "born": units["installed"].fillna(
                units["observed"].fillna(begin) - units["age_years"] * YEAR_DAYS
            ),
            "origin": begin,
            "since": since,
            "end": np.fmin(end, watch.end),
            "runs": units["retired"].isna() & ~units["gone"] & (begin <= watch.end),
        }
    )
    return Records(frame, failures, changes, parts, products, watch, int(guessed.sum()), future)


def _units(session: ScopedSession) -> tuple[pd.DataFrame, dict[int, str]]:
    columns = (
        Equipment.id, Equipment.product_id, Equipment.installed_on, Equipment.observed_since,
        Equipment.retired_on, Equipment.age_years, Equipment.status,
    )  # fmt: skip
    rows = session.execute(select(*columns).where(Equipment.archived_at.is_(None)).order_by(Equipment.id))
    names = ["unit", "product_id", "installed", "observed", "retired", "age_years", "status"]
    units = pd.DataFrame(rows.all(), columns=names, dtype=object)
    for name in ("installed", "observed", "retired"):
        units[name] = _days(units[name])
    units["unit"] = units["unit"].astype(np.int64)
    units["product_id"] = units["product_id"].fillna(NO_PRODUCT).astype(np.int64)
    units["age_years"] = units["age_years"].astype(np.float64)
    units["gone"] = units.pop("status") == "retired"
    used = set(units["product_id"].tolist()) - {NO_PRODUCT}
    named = session.execute(select(Product.id, Product.name).order_by(Product.id))
    # Models are told by their names: two products of one name are two models.
    return units, told_apart({int(key): str(name) for key, name in named if key in used})


def _events(session: ScopedSession, unit: Any, part: Any, at: Any) -> pd.DataFrame:
    rows = session.execute(select(unit, part, at).order_by(at, unit)).all()
    frame = pd.DataFrame(rows, columns=["unit", "written", "at"], dtype=object)
    frame["unit"] = frame["unit"].astype(np.int64)
    frame["at"] = _days(frame["at"])
    keys = {text: part_key(text) for text in frame["written"].unique()}
    frame["part"] = frame["written"].map(keys).astype(object)
    return frame


def _spelling(*frames: pd.DataFrame) -> dict[str, str]:
    """For each part its most frequent spelling."""
    both = pd.concat([frame[["part", "written"]] for frame in frames])
    counted = both[both["part"] != ""].groupby(["part", "written"]).size().sort_values(ascending=False)
    spelled: dict[str, str] = {}
    for part, written in counted.index:
        spelled.setdefault(str(part), " ".join(str(written).split()))
    return dict(sorted(spelled.items()))


def _other_records(session: ScopedSession, today: float) -> tuple[pd.Series, pd.Series, Floats]:
    """First and last message or reading of each unit, and moments of all of them: right in number, first and last."""
    first, last, moments = pd.Series(dtype=np.float64), pd.Series(dtype=np.float64), []
    for cls in (EquipmentEvent, MeterReading):
        statement = select(cls.equipment_id, func.min(cls.at), func.max(cls.at), func.count(cls.id))
        rows = session.execute(statement.group_by(cls.equipment_id)).all()
        if not rows:
            continue
        frame = pd.DataFrame(rows, columns=["unit", "first", "last", "n"], dtype=object).set_index("unit")
        start, end = (
            pd.Series(_days(frame[name]), index=frame.index.astype(np.int64)) for name in ("first", "last")
        )
        end = end.clip(upper=today)
        first, last = first.combine(start, np.fmin), last.combine(end, np.fmax)
        # How often they come is judged by their number and their ends; reading each of a million would change nothing.
        counts = frame["n"].astype(np.int64).to_numpy()
        moments.append(
            np.concatenate([start.to_numpy(), np.repeat(end.to_numpy(), np.maximum(counts - 1, 0))])
        )
    return first, last, np.concatenate(moments) if moments else np.empty(0)


def _days(moments: Any) -> Floats:
    """Days since the epoch; NaN for none."""
    values = pd.to_datetime(pd.Series(list(moments), dtype=object), utc=True)
    days: Floats = ((values - EPOCH) / pd.Timedelta(days=1)).to_numpy(dtype=np.float64)
    return days
