"""Service contracts: for a unit or for all units of an organisation, until when and what they cover."""

from crm.ui.equipment.lists import contract_screen
from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import show_list

actor = current_actor()

show_list(actor, contract_screen())
