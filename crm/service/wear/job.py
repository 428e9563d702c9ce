"""The daily job that tells each unit's chance of failure; the worker calls it by its kind, ``wear``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import delete, insert, select

from crm.analytics.survival_fit import NoFit, WeibullFit
from crm.analytics.survival_hazards import HazardFit
from crm.analytics.survival_units import outlook
from crm.clock import now
from crm.errors import NotAllowed
from crm.i18n import _, ngettext
from crm.jobs.queue import JobView, active_jobs, enqueue, recent_jobs
from crm.service.visits.proposals import PUT_OFF
from crm.service.wear.data import Records, load
from crm.service.wear.wear import Group, groups_of, worth_fitting
from crm.work import SYSTEM, Actor, reading, unit_of_work
from db.models import UnitRisk
from db.scope import UPDATE
from db.session import refresh_statistics

KIND = "wear"
SYSTEM_OPTIONS = {"system": True}
Step = Callable[[int, int, str], None]


def run(_actor: Actor, _args: dict[str, Any], step: Step) -> dict[str, Any]:
    """Fit all parts and store what follows for each running unit.

    Runs as the program, whoever asked for it: a law rests on all units of the firm, and each person sees only the
    figures of units within their reach.
    """
    return compute(now(), step)


def compute(at: datetime, step: Step = lambda _done, _total, _note: None) -> dict[str, Any]:
    """Fit and store; the result says how many units and parts have figures, and what had too few failures."""
    with reading(SYSTEM) as session:
        records = load(session, now=at)
    parts = worth_fitting(records)
    told: dict[str, int] = {}
    units: set[int] = set()
    few: list[str] = []
    for place, part in enumerate(parts):
        step(
            place, len(parts) + 1, _("Fitting {part}").format(part=records.parts.get(part, _("whole units")))
        )
        frames = [
            frame for group in groups_of(records, part) if (frame := _figures(records, part, group, at))
        ]
        rows = [row for frame in frames for row in frame]
        name = records.parts.get(part, "")
        if rows:
            _store(name, rows)
            told[name] = len(rows)
        else:
            few.append(name)
        units |= {row["equipment_id"] for row in rows}
    _forget(list(told))
    note = ngettext("{n} unit", "{n} units", len(units)).format(n=len(units))
    step(len(parts) + 1, len(parts) + 1, note)
    return {
        "units": len(units),
        "figures": sum(told.values()),
        "parts": len([part for part in parts if part]),
        "without_law": few,
        "cutoff": records.cutoff.isoformat(),
    }


def _figures(records: Records, part: str, group: Group, at: datetime) -> list[dict[str, Any]]:
    law = group.law
    if isinstance(law, NoFit):
        return []
    running = group.running
    design = None
    if isinstance(law, HazardFit):
        design = law.design(records.numbers(running), records.groups(running), len(running))
    ahead = outlook(law, running["age"].to_numpy(), design=design)
    basis = _basis(records, group, law)
    columns = zip(
        running["unit"].tolist(), running["age"].tolist(), ahead.risks.tolist(), _known(ahead.median),
        _known(ahead.low), _known(ahead.high), strict=True,
    )  # fmt: skip
    return [
        {
            "equipment_id": unit, "part": records.parts.get(part, ""), "computed_at": at, "age_days": age,
            "risk_30": risks[0], "risk_90": risks[1], "risk_365": risks[2],
            "median_days": median, "low_days": low, "high_days": high, "basis": basis, "dismissed_until": None,
        }
        for unit, age, risks, median, low, high in columns
    ]  # fmt: skip


def _known(values: Any) -> list[float | None]:
    return [None if np.isnan(value) else float(value) for value in values]


def _basis(records: Records, group: Group, law: WeibullFit | HazardFit) -> dict[str, Any]:
    """What the figures rest on, kept beside them."""
    share = law.share if isinstance(law, WeibullFit) else 1.0
    return {
        "method": law.method if isinstance(law, WeibullFit) else "effects",
        "alpha": round(law.alpha, 4),
        "beta": round(law.beta, 4),
        "share": round(share, 5),
        "n": law.n,
        "failures": law.failures,
        "product": "" if group.product_id is None else records.products.get(group.product_id, ""),
        "cutoff": records.cutoff.isoformat(),
        "why": group.choice.why,
    }


def _store(part: str, rows: list[dict[str, Any]]) -> None:
    """Put a part's figures in place of the old ones; what a person put off stays put off."""
    with unit_of_work(SYSTEM, cause=KIND) as work:
        asked = select(UnitRisk.equipment_id, UnitRisk.dismissed_until).where(
            UnitRisk.part == part, UnitRisk.dismissed_until.is_not(None)
        )
        put_off = {row.equipment_id: row.dismissed_until for row in work.session.execute(asked)}
        for row in rows:
            row["dismissed_until"] = put_off.get(row["equipment_id"])
        connection = work.session.connection()
        connection.execute(delete(UnitRisk).where(UnitRisk.part == part), execution_options=SYSTEM_OPTIONS)
        connection.execute(insert(UnitRisk), rows, execution_options=SYSTEM_OPTIONS)


def _forget(kept: list[str]) -> None:
    """Remove figures of parts that no longer have failures enough; the planner learns what came."""
    with unit_of_work(SYSTEM, cause=KIND) as work:
        gone = delete(UnitRisk).where(UnitRisk.part.not_in([*kept, PUT_OFF]))
        connection = work.session.connection()
        connection.execute(gone, execution_options=SYSTEM_OPTIONS)
        refresh_statistics(connection)


def start(actor: Actor) -> int:
    """Queue the computation unless one of the actor's own is under way; gives the job's id.

    Raises
    ------
    NotAllowed
        The actor may not change equipment.
    """
    if not actor.may("equipment", UPDATE):
        raise NotAllowed(_("Your role only reads equipment. Ask a colleague who may change it."))
    under_way = active_jobs(actor, kind=KIND)
    return under_way[0].id if under_way else enqueue(actor, KIND, {})


def latest_job(actor: Actor) -> JobView | None:
    """The newest computation that the actor may see."""
    return next(iter(recent_jobs(actor, kind=KIND, limit=1)), None)
