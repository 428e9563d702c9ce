"""The reports by name, with what each tells and takes, and their JSON form."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

import pandas as pd

from crm.campaigns.reports import marketing_reports, result_reports
from crm.errors import NotFound
from crm.i18n import _
from crm.money import to_major
from crm.pipeline.reports import report_stages, report_targets, reports
from crm.pipeline.reports.report_sales import sales_report
from crm.reporting.report import Report, SalesFilter
from crm.service.reports import service_reports as service
from crm.service.wear import reports as wear
from db.scope import ScopedSession

DEALS = ("from", "to", "team", "owner", "product", "pipeline", "source")
STANDING = ("team", "owner", "product", "pipeline", "source")
LINES = ("from", "to", "team", "owner", "product")
LEADS = ("from", "to", "team", "owner", "source", "campaign")
CAMPAIGNS = ("from", "to", "campaign")
SERVICE = LINES


@dataclass(frozen=True, slots=True)
class ReportKind:
    """A report that can be asked for by name; ``takes`` names the filters that limit it."""

    name: str
    description: str
    run: Callable[[ScopedSession, SalesFilter], Report]
    takes: tuple[str, ...] = DEALS


KINDS: dict[str, ReportKind] = {
    kind.name: kind
    for kind in (
        ReportKind(
            "pipeline-by-stage",
            "Deals and their value by the stage they stand in now",
            report_stages.pipeline_by_stage,
            STANDING,
        ),
        ReportKind(
            "open-pipeline",
            "Open deals: entered, at list price, weighted by chance",
            report_stages.open_pipeline,
            STANDING,
        ),
        ReportKind("won-by-month", "Won value by month of closing", reports.won_by_month),
        ReportKind("won-by-quarter", "Won value by quarter of closing", reports.won_by_quarter),
        ReportKind("won-by-manager", "Won value by the owner's manager", reports.won_by_manager),
        ReportKind("won-by-team", "Won value by team", reports.won_by_team),
        ReportKind("won-by-product", "Won value by product", reports.won_by_product),
        ReportKind("won-by-agent", "Won value and deals by owner", reports.won_by_agent),
        ReportKind("average-deal", "Average won deal, in all and by team", reports.average_deal),
        ReportKind("win-rate", "Won among closed deals with its 95 % interval", reports.win_rate),
        ReportKind("win-rate-by-source", "Win rate by source", partial(reports.win_rate, by="source")),
        ReportKind(
            "win-rate-by-product", "Win rate by main product", partial(reports.win_rate, by="product")
        ),
        ReportKind("win-rate-by-agent", "Win rate by owner", partial(reports.win_rate, by="agent")),
        ReportKind("cycle-time", "Days from opening to closing of won deals", reports.cycle_time),
        ReportKind("funnel", "How many deals opened in the period reached each stage", report_stages.funnel),
        ReportKind("loss-reasons", "Lost deals by reason", report_stages.loss_reasons),
        ReportKind("targets", "Won value against target", report_targets.targets),
        ReportKind(
            "sales-totals",
            "Sales, profit, orders and customers in all",
            partial(sales_report, by="totals"),
            LINES,
        ),
        ReportKind("sales-by-year", "Sales and profit by year", partial(sales_report, by="year"), LINES),
        ReportKind("sales-by-month", "Sales and profit by month", partial(sales_report, by="month"), LINES),
        ReportKind(
            "sales-by-category", "Sales and profit by category", partial(sales_report, by="category"), LINES
        ),
        ReportKind(
            "sales-by-product", "Sales and profit by product", partial(sales_report, by="product"), LINES
        ),
        ReportKind(
            "campaign-result",
            "Response, conversion and revenue by arm of a campaign with 95 % intervals",
            result_reports.campaign_results,
            CAMPAIGNS,
        ),
        ReportKind(
            "campaign-lift",
            "What each arm brought beyond the control group, with corrected p-value",
            result_reports.campaign_lifts,
            CAMPAIGNS,
        ),
        ReportKind(
            "leads-by-source",
            "Leads, deals and won deals by the leads' source, with cost",
            marketing_reports.leads_by_source,
            LEADS,
        ),
        ReportKind(
            "funnel-by-source",
            "From contacts over leads and deals to won deals, by source",
            marketing_reports.funnel_by_source,
            LEADS,
        ),
        ReportKind(
            "funnel-by-campaign",
            "From those contacted to won deals, by campaign",
            marketing_reports.funnel_by_campaign,
            LEADS,
        ),
        ReportKind(
            "cost-per-lead",
            "Cost of campaigns by lead and by won deal",
            marketing_reports.cost_per_lead,
            LEADS,
        ),
        ReportKind(
            "campaign-calendar",
            "Campaigns in order of their start, with what they cost and brought",
            marketing_reports.campaign_calendar,
            LEADS,
        ),
        ReportKind(
            "response-by-segment",
            "Response of those who got a message, by segment, with 95 % intervals",
            marketing_reports.response_by_segment,
            CAMPAIGNS,
        ),
        ReportKind(
            "sales-by-region", "Sales and profit by region", partial(sales_report, by="region"), LINES
        ),
        ReportKind("failures-by-part", "Failures by part, most first", wear.failures_by_part, LINES),
        ReportKind("failures-by-model", "Failures by product, with its units", wear.failures_by_model, LINES),
        ReportKind("failure-gap", "Days between failures of a unit", wear.failure_gap, LINES),
        ReportKind(
            "failure-rate", "Failures per unit-month by part, with 95 % interval", wear.failure_rate, LINES
        ),
        ReportKind(
            "failure-rate-by-model",
            "Failures per unit-month by product, with 95 % interval",
            wear.failure_rate_by_model,
            LINES,
        ),
        ReportKind(
            "failure-repeats", "Failures repeated within 30 days, by part", wear.failure_repeats, LINES
        ),
        ReportKind(
            "maintenance-by-kind", "Part changes: repairs and planned", wear.maintenance_by_kind, LINES
        ),
        ReportKind(
            "units-at-risk", "Units most likely to fail within 90 days", wear.units_at_risk, LINES[2:]
        ),
        ReportKind("cases-by-status", "Cases by status", service.cases_by_status, SERVICE),
        ReportKind("cases-by-age", "Open cases by age", service.cases_by_age, SERVICE[2:]),
        ReportKind("cases-by-queue", "Cases by queue", service.cases_by_queue, SERVICE),
        ReportKind("cases-by-month", "Cases opened and solved by month", service.cases_by_month, SERVICE),
        ReportKind(
            "sla-attainment",
            "Promised answers and solutions in time, in all and by priority",
            service.sla_attainment,
            SERVICE,
        ),
        ReportKind(
            "first-contact-resolution",
            "Cases solved at the first contact, with the 95 % interval",
            service.first_contact_resolution,
            SERVICE,
        ),
        ReportKind("reopen-rate", "Solved cases that came back", service.reopen_rate, SERVICE),
        ReportKind("satisfaction", "Ratings of solved cases", service.satisfaction, SERVICE),
        ReportKind("agent-load", "Open, late and solved cases by owner", service.agent_load, SERVICE),
        ReportKind(
            "visits-due", "Visits to be made, by week", service.visits_due, ("from", "to", "team", "owner")
        ),
    )
}


def run_report(session: ScopedSession, name: str, chosen: SalesFilter | None = None) -> Report:
    """One report within the session's scope.

    Raises
    ------
    NotFound
        No report has this name; the message lists those there are.
    """
    kind = KINDS.get(name)
    if kind is None:
        text = _("There is no report “{name}”. There are: {known}.")
        raise NotFound(text.format(name=name, known=", ".join(KINDS)))
    return kind.run(session, chosen or SalesFilter())


def to_json(report: Report) -> dict[str, Any]:
    """The report as plain JSON values: amounts in major units, days as ISO texts, shares 0 to 1."""
    currency = report.book.currency
    rows = report.rows.astype(object).to_dict("records")
    return {
        "report": report.name,
        "description": _(KINDS[report.name].description),
        "formula": report.formula,
        "as_of": report.book.as_of.isoformat(timespec="seconds"),
        "currency": currency,
        "filters": filter_json(report.chosen, KINDS[report.name].takes),
        "n": report.n,
        "summary": _plain(dict(report.summary), currency),
        "rows": [_plain({str(k): v for k, v in row.items()}, currency) for row in rows],
        "notes": list(report.notes),
    }


def filter_json(chosen: SalesFilter, takes: tuple[str, ...] = DEALS) -> dict[str, Any]:
    """The filters that were set and that the report takes."""
    values: dict[str, Any] = {
        "from": chosen.start,
        "to": chosen.end,
        "team": list(chosen.teams),
        "owner": list(chosen.owners),
        "product": list(chosen.products),
        "pipeline": list(chosen.pipelines),
        "source": list(chosen.sources),
        "campaign": list(chosen.campaigns),
    }
    return {name: _value(value) for name, value in values.items() if name in takes and value}


def _plain(row: dict[str, Any], currency: str) -> dict[str, Any]:
    return {
        key.removesuffix("_minor"): _major(value, currency) if key.endswith("_minor") else _value(value)
        for key, value in row.items()
    }


def _major(minor: Any, currency: str) -> int | float | None:
    """Minor units as a JSON number, whole where the amount is."""
    if minor is None or pd.isna(minor):
        return None
    amount: Decimal = to_major(int(minor), currency)
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def _value(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_value(v) for v in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if hasattr(value, "item"):
        value = value.item()
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) > 1 else value
