"""Where the areas' reports are: loading this module registers them. Those of deals and sales lines register themselves."""

from __future__ import annotations

from crm.campaigns.reports import marketing_reports, result_reports
from crm.pipeline.reports import report_sales, report_stages, report_targets, reports
from crm.reporting.catalogue import CAMPAIGNS, LEADS, LINES, report
from crm.service.reports import service_reports as service
from crm.service.wear import reports as wear

__all__ = ["report_sales", "report_stages", "report_targets", "reports"]

for _name, _description, _takes, _run in (
    (
        "campaign-result",
        "Response, conversion and revenue by arm of a campaign with 95 % intervals",
        CAMPAIGNS,
        result_reports.campaign_results,
    ),
    (
        "campaign-lift",
        "What each arm brought beyond the control group, with corrected p-value",
        CAMPAIGNS,
        result_reports.campaign_lifts,
    ),
    (
        "leads-by-source",
        "Leads, deals and won deals by the leads' source, with cost",
        LEADS,
        marketing_reports.leads_by_source,
    ),
    (
        "funnel-by-source",
        "From contacts over leads and deals to won deals, by source",
        LEADS,
        marketing_reports.funnel_by_source,
    ),
    (
        "funnel-by-campaign",
        "From those contacted to won deals, by campaign",
        LEADS,
        marketing_reports.funnel_by_campaign,
    ),
    ("cost-per-lead", "Cost of campaigns by lead and by won deal", LEADS, marketing_reports.cost_per_lead),
    (
        "campaign-calendar",
        "Campaigns in order of their start, with what they cost and brought",
        LEADS,
        marketing_reports.campaign_calendar,
    ),
    (
        "response-by-segment",
        "Response of those who got a message, by segment, with 95 % intervals",
        CAMPAIGNS,
        marketing_reports.response_by_segment,
    ),
    ("failures-by-part", "Failures by part, most first", LINES, wear.failures_by_part),
    ("failures-by-model", "Failures by product, with its units", LINES, wear.failures_by_model),
    ("failure-gap", "Days between failures of a unit", LINES, wear.failure_gap),
    ("failure-rate", "Failures per unit-month by part, with 95 % interval", LINES, wear.failure_rate),
    (
        "failure-rate-by-model",
        "Failures per unit-month by product, with 95 % interval",
        LINES,
        wear.failure_rate_by_model,
    ),
    ("failure-repeats", "Failures repeated within 30 days, by part", LINES, wear.failure_repeats),
    ("maintenance-by-kind", "Part changes: repairs and planned", LINES, wear.maintenance_by_kind),
    ("units-at-risk", "Units most likely to fail within 90 days", LINES[2:], wear.units_at_risk),
    ("cases-by-status", "Cases by status", LINES, service.cases_by_status),
    ("cases-by-age", "Open cases by age", LINES[2:], service.cases_by_age),
    ("cases-by-queue", "Cases by queue", LINES, service.cases_by_queue),
    ("cases-by-month", "Cases opened and solved by month", LINES, service.cases_by_month),
    (
        "sla-attainment",
        "Promised answers and solutions in time, in all and by priority",
        LINES,
        service.sla_attainment,
    ),
    (
        "first-contact-resolution",
        "Cases solved at the first contact, with the 95 % interval",
        LINES,
        service.first_contact_resolution,
    ),
    ("reopen-rate", "Solved cases that came back", LINES, service.reopen_rate),
    ("satisfaction", "Ratings of solved cases", LINES, service.satisfaction),
    ("agent-load", "Open, late and solved cases by owner", LINES, service.agent_load),
    ("visits-due", "Visits to be made, by week", ("from", "to", "team", "owner"), service.visits_due),
):
    report(_name, _description, _takes)(_run)
