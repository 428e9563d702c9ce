"""The cases of a contact or organisation beside its page."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from crm.clock import here, today
from crm.i18n import _
from crm.service.cases.queries import cases_of
from crm.ui.cases.words import status_tag
from crm.ui.frame import routes
from crm.ui.kit import look
from crm.ui.kit.formats import day
from crm.ui.records.drawers import new_record
from crm.work import Actor, reading
from db.scope import CREATE, READ


def cases_card(actor: Actor, entity: str, record_id: int, *, links: Mapping[str, int | None]) -> None:
    """The newest cases, open ones first, and the way to a new one; nothing for whoever sees no cases."""
    if not actor.may("case", READ):
        return
    with reading(actor) as session:
        found, open_ = cases_of(session, entity, record_id)
    note = _("{n} open").format(n=open_) if found else ""
    with look.card(_("Cases"), note, key="record_cases"):
        for case in found:
            said = f"{case.number} · {day(here(case.opened_at).date(), today=today())}"
            routes.link("case", case.id, case.subject, f"{status_tag(case.status)} {look.quiet(said)}")
        if not found:
            st.caption(_("No cases yet."))
        if actor.may("case", CREATE) and st.button(
            _("New case"), key="record_new_case", type="tertiary", icon=":material/add:"
        ):
            new_record(actor, "case", preset=links)
