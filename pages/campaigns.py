"""Campaigns: the list from plan to result, and the calendar."""

from crm.ui.campaigns.list import show_campaigns
from crm.ui.frame.guard import current_actor

actor = current_actor()

show_campaigns(actor)
