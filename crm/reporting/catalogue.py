"""The reports by name, with what each tells and takes, and their JSON form."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

import pandas as pd

from crm.errors import NotFound
from crm.i18n import N_, _
from crm.money import to_major
from crm.register import Register
from crm.reporting.report import Report, SalesFilter
from db.scope import ScopedSession

DEALS = ("from", "to", "team", "owner", "product", "pipeline", "source", "campaign")
STANDING = DEALS[2:]
LINES = ("from", "to", "team", "owner", "product")
LEADS = ("from", "to", "team", "owner", "source", "campaign")
CAMPAIGNS = ("from", "to", "team", "owner", "campaign")
SERVICE = LINES
ALL = DEALS
#: What people call the filters.
LABELS = {
    "from": N_("First day"), "to": N_("Last day"), "team": N_("Team"), "owner": N_("Owner"), "product": N_("Product"),
    "pipeline": N_("Pipeline"), "source": N_("Source"), "campaign": N_("Campaign"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReportKind:
    """A report that can be asked for by name; ``takes`` names the filters that limit it."""

    name: str
    description: str
    run: Callable[[ScopedSession, SalesFilter], Report]
    takes: tuple[str, ...] = DEALS


Run = TypeVar("Run", bound=Callable[..., Report])

KINDS: dict[str, ReportKind] = {}
#: Where the reports of the areas are.
MODULES: Register[str] = Register("reports")


def report(name: str, description: str, takes: tuple[str, ...] = DEALS, **fixed: Any) -> Callable[[Run], Run]:
    """Register a function as the report of this name; ``fixed`` are arguments it is always called with."""

    def register(run: Run) -> Run:
        KINDS[name] = ReportKind(name, description, partial(run, **fixed), takes)
        return run

    return register


def kinds() -> dict[str, ReportKind]:
    """All reports by name; they register when their modules are loaded."""
    for module in MODULES.values():
        import_module(module)
    return KINDS


def run_report(session: ScopedSession, name: str, chosen: SalesFilter | None = None) -> Report:
    """One report within the session's scope; a filter that it does not take is named in its notes.

    Raises
    ------
    NotFound
        No report has this name; the message lists those there are.
    """
    kind = kinds().get(name)
    if kind is None:
        text = _("There is no report “{name}”. There are: {known}.")
        raise NotFound(text.format(name=name, known=", ".join(KINDS)))
    made = kind.run(session, chosen or SalesFilter())
    if left := [_(LABELS[name]) for name in filter_json(made.chosen, ALL) if name not in kind.takes]:
        text = _("This report cannot be narrowed by {names}; it counts all.").format(names=", ".join(left))
        made = replace(made, notes=(*made.notes, text))
    return made


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
