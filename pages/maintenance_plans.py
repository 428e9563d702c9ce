"""Maintenance plans: work that returns by time or by use."""

from crm.ui.equipment.lists import open_plan
from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import show_list
from crm.ui.records.views.screen import ListScreen

actor = current_actor()

show_list(actor, ListScreen("maintenance_plan", on_open=open_plan))
