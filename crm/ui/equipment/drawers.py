"""What is noted from the page of a unit: what its meter shows."""

from __future__ import annotations

import streamlit as st

from crm.clock import noon, now, today
from crm.i18n import _
from crm.service.equipment.equipment import record_meter
from crm.service.equipment.equipment_queries import UnitPage
from crm.ui.frame.guard import storing
from crm.ui.kit import look
from crm.ui.kit.inputs import FIRST_DAY
from crm.ui.visits.equipment_words import meter_words
from crm.work import Actor


def meter_drawer(actor: Actor, page: UnitPage) -> None:
    """Open the drawer that notes what the meter shows."""
    values = page.view.values
    unit = values["meter_unit"] or ""

    @st.dialog(_("Read the meter"), position="right", width=440)
    def drawer() -> None:
        shown = meter_words(values["meter_value"], unit)
        st.caption(look.plain(_("{name} showed {value} last.").format(name=page.view.title, value=shown)))
        with st.form("unit_meter", border=False):
            label = _("It shows ({unit})").format(unit=unit) if unit else _("It shows")
            value = st.number_input(label, value=None, min_value=0.0, key="unit_meter_value")
            read_on = st.date_input(
                _("Read on"), value=today(), min_value=FIRST_DAY, max_value=today(), key="unit_meter_day",
                format="YYYY-MM-DD",
            )  # fmt: skip
            reset = st.checkbox(_("The meter was replaced or set back"), key="unit_meter_reset")
            sent = st.form_submit_button(_("Save"), type="primary", icon=":material/check:")
        if not sent:
            return
        if value is None:
            st.error(_("Enter what the meter shows."), icon=":material/error:")
            return
        at = now() if read_on == today() else noon(read_on)
        with storing(actor, _("The reading is stored.")) as work:
            record_meter(work, page.view.id, float(value), at=at, source="screen", reset=reset)

    drawer()
