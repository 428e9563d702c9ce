"""The cases and visits behind a number or a mark of the service dashboard, as a table that opens them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from crm.clock import zone
from crm.i18n import _, ngettext
from crm.service.reports.service_dashboard import ServiceBoard, ServiceQuestion
from crm.service.reports.service_dashboard_records import Part
from crm.service.reports.service_reports import priority_names
from crm.ui.dashboards.numbers import choose_number
from crm.ui.frame.record_table import record_table
from crm.ui.kit import formats, look
from crm.ui.kit.grid import Column
from crm.ui.service_board import data
from crm.work import Actor
from db.models.service.cases import CASE_STATUS


def titles() -> dict[Part, str]:
    """What the cases or visits of a number are."""
    return {
        ("open", None): _("Open cases"),
        ("late", None): _("Late cases"),
        ("response", None): _("Promised answers"),
        ("broken", "response"): _("Promised answers that were late"),
        ("resolution", None): _("Promised solutions"),
        ("broken", "resolution"): _("Promised solutions that were late"),
        ("first_contact", None): _("Solved cases"),
        ("once", None): _("Opened and solved at least once"),
        ("reopened", None): _("Cases that came back"),
        ("rated", None): _("Rated cases"),
        ("visits", None): _("Visits that are due"),
    }


def asked_for() -> Part | None:
    """Draw the choice of a number whose records are shown, and give it."""
    label, placeholder = _("Records behind a number"), _("Show the records behind a number")
    return choose_number("service", titles(), label, placeholder)


def show_number(actor: Actor, asked: ServiceQuestion, board: ServiceBoard, wanted: Part) -> None:
    """Draw what a number counts, and say of which day where that has passed."""
    title = titles()[wanted]
    if wanted == ("visits", None):
        _show_visits(data.visits(actor, asked), title)
        return
    if board.day != board.today:
        title = _("{what}, as of {day}").format(what=title, day=formats.day(board.day))
    show_records(actor, asked, [wanted], title=title, key="number")


def _show_visits(rows: pd.DataFrame, title: str) -> None:
    count = ngettext("{n} visit", "{n} visits", len(rows)).format(n=formats.number(len(rows)))
    look.section(title, _("{count}. Click a row to open the visit.").format(count=count))
    if rows.empty:
        return
    record_table(
        rows,
        [
            Column("number", _("Number"), width=90),
            Column("title", _("Visit"), width=230),
            Column("unit", _("Unit"), width=190),
            Column("organisation", _("Organisation"), width=180),
            Column("owner", _("Technician"), width=130),
            Column("planned_on", _("Planned"), width=110),
        ],
        screen="work_order",
        key="service_visits",
        alt=title,
    )


def show_records(
    actor: Actor, asked: ServiceQuestion, parts: Sequence[Part], *, title: str, key: str
) -> None:
    """Draw the cases, newest first; a click on a row opens the case."""
    found = data.records(actor, asked, tuple(parts))
    rows = found.rows
    count = ngettext("{n} case", "{n} cases", found.total).format(n=formats.number(found.total))
    if found.total > len(rows):
        count = _("The newest {shown} of {n} cases").format(shown=len(rows), n=formats.number(found.total))
    look.section(title, _("{count}. Click a row to open the case.").format(count=count))
    if rows.empty:
        return
    statuses = {value: _(label) for value, label in CASE_STATUS}
    priorities = priority_names()
    shown = rows.assign(
        status=[statuses.get(s, s) for s in rows["status"]],
        priority=[priorities.get(p, p) for p in rows["priority"]],
    )
    for name in ("opened_at", "due_at", "resolved_at"):
        # The table shows times as they are given, so they are given as the firm's clocks show them.
        shown[name] = pd.to_datetime(shown[name], utc=True).dt.tz_convert(zone()).dt.tz_localize(None)
    record_table(
        shown,
        [
            Column("number", _("Number"), width=75),
            Column("subject", _("Case"), width=215),
            Column("organisation", _("Organisation"), width=150),
            Column("owner", _("Owner"), width=120),
            Column("status", _("Status"), width=120),
            Column("priority", _("Priority"), width=80),
            Column("opened_at", _("Opened"), width=105),
            Column("due_at", _("Solve by"), width=105),
            Column("resolved_at", _("Solved"), width=105),
        ],
        screen="case",
        key=f"service_records_{key}_{abs(hash((asked, tuple(parts))))}",
        alt=title,
        total=found.total,
    )
