"""Maintenance plans: work that returns by time or by use."""

from crm.ui.equipment.lists import plan_screen
from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import show_list

actor = current_actor()

show_list(actor, plan_screen())
