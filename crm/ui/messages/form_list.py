"""The list of web forms: where each stands, how often it was answered, and the way to it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from crm.campaigns.forms.answers import LATELY, FormLine, form_lines
from crm.clock import here, now
from crm.i18n import _, ngettext
from crm.links import public_url
from crm.ui.frame import routes
from crm.ui.frame.record_table import clicked_row
from crm.ui.kit import look
from crm.ui.records.drawers import new_record
from crm.work import Actor, reading
from db.models.campaigns.messages import FORM_KINDS
from db.scope import CREATE


def show_forms(actor: Actor) -> None:
    """Draw the whole screen."""
    head = st.container()
    with look.toolbar():
        archived = st.toggle(_("Archived records"), key="web_forms_archived", bind="query-params")
    with reading(actor) as session:
        found = form_lines(session, now=now(), archived=archived)
    said = ngettext("{n} web form", "{n} web forms", len(found)).format(n=len(found))
    with head, look.page(_("Web forms"), said):
        if actor.may("campaign", CREATE) and st.button(
            _("New web form"), icon=":material/add:", type="primary", key="web_forms_new"
        ):
            new_record(actor, "web_form", preset={"is_active": True})
    if not found:
        look.empty(
            _("No web forms yet") if not archived else _("Nothing in the archive"),
            _(
                "A form takes interest or service requests from your website and makes leads or cases of them."
            ),
        )
        return
    _table(found)


def _table(found: list[FormLine]) -> None:
    kinds = {value: _(label) for value, label in FORM_KINDS}
    days = LATELY.days
    frame = pd.DataFrame(
        {
            "name": [line.name for line in found],
            "state": [[_("Active") if line.is_active else _("Closed")] for line in found],
            "kind": [kinds.get(line.kind, line.kind) for line in found],
            "lately": [line.lately for line in found],
            "answers": [line.answers for line in found],
            "last": [here(line.last_at).replace(tzinfo=None) if line.last_at else None for line in found],
            "campaign": [line.campaign for line in found],
            "address": [public_url(f"/forms/{line.slug}") for line in found],
        }
    )
    kinds_of = st.column_config
    place = clicked_row(
        frame,
        {
            "name": kinds_of.TextColumn(_("Name"), width=190),
            "state": kinds_of.MultiselectColumn(
                _("State"), options=[_("Active"), _("Closed")], color=["green", "gray"], width=90
            ),
            "kind": kinds_of.TextColumn(_("Kind"), width=110),
            "lately": kinds_of.NumberColumn(_("Answers, {n} days").format(n=days), width=115),
            "answers": kinds_of.NumberColumn(_("Answers in all"), width=100),
            "last": kinds_of.DatetimeColumn(_("Last answer"), format="D MMM YYYY, HH:mm", width=140),
            "campaign": kinds_of.TextColumn(_("Campaign"), width=170),
            "address": kinds_of.LinkColumn(_("Address"), display_text=r"(/forms/.*)$", width=150),
        },
        key="web_forms_table",
        alt=_("Web forms; click a cell to open the form"),
    )
    if place is not None:
        routes.go("web_form", found[place].id)
