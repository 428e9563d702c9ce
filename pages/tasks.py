"""Tasks: mine and my team's, the next due first; open ones, or those that are done."""

from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import show_list
from crm.ui.records.task_drawer import open_task
from crm.ui.records.views.screen import ListScreen

actor = current_actor()

show_list(actor, ListScreen("task", on_open=open_task))
