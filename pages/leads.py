"""Leads: unqualified interest, to be worked and converted."""

from crm.i18n import _
from crm.ui.contacts.lead_drawer import open_lead
from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import ListScreen, show_list

actor = current_actor()

show_list(
    actor,
    ListScreen(
        entity="lead",
        page="leads",
        columns=("name", "company", "email", "source", "status", "score", "owner_id"),
        form=("name", "company", "email", "phone", "source", "status", "score", "interest"),
        more=("owner_id", "team_id"),
        pill="status",
        avatars=True,
        on_open=open_lead,
        empty_text=_("People who asked and are not customers yet stand here. Add one, or import a file."),
    ),
)
