"""Settings of visits: what an hour of a technician costs."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from crm.firm.firm import firm
from crm.i18n import _
from crm.money import exponent, to_major, to_minor
from crm.service.equipment.labour import labour_rate, set_labour_rate
from crm.ui.frame.guard import storing
from crm.ui.kit.formats import money
from crm.work import Actor, reading


def show_visits(actor: Actor) -> None:
    """The rate of an hour; visits that are done keep the cost they were finished with."""
    with reading(actor) as session:
        rate, currency = labour_rate(session), firm(session).currency
    if rate is not None and rate.currency != currency:
        said = _(
            "Stored is {rate}, from before the firm's currency was changed. It is converted until you enter it anew."
        )
        st.caption(said.format(rate=money(rate.minor, rate.currency)))
    with st.form("settings_visits"):
        value = st.number_input(
            _("An hour of work costs ({currency})").format(currency=currency),
            value=float(to_major(rate.minor, currency))
            if rate is not None and rate.currency == currency
            else None,
            min_value=0.0,
            format=f"%.{exponent(currency)}f",
            key="settings_visits_rate",
            help=_("Times the hours of a visit its labour cost. Visits that are done keep theirs."),
        )
        sent = st.form_submit_button(_("Save"), type="primary")
    if sent and value is not None:
        with storing(actor, _("Stored. Visits finished from now on cost this much an hour.")) as work:
            set_labour_rate(work, to_minor(Decimal(str(value)), currency))
