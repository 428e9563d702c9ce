"""The reports on campaigns as experiments: arms with their ranges, and what each brought beyond the control group."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pandas as pd

from crm.analytics import trial
from crm.analytics.effects_words import conclude
from crm.analytics.trial import Arm, Lift
from crm.campaigns.reports import marketing_facts as facts
from crm.campaigns.reports.marketing_formulas import formula
from crm.campaigns.reports.results import CampaignResult, campaign_result, circumstances
from crm.i18n import _
from crm.money import exponent
from crm.reporting.book import Book, open_book
from crm.reporting.catalogue import CAMPAIGNS, report
from crm.reporting.report import Report, SalesFilter
from db.scope import ScopedSession

#: Without a chosen campaign so many of the newest ones are told.
MOST_CAMPAIGNS = 100


def _results(session: ScopedSession, chosen: SalesFilter) -> tuple[Book, list[CampaignResult], list[str]]:
    """The chosen campaigns, else the newest with members, in the currency they share."""
    book = open_book(session)
    found = facts.campaigns(session, book, chosen)
    counted = facts.members(session, book, found) if not chosen.campaigns else None
    if counted is not None:
        found = found[found["id"].isin(counted["campaign_id"])]
    notes = list(book.notes)
    if len(found) > MOST_CAMPAIGNS:
        notes.append(_("Only the newest {n} campaigns are told.").format(n=MOST_CAMPAIGNS))
    results = [campaign_result(session, int(key)) for key in found["id"].tolist()[-MOST_CAMPAIGNS:]]
    currencies = {result.book.currency for result in results}
    if len(currencies) == 1:
        book = replace(book, currency=currencies.pop(), said=())
    return book, results, notes


@report(
    "campaign-result", "Response, conversion and revenue by arm of a campaign with 95 % intervals", CAMPAIGNS
)
def campaign_results(session: ScopedSession, chosen: SalesFilter) -> Report:
    """One row per arm; a single campaign's summary has its conclusion, cost and what it brought."""
    book, results, notes = _results(session, chosen)
    rows = [_arm_row(result, arm) for result in results for arm in result.arms]
    summary: dict[str, Any] = {"campaigns": len(results)}
    if len(results) == 1:
        (only,) = results
        summary = _summary(only)
        notes += only.book.notes
    n = sum(result.n for result in results)
    frame = pd.DataFrame(rows, columns=list(rows[0]) if rows else ["campaign", "arm"])
    return Report(
        "campaign-result", formula("campaign-result"), book, chosen, n, frame, summary, tuple(notes)
    )


def _arm_row(result: CampaignResult, arm: Arm) -> dict[str, Any]:
    shares = {name: trial.level(arm, name) for name in (trial.RESPONSE, trial.CONVERSION)}
    each = _ranged(trial.level(arm, trial.REVENUE), result.book.currency)
    return {
        "campaign": result.name,
        "arm": arm.name,
        "is_control": arm.is_control,
        "members": arm.n,
        "responded": arm.responded,
        "response": shares[trial.RESPONSE].value,
        "response_low": shares[trial.RESPONSE].low,
        "response_high": shares[trial.RESPONSE].high,
        "converted": arm.converted,
        "conversion": shares[trial.CONVERSION].value,
        "conversion_low": shares[trial.CONVERSION].low,
        "conversion_high": shares[trial.CONVERSION].high,
        "revenue": _major(arm.revenue.total, result.book.currency),
        "revenue_each": each[0],
        "revenue_each_low": each[1],
        "revenue_each_high": each[2],
        "currency": result.book.currency,
    }


def _major(minor: float, currency: str) -> float:
    """An amount with fractions of a minor unit, as a mean has them, in major units."""
    return minor / float(10 ** exponent(currency))


def _ranged(found: trial.Range, currency: str) -> tuple[float, float, float]:
    low, high = _major(found.low, currency), _major(found.high, currency)
    return _major(found.value, currency), low, high


def _summary(result: CampaignResult) -> dict[str, Any]:
    said = conclude(result.arms, result.main, circumstances(result, result.main))
    extra, back = result.extra_revenue, result.return_on_cost
    ranged = _ranged(extra, result.book.currency) if extra is not None else (math.nan,) * 3
    return {
        "campaign": result.name,
        "conclusion": said.headline,
        "explanation": said.text,
        "measure": result.main,
        "members": result.n,
        "cost_minor": result.cost_minor,
        "extra_revenue": ranged[0],
        "extra_revenue_low": ranged[1],
        "extra_revenue_high": ranged[2],
        "return_on_cost": back.value if back else None,
        "return_on_cost_low": back.low if back else None,
        "return_on_cost_high": back.high if back else None,
        "arm_sizes_p": result.mismatch,
        "balance_p": result.imbalance,
    }


@report("campaign-lift", "What each arm brought beyond the control group, with corrected p-value", CAMPAIGNS)
def campaign_lifts(session: ScopedSession, chosen: SalesFilter) -> Report:
    """One row per arm and measure: its difference to the control group, with range, p-value and what it allows to say."""
    book, results, notes = _results(session, chosen)
    rows, n = [], 0
    for result in results:
        n += result.n
        if result.control is None:
            without = _("{campaign} has no control group: its arms are compared with each other only.")
            notes.append(without.format(campaign=result.name))
        elif trial.RESPONSE in set(result.measures) - set(result.comparable):
            by_message = _(
                "Responses to {campaign} came by links and replies, which the control group did not have."
            )
            notes.append(by_message.format(campaign=result.name))
        if result.is_open:
            notes.append(
                _("{campaign} is not over; its figures may still change.").format(campaign=result.name)
            )
        for name in result.measures:
            found = [*result.lifts.get(name, ()), *result.versions[name]]
            rows += [_lift_row(result, lift) for lift in found]
    frame = pd.DataFrame(rows, columns=list(rows[0]) if rows else ["campaign", "arm", "against"])
    return Report(
        "campaign-lift",
        formula("campaign-lift"),
        book,
        chosen,
        n,
        frame,
        {"campaigns": len(results)},
        tuple(notes),
    )


def _lift_row(result: CampaignResult, lift: Lift) -> dict[str, Any]:
    found, is_money = lift.difference, lift.measure == trial.REVENUE
    unit = result.book.currency if is_money else "share"
    values = {
        "difference": found.value, "low": found.low, "high": found.high, "extra": lift.extra.value,
        "extra_low": lift.extra.low, "extra_high": lift.extra.high,
    }  # fmt: skip
    if is_money:
        values = {name: _major(value, unit) for name, value in values.items()}
    return {
        "campaign": result.name,
        "arm": lift.arm,
        "against": lift.against,
        "measure": lift.measure,
        **{name: values[name] for name in ("difference", "low", "high")},
        "unit": unit,
        "relative": found.relative,
        "p": found.p,
        "p_corrected": lift.p_corrected,
        "verdict": lift.verdict,
        **{name: values[name] for name in ("extra", "extra_low", "extra_high")},
        "method": found.method,
        "cautions": ", ".join(found.cautions),
    }
