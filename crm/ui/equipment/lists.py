"""The drawers of a contract and of a maintenance plan."""

from __future__ import annotations

import streamlit as st

from crm.clock import today
from crm.errors import CrmError
from crm.records import records
from crm.records.view import RecordView
from crm.service.equipment.equipment import coverage
from crm.service.equipment.equipment_queries import PlanLine, plan_words
from crm.ui.frame import routes
from crm.ui.kit import look
from crm.ui.records.drawers import open_record
from crm.work import Actor, reading


def open_contract(actor: Actor, contract_id: int) -> None:
    """Open the drawer of a contract."""
    open_record(actor, "contract", contract_id, _contract)


def open_plan(actor: Actor, plan_id: int) -> None:
    """Open the drawer of a maintenance plan."""
    open_record(actor, "maintenance_plan", plan_id, _plan)


def _contract(actor: Actor, view: RecordView) -> bool:
    unit_link(actor, view.values["equipment_id"])
    return True


def _plan(actor: Actor, view: RecordView) -> bool:
    plan = view.values
    unit = unit_link(actor, plan["equipment_id"])
    line = PlanLine(0, "", plan["every_months"], plan["every_days"], plan["every_usage"], plan["next_due_on"])
    st.caption(look.plain(plan_words(line, str(unit.get("meter_unit") or ""))))
    return True


def unit_link(actor: Actor, equipment_id: object) -> dict[str, object]:
    """A link to a unit with its coverage today; gives the unit, empty where there is none to see."""
    if not isinstance(equipment_id, int):
        return {}
    try:
        with reading(actor) as session:
            unit = records.get_record(session, "equipment", equipment_id)
            covered = coverage(session, equipment_id, on=today())
    except CrmError:
        return {}
    with st.container(gap=None):
        routes.link("equipment", equipment_id, unit["name"])
        st.caption(look.plain(covered.reason))
    return unit
