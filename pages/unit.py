"""A unit: whether it is covered, what its meter shows, what happened to it and what is next."""

from crm.ui.guard import current_actor
from crm.ui.record_page import asked_id
from crm.ui.unit_page import show_unit

actor = current_actor()

show_unit(actor, asked_id("equipment"))
