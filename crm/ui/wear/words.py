"""The grey line of the screen of wear."""

from __future__ import annotations

from crm.i18n import _, ngettext
from crm.ui.kit.formats import day, number
from crm.ui.wear.board import Overview


def context(seen: Overview) -> str:
    """How much there is to study, and how far the records reach."""
    units = ngettext("{n} unit", "{n} units", seen.units).format(n=number(seen.units))
    failures = ngettext("{n} failure", "{n} failures", seen.failures).format(n=number(seen.failures))
    changes = ngettext("{n} part change", "{n} part changes", seen.changes).format(n=number(seen.changes))
    reach = _("records to {day}").format(day=day(seen.cutoff)) if seen.ended else _("up to today")
    return ", ".join((units, failures, changes, reach))
