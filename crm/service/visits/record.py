"""What follows from the values of a work order or a maintenance plan before it is stored."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from sqlalchemy import select

from crm.clock import here
from crm.errors import Problem, Refused
from crm.firm.firm import firm
from crm.i18n import _
from crm.records.numbers import give_number
from crm.service.equipment.equipment import coverages
from crm.service.visits.plans import due_of
from crm.service.words import day_words
from crm.work import Work
from db.models import Case, Contact, Equipment


def prepare_work_order(work: Work, row: Any, changed: Set[str]) -> None:
    """Number, customer and currency of a visit; its unit, else its case, says whose it is.

    Raises
    ------
    Refused
        A status that only finishing or reopening may set, or a day before the one it follows.
    """
    problems = []
    if row.id is None:
        give_number(work, "work_order", row)
        row.currency = row.currency or firm(work.session).currency
        if row.done_on is not None and row.status is None:
            row.status = "done"
        if (row.status == "done") != (row.done_on is not None):
            problems.append(
                Problem(
                    "done_on", _("A visit that is done has a day on which it was done, no other one has.")
                )
            )
    elif changed & {"status", "done_on"}:
        problems.append(
            Problem(
                "status",
                _("Use Start, Finish, Cancel or Reopen: they set the status with what belongs to it."),
            )
        )
    if changed & {"case_id", "equipment_id", "contact_id"}:
        _customer(work, row)
    today = here(work.now).date()
    if row.done_on is not None and row.done_on > today:
        problems.append(
            Problem("done_on", _("The day it was done lies ahead. Choose today or an earlier day."))
        )
    if row.next_on is not None and "next_on" in changed:
        first = row.done_on or row.planned_on
        if first is not None and row.next_on <= first:
            problems.append(
                Problem(
                    "next_on",
                    _("The next visit must come after this one on {day}. Choose a later day.").format(
                        day=day_words(first)
                    ),
                )
            )
    if problems:
        raise Refused(
            _("The visit was not stored. {why}").format(why=" ".join(p.message for p in problems)),
            problems=problems,
        )
    _cover(work, row, changed)


def _cover(work: Work, row: Any, changed: Set[str]) -> None:
    """A visit that is entered when it is over says whether it was covered on its day."""
    if row.done_on is not None and row.equipment_id is not None and changed & {"done_on", "equipment_id"}:
        covered = coverages(work.session, [row.equipment_id], on=row.done_on).get(row.equipment_id)
        row.covered = covered.state if covered else None


def _customer(work: Work, row: Any) -> None:
    """Blanks are filled from the case, then from the unit; what somebody entered stays."""
    for cls, key in ((Case, row.case_id), (Equipment, row.equipment_id)):
        if key is None:
            continue
        names = ("organisation_id", "contact_id", *(("equipment_id",) if cls is Case else ()))
        found = work.session.execute(select(*(getattr(cls, n) for n in names)).where(cls.id == key)).first()
        for name in names if found else ():
            if getattr(row, name) is None:
                setattr(row, name, getattr(found, name))
    if row.contact_id is not None and row.organisation_id is None:
        row.organisation_id = work.session.scalar(
            select(Contact.organisation_id).where(Contact.id == row.contact_id)
        )


def prepare_plan(work: Work, row: Any, changed: Set[str]) -> None:
    """The due day of a plan follows from how often, when it was done last and what the meter shows.

    Raises
    ------
    Refused
        It says neither how many days nor how much use lies between two visits, or its unit is retired.
    """
    problems = []
    if row.every_usage is not None and row.every_usage <= 0:
        problems.append(
            Problem("every_usage", _("Enter how much the meter grows between two visits, above 0."))
        )
    elif not row.every_days and not row.every_usage:
        problems.append(
            Problem(
                "every_days", _("Enter after how many days the work returns, or how much the meter grows.")
            )
        )
    unit = work.session.execute(
        select(Equipment.status, Equipment.name).where(Equipment.id == row.equipment_id)
    ).first()
    if unit is not None and unit.status == "retired" and changed & {"equipment_id", "is_active"}:
        problems.append(
            Problem("equipment_id", _("{name} is retired. Choose a unit in use.").format(name=unit.name))
        )
    if row.last_done_on is not None and row.last_done_on > here(work.now).date():
        problems.append(Problem("last_done_on", _("Last done lies ahead. Choose today or an earlier day.")))
    if problems:
        raise Refused(
            _("The maintenance plan was not stored. {why}").format(why=" ".join(p.message for p in problems)),
            problems=problems,
        )
    decides = {"every_days", "every_usage", "last_done_on", "last_done_meter", "equipment_id"}
    if row.next_due_on is None or (changed & decides and "next_due_on" not in changed):
        row.next_due_on = due_of(work, row).on
