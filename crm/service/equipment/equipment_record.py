"""What follows from the values of a unit or a contract before it is stored, and what does not go together."""

from __future__ import annotations

from collections.abc import Set
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, inspect, or_, select

from crm.clock import here
from crm.errors import Problem, Refused
from crm.firm.firm import firm
from crm.i18n import _
from crm.service.equipment.coverage_rules import COVERS
from crm.service.equipment.equipment import RESET, demand_order
from crm.service.words import day_words
from crm.work import Work
from db.models import Contact, Contract, Equipment, MeterReading, Organisation, Product

SYSTEM_OPTIONS = {"system": True}
#: What people write for the three things that can be covered.
SPELLINGS = {
    "part": "parts", "spare parts": "parts", "spares": "parts", "material": "parts", "labor": "labour", "work": "labour",
    "hours": "labour", "travelling": "travel", "traveling": "travel", "journey": "travel",
}  # fmt: skip


def prepare_equipment(work: Work, row: Any, changed: Set[str]) -> None:
    """Name, customer, retirement and meter of a unit.

    A unit may be entered before it is installed: its warranty then counts from that day. The name is product and serial
    until somebody gives it another one.

    Raises
    ------
    Refused
        The serial is taken for this product, an end lies before its beginning, or the meter ran backwards.
    """
    problems: list[Problem] = []
    row.serial = " ".join(row.serial.split())
    if changed & {"serial", "product_id"} or row.id is None:
        problems += _serial_taken(work, row)
    _name(work, row, changed)
    _customer(work, row, changed)
    _retirement(work, row, changed)
    row.warranty_covers, wrong = known_covers(row.warranty_covers, "warranty_covers")
    problems += wrong + _unit_days(work, row)
    if problems:
        raise Refused(_("The unit was not stored. {why}").format(why=_all(problems)), problems=problems)
    if "meter_value" in changed and row.meter_value is not None:
        _meter(work, row)


def _all(problems: list[Problem]) -> str:
    return " ".join(p.message for p in problems)


def _serial_taken(work: Work, row: Any) -> list[Problem]:
    """Serials differ in more than capitals; two units without a product are compared with each other."""
    low = row.serial.lower()
    # The database's own lower() knows only ASCII on SQLite; the usual spellings are asked for by themselves.
    same = or_(
        func.lower(Equipment.serial) == low, Equipment.serial.in_({row.serial, low, row.serial.upper()})
    )
    found = work.session.execute(
        select(Equipment.id, Equipment.name, Equipment.archived_at)
        .where(Equipment.product_id == row.product_id if row.product_id else Equipment.product_id.is_(None))
        .where(same, Equipment.id != (row.id or 0))
        .limit(1),
        execution_options=SYSTEM_OPTIONS,
    ).first()
    if found is None:
        return []
    mine = work.session.scalar(select(Equipment.id).where(Equipment.id == found.id))
    if mine is None:
        remedy = _("It is a unit of another team: ask an administrator, or check the serial.")
        known = _("Serial {serial} is taken for this product.").format(serial=row.serial)
    else:
        known = _("Serial {serial} is taken for this product by “{name}”.").format(
            serial=row.serial, name=found.name
        )
        remedy = (
            _("It is archived: restore it, or check the serial.")
            if found.archived_at is not None
            else _("Open that unit, or check the serial.")
        )
    return [Problem("serial", f"{known} {remedy}")]


def _name(work: Work, row: Any, changed: Set[str]) -> None:
    if row.name and "name" not in changed and row.id is not None and changed & {"serial", "product_id"}:
        before = unit_name(_product(work, _old(row, "product_id")), _old(row, "serial"))
        if row.name == before:
            row.name = None
    if not row.name:
        row.name = unit_name(_product(work, row.product_id), row.serial)


def unit_name(product: str | None, serial: str) -> str:
    """How a unit is called that nobody gave a name: ``Volta 3 V3-118842``."""
    if not product or serial.lower().startswith(product.lower()):
        return serial
    return f"{product[: 199 - len(serial)].rstrip()} {serial}"


