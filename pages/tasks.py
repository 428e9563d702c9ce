"""Tasks: mine and my team's, open and done."""

from crm.i18n import _
from crm.ui.guard import current_actor
from crm.ui.listing import ListScreen, show_list

actor = current_actor()

show_list(
    actor,
    ListScreen(
        entity="task",
        page="tasks",
        columns=("title", "due_on", "priority", "contact_id", "organisation_id", "owner_id", "done_at"),
        form=("title", "due_on", "priority", "contact_id", "organisation_id", "deal_id", "owner_id", "notes"),
        pill="priority",
        empty_text=_("What is to be done stands here. Add a task, or log a talk with a next step."),
    ),
)
