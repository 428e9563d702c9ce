"""What imported units, contracts and visits need beside their file, and which of them cannot be stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select

from crm.i18n import _
from crm.records.writing.bulk import among
from crm.service.equipment.coverage_rules import COVERS
from crm.service.equipment.equipment_record import known_covers, unit_name
from crm.service.words import day_words
from crm.work import Work
from db.audit import SYSTEM_OPTIONS
from db.models import Contract, Equipment, Product

Wrong = tuple[str, str]
ENTITIES = frozenset({"equipment", "contract", "work_order"})
#: Blank until the file gives it.
TOLD = {"work_order": ("status",)}
#: Columns that a change is checked with.
FOLLOWING = {
    "equipment": ("installed_on", "warranty_until", "retired_on"),
    "contract": ("equipment_id", "organisation_id", "starts_on", "ends_on"),
    "work_order": ("status", "done_on"),
}
#: A contract without an end is compared as if it ended here.
FAR = date.max


def name_units(work: Work, rows: Sequence[dict[str, Any]]) -> None:
    """Name new units that the file leaves without a name by product and serial. One statement a chunk."""
    wanted = sorted({row["product_id"] for row in rows if not row["name"] and row["product_id"] is not None})
    known: dict[int, str] = {}
    if wanted:
        found = select(Product.id, Product.name).where(among(work.session, Product.id, wanted))
        known = {row[0]: row[1] for row in work.session.execute(found)}
    for row in rows:
        if not row["name"] and row["serial"]:
            row["name"] = unit_name(known.get(row["product_id"] or 0), row["serial"])


def complete(entity: str, row: dict[str, Any], currency: str, now: datetime) -> None:
    """Fill in what follows from the values of a new row."""
    if entity == "equipment":
        row["name"] = row["name"] or row["serial"]
        if row["retired_on"] is not None and row["retired_on"] <= now.date():
            row["status"] = "retired"
        if row["meter_value"] is not None and row["meter_at"] is None:
            row["meter_at"] = now
    if entity == "contract" and row["price_minor"] is not None:
        row["currency"] = row["currency"] or currency
    if entity == "work_order":
        row["status"] = row["status"] or ("done" if row["done_on"] else "planned")
        row["currency"] = row["currency"] or currency
    spell(row)


def spell(values: dict[str, Any]) -> None:
    """Write what is covered as it is stored; a word that cannot be covered stays, so that it is seen and told."""
    for name in ("covers", "warranty_covers"):
        if values.get(name):
            known, wrong = known_covers(values[name], name)
            values[name] = values[name] if wrong else known


def problem(entity: str, row: Mapping[str, Any]) -> Wrong | None:
    """Field and sentence of what keeps a new row, or the changed values of a stored one, from being stored."""
    if entity == "equipment":
        ends = (("warranty_until", _("The warranty ends")), ("retired_on", _("The unit is retired")))
        before = _("before the installation on {day}.")
        return _ends(row, "installed_on", ends, before) or _covers(row, "warranty_covers")
    if entity == "contract":
        known = {"equipment_id", "organisation_id"} <= row.keys()
        if known and row["equipment_id"] is None and row["organisation_id"] is None:
            return "equipment_id", _("Choose a unit, or an organisation for all of its units.")
        end = [("ends_on", _("The contract ends"))]
        return _ends(row, "starts_on", end, _("before it starts on {day}.")) or _covers(row, "covers")
    if row.get("status") == "done" and row.get("done_on") is None:
        return "done_on", _("Say on which day the visit was done.")
    return None


def _ends(row: Mapping[str, Any], start: str, ends: Sequence[tuple[str, str]], before: str) -> Wrong | None:
    begun = row.get(start)
    for name, what in ends:
        end = row.get(name)
        if begun is not None and end is not None and end < begun:
            return name, f"{what} {before.format(day=day_words(begun))}"
    return None


def _covers(row: Mapping[str, Any], name: str) -> Wrong | None:
    wrong = [word for word in row.get(name) or [] if word not in COVERS]
    if not wrong:
        return None
    return name, _("“{word}” cannot be covered. Choose from parts, labour and travel.").format(word=wrong[0])


def clashes(work: Work, entity: str, rows: Sequence[dict[str, Any]]) -> dict[int, Wrong]:
    """By place, the new rows whose serial is taken for their product or whose contract overlaps another one.

    Rows before it in the same chunk count as well as stored ones. One statement a chunk; units get their names first.
    """
    if entity == "equipment":
        name_units(work, rows)
        return _serials_taken(work, rows)
    return _overlaps(work, rows) if entity == "contract" else {}


def _serials_taken(work: Work, rows: Sequence[Mapping[str, Any]]) -> dict[int, Wrong]:
    wanted = sorted({str(row["serial"]).lower() for row in rows if row["serial"]})
    low = func.lower(Equipment.serial)
    stored = select(Equipment.product_id, Equipment.serial).where(among(work.session, low, wanted))
    found: Iterable[Any] = work.session.execute(stored, execution_options=SYSTEM_OPTIONS) if wanted else ()
    taken = {(product, serial.lower()) for product, serial in found}
    wrong: dict[int, Wrong] = {}
    for place, row in enumerate(rows):
        key = (row["product_id"], str(row["serial"] or "").lower())
        if key in taken:
            wrong[place] = (
                "serial",
                _("Serial {serial} is taken for this product.").format(serial=row["serial"]),
            )
        elif row["serial"]:
            taken.add(key)
    return wrong


def _overlaps(work: Work, rows: Sequence[Mapping[str, Any]]) -> dict[int, Wrong]:
    units = sorted({row["equipment_id"] for row in rows if row["equipment_id"] is not None})
    firms = sorted(
        {row["organisation_id"] for row in rows if row["equipment_id"] is None and row["organisation_id"]}
    )
    columns = (
        Contract.equipment_id,
        Contract.organisation_id,
        Contract.name,
        Contract.starts_on,
        Contract.ends_on,
    )
    scope = []
    if units:
        scope.append(among(work.session, Contract.equipment_id, units))
    if firms:
        scope.append(Contract.equipment_id.is_(None) & among(work.session, Contract.organisation_id, firms))
    runs: dict[tuple[int | None, int | None], list[tuple[str, date, date]]] = {}
    if scope:
        known = select(*columns).where(or_(*scope), Contract.archived_at.is_(None))
        for unit, firm, name, start, end in work.session.execute(known, execution_options=SYSTEM_OPTIONS):
            runs.setdefault((unit, None if unit else firm), []).append((name, start, end or FAR))
    wrong: dict[int, Wrong] = {}
    for place, row in enumerate(rows):
        key = (row["equipment_id"], None if row["equipment_id"] else row["organisation_id"])
        start, end = row["starts_on"], row["ends_on"] or FAR
        if start is None or key == (None, None):
            continue
        others = runs.setdefault(key, [])
        other = next((o for o in others if o[1] <= end and start <= o[2]), None)
        if other is None:
            others.append((str(row["name"] or ""), start, end))
            continue
        text = _("Contract “{name}” from {day} runs at the same time for the same unit or organisation.")
        wrong[place] = ("starts_on", text.format(name=other[0], day=day_words(other[1])))
    return wrong
