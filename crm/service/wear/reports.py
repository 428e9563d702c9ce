"""The reports on failures, changed parts and units at risk.

The analysis is imported inside: whoever lists sales should not wait for it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, func, select

from crm.clock import now
from crm.i18n import N_, _
from crm.reporting.book import open_book
from crm.reporting.catalogue import LINES, report
from crm.reporting.report import Report, SalesFilter
from crm.service.visits.proposals import PUT_OFF, in_use
from db.models import Contract, Equipment, UnitRisk
from db.scope import ScopedSession

if TYPE_CHECKING:
    from crm.service.wear.data import Records

_FORMULAS: dict[str, tuple[str, ...]] = {
    "failures-by-part": (
        N_("Failures by part; a failure without a part counts for the unit. Units: how many different ones failed."),
    ),
    "failures-by-model": (
        N_("Failures by product of the unit. Units: all that run or ran; units_failed: those with a failure."),
    ),
    "failure-gap": (
        N_("Days from one failure of a unit to its next, whatever part; two parts at one moment are 0 days apart."),
        N_("“moments” counts such failures once; a part's row takes failures of that part only. Half lie below the median."),
    ),
    "failure-rate": (
        N_("Failures ÷ months that units with the part were under watch; 95 % interval of a Poisson count, exact."),
        N_("A unit is watched from its installation or first day of observation to today, its end, or the end of records."),
    ),
    "failure-rate-by-model": (
        N_("Failures of any part ÷ months that units of the product were under watch; exact 95 % interval."),
    ),
    "failure-repeats": (
        N_("Failures that the same part of the same unit repeats within 30 days ÷ failures; 95 % interval by Wilson."),
    ),
    "maintenance-by-kind": (
        N_("A part change is a repair where the same part of the same unit failed at that moment, else planned."),
    ),
    "units-at-risk": (
        N_("Chance of failure within 30, 90 and 365 days of the last computation, given how long the part has run."),
        N_("median: days in which half of such units fail, low and high its 95 % interval. Highest chance first."),
    ),
}  # fmt: skip


def _records(session: ScopedSession, chosen: SalesFilter) -> Records:
    """The records that a report counts: of chosen products, with failures and changes of chosen days."""
    from crm.service.wear.data import by_clock, days_of, load

    records = load(session, now=now())
    units = records.units
    if of := _of(chosen):
        units = units[units["unit"].isin(session.scalars(select(Equipment.id).where(*of)).all())]

    def kept(frame: pd.DataFrame) -> pd.DataFrame:
        within = frame["unit"].isin(units["unit"])
        if chosen.start:
            within &= by_clock(frame["at"]) >= days_of(chosen.start)
        if chosen.end:
            within &= by_clock(frame["at"]) < days_of(chosen.end) + 1
        return frame[within]

    return replace(records, units=units, failures=kept(records.failures), changes=kept(records.changes))


def _of(chosen: SalesFilter) -> list[ColumnElement[bool]]:
    """The conditions on units of chosen products, owners and teams."""
    columns = (Equipment.product_id, Equipment.owner_id, Equipment.team_id)
    asked = zip(columns, (chosen.products, chosen.owners, chosen.teams), strict=True)
    return [column.in_(ids) for column, ids in asked if ids]


def _report(
    session: ScopedSession,
    name: str,
    chosen: SalesFilter,
    columns: str,
    rows: Sequence[Sequence[Any]],
    *,
    n: int,
    summary: Mapping[str, Any] | None = None,
    notes: tuple[str, ...] = (),
) -> Report:
    """The report with its formula; ``columns`` are their names in one text with blanks between them."""
    frame = pd.DataFrame(rows, columns=columns.split())
    formula = " ".join(_(text) for text in _FORMULAS[name])
    return Report(name, formula, open_book(session, Contract), chosen, n, frame, summary or {}, notes)


def _notes(records: Records) -> tuple[str, ...]:
    notes = []
    if records.watch.ended:
        notes.append(_("Records end on {day}; units are watched to that day.").format(day=records.cutoff))
    if records.guessed:
        text = _(
            "{n} units have neither a day of installation nor of observation: they count from their first record."
        )
        notes.append(text.format(n=records.guessed))
    if records.future:
        notes.append(_("{n} failures are dated in the future and left out.").format(n=records.future))
    return tuple(notes)


@report("failures-by-part", "Failures by part, most first", LINES)
def failures_by_part(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Failures by part, most first, with the running share."""
    from crm.service.wear.wear import pareto

    records = _records(session, chosen)
    rows = [
        (records.parts.get(row.part), row.failures, row.units, row.share, row.running_share, row.median_gap)
        for row in pareto(records)
    ]
    columns = "part failures units share running_share median_gap_days"
    summary, n = _counted(records, records.failures), len(records.failures)
    return _report(
        session, "failures-by-part", chosen, columns, rows, n=n, summary=summary, notes=_notes(records)
    )


