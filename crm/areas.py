"""The only file that knows all areas: each brings the rules of its records."""

from __future__ import annotations

from crm.campaigns.forms.rules import WebFormRules
from crm.campaigns.runs.rules import ArmRules, CampaignRules, ConsentRules, MemberRules
from crm.campaigns.social.rules import PostRules
from crm.contacts.rules import ContactRules, OrganisationRules
from crm.mail.templates.rules import TemplateRules
from crm.pipeline.deals.rules import DealLineRules, DealRules
from crm.pipeline.leads.rules import LeadRules
from crm.records.rules import Rules, register_rules
from crm.trade.rules import OrderLineRules

RULES: dict[str, Rules] = {
    "organisation": OrganisationRules(),
    "contact": ContactRules(),
    "lead": LeadRules(),
    "deal": DealRules(),
    "deal_line": DealLineRules(),
    "order_line": OrderLineRules(),
    "campaign": CampaignRules(),
    "campaign_arm": ArmRules(),
    "campaign_member": MemberRules(),
    "consent": ConsentRules(),
    "message_template": TemplateRules(),
    "web_form": WebFormRules(),
    "social_post": PostRules(),
}

for entity, rules in RULES.items():
    register_rules(entity, rules)
