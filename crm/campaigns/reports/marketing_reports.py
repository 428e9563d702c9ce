"""The reports on leads and on what campaigns cost and brought: tables with the sentence that says how each is computed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from crm.analytics.intervals import wilson
from crm.campaigns.reports import marketing_facts as facts
from crm.campaigns.reports.marketing_formulas import formula
from crm.reporting.book import Book, open_book
from crm.reporting.catalogue import CAMPAIGNS, LEADS, report
from crm.reporting.report import Report, SalesFilter
from db.scope import ScopedSession


@report("leads-by-source", "Leads, deals and won deals by the leads' source, with cost", LEADS)
def leads_by_source(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Leads by their source: converted, deals, won, win rate with range, cost where it is known."""
    book = open_book(session)
    costs = _lead_costs(session, book)
    frame = facts.leads(session, book, chosen, "source")
    each = [costs.get(_key(key)) for key in frame["campaign_id"]]
    frame["costed"] = [
        int(n) if cost is not None else 0 for n, cost in zip(frame["leads"], each, strict=True)
    ]
    frame["cost_minor"] = [
        round(cost * n) if cost is not None else 0 for n, cost in zip(frame["leads"], each, strict=True)
    ]
    frame["costed_won"] = [
        int(n) if cost is not None else 0 for n, cost in zip(frame["won"], each, strict=True)
    ]
    sums = [
        "leads",
        "converted",
        "deals",
        "won",
        "lost",
        "won_value_minor",
        "costed",
        "cost_minor",
        "costed_won",
    ]
    frame = frame.groupby("source", dropna=False, as_index=False)[sums].sum()
    frame = frame.sort_values("leads", ascending=False, ignore_index=True, kind="stable")
    rows = frame[["source", "leads", "converted", "deals", "won", "lost"]].astype({"source": object})
    rows["source"] = [None if pd.isna(name) else name for name in rows["source"]]
    for label, hits, whole in (
        ("conversion", frame["converted"], frame["leads"]),
        ("win_rate", frame["won"], frame["won"] + frame["lost"]),
    ):
        shares = [wilson(int(h), int(n)) for h, n in zip(hits, whole, strict=True)]
        rows[label] = [share.share for share in shares]
        rows[f"{label}_low"] = [share.low for share in shares]
        rows[f"{label}_high"] = [share.high for share in shares]
    rows["won_value_minor"] = frame["won_value_minor"]
    known = frame["costed"] > 0
    rows["cost_minor"] = frame["cost_minor"].astype(object).where(known, None)
    rows["cost_per_lead_minor"] = _ratios(frame["cost_minor"], frame["costed"])
    rows["cost_per_won_minor"] = _ratios(frame["cost_minor"], frame["costed_won"])
    summary = {
        name: int(frame[name].sum()) for name in ("leads", "converted", "deals", "won", "won_value_minor")
    }
    return Report(
        "leads-by-source",
        formula("leads-by-source"),
        book,
        chosen,
        summary["leads"],
        rows,
        summary,
        book.notes,
    )


def _lead_costs(session: ScopedSession, book: Book) -> dict[int, float]:
    """Minor units that each lead of a campaign cost, for campaigns whose cost is known."""
    found = facts.campaigns(session, book, SalesFilter())
    found = found[found["cost_minor"].notna()]
    counted = facts.totals(session, found["id"].tolist())["leads"]
    pairs = zip(found["id"], found["cost_minor"], counted, strict=True)
    return {int(key): cost / n for key, cost, n in pairs if n}


def _key(value: Any) -> int:
    return 0 if pd.isna(value) else int(value)


def _ratios(amounts: pd.Series[Any], counts: pd.Series[Any]) -> pd.Series[Any]:
    """Whole minor units each, None where no amount is known or there is nothing to share it among."""
    pairs = zip(amounts, counts, strict=True)
    found = [round(a / c) if c and a is not None and not pd.isna(a) else None for a, c in pairs]
    return pd.Series(found, index=counts.index, dtype=object)


@report("funnel-by-source", "From contacts over leads and deals to won deals, by source", LEADS)
def funnel_by_source(session: ScopedSession, chosen: SalesFilter) -> Report:
    """The leads of the period on their way, by source: how many became contacts, have a deal, and won it."""
    columns = ["leads", "converted", "deals", "won", "lost", "won_value_minor"]
    whole = leads_by_source(session, chosen)
    rows = whole.rows[["source", *columns]].sort_values(
        ["won_value_minor", "deals", "leads"], ascending=False, ignore_index=True, kind="stable"
    )
    summary = {name: int(rows[name].sum()) for name in columns}
    return replace(
        whole, name="funnel-by-source", formula=formula("funnel-by-source"), rows=rows, summary=summary
    )