def _product(work: Work, product_id: int | None) -> str | None:
    if product_id is None:
        return None
    return work.session.scalar(select(Product.name).where(Product.id == product_id))


def _old(row: Any, name: str) -> Any:
    gone = inspect(row).attrs[name].load_history().deleted
    return gone[0] if gone else getattr(row, name)


def _customer(work: Work, row: Any, changed: Set[str]) -> None:
    """A unit of a person stands at that person's organisation unless another one is named."""
    if row.contact_id is not None and row.organisation_id is None and "contact_id" in changed:
        row.organisation_id = work.session.scalar(
            select(Contact.organisation_id).where(Contact.id == row.contact_id)
        )


def _retirement(work: Work, row: Any, changed: Set[str]) -> None:
    today = here(work.now).date()
    if "status" in changed and row.status == "retired":
        row.retired_on = row.retired_on or today
    elif "status" in changed and "retired_on" not in changed and row.retired_on is not None:
        # Taken back into use; a day that is still ahead stays.
        row.retired_on = row.retired_on if row.retired_on > today else None
    elif "retired_on" in changed and row.retired_on is not None and row.retired_on <= today:
        row.status = "retired"


def known_covers(given: Any, field: str) -> tuple[list[str], list[Problem]]:
    """The covered things as they are stored, in one order; a complaint for each other word."""
    said = {SPELLINGS.get(word := str(g).strip().lower(), word): str(g) for g in given or []}
    problems = [
        Problem(
            field, _("“{word}” cannot be covered. Choose from parts, labour and travel.").format(word=text)
        )
        for word, text in said.items()
        if word not in COVERS
    ]
    return [c for c in COVERS if c in said], problems


def _unit_days(work: Work, row: Any) -> list[Problem]:
    problems = []
    begun = row.installed_on
    if begun is not None and row.warranty_until is not None and row.warranty_until < begun:
        problems.append(
            Problem("warranty_until", _before(_("The warranty ends"), begun, _("the installation")))
        )
    if begun is not None and row.retired_on is not None and row.retired_on < begun:
        problems.append(
            Problem("retired_on", _before(_("The unit is retired"), begun, _("the installation")))
        )
    if row.observed_since is not None and row.observed_since > here(work.now).date():
        problems.append(
            Problem("observed_since", _("Observed since lies ahead. Choose today or an earlier day."))
        )
    return problems


def _before(what: str, begun: date, event: str) -> str:
    return _("{what} before {event} on {day}. Choose a day on or after it.").format(
        what=what, event=event, day=day_words(begun)
    )


def _meter(work: Work, row: Any) -> None:
    """A meter value typed into the form is a reading of this moment."""
    if row.id is None:
        row.meter_at = work.now
        work.session.add(row)
        work.session.flush()
    else:
        demand_order(work, row, row.meter_value, work.now, last=(_old(row, "meter_value"), row.meter_at))
        row.meter_at = work.now
    work.session.add(
        MeterReading(equipment_id=row.id, at=work.now, value=row.meter_value, user_id=work.actor.user_id)
    )


def prepare_reading(work: Work, row: Any, _changed: Set[str]) -> None:
    """A reading that is entered as a record fits between its neighbours, and the unit shows the newest.

    Raises
    ------
    Refused
        The meter would have run backwards, or the unit is not there.
    """
    unit = work.session.get(Equipment, row.equipment_id)
    if unit is None:
        text = _("There is no such unit, or it is not yours to see.")
        raise Refused(text, problems=[Problem("equipment_id", text)])
    row.at = row.at or work.now
    if row.user_id is None:
        row.user_id = work.actor.user_id
    if row.source != RESET:
        last = (None, None) if row.id else (unit.meter_value, unit.meter_at)
        demand_order(work, unit, row.value, row.at, last=last, but=row.id or 0)
    if unit.meter_at is None or row.at >= unit.meter_at:
        unit.meter_value, unit.meter_at = row.value, row.at


