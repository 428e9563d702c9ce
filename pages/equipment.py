"""Equipment: every unit in the field, whose it is and until when it is under warranty."""

from crm.ui.guard import current_actor
from crm.ui.listing import show_list
from crm.ui.unit_lists import unit_screen

actor = current_actor()

show_list(actor, unit_screen())
