"""Maintenance plans: work that returns by time or by use."""

from crm.ui.guard import current_actor
from crm.ui.listing import show_list
from crm.ui.unit_lists import plan_screen

actor = current_actor()

show_list(actor, plan_screen())
