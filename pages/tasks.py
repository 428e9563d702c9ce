"""Tasks: mine and my team's, the next due first; open ones, or those that are done."""

from crm.i18n import _
from crm.ui.frame.guard import current_actor
from crm.ui.frame.quick import TASK
from crm.ui.records.listing import ListScreen, show_list
from crm.ui.records.task_drawer import open_task

actor = current_actor()

show_list(
    actor,
    ListScreen(
        entity="task",
        page="tasks",
        columns=("title", "due_on", "due_time", "priority", "organisation_id", "contact_id", "owner_id"),
        form=(*TASK, "organisation_id", "deal_id", "case_id", "campaign_id", "notes"),
        pill="priority",
        sort="due_on",
        open_while_blank="done_at",
        on_open=open_task,
        empty_text=_("What is to be done stands here. Add a task, or log a talk with a next step."),
    ),
)