def _counted(records: Records, failed: pd.DataFrame) -> dict[str, int]:
    return {
        "failures": len(failed),
        "units_failed": int(failed["unit"].nunique()),
        "units": len(records.units),
    }


@report("failures-by-model", "Failures by product, with its units", LINES)
def failures_by_model(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Failures by product with the installed base behind them."""
    records = _records(session, chosen)
    failed = records.failures.merge(records.units[["unit", "product_id"]], on="unit")
    rows: list[tuple[Any, ...]] = []
    for product, units in records.units.groupby("product_id"):
        mine = failed[failed["product_id"] == product]
        name, n, base = records.products.get(int(str(product))), len(mine), len(units)
        rows.append((name, n, base, int(mine["unit"].nunique()), n / base))
    rows.sort(key=lambda row: (-row[1], str(row[0])))
    columns = "product failures units units_failed failures_per_unit"
    summary = _counted(records, failed)
    return _report(
        session, "failures-by-model", chosen, columns, rows, n=len(failed), summary=summary, notes=_notes(records)
    )  # fmt: skip


@report("failure-gap", "Days between failures of a unit", LINES)
def failure_gap(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Median and mean days between failures of a unit: in all, by moments, and by part."""
    from crm.analytics.recurrence import gaps

    records = _records(session, chosen)
    failed = records.failures
    sets: list[tuple[str | None, pd.DataFrame]] = [
        ("all", failed),
        ("moments", failed.drop_duplicates(["unit", "at"])),
    ]
    sets += [(records.parts.get(str(p)), f) for p, f in failed.groupby("part")]
    rows: list[tuple[Any, ...]] = []
    for counted, frame in sets:
        between = gaps(frame["unit"], frame["at"])
        middle = (float(np.median(between)), float(between.mean())) if len(between) else (None, None)
        rows.append((counted, *middle, len(between)))
    _all, median, mean, n = rows[0]
    summary = {"median_days": median, "mean_days": mean}
    columns = "counted median_days mean_days n"
    return _report(session, "failure-gap", chosen, columns, rows, n=n, summary=summary, notes=_notes(records))


@report("failure-rate", "Failures per unit-month by part, with 95 % interval", LINES)
def failure_rate(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Failures per unit-month by part."""
    return _rates(session, chosen, "failure-rate", "part")


@report("failure-rate-by-model", "Failures per unit-month by product, with 95 % interval", LINES)
def failure_rate_by_model(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Failures per unit-month by product."""
    return _rates(session, chosen, "failure-rate-by-model", "product")


def _rates(session: ScopedSession, chosen: SalesFilter, name: str, by: str) -> Report:
    from crm.service.wear.data import by_clock, days_of
    from crm.service.wear.wear import exposure, rates, watched_failures

    # Which units have a part, all records tell; only months of the chosen days are months under watch.
    records = _records(session, replace(chosen, start=None, end=None))
    units, failures = records.units.copy(), records.failures
    if chosen.start is not None or chosen.end is not None:
        failures = failures.assign(at=by_clock(failures["at"]))
    if chosen.start is not None:
        units["since"] = np.fmax(units["since"], days_of(chosen.start))
    if chosen.end is not None:
        units["end"] = np.fmin(units["end"], np.nextafter(days_of(chosen.end) + 1, 0.0))
    records = replace(records, units=units, failures=failures)
    rows = [
        (
            records.parts.get(row.part) if by == "part" else records.products.get(row.product_id or 0),
            *(row.rate.events, row.units, row.rate.exposure),
            *map(_known, (row.rate.rate, row.rate.low, row.rate.high)),
        )
        for row in rates(records, by_product=by == "product", by_part=by == "part")
    ]
    n = len(watched_failures(records))
    summary = {"failures": n, "unit_months": float(exposure(records)["months"].sum())}
    columns = f"{by} failures units unit_months rate low high"
    return _report(session, name, chosen, columns, rows, n=n, summary=summary, notes=_notes(records))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


@report("failure-repeats", "Failures repeated within 30 days, by part", LINES)
def failure_repeats(session: ScopedSession, chosen: SalesFilter) -> Report:
    """How many failures the same part of the same unit repeats within 30 days, by part."""
    from crm.service.wear.wear import pareto, repeated_in_all

    records = _records(session, chosen)
    rows = [
        (
            *(records.parts.get(row.part), row.failures, round(row.repeated.share * row.repeated.n)),
            *(row.repeated.share, row.repeated.low, row.repeated.high),
        )
        for row in pareto(records)
    ]
    whole = repeated_in_all(records)
    share, low, high = (_known(value) for value in (whole.share, whole.low, whole.high))
    summary = {"repeated": sum(row[2] for row in rows), "share": share, "low": low, "high": high}
    columns = "part failures repeated share low high"
    return _report(
        session, "failure-repeats", chosen, columns, rows, n=whole.n, summary=summary, notes=_notes(records)
    )


@report("maintenance-by-kind", "Part changes: repairs and planned", LINES)
def maintenance_by_kind(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Part changes after a failure and planned ones."""
    records = _records(session, chosen)
    keys = ["unit", "part", "at"]
    failed = records.failures[keys].drop_duplicates().assign(repair=True)
    joined = records.changes.merge(failed, on=keys, how="left")
    repairs = int(joined["repair"].notna().sum())
    n = len(joined)
    counted = (("repair", repairs), ("planned", n - repairs))
    rows = [(kind, some, some / n if n else None) for kind, some in counted]
    return _report(session, "maintenance-by-kind", chosen, "kind changes share", rows, n=n)


#: The report lists so many; the screen filters and pages through all.
MOST_UNITS = 200


@report("units-at-risk", "Units most likely to fail within 90 days", LINES[2:])
def units_at_risk(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Units by their chance of failure within 90 days."""
    of = (in_use(), UnitRisk.part != PUT_OFF, *_of(chosen))
    columns = {
        "equipment": Equipment.name, "serial": Equipment.serial, "part": func.nullif(UnitRisk.part, ""),
        "age_days": UnitRisk.age_days, "risk_30": UnitRisk.risk_30, "risk_90": UnitRisk.risk_90, "risk_365": UnitRisk.risk_365,
        "median_days": UnitRisk.median_days, "low_days": UnitRisk.low_days, "high_days": UnitRisk.high_days,
        "computed_at": UnitRisk.computed_at,
    }  # fmt: skip
    joined = Equipment, Equipment.id == UnitRisk.equipment_id
    asked = select(*columns.values()).join(*joined).where(*of)
    rows = session.execute(asked.order_by(UnitRisk.risk_90.desc(), UnitRisk.id).limit(MOST_UNITS)).all()
    n = int(session.scalar(select(func.count(UnitRisk.id)).join(*joined).where(*of)) or 0)
    notes = (
        ()
        if rows
        else (_("Nothing is computed yet. Open Wear and faults and compute, or wait for the night."),)
    )
    return _report(
        session, "units-at-risk", chosen, " ".join(columns), [tuple(row) for row in rows], n=n, notes=notes
    )
