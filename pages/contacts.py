"""Contacts: find a person, add one, open one."""

from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import show_list
from crm.ui.records.views.screen import ListScreen

actor = current_actor()

show_list(actor, ListScreen("contact"))
