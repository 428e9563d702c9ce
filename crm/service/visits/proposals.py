"""What to do before it breaks: units likely to fail, maintenance that falls due, cover that ends; one line per unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select

from crm.clock import here
from crm.errors import NotFound
from crm.i18n import _, ngettext
from crm.service.visits.base import OPEN, make_visit
from crm.service.wear.settings import threshold
from crm.service.wear.words import left_words, share_words
from crm.service.words import day_words
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Contract, Equipment, MaintenancePlan, UnitRisk, WorkOrder
from db.scope import ALL, UPDATE, Actor, ScopedSession

#: What falls due or ends within so many days is proposed; "Not now" puts a proposal off for as long.
AHEAD_DAYS = 30
#: The row that keeps until when notices about a unit are put off; it holds no figures.
PUT_OFF = ":notices"
#: So many candidates are looked at; a person decides on a handful a day.
_MOST = 200
RISK, PLAN, CONTRACT, WARRANTY = "risk", "plan", "contract", "warranty"


@dataclass(frozen=True, slots=True)
class Proposal:
    """One thing to do for a unit; ``risk`` is the chance of failure within 90 days, None for what ends by date."""

    equipment_id: int
    title: str
    reason: str
    evidence: str
    due_on: date
    risk: float | None
    kind: str
    part: str = ""
    plan_id: int | None = None


def proposals(session: ScopedSession, *, actor: Actor, today: date, limit: int = 6) -> list[Proposal]:
    """What the actor should do for their units, the most likely failure first, then by day.

    A unit without an owner is proposed to those who may change all equipment. A unit with an open visit needs none.
    """
    mine = _mine(actor)
    if mine is None:
        return []
    found = [*_at_risk(session, mine, today), *_due(session, mine, today)]
    found += [*_ending_contracts(session, mine, today), *_ending_warranties(session, mine, today)]
    ids = {p.equipment_id for p in found}
    busy = set(
        session.scalars(
            select(WorkOrder.equipment_id).where(
                WorkOrder.equipment_id.in_(ids), WorkOrder.status.in_(OPEN), WorkOrder.archived_at.is_(None)
            ),
            # A visit of another team is a visit all the same.
            execution_options=SYSTEM_OPTIONS,
        )
    )
    put_off = set(
        session.scalars(
            select(UnitRisk.equipment_id).where(
                UnitRisk.equipment_id.in_(ids), UnitRisk.part == PUT_OFF, UnitRisk.dismissed_until > today
            )
        )
    )
    best: dict[int, Proposal] = {}
    for one in sorted(found, key=lambda p: (p.risk is None, -(p.risk or 0.0), p.due_on, p.equipment_id)):
        if one.equipment_id in busy or (one.kind != RISK and one.equipment_id in put_off):
            continue
        best.setdefault(one.equipment_id, one)
    return list(best.values())[:limit]


def _mine(actor: Actor) -> ColumnElement[bool] | None:
    """Units that the actor answers for; None for somebody who answers for none."""
    if actor.user_id is None or not actor.may("equipment", UPDATE):
        return None
    running = in_use()
    if actor.reach("equipment", UPDATE) == ALL:
        # An expression keeps the database from collecting all units without an owner first: it walks the risks.
        return running & (func.coalesce(Equipment.owner_id, actor.user_id) == actor.user_id)
    return running & (Equipment.owner_id == actor.user_id)


def in_use() -> ColumnElement[bool]:
    """Units that are neither archived nor stored nor retired, asked in a way that leaves the order to other columns."""
    return (case((Equipment.archived_at.is_(None), 1), else_=0) == 1) & (Equipment.status == "in_use")


def _at_risk(session: ScopedSession, mine: ColumnElement[bool], today: date) -> list[Proposal]:
    # Where parts have figures, they say what to do; a figure of the unit as a whole would say it of nearly all.
    by_part = select(func.count()).select_from(
        select(UnitRisk.id).where(UnitRisk.part.not_in(("", PUT_OFF))).limit(1).subquery()
    )
    whole = not session.scalar(by_part)
    asked = (
        select(UnitRisk, Equipment.name)
        .join(Equipment, Equipment.id == UnitRisk.equipment_id)
        .where(
            mine,
            UnitRisk.risk_90 >= threshold(session),
            (UnitRisk.part == "") if whole else UnitRisk.part.not_in(("", PUT_OFF)),
            UnitRisk.dismissed_until.is_(None) | (UnitRisk.dismissed_until <= today),
        )
        .order_by(UnitRisk.risk_90.desc(), UnitRisk.id)
        .limit(_MOST)
    )
    return [_of_risk(row, name, today) for row, name in session.execute(asked)]


def _of_risk(row: Any, name: str, today: date) -> Proposal:
    what = row.part or _("Whole unit")
    reason = _("{part}: {share} such units fail within 90 days").format(
        part=what, share=share_words(row.risk_90)
    )
    basis = _("{failures} failures among {n} lives").format(
        failures=row.basis.get("failures", 0), n=row.basis.get("n", 0)
    )
    runs = ngettext("runs {n} day", "runs {n} days", round(row.age_days)).format(n=round(row.age_days))
    left = left_words(row.median_days, row.low_days, row.high_days)
    due = today if row.median_days is None else _day_after(row.computed_at, row.median_days)
    return Proposal(
        equipment_id=row.equipment_id,
        title=name,
        reason=reason,
        evidence=", ".join(part for part in (runs, left, basis) if part),
        due_on=max(today, due),
        risk=row.risk_90,
        kind=RISK,
        part=row.part,
    )


def _day_after(start: datetime, days: float) -> date:
    # A century is as good as never, and dates end in the year 9999.
    return here(start + timedelta(days=min(days, 36_525))).date()


def _ahead(
    mine: ColumnElement[bool], today: date, day: Any, *more: Any, of: Any = Equipment, where: Any = ()
) -> Select[Any]:
    """Units with what falls due or ends by a day within the next ``AHEAD_DAYS``, the soonest first."""
    asked = select(Equipment.id, Equipment.name, day, *more)
    if of is not Equipment:
        asked = asked.join_from(of, Equipment, Equipment.id == of.equipment_id).where(
            of.archived_at.is_(None)
        )
    last = today + timedelta(days=AHEAD_DAYS)
    return asked.where(mine, day <= last, *where).order_by(day, of.id).limit(_MOST)


def _due(session: ScopedSession, mine: ColumnElement[bool], today: date) -> list[Proposal]:
    plan = MaintenancePlan
    asked = _ahead(mine, today, plan.next_due_on, plan.name, plan.id, of=plan, where=(plan.is_active,))
    return [
        _dated(unit, name, _("{plan} is due").format(plan=plan), due, today, PLAN, plan_id)
        for unit, name, due, plan, plan_id in session.execute(asked)
    ]


def _ending_contracts(session: ScopedSession, mine: ColumnElement[bool], today: date) -> list[Proposal]:
    still = (Contract.ends_on >= today,)
    ending = session.execute(
        _ahead(mine, today, Contract.ends_on, Contract.name, of=Contract, where=still)
    ).all()
    last = today + timedelta(days=AHEAD_DAYS)
    # One that goes on, or follows, leaves nothing to do.
    renewed = set(
        session.scalars(
            select(Contract.equipment_id).where(
                Contract.equipment_id.in_({row[0] for row in ending}),
                Contract.archived_at.is_(None),
                Contract.starts_on <= last,
                Contract.ends_on.is_(None) | (Contract.ends_on > last),
            )
        )
    )
    return [
        _dated(unit, name, _("contract {name} ends").format(name=contract), ends, today, CONTRACT)
        for unit, name, ends, contract in ending
        if unit not in renewed
    ]


def _ending_warranties(session: ScopedSession, mine: ColumnElement[bool], today: date) -> list[Proposal]:
    asked = _ahead(mine, today, Equipment.warranty_until, where=(Equipment.warranty_until >= today,))
    return [
        _dated(unit, name, _("the warranty ends"), until, today, WARRANTY)
        for unit, name, until in session.execute(asked)
    ]


def _dated(
    unit: int, name: str, what: str, day: date, today: date, kind: str, plan_id: int | None = None
) -> Proposal:
    reason = _("{what} on {day}").format(what=what, day=day_words(day))
    late = (today - day).days
    if late > 0:
        evidence = ngettext("{n} day late", "{n} days late", late).format(n=late)
    elif late == 0:
        evidence = _("today")
    else:
        evidence = ngettext("in {n} day", "in {n} days", -late).format(n=-late)
    return Proposal(
        unit,
        name,
        reason[:1].upper() + reason[1:],
        evidence,
        max(day, today),
        None,
        kind,
        plan_id=plan_id,
    )


def plan_visit(work: Work, proposal: Proposal, *, today: date) -> dict[str, Any]:
    """Make the visit that a proposal asks for, for its day or two weeks from now, whichever comes first."""
    titles = {
        RISK: _("Check {part}").format(part=proposal.part or _("the unit")),
        PLAN: _("Maintenance"),
        CONTRACT: _("Inspect before the contract ends"),
        WARRANTY: _("Inspect before the warranty ends"),
    }
    planned = min(proposal.due_on, today + timedelta(days=14))
    plan = work.session.get(MaintenancePlan, proposal.plan_id) if proposal.plan_id else None
    values = {
        "title": plan.name if plan is not None else titles[proposal.kind],
        "kind": "maintenance" if proposal.kind == PLAN else "inspection",
        "equipment_id": proposal.equipment_id,
        "planned_on": max(planned, today),
        "owner_id": work.actor.user_id,
    }
    if plan is None:
        return make_visit(work, values)
    # Without its plan the visit would neither bring the steps nor move the plan's next day when it is done.
    return make_visit(work, values, plan_id=plan.id, steps=plan.checklist)


def put_off(work: Work, proposal: Proposal, *, today: date) -> date:
    """Do not propose it again for 30 days; gives the day from which it may come back.

    Raises
    ------
    NotFound
        The unit, or the figure behind the proposal, is gone or out of reach.
    """
    until = today + timedelta(days=AHEAD_DAYS)
    part = proposal.part if proposal.kind == RISK else PUT_OFF
    row = work.session.scalars(
        select(UnitRisk).where(UnitRisk.equipment_id == proposal.equipment_id, UnitRisk.part == part)
    ).first()
    if row is None:
        if proposal.kind == RISK or work.session.get(Equipment, proposal.equipment_id) is None:
            raise NotFound(_("This proposal is gone. Reload the page."))
        row = UnitRisk(
            equipment_id=proposal.equipment_id, part=PUT_OFF, computed_at=work.now, age_days=0.0,
            risk_30=0.0, risk_90=0.0, risk_365=0.0, basis={},
        )  # fmt: skip
        work.session.add(row)
    row.dismissed_until = until
    work.session.flush()
    return until
