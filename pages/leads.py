"""Leads: unqualified interest, to be worked and converted."""

from crm.ui.contacts.lead_drawer import open_lead
from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import show_list
from crm.ui.records.views.screen import ListScreen

actor = current_actor()

show_list(actor, ListScreen("lead", on_open=open_lead))