def prepare_contract(work: Work, row: Any, changed: Set[str]) -> None:
    """Who a contract is for, and that it ends after it begins and overlaps no other one.

    Raises
    ------
    Refused
        It names neither a unit nor an organisation, a unit of somebody else, ends before it starts, or another contract
        for the same unit (or for the whole organisation) runs at the same time; the sentence names that one.
    """
    unit = _contract_unit(work, row)
    if row.organisation_id is None and unit is not None:
        row.organisation_id = unit.organisation_id
    row.covers, problems = known_covers(row.covers, "covers")
    if row.equipment_id is None and row.organisation_id is None:
        problems.append(Problem("equipment_id", _("Choose a unit, or an organisation for all of its units.")))
    if unit is not None and changed & {"equipment_id", "organisation_id"}:
        problems += _of_another(work, row, unit)
    if row.ends_on is not None and row.ends_on < row.starts_on:
        problems.append(
            Problem(
                "ends_on",
                _("The contract ends before it starts on {day}. Choose a day on or after it.").format(
                    day=day_words(row.starts_on)
                ),
            )
        )
    elif not problems:
        problems += _overlapping(work, row)
    if problems:
        raise Refused(_("The contract was not stored. {why}").format(why=_all(problems)), problems=problems)
    if row.price_minor is not None and row.currency is None:
        row.currency = firm(work.session).currency


def _contract_unit(work: Work, row: Any) -> Any:
    if row.equipment_id is None:
        return None
    return work.session.execute(
        select(Equipment.id, Equipment.organisation_id).where(Equipment.id == row.equipment_id)
    ).first()


def _of_another(work: Work, row: Any, unit: Any) -> list[Problem]:
    if unit.organisation_id is None or unit.organisation_id == row.organisation_id:
        return []
    name = work.session.scalar(select(Organisation.name).where(Organisation.id == unit.organisation_id))
    return [
        Problem(
            "organisation_id",
            _("The unit stands at {name}. Choose that organisation, or leave the field blank.").format(
                name=name or _("another organisation")
            ),
        )
    ]


def _overlapping(work: Work, row: Any) -> list[Problem]:
    scope = (
        (Contract.equipment_id == row.equipment_id)
        if row.equipment_id is not None
        else Contract.equipment_id.is_(None) & (Contract.organisation_id == row.organisation_id)
    )
    overlaps = select(Contract.id, Contract.name, Contract.starts_on, Contract.ends_on).where(
        scope,
        Contract.id != (row.id or 0),
        Contract.archived_at.is_(None),
        or_(Contract.ends_on.is_(None), Contract.ends_on >= row.starts_on),
    )
    if row.ends_on is not None:
        overlaps = overlaps.where(Contract.starts_on <= row.ends_on)
    other = work.session.execute(
        overlaps.order_by(Contract.starts_on.desc()).limit(1), execution_options=SYSTEM_OPTIONS
    ).first()
    if other is None:
        return []
    seen = work.session.scalar(select(Contract.id).where(Contract.id == other.id))
    name = _("contract “{name}”").format(name=other.name) if seen else _("a contract of another team")
    runs = (
        _("from {start}, without an end").format(start=day_words(other.starts_on))
        if other.ends_on is None
        else _("from {start} to {end}").format(start=day_words(other.starts_on), end=day_words(other.ends_on))
    )
    if other.ends_on is None or (row.starts_on < other.starts_on):
        remedy = _("End that one first, or choose other days.")
    else:
        remedy = _("Start on {day} or later, or end that one first.").format(
            day=day_words(other.ends_on + timedelta(days=1))
        )
    what = (
        _("For this unit {name} runs {when}.")
        if row.equipment_id is not None
        else _("For all units of this organisation {name} runs {when}.")
    )
    return [Problem("starts_on", f"{what.format(name=name, when=runs)} {remedy}")]
