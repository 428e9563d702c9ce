"""A lead in a drawer: change it, or convert it into a contact with organisation and deal."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import streamlit as st

from crm.contacts.conversion import Likely, convert_lead, likely_duplicates
from crm.i18n import _
from crm.money import to_minor
from crm.records.view import RecordView
from crm.ui.frame import routes
from crm.ui.frame.guard import storing
from crm.ui.kit import look
from crm.ui.kit.forms import firm_currency
from crm.ui.records.drawers import open_record
from crm.work import Actor, reading
from db.scope import CREATE


def open_lead(actor: Actor, lead_id: int) -> None:
    """Open the drawer of a lead."""
    open_record(actor, "lead", lead_id, _special)


def _special(actor: Actor, view: RecordView) -> bool:
    """What a lead became, or the way to make a contact of it; a converted one is changed no more."""
    lead = view.values
    if lead["contact_id"] is not None:
        _converted(lead)
        return False
    if view.may_change and not view.archived and actor.may("contact", CREATE):
        with reading(actor) as session:
            same = likely_duplicates(session, view.id)
        with st.expander(_("Convert to a contact"), icon=":material/person_add:", expanded=True):
            _convert(actor, lead, same.contacts, same.organisations, f"edit_lead_{view.id}_convert")
    return True


def _converted(lead: dict[str, Any]) -> None:
    st.success(_("This lead was converted."), icon=":material/check:")
    for page, label in (
        ("contact", _("Open the contact")),
        ("organisation", _("Open the organisation")),
        ("deal", _("Open the deal")),
    ):
        record_id = lead[f"{page}_id"]
        if record_id is not None:
            routes.link(page, record_id, label)


def _convert(
    actor: Actor, lead: dict[str, Any], people: Sequence[Likely], companies: Sequence[Likely], key: str
) -> None:
    """Who the lead is, whether a deal follows; duplicates are asked about before anything is stored."""
    currency = firm_currency(actor)
    with st.form(f"{key}_form", border=False):
        person = _choice(
            _("Contact"), _("A new contact: {name}").format(name=lead["name"]), people, f"{key}_person"
        )
        company = 0
        if lead["company"]:
            new = _("A new organisation: {name}").format(name=lead["company"])
            company = _choice(_("Organisation"), new, companies, f"{key}_company", none=_("No organisation"))
        title = st.text_input(
            _("Open a deal called"),
            key=f"{key}_deal",
            max_chars=200,
            placeholder=_("Leave empty for no deal"),
        )
        amount = st.number_input(
            _("Amount ({currency})").format(currency=currency), value=None, min_value=0.0, key=f"{key}_amount"
        )
        done = st.form_submit_button(_("Convert"), type="primary", icon=":material/person_add:")
    if not done:
        return
    said = _("{name} is a contact now.").format(name=lead["name"])
    with storing(actor, said, then=lambda: routes.go("contact", made.contact_id)) as work:
        made = convert_lead(
            work,
            lead_id=lead["id"],
            seen_version=lead["version"],
            contact_id=person or None,
            organisation_id=company if company > 0 else None,
            new_organisation=company == 0,
            deal_title=title or "",
            deal_amount_minor=None if amount is None else to_minor(Decimal(str(amount)), currency),
            deal_currency=currency,
            # The likely ones stood in the choice; "a new contact" was chosen beside them.
            anyway=bool(people or companies),
        )


def _choice(label: str, new: str, likely: Sequence[Likely], key: str, *, none: str = "") -> int:
    """The id of a likely record, 0 for a new one, -1 for none; the likeliest is chosen at first."""
    names = {item.id: f"{item.title} ({item.why})" for item in likely} | {0: new}
    if none:
        names[-1] = none
    chosen = st.radio(label, list(names), format_func=lambda id_: look.plain(names[id_]), key=key)
    return int(chosen or 0)
