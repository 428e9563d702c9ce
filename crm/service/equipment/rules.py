"""The rules of units, and of what happens to them: name, serial, customer, retirement, warranty, meter, days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select

from crm.clock import here
from crm.errors import Problem
from crm.i18n import _
from crm.records.rules import Draft, Facts, Road, Rules
from crm.records.settling import shape_of
from crm.records.writing.bulk import among, known
from crm.records.writing.writer import Writer
from crm.service.equipment.coverage_rules import spelled, uncovered
from crm.service.meters.rules import Meters
from crm.service.visits.plans import refresh_due
from crm.service.words import day_words
from db.audit import SYSTEM_OPTIONS
from db.models import Contact, Equipment, MeterReading, Product


@dataclass(slots=True)
class _Known(Facts):
    products: dict[int, dict[str, Any]]
    people: dict[int, dict[str, Any]]
    meters: Meters


class UnitRules(Rules):
    """A unit is called by product and serial until somebody gives it another name; a meter value is a reading.

    A unit may be entered before it is installed: its warranty then counts from that day.
    """

    def facts(self, road: Road, drafts: Sequence[Draft]) -> _Known:
        session = road.work.session
        named = [d for d in drafts if d.has("serial", "product_id", "name")]
        products = {d.row["product_id"] for d in named} | {d.old("product_id") for d in named}
        people = (d.row["contact_id"] for d in drafts if d.has("contact_id"))
        read = [(d.row["id"], road.work.now) for d in drafts if _is_read(d) and not d.is_new]
        return _Known(
            road,
            known(session, Product, products, "name"),
            known(session, Contact, people, "organisation_id"),
            Meters(session, read),
        )

    def complete(self, draft: Draft, facts: _Known) -> None:
        row = draft.row
        row["serial"] = " ".join(row["serial"].split()) if row["serial"] else None
        self._name(draft, facts)
        if row["organisation_id"] is None and draft.has("contact_id"):
            row["organisation_id"] = facts.people.get(row["contact_id"] or 0, {}).get("organisation_id")
        _retirement(draft, facts.road)
        row["warranty_covers"] = spelled(row["warranty_covers"])
        if _is_read(draft):
            row["meter_at"] = facts.road.work.now

    @staticmethod
    def _name(draft: Draft, facts: _Known) -> None:
        row = draft.row
        if not draft.is_new and draft.has("serial", "product_id") and not draft.has("name"):
            product = facts.products.get(draft.old("product_id") or 0, {}).get("name")
            if row["name"] == unit_name(product, draft.old("serial")):
                row["name"] = None
        if not row["name"]:
            # A missing serial is complained of by itself.
            product = facts.products.get(row["product_id"] or 0, {}).get("name")
            row["name"] = unit_name(product, row["serial"] or "")

    def problems(self, draft: Draft, facts: _Known) -> None:
        row, begun = draft.row, draft.row["installed_on"]
        for word in uncovered(row["warranty_covers"]):
            draft.refuse("warranty_covers", word)
        for name, what in (
            ("warranty_until", _("The warranty ends")),
            ("retired_on", _("The unit is retired")),
        ):
            if begun is not None and row[name] is not None and row[name] < begun:
                text = _("{what} before the installation on {day}. Choose a day on or after it.")
                draft.refuse(name, text.format(what=what, day=day_words(begun)))
        if row["observed_since"] is not None and row["observed_since"] > facts.road.today:
            draft.refuse("observed_since", _("Observed since lies ahead. Choose today or an earlier day."))
        if _is_read(draft) and not draft.is_new:
            shown = draft.old("meter_value"), draft.old("meter_at")
            wrong = facts.meters.backwards(row["id"], row["meter_value"], facts.road.work.now, shown)
            if wrong:
                draft.refuse("meter_value", wrong)

    def together(self, drafts: Sequence[Draft], facts: _Known) -> Iterable[tuple[Draft, Problem]]:
        """Serials stand once for a product, whatever their capitals; units without a product are compared with each other."""
        asked = [d for d in drafts if d.is_new or d.moved("serial") or d.moved("product_id")]
        if not asked:
            return
        session = facts.road.work.session
        spellings = {d.row["serial"] for d in asked}
        low = {serial.lower() for serial in spellings}
        # The database's own lower() knows only ASCII on SQLite; the usual spellings are asked for by themselves.
        same = or_(
            among(session, func.lower(Equipment.serial), low),
            among(session, Equipment.serial, spellings | low | {serial.upper() for serial in spellings}),
        )
        columns = (
            Equipment.id,
            Equipment.product_id,
            Equipment.serial,
            Equipment.name,
            Equipment.archived_at,
        )
        stored = session.execute(select(*columns).where(same), execution_options=SYSTEM_OPTIONS)
        taken: dict[tuple[int | None, str], Any] = {(u.product_id, u.serial.lower()): u for u in stored}
        ids = [unit.id for unit in taken.values()]
        seen: dict[int, Any] | None = None
        for draft in asked:
            key = draft.row["product_id"], draft.row["serial"].lower()
            unit = taken.get(key)
            if unit is None or (isinstance(unit, Draft) is False and unit.id == draft.row.get("id")):
                taken[key] = draft
            elif isinstance(unit, Draft):
                yield draft, _taken(draft, unit.row["name"], archived=False)
            else:
                seen = known(session, Equipment, ids) if seen is None else seen
                yield (
                    draft,
                    _taken(draft, unit.name if unit.id in seen else "", archived=bool(unit.archived_at)),
                )

    def after(self, writer: Writer, drafts: Sequence[Draft], facts: _Known) -> None:
        """A meter value that somebody gave is a reading of this moment."""
        # Of our own export the readings come in themselves.
        read = [d.row for d in drafts if _is_read(d)] if "meter_reading" not in writer.road.comes else []
        base = shape_of("meter_reading").defaults(writer.work.now)
        writer.insert(
            MeterReading,
            [
                base
                | {
                    "equipment_id": row["id"], "at": row["meter_at"], "value": row["meter_value"],
                    "user_id": writer.work.actor.user_id,
                }
                for row in read
            ],
        )  # fmt: skip
        if read:
            refresh_due(writer, [row["id"] for row in read])


def _is_read(draft: Draft) -> bool:
    return draft.has("meter_value") and draft.row["meter_value"] is not None


def unit_name(product: str | None, serial: str) -> str:
    """How a unit is called that nobody gave a name: ``Volta 3 V3-118842``."""
    if not product or serial.lower().startswith(product.lower()):
        return serial
    return f"{product[: 199 - len(serial)].rstrip()} {serial}"


def _taken(draft: Draft, name: str, *, archived: bool) -> Problem:
    """The serial is taken; by which unit only where the actor may see it."""
    words = {"serial": draft.row["serial"], "name": name}
    if not name:
        taken = _("Serial {serial} is taken for this product.")
        remedy = _("It is a unit of another team: ask an administrator, or check the serial.")
    else:
        taken = _("Serial {serial} is taken for this product by “{name}”.")
        remedy = (
            _("It is archived: restore it, or check the serial.")
            if archived
            else _("Open that unit, or check the serial.")
        )
    return Problem("serial", f"{taken.format(**words)} {remedy}")


def _retirement(draft: Draft, road: Road) -> None:
    """A retired unit has its day, unless a file does not know it; a day that is over retires the unit."""
    row, today = draft.row, road.today
    if draft.has("status") and row["status"] == "retired":
        if row["retired_on"] is None and road.is_file:
            draft.tell(_("retired, the day unknown"))
        else:
            row["retired_on"] = row["retired_on"] or today
    elif draft.has("status") and not draft.has("retired_on") and row["retired_on"] is not None:
        # Taken back into use; a day that is still ahead stays.
        row["retired_on"] = row["retired_on"] if row["retired_on"] > today else None
    elif draft.has("retired_on") and row["retired_on"] is not None and row["retired_on"] <= today:
        row["status"] = "retired"


class HappeningRules(Rules):
    """A changed part or a message of a unit is told when it has happened."""

    at = "at"

    def problems(self, draft: Draft, facts: Facts) -> None:
        at = draft.row[self.at]
        if draft.has(self.at) and facts.road.is_to_come(at):
            text = _("{day} lies ahead. Enter it on the day on which it happens.")
            draft.refuse(self.at, text.format(day=day_words(here(at).date())))


class FailureRules(HappeningRules):
    """A failure is told when it has happened."""

    at = "failed_at"
