"""The only file that knows all areas: each brings the rules of its records."""

from __future__ import annotations

from crm.contacts.rules import ContactRules, OrganisationRules
from crm.pipeline.deals.rules import DealLineRules, DealRules
from crm.pipeline.leads.rules import LeadRules
from crm.records.rules import Rules, register_rules
from crm.service.cases.rules import CaseRules
from crm.service.contracts.rules import ContractRules
from crm.service.equipment.rules import HappeningRules, UnitRules
from crm.service.meters.rules import ReadingRules
from crm.service.visits.rules import PlanRules, VisitRules
from crm.trade.rules import OrderLineRules

RULES: dict[str, Rules] = {
    "organisation": OrganisationRules(),
    "contact": ContactRules(),
    "lead": LeadRules(),
    "deal": DealRules(),
    "deal_line": DealLineRules(),
    "order_line": OrderLineRules(),
    "case": CaseRules(),
    "equipment": UnitRules(),
    "contract": ContractRules(),
    "maintenance_plan": PlanRules(),
    "work_order": VisitRules(),
    "failure": HappeningRules("failed_at"),
    "part_change": HappeningRules("at"),
    "meter_reading": ReadingRules(),
    "equipment_event": HappeningRules("at"),
}

for entity, rules in RULES.items():
    register_rules(entity, rules)