def campaign_rows(session: ScopedSession, book: Book, chosen: SalesFilter) -> pd.DataFrame:
    """Campaigns by start with members, leads, deals, won deals and their cost.

    Returns
    -------
    DataFrame
        The columns of :func:`marketing_facts.campaigns`, then ``members, contacted, responded, converted, revenue_minor,
        leads, deals, won, won_value_minor, all_leads, all_won, cost_per_lead_minor, cost_per_won_minor``.
    """
    rows = facts.campaigns(session, book, chosen)
    counted = [
        facts.members(session, book, rows),
        facts.leads(session, book, SalesFilter(), "campaign")[["campaign_id", "leads"]],
        facts.deals(session, book)[["campaign_id", "deals", "won", "won_value_minor"]],
    ]
    for part in counted:
        names = [name for name in part.columns if name != "campaign_id"]
        found = {_key(key): values for key, *values in part[["campaign_id", *names]].itertuples(index=False)}
        for at, name in enumerate(names):
            rows[name] = pd.Series(
                [int(found[key][at]) if key in found else 0 for key in rows["id"]],
                index=rows.index,
                dtype="int64",
            )
    whole = facts.totals(session, rows["id"].tolist()).reset_index(drop=True)
    return rows.assign(
        all_leads=whole["leads"],
        all_won=whole["won"],
        cost_per_lead_minor=_ratios(rows["cost_minor"], whole["leads"]),
        cost_per_won_minor=_ratios(rows["cost_minor"], whole["won"]),
    )


def cost_per(rows: pd.DataFrame, what: str) -> tuple[int | None, int, int]:
    """Cost of campaigns whose cost is known by their ``leads`` or ``won`` deals, whoever holds them.

    Returns
    -------
    tuple
        Minor units each (None without any), the cost, and by how many it is divided.
    """
    known = rows[rows["cost_minor"].notna()]
    cost, n = int(known["cost_minor"].sum()), int(known[f"all_{what}"].sum())
    return round(cost / n) if n else None, cost, n


def _campaign_report(session: ScopedSession, chosen: SalesFilter, name: str, columns: list[str]) -> Report:
    book = open_book(session)
    rows = campaign_rows(session, book, chosen)
    if name == "cost-per-lead":
        rows = rows[rows["cost_minor"].notna()].reset_index(drop=True)
    sums = [
        c for c in ("contacted", "revenue_minor", "leads", "deals", "won", "won_value_minor") if c in columns
    ]
    summary: dict[str, Any] = {"campaigns": len(rows)} | {c: int(rows[c].sum()) for c in sums}
    known = [int(cost) for cost in rows["cost_minor"] if cost is not None]
    summary["cost_minor"] = sum(known) if known else None
    if name == "cost-per-lead" and known:
        for label, what in (("lead", "leads"), ("won", "won")):
            summary[f"cost_per_{label}_minor"], _cost, summary[f"divided_by_{what}"] = cost_per(rows, what)
    shown = rows.rename(columns={"name": "campaign"})[["campaign", *columns]]
    return Report(name, formula(name), book, chosen, len(rows), shown, summary, book.notes)


@report("funnel-by-campaign", "From those contacted to won deals, by campaign", CAMPAIGNS)
def funnel_by_campaign(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Contacted, responded, converted and their revenue, and leads and deals that name the campaign."""
    columns = [
        "contacted",
        "responded",
        "converted",
        "revenue_minor",
        "leads",
        "deals",
        "won",
        "won_value_minor",
        "cost_minor",
    ]
    return _campaign_report(session, chosen, "funnel-by-campaign", columns)


@report("cost-per-lead", "Cost of campaigns by lead and by won deal", CAMPAIGNS)
def cost_per_lead(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Cost of each campaign by its leads and its won deals; campaigns without a cost are left out."""
    columns = [
        "channel",
        "cost_minor",
        "leads",
        "cost_per_lead_minor",
        "won",
        "cost_per_won_minor",
        "won_value_minor",
    ]
    return _campaign_report(session, chosen, "cost-per-lead", columns)


@report("campaign-calendar", "Campaigns in order of their start, with what they cost and brought", CAMPAIGNS)
def campaign_calendar(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Campaigns by their first day, with members, cost and won value."""
    columns = [
        "status",
        "channel",
        "starts_on",
        "ends_on",
        "members",
        "revenue_minor",
        "cost_minor",
        "deals",
        "won",
        "won_value_minor",
    ]
    return _campaign_report(session, chosen, "campaign-calendar", columns)


@report(
    "response-by-segment", "Response of those who got a message, by segment, with 95 % intervals", CAMPAIGNS
)
def response_by_segment(session: ScopedSession, chosen: SalesFilter) -> Report:
    """Response of those who got a message, by the campaigns' segments and by the contacts' own."""
    book = open_book(session)
    ids = facts.campaigns(session, book, chosen)["id"].tolist()
    rows = []
    for by in ("campaign", "contact"):
        for key, n, hits in facts.responses(session, ids, by=by).itertuples(index=False):
            share = wilson(int(hits), int(n))
            rows.append((by, key or None, share.n, int(hits), share.share, share.low, share.high))
    columns = ["by", "segment", "members", "responded", "response", "low", "high"]
    kinds: dict[str, Any] = {"segment": object, "members": "int64", "responded": "int64", "response": float}
    frame = pd.DataFrame(rows, columns=columns).astype(kinds)
    frame = frame.sort_values(["by", "members"], ascending=[True, False], ignore_index=True, kind="stable")
    n = int(frame.loc[frame["by"] == "contact", "members"].sum())
    return Report(
        "response-by-segment", formula("response-by-segment"), book, chosen, n, frame, {"campaigns": len(ids)},
        book.notes,
    )  # fmt: skip
