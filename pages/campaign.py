"""A campaign: plan and audience, members, result, links and log."""

from crm.ui.campaign_page import show_campaign
from crm.ui.guard import current_actor
from crm.ui.record_page import asked_id

actor = current_actor()

show_campaign(actor, asked_id("campaign"))
