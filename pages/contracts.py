"""Service contracts: for a unit or for all units of an organisation, until when and what they cover."""

from crm.ui.guard import current_actor
from crm.ui.listing import show_list
from crm.ui.unit_lists import contract_screen

actor = current_actor()

show_list(actor, contract_screen())
