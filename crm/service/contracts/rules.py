"""The rules of service contracts: whose they are, what they cover, and that two never run at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from crm.errors import Problem
from crm.i18n import _
from crm.records.rules import Draft, Facts, Road, Rules, take_owner
from crm.records.writing.bulk import known
from crm.service.equipment.coverage_rules import ContractFacts, spelled, uncovered
from crm.service.equipment.equipment import contracts_at
from crm.service.words import day_words
from db.models import Contract, Equipment, Organisation

#: A contract without an end is compared as if it ended here.
_FAR = date.max
#: Stands for the id of a contract of the same batch, which has none yet.
_NEW = 0
#: Where the contracts of one unit, or of all units of one organisation, follow each other.
_Place = tuple["int | None", "int | None"]


@dataclass(slots=True)
class _Units(Facts):
    by_id: dict[int, dict[str, Any]]
    firms: dict[int, dict[str, Any]]


class ContractRules(Rules):
    """A contract is for one unit, or for all units of an organisation; no other one runs there at the same time."""

    checks_restored = True

    def facts(self, road: Road, drafts: Sequence[Draft]) -> _Units:
        session = road.work.session
        asked = (d.row["equipment_id"] for d in drafts)
        units = known(session, Equipment, asked, "organisation_id", "owner_id", "team_id")
        wrong = {
            unit["organisation_id"]
            for d in drafts
            if (unit := units.get(d.row["equipment_id"] or 0)) and d.row["organisation_id"] is not None
            if unit["organisation_id"] != d.row["organisation_id"]
        }
        return _Units(road, units, known(session, Organisation, wrong, "name"))

    def complete(self, draft: Draft, facts: _Units) -> None:
        row, unit = draft.row, facts.by_id.get(draft.row["equipment_id"] or 0)
        row["covers"] = spelled(row["covers"])
        if unit is None:
            return
        row["organisation_id"] = row["organisation_id"] or unit["organisation_id"]
        if draft.is_new:
            take_owner(draft, unit, "equipment", facts.road)

    def problems(self, draft: Draft, facts: _Units) -> None:
        row, unit = draft.row, facts.by_id.get(draft.row["equipment_id"] or 0)
        for word in uncovered(row["covers"]):
            draft.refuse("covers", word)
        its = (row["equipment_id"], row["organisation_id"])
        if its == (None, None) and not draft.is_wrong("organisation_id"):
            draft.refuse("equipment_id", _("Choose a unit, or an organisation for all of its units."))
        if unit is not None and draft.has("equipment_id", "organisation_id"):
            at = unit["organisation_id"]
            if at is not None and at != row["organisation_id"]:
                text = _("The unit stands at {name}. Choose that organisation, or leave the field blank.")
                name = facts.firms.get(at, {}).get("name") or _("another organisation")
                draft.refuse("organisation_id", text.format(name=name))
        if row["starts_on"] and row["ends_on"] and row["ends_on"] < row["starts_on"]:
            text = _("The contract ends before it starts on {day}. Choose a day on or after it.")
            draft.refuse("ends_on", text.format(day=day_words(row["starts_on"])))

    def together(self, drafts: Sequence[Draft], facts: _Units) -> Iterable[tuple[Draft, Problem]]:
        names = ("equipment_id", "organisation_id", "starts_on", "ends_on", "archived_at")
        asked = [d for d in drafts if d.row["archived_at"] is None and (d.is_new or any(map(d.moved, names)))]
        places = {_place(d.row) for d in asked}
        units = {unit for unit, _firm in places if unit is not None}
        runs = contracts_at(facts.road.work.session, units, {firm for _unit, firm in places})
        clashes: list[tuple[Draft, ContractFacts]] = []
        for draft in asked:
            row, mine, place = draft.row, draft.row.get("id") or _NEW, _place(draft.row)
            others = [run for run in runs.get(place, ()) if run.id == _NEW or run.id != mine]
            clash = max(
                (
                    run
                    for run in others
                    if run.starts_on <= (row["ends_on"] or _FAR) and row["starts_on"] <= (run.ends_on or _FAR)
                ),
                key=lambda run: run.starts_on,
                default=None,
            )
            if clash is not None:
                clashes.append((draft, clash))
                continue
            runs[place] = [*others, ContractFacts(mine, row["name"], row["starts_on"], row["ends_on"])]
        seen = known(facts.road.work.session, Contract, {clash.id for _draft, clash in clashes})
        for draft, clash in clashes:
            yield draft, _overlaps(draft.row, clash, seen=clash.id == _NEW or clash.id in seen)


def _place(row: Any) -> _Place:
    unit = row["equipment_id"]
    return unit, row["organisation_id"] if unit is None else None


def _overlaps(row: dict[str, Any], other: ContractFacts, *, seen: bool) -> Problem:
    """Which contract runs at the same time, and where this one could stand; nothing of one beyond the actor's reach."""
    if not seen:
        text = (
            _("For this unit a contract of another team runs at that time.")
            if row["equipment_id"] is not None
            else _("For all units of this organisation a contract of another team runs at that time.")
        )
        return Problem("starts_on", f"{text} {_('Choose other days, or ask an administrator.')}")
    name = _("contract “{name}”").format(name=other.name)
    start = day_words(other.starts_on)
    if other.ends_on is None:
        runs = _("from {start}, without an end").format(start=start)
    else:
        runs = _("from {start} to {end}").format(start=start, end=day_words(other.ends_on))
    if other.ends_on is None or row["starts_on"] < other.starts_on:
        remedy = _("End that one first, or choose other days.")
    else:
        remedy = _("Start on {day} or later, or end that one first.").format(
            day=day_words(other.ends_on + timedelta(days=1))
        )
    what = (
        _("For this unit {name} runs {when}.")
        if row["equipment_id"] is not None
        else _("For all units of this organisation {name} runs {when}.")
    )
    return Problem("starts_on", f"{what.format(name=name, when=runs)} {remedy}")
