"""A campaign: plan and audience, members, result, links and log."""

from crm.ui.campaigns.page import show_campaign
from crm.ui.frame.guard import current_actor
from crm.ui.records.record_page import asked_id

actor = current_actor()

show_campaign(actor, asked_id("campaign"))
