"""Service contracts: for a unit or for all units of an organisation, until when and what they cover."""

from crm.ui.equipment.lists import open_contract
from crm.ui.frame.guard import current_actor
from crm.ui.records.listing import show_list
from crm.ui.records.views.screen import ListScreen

actor = current_actor()

show_list(actor, ListScreen("contract", on_open=open_contract))
