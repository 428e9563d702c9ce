"""The study of wear: curve and law of a part's life, rates by installed base, which parts fail most and return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from crm.analytics.intervals import Share
from crm.analytics.recurrence import Rate, Repairs, gaps, mean_cumulative, poisson_rate, repeats
from crm.analytics.spells import MONTH_DAYS, Spells
from crm.analytics.survival import Curve, LifeData, kaplan_meier
from crm.analytics.survival_choice import Choice, choose
from crm.analytics.survival_fit import FEWEST, NoFit, WeibullFit
from crm.analytics.survival_hazards import HazardFit
from crm.service.wear.data import Records, by_clock

#: A product with so many failures of a part has a law of its own; others share that of all products.
OWN_FAILURES = 20
#: Of the firm's calendar: an hour of summer time makes no difference.
REPEAT_DAYS = 30


@dataclass(frozen=True)
class Study:
    """What is known of one part's life (blank: of the time between failures of a unit), for one product or all."""

    part: str
    product_id: int | None
    units: int
    life: LifeData
    curve: Curve
    choice: Choice

    @property
    def censored(self) -> int:
        """Lives that had not ended in a failure when they were last seen."""
        return self.life.n - self.life.failures


def study(records: Records, part: str, product_id: int | None = None) -> Study:
    """The study of one part. Age is a covariate, and the model where several products are taken together."""
    found = records.spells(part, product_id)
    life = found.life
    return Study(
        part=part,
        product_id=product_id,
        units=len(records.units_with(part, product_id)),
        life=life,
        curve=kaplan_meier(life.times, life.observed, life.weights, entry=life.entry),
        choice=_choose(records, found, own=product_id is not None),
    )


def _choose(records: Records, found: Spells, *, own: bool) -> Choice:
    groups = {} if own else records.groups(found.lives)
    return choose(found.life, numbers=records.numbers(found.lives), groups=groups)


@dataclass(frozen=True)
class Group:
    """Running units that one law answers for; ``product_id`` is None where all products were taken together."""

    product_id: int | None
    running: pd.DataFrame
    choice: Choice

    @property
    def law(self) -> WeibullFit | HazardFit | NoFit:
        """The law, or why there is none."""
        return self.choice.law


def groups_of(records: Records, part: str) -> Iterator[Group]:
    """Laws for all running units that have a part: a product's own where it has failures enough, else that of all."""
    found = records.spells(part)
    if found.life.failures < FEWEST or found.running.empty:
        return
    product = records.units.set_index("unit")["product_id"]
    of_life, of_running = found.lives["unit"].map(product), found.running["unit"].map(product)
    failed = of_life[found.lives["observed"]].value_counts()
    shared: list[pd.DataFrame] = []
    several = of_life.nunique() > 1
    for product_id in sorted(of_running.unique().tolist()):
        running = found.running[of_running == product_id]
        if several and failed.get(product_id, 0) >= OWN_FAILURES:
            own = Spells(found.lives[of_life == product_id], running)
            group = Group(product_id, running, _choose(records, own, own=True))
            if not isinstance(group.law, NoFit):
                yield group
                continue
        shared.append(running)
    if shared:
        yield Group(None, pd.concat(shared), _choose(records, found, own=False))


def worth_fitting(records: Records) -> list[str]:
    """Parts with failures enough for a law, and the blank one for units as a whole."""
    counted = records.failures.loc[records.failures["part"] != "", "part"].value_counts()
    return ["", *(str(part) for part in counted.index[counted >= FEWEST])]


def exposure(records: Records) -> pd.DataFrame:
    """Months that each unit was under watch: columns ``unit, product_id, start, end, months``."""
    units = records.units
    start = np.fmax(units["origin"], units["since"])
    months = np.clip(units["end"] - start, 0.0, None) / MONTH_DAYS
    return pd.DataFrame(
        {
            "unit": units["unit"],
            "product_id": units["product_id"],
            "start": start,
            "end": units["end"],
            "months": months,
        }
    )


