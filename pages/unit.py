"""A unit: whether it is covered, what its meter shows, what happened to it and what is next."""

from crm.ui.equipment.page import show_unit
from crm.ui.frame.guard import current_actor
from crm.ui.records.record_page import asked_id

actor = current_actor()

show_unit(actor, asked_id("equipment"))
