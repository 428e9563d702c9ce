"""Organisations: find a company, add one, open one."""

from crm.i18n import _
from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import ListScreen, show_list

actor = current_actor()

show_list(
    actor,
    ListScreen(
        entity="organisation",
        page="organisations",
        columns=("name", "sector", "city", "country", "lifecycle", "owner_id"),
        form=("name", "sector", "lifecycle", "website", "email", "phone", "city", "country"),
        more=(
            "number",
            "source",
            "employees",
            "revenue_minor",
            "currency",
            "founded",
            "region",
            "parent_id",
            "owner_id",
            "team_id",
            "tags",
            "notes",
        ),
        pill="lifecycle",
        avatars=True,
        empty_text=_("Companies and bodies stand here. Add one, or import a file."),
    ),
)