def watched_failures(records: Records) -> pd.DataFrame:
    """Failures that happened while their unit was under watch, with its product and the watch's start."""
    base = exposure(records)
    joined = records.failures.merge(base, on="unit")
    return joined[(joined["at"] >= joined["start"]) & (joined["at"] <= joined["end"])]


@dataclass(frozen=True, slots=True)
class RateRow:
    """Failures per unit-month of a product's part; blank or None stands for all."""

    product_id: int | None
    part: str
    units: int
    rate: Rate


def rates(records: Records, *, by_product: bool, by_part: bool) -> list[RateRow]:
    """Failures per unit-month, highest first. A part counts the months of all units that have it."""
    base, failed = exposure(records), watched_failures(records)
    rows = []
    parts = sorted(set(failed["part"]) - {""}) if by_part else [""]
    for part in parts:
        having = base[base["unit"].isin(records.units_with(part)["unit"])] if part else base
        mine = failed[failed["part"] == part] if part else failed
        keys: list[int | None] = sorted(having["product_id"].unique().tolist()) if by_product else [None]
        for key in keys:
            of, hit = (
                frame if key is None else frame[frame["product_id"] == key] for frame in (having, mine)
            )
            rows.append(RateRow(key, part, len(of), poisson_rate(len(hit), float(of["months"].sum()))))
    return sorted(rows, key=lambda row: (-np.nan_to_num(row.rate.rate), row.part, row.product_id or 0))


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part's failures: how many, what share of all, how many returned within the repeat days, days between them."""

    part: str
    failures: int
    units: int
    share: float
    running_share: float
    repeated: Share
    median_gap: float | None


def pareto(records: Records, product_id: int | None = None) -> list[PartRow]:
    """Parts by their failures, most first; a failure without a part counts under the blank one."""
    failed = records.failures
    if product_id is not None:
        mine = records.units.loc[records.units["product_id"] == product_id, "unit"]
        failed = failed[failed["unit"].isin(mine)]
    rows: list[PartRow] = []
    sofar = 0
    counts = failed["part"].value_counts()
    order = sorted(((str(part), int(n)) for part, n in counts.items()), key=lambda pair: (-pair[1], pair[0]))
    for part, n in order:
        of = failed[failed["part"] == part]
        between = gaps(of["unit"], of["at"])
        sofar += n
        rows.append(
            PartRow(
                part=part,
                failures=n,
                units=int(of["unit"].nunique()),
                share=n / len(failed),
                running_share=sofar / len(failed),
                repeated=repeats(of["unit"], np.floor(by_clock(of["at"])), within=REPEAT_DAYS),
                median_gap=float(np.median(between)) if len(between) else None,
            )
        )
    return rows


def repeated_in_all(records: Records) -> Share:
    """Share of failures that the same part of the same unit repeats within the repeat days."""
    failed = records.failures
    keys = failed["unit"].astype(str) + "\x00" + failed["part"].astype(str)
    return repeats(keys.to_numpy(dtype=str), np.floor(by_clock(failed["at"])), within=REPEAT_DAYS)


def repairs_by_age(records: Records, part: str, product_id: int | None = None) -> Repairs | None:
    """Mean number of failures per unit by months under watch; None without failures."""
    units = records.units_with(part, product_id)["unit"]
    base = exposure(records)
    base = base[base["unit"].isin(units) & (base["months"] > 0)]
    failed = watched_failures(records)
    failed = failed[failed["unit"].isin(base["unit"])]
    if part:
        failed = failed[failed["part"] == part]
    if failed.empty:
        return None
    systems = np.concatenate([failed["unit"], base["unit"]])
    times = np.concatenate([(failed["at"] - failed["start"]) / MONTH_DAYS, base["months"]])
    flags = np.concatenate([np.ones(len(failed)), np.zeros(len(base))])
    return mean_cumulative(systems, times, flags)
