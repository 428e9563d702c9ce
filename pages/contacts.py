"""Contacts: find a person, add one, open one."""

from crm.i18n import _
from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import ListScreen, show_list

actor = current_actor()

show_list(
    actor,
    ListScreen(
        entity="contact",
        page="contacts",
        columns=("name", "organisation_id", "email", "phone", "lifecycle", "owner_id"),
        form=("first_name", "last_name", "email", "phone", "organisation_id", "job_title", "lifecycle"),
        more=(
            "source",
            "segment",
            "birth_date",
            "gender",
            "city",
            "region",
            "country",
            "owner_id",
            "team_id",
            "tags",
            "notes",
        ),
        pill="lifecycle",
        avatars=True,
        empty_text=_("People you sell to, work with or buy from stand here. Add one, or import a file."),
    ),
)
