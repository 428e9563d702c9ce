"""Products: what we sell, by category, with list prices."""

from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import ListScreen, show_list

actor = current_actor()

show_list(actor, ListScreen("product"))
