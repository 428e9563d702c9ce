"""Equipment and visits of a contact or organisation beside its page."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from crm.clock import today
from crm.i18n import _
from crm.service.equipment.equipment_queries import units_of
from crm.service.visits.queries import visits_of
from crm.ui.frame import routes
from crm.ui.kit import look
from crm.ui.records.drawers import new_record
from crm.ui.visits.equipment_words import coverage_tag
from crm.ui.visits.rows import visits_card
from crm.work import Actor, reading
from db.scope import CREATE, READ

#: Units named on the card; the list has them all.
SHOWN = 6


def equipment_card(actor: Actor, entity: str, record_id: int, *, links: Mapping[str, int | None]) -> None:
    """Units with their cover today, and open visits; nothing for whoever sees no equipment."""
    if actor.may("equipment", READ):
        _units(actor, entity, record_id, links)
    if actor.may("work_order", READ):
        with reading(actor) as session:
            visits = visits_of(session, entity, record_id, day=today())
        visits_card(actor, visits, key="record_visits", preset=links)


def _units(actor: Actor, entity: str, record_id: int, links: Mapping[str, int | None]) -> None:
    with reading(actor) as session:
        units, count = units_of(session, entity, record_id, on=today())
    with look.card(_("Equipment"), key="record_units"):
        for unit in units[:SHOWN]:
            place = f" {look.quiet(unit.place)}" if unit.place else ""
            routes.link("equipment", unit.id, unit.name, f":small[{coverage_tag(unit.covered)}]{place}")
        if count > SHOWN:
            st.caption(_("and {n} more; the list of equipment has them all").format(n=count - SHOWN))
        if not units:
            st.caption(_("No equipment yet."))
        if actor.may("equipment", CREATE) and st.button(
            _("New equipment"), key="record_new_unit", type="tertiary", icon=":material/add:"
        ):
            new_record(actor, "equipment", preset=links)
