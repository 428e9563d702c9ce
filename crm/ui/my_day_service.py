"""The card of "My day" that says which unit to visit before it breaks."""

from __future__ import annotations

import streamlit as st

from crm.clock import today
from crm.errors import CrmError
from crm.i18n import _
from crm.service.proposals import RISK, Proposal, plan_visit, put_off
from crm.ui import look, routes
from crm.ui.formats import day, percent
from crm.ui.guard import flash
from crm.work import Actor, unit_of_work
from db.actor import CREATE


def proposals_card(actor: Actor, found: list[Proposal]) -> None:
    """Each unit with its reason, one button that plans the visit, and a way out."""
    for one in found:
        with look.row():
            chip = percent(one.risk) if one.risk is not None and one.kind == RISK else ""
            look.two_lines(one.title, chip, f"{one.reason}. {one.evidence[:1].upper()}{one.evidence[1:]}.")
            key = f"{one.equipment_id}_{one.kind}"
            if actor.may("work_order", CREATE) and st.button(
                _("Plan visit"), key=f"my_day_visit_{key}", width=110
            ):
                _plan(actor, one)
            with st.popover("", icon=":material/more_vert:", type="tertiary", help=_("More")):
                if "unit" in routes.screens():
                    st.page_link(
                        routes.page("unit"),
                        label=_("Open the unit"),
                        query_params={"id": str(one.equipment_id)},
                    )
                if st.button(_("Not now"), key=f"my_day_not_now_{key}", type="tertiary"):
                    _put_off(actor, one)


def _plan(actor: Actor, one: Proposal) -> None:
    try:
        with unit_of_work(actor) as work:
            made = plan_visit(work, one, today=today())
    except CrmError as problem:
        flash(problem.message)
    else:
        text = _("Visit {number} is planned for {day}.")
        flash(text.format(number=made["number"], day=day(made["planned_on"], today=today())))
    st.rerun()


def _put_off(actor: Actor, one: Proposal) -> None:
    try:
        with unit_of_work(actor) as work:
            until = put_off(work, one, today=today())
    except CrmError as problem:
        flash(problem.message)
    else:
        flash(_("Put off until {day}.").format(day=day(until, today=today())))
    st.rerun()
