"""Cases of the sample company: failures that customers report, and what else they ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from crm.sample.people.parties import contact_of
from crm.sample.selling.goods import GOODS
from crm.sample.service.units import PARTS
from crm.sample.service.words import (
    BLAME,
    BY_PART,
    CUSTOMER_AGAIN,
    NOTES,
    OTHERS,
    PRAISE,
    Complaint,
)
from crm.sample.world import Columns, Ints, World, calendar, draw_days, pick
from crm.service.cases.moves import degrees_of
from crm.service.defaults import OFFICE, POLICIES
from crm.service.levels.working_time_rules import WorkingTime, working_time

#: Places in ``crm.sample.people.staff.PEOPLE``.
AGENTS, TECHNICIANS = (3, 14), (13, 15)
PRIORITIES = ("critical", "high", "normal", "low")
_RESPONSE = {name: minutes for _label, name, minutes, _resolution in POLICIES}
_RESOLUTION = {name: minutes for _label, name, _response, minutes in POLICIES}
_WEEK = (1.2, 1.1, 1.0, 1.0, 0.9, 0.0, 0.0)


def draw_cases(world: World) -> None:
    """Decide all cases; fills ``world.cases`` (by day of opening)."""
    rng, units, count = world.rng(23), world.units, world.scale.cases
    failed = np.flatnonzero(units["event_failed"])
    faults = min(int(count * 0.62), len(failed))
    # Lately more of what fails is reported: customers have learnt whom to call.
    weight = np.exp(units["event_day"][failed] / 500.0) * rng.exponential(size=len(failed)) ** -1.0
    event = failed[np.argsort(-weight, kind="stable")[:faults]]
    others = count - faults
    unit = np.concatenate([units["event_unit"][event], rng.integers(len(units["good"]), size=others)])
    asked = np.minimum(draw_days(rng, calendar(world, growth=0.15, weekdays=_WEEK), others), -1)
    # The last ones are still open: nobody has looked yet which part it is, so no failure stands behind them.
    fresh = np.arange(others) >= others - world.scale.open_cases
    asked = np.where(fresh, -np.minimum(16, rng.exponential(4.5, others).astype(np.int64)), asked)
    weekday = (np.datetime64(world.today, "D").astype(int) + asked + 3) % 7
    asked = np.where(fresh, asked - np.maximum(0, weekday - 4), asked)
    suspected = np.where(fresh & (rng.random(others) < 0.6), _suspect(world, rng, unit[faults:]), -1)
    day = np.concatenate([units["event_day"][event], asked])
    # A question comes after the machine stands there.
    day = np.where(day < 0, np.maximum(day, np.minimum(-1, units["installed"][unit] + 1)), day)
    order = np.argsort(day, kind="stable")
    part = np.concatenate([units["event_part"][event], suspected])[order]
    priority = np.where(
        part >= 0, pick(rng, [0.08, 0.3, 0.52, 0.1], count), pick(rng, [0.0, 0.06, 0.54, 0.4], count)
    )
    world.cases = cases = {
        "unit": unit[order],
        "day": day[order],
        "part": part,
        "event": np.concatenate([event, np.full(others, -1)])[order],
        "priority": priority,
        "is_open": np.concatenate([np.zeros(faults, dtype=bool), fresh])[order],
        "says": [
            _pick(BY_PART[PARTS[p].name] if p >= 0 else OTHERS, c)
            for p, c in zip(part, rng.random(count), strict=True)
        ],
    }
    _clocks(world, rng, cases)


def _suspect(world: World, rng: np.random.Generator, unit: Ints) -> Ints:
    """For each unit a part that machines of its kind have."""
    parts = {
        category: np.array([i for i, part in enumerate(PARTS) if category in part.categories])
        for category in {g.category for g in GOODS}
    }
    found = [parts[GOODS[g].category] for g in world.units["good"][unit]]
    return np.array([some[int(c * len(some))] for some, c in zip(found, rng.random(len(unit)), strict=True)])


def _pick(choices: tuple[Complaint, ...], chance: float) -> Complaint:
    return choices[int(chance * len(choices))]


def office_hours() -> WorkingTime:
    """The calendar that the sample company promises by, that of a new firm in Germany."""
    return working_time("Europe/Berlin", OFFICE, country="DE")


def _clocks(world: World, rng: np.random.Generator, cases: dict[str, Any]) -> None:
    """When each case was opened, answered and solved; what would end after now is still open."""
    hours, count = office_hours(), len(cases["unit"])
    opened = world.moments(cases["day"], rng)
    names = [PRIORITIES[p] for p in cases["priority"]]
    quick = np.exp(rng.normal(np.log(0.42), 0.75, count))
    slow = np.exp(rng.normal(np.log(0.5), 0.7, count))
    answered: list[datetime | None] = []
    solved: list[datetime | None] = []
    due_answer, due_solved = [], []
    for at, (start, name) in enumerate(zip(opened, names, strict=True)):
        due_answer.append(hours.add(start, _RESPONSE[name]))
        due_solved.append(hours.add(start, _RESOLUTION[name]))
        answer = hours.add(start, _RESPONSE[name] * float(quick[at]))
        # A case that nobody took up for some days is what a manager has to see; a few of them are.
        patience = _RESOLUTION[name] * float(slow[at]) * (6 if at % 29 == 0 else 1)
        end = hours.add(answer, patience)
        answered.append(answer if answer < world.now else None)
        solved.append(end if end < world.now and not cases["is_open"][at] else None)
    now = world.now
    status = []
    for at, solution in enumerate(solved):
        if solution is not None:
            status.append("closed" if now - solution > timedelta(days=5) else "resolved")
        elif answered[at] is None:
            status.append("new")
        else:
            status.append("waiting" if at % 3 == 0 else "open")
    cases |= {
        "opened": opened, "answered": answered, "solved": solved, "status": status, "priorities": names,
        "due_answer": due_answer, "due_solved": due_solved,
    }  # fmt: skip
    cases["visit_day"] = np.array(
        [
            (solution.date() - world.today).days if solution else 1 + at % 6
            for at, solution in enumerate(solved)
        ]
    )


def case_tables(world: World) -> Iterator[tuple[str, Columns]]:
    """Cases with their threads and their way through the statuses."""
    rng, cases, units, parties = world.rng(25), world.cases, world.units, world.organisations
    count = len(cases["unit"])
    unit = cases["unit"]
    at = units["organisation"][unit]
    contact = np.where(rng.random(count) < 0.7, units["contact"][unit], contact_of(world, rng, at))
    faulty = cases["part"] >= 0
    degrees = [degrees_of(name) for name in cases["priorities"]]
    owner: list[int | None] = [
        None if s == "new" else (TECHNICIANS if f else AGENTS)[int(u) % 2] + 1
        for s, f, u in zip(cases["status"], faulty, unit, strict=True)
    ]
    texts = [
        _said(world, says, int(c), int(u)) for says, c, u in zip(cases["says"], contact, unit, strict=True)
    ]
    solved = cases["solved"]
    late = [
        due if due < (end or world.now) else None
        for due, end in zip(cases["due_solved"], solved, strict=True)
    ]
    asked = (rng.random(count) < 0.45) & np.array([s == "closed" for s in cases["status"]])
    mood = np.clip(np.rint(rng.normal(4.35, 0.9, count) - [1.3 if x else 0.0 for x in late]), 1, 5).astype(
        int
    )
    reopened = (rng.random(count) < 0.06) & np.array([s is not None for s in solved])
    closed = [
        end + timedelta(days=5) if end and s == "closed" else None
        for end, s in zip(solved, cases["status"], strict=True)
    ]
    policy = {name: world.policy_ids[i] for i, name in enumerate(PRIORITIES)}
    yield (
        "cases",
        {
            "number": [f"C-{1001 + i}" for i in range(count)],
            "subject": [says.subject for says in cases["says"]],
            "description": [text for text, _answer in texts],
            "status": cases["status"],
            "kind": [says.kind for says in cases["says"]],
            "origin": np.array(["phone", "email", "form", "chat"])[pick(rng, [0.42, 0.33, 0.18, 0.07], count)],
            "impact": [impact for impact, _urgency in degrees],
            "urgency": [urgency for _impact, urgency in degrees],
            "priority": cases["priorities"],
            "queue_id": [world.queue_ids[1 if f else 0] for f in faulty],
            "contact_id": contact + 1,
            "organisation_id": at + 1,
            "product_id": units["good"][unit] + 1,
            "equipment_id": unit + 1,
            "fault_code": [PARTS[p].code if p >= 0 else None for p in cases["part"]],
            "opened_at": cases["opened"],
            "first_response_at": cases["answered"],
            "resolved_at": solved,
            "closed_at": closed,
            "resolution": [says.solution if end else None for says, end in zip(cases["says"], solved, strict=True)],
            "reopened": reopened.astype(int),
            "policy_id": [policy[name] for name in cases["priorities"]],
            "response_due_at": cases["due_answer"],
            "resolution_due_at": cases["due_solved"],
            "waiting_since": [
                a if s == "waiting" else None for a, s in zip(cases["answered"], cases["status"], strict=True)
            ],
            "response_breached_at": [
                due if due < (end or world.now) else None
                for due, end in zip(cases["due_answer"], cases["answered"], strict=True)
            ],
            "resolution_breached_at": late,
            "satisfaction": [int(m) if a else None for m, a in zip(mood, asked, strict=True)],
            "satisfaction_note": [
                ((PRAISE if m > 3 else BLAME)[i % (len(PRAISE) if m > 3 else len(BLAME))] or None) if a else None
                for i, (m, a) in enumerate(zip(mood, asked, strict=True))
            ],
            "satisfaction_at": [c if a else None for c, a in zip(closed, asked, strict=True)],
            "owner_id": owner,
            "team_id": parties["team"][at] + 1,
            "created_at": cases["opened"],
            "changed_at": [gone or end or answer or start for gone, end, answer, start in zip(
                closed, solved, cases["answered"], cases["opened"], strict=True)],
        },
    )  # fmt: skip
    yield "case_messages", _thread(world, rng, contact, owner, [answer for _text, answer in texts])
    yield "case_moves", _moves(world, owner, closed)


def _said(world: World, says: Complaint, contact: int, unit: int) -> tuple[str, str]:
    words = {"who": world.contacts["first_names"][contact], "unit": GOODS[world.units["good"][unit]].name}
    return says.text.format(**words), says.answer.format(**words)


def _thread(
    world: World, rng: np.random.Generator, contact: Ints, owner: list[int | None], answers: list[str]
) -> Columns:
    """The first answer, often what the customer adds, sometimes a note, and at the end what was done."""
    cases = world.cases
    again, noted = rng.random(len(contact)) < 0.55, rng.random(len(contact)) < 0.25
    rows: list[tuple[int, str, str, datetime, int | None, int | None]] = []
    for at, answered in enumerate(cases["answered"]):
        if answered is None:
            continue
        who, person, end = owner[at], int(contact[at]) + 1, cases["solved"][at]
        until = end or world.now
        rows.append((at + 1, "reply", answers[at], answered, who, None))
        if again[at] and cases["status"][at] != "waiting":
            text = CUSTOMER_AGAIN[at % len(CUSTOMER_AGAIN)]
            rows.append((at + 1, "customer", text, answered + (until - answered) * 0.3, None, person))
        if noted[at]:
            rows.append(
                (at + 1, "note", NOTES[at % len(NOTES)], answered + (until - answered) * 0.5, who, None)
            )
        if end is not None and cases["part"][at] >= 0:
            text = f"{cases['says'][at].solution} Please tell us if anything is not as it should be."
            rows.append((at + 1, "reply", text, end, who, None))
    names = ("case_id", "kind", "body", "at", "user_id", "contact_id")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _moves(world: World, owner: list[int | None], closed: list[datetime | None]) -> Columns:
    cases = world.cases
    rows: list[tuple[int, str | None, str, datetime, int | None]] = []
    for at, opened in enumerate(cases["opened"]):
        rows.append((at + 1, None, "new", opened, None))
        before = "new"
        for status, moment in (
            ("open", cases["answered"][at]),
            ("waiting", cases["answered"][at] if cases["status"][at] == "waiting" else None),
            ("resolved", cases["solved"][at]),
            ("closed", closed[at]),
        ):
            if moment is not None:
                rows.append((at + 1, before, status, moment, owner[at]))
                before = status
    names = ("case_id", "from_status", "to_status", "at", "user_id")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
