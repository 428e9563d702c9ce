"""The deals behind a number or a bar of the sales dashboard, as a table that opens them."""

from __future__ import annotations

import pandas as pd

from crm.i18n import _, ngettext
from crm.money import to_major
from crm.pipeline.reports.report_records import Narrowed
from crm.reporting.measures import beside
from crm.reporting.report import SalesFilter
from crm.ui.dashboards.numbers import choose_number
from crm.ui.frame.record_table import Said, record_table
from crm.ui.kit import formats, look
from crm.ui.kit.grid import Column
from crm.ui.sales import data
from crm.work import Actor

SHOWN = {
    "won": Narrowed(("won",)),
    "priced": Narrowed(("won",), having="amount"),
    "timed": Narrowed(("won",), having="dates"),
    "lost": Narrowed(("lost",)),
    "closed": Narrowed(("won", "lost")),
    "open": Narrowed(("open",)),
}


def titles() -> dict[str, str]:
    """What the deals of a number are, as the address and the choice name them."""
    return {
        "won": _("Won deals"),
        "priced": _("Won deals that the average counts"),
        "timed": _("Won deals with both days"),
        "lost": _("Lost deals"),
        "closed": _("Closed deals"),
        "open": _("Open deals"),
    }


def asked_for() -> Narrowed | None:
    """Draw the choice of a number whose deals are shown, and give them."""
    kind = choose_number("sales", titles(), _("Deals behind a number"), _("Show the deals behind a number"))
    return SHOWN[kind] if kind else None


def show_records(actor: Actor, chosen: SalesFilter, wanted: Narrowed, *, title: str, key: str) -> None:
    """Draw the deals, newest closing first; a click on a row opens the deal."""
    found = data.records(actor, chosen, wanted)
    rows = found.rows
    count = ngettext("{n} deal", "{n} deals", found.total).format(n=formats.number(found.total))
    if found.total > len(rows):
        count = _("The newest {shown} of {n} deals").format(shown=len(rows), n=formats.number(found.total))
    look.section(title, _("{count}. Click a row to open the deal.").format(count=count))
    if rows.empty:
        return
    # Exact, and each with its currency: what one cannot be turned into stands beside it.
    amounts = [
        None
        if pd.isna(minor)
        else Said(
            to_major(int(minor), currency),
            formats.worth_text(formats.money(int(minor), currency), beside(codes, currency)),
        )
        for minor, currency, codes in zip(
            rows["amount_minor"], rows["currency"], rows["missing"], strict=True
        )
    ]
    # Closed deals all stand in their last stage, open ones have no closing day: one column less each.
    standing = wanted.statuses == ("open",)
    shown = rows[["title", "organisation", "owner", "product"]].assign(
        amount=pd.Series(amounts, index=rows.index, dtype=object),
        opened=rows["opened_on"],
        last=rows["stage"] if standing else rows["closed_on"],
    )
    record_table(
        shown.assign(id=rows["id"]),
        [
            Column("title", _("Deal"), width=200),
            Column("organisation", _("Organisation"), width=180),
            Column("owner", _("Owner"), width=125),
            Column("product", _("Product"), width=140),
            Column("amount", _("Amount"), "number", 130),
            Column("opened", _("Opened"), width=110),
            Column("last", _("Stage"), width=110) if standing else Column("last", _("Closed"), width=110),
        ],
        screen="deal",
        key=f"sales_records_{key}_{abs(hash((chosen, wanted)))}",
        alt=title,
        total=found.total,
    )
