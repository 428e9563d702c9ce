"""The leads, deals and members behind a number of the marketing dashboard, as a table that opens them."""

from __future__ import annotations

import pandas as pd

from crm.campaigns.reports.marketing_dashboard import MarketingQuestion
from crm.clock import zone
from crm.i18n import _, ngettext
from crm.records.registry import entity
from crm.ui.dashboards.numbers import choose_number
from crm.ui.frame.record_table import record_table
from crm.ui.kit import formats, look
from crm.ui.kit.grid import Column
from crm.ui.marketing import data
from crm.work import Actor

#: Whose records a number opens: the entity of their statuses, and their screen.
_KINDS = {
    "came": ("lead", "status", ""), "leads": ("lead", "status", ""), "won": ("deal", "status", "deal"),
    "messages": ("campaign_member", "state", "contact"),
}  # fmt: skip


def titles() -> dict[str, str]:
    """What the records of a number are, as the address and the choice name them."""
    return {
        "came": _("Leads of the period"),
        "leads": _("Leads that name a campaign with a cost"),
        "won": _("Won deals that name a campaign with a cost"),
        "messages": _("Members who got a message"),
    }


def show_number(actor: Actor, asked: MarketingQuestion) -> None:
    """Draw the choice of a number whose records are shown, and its records."""
    called = titles()
    label, placeholder = _("Records behind a number"), _("Show the records behind a number")
    what = choose_number("marketing", called, label, placeholder)
    if what is None:
        return
    rows, total = data.records(actor, asked, what)
    count = ngettext("{n} record that you may see", "{n} records that you may see", total)
    count = count.format(n=formats.number(total))
    if total > len(rows):
        count = _("The newest {shown} of {n} records that you may see").format(
            shown=len(rows), n=formats.number(total)
        )
    note = _("{count}.") if what in ("came", "leads") else _("{count}. Click a row to open it.")
    look.section(called[what], note.format(count=count))
    if rows.empty:
        return
    kind, field, screen = _KINDS[what]
    said = {choice.value: _(choice.label) for choice in entity(kind)[field].choices}
    days = pd.to_datetime(rows["day"], utc=what != "won")
    record_table(
        rows.assign(
            status=[said.get(value, value) for value in rows["status"]],
            day=days if what == "won" else days.dt.tz_convert(zone()).dt.tz_localize(None),
        ),
        [
            Column("name", _("Name"), width=240),
            Column("campaign", _("Campaign"), width=220),
            Column("source", _("Arm") if what == "messages" else _("Source"), width=150),
            Column("status", _("Status"), width=130),
            Column("day", _("Day"), width=110),
        ],
        screen=screen,
        key=f"marketing_records_{what}_{abs(hash(asked))}",
        alt=called[what],
        total=total,
    )
