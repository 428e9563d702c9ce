"""Organisations: find a company, add one, open one."""

from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import ListScreen, show_list

actor = current_actor()

show_list(actor, ListScreen("organisation"))
