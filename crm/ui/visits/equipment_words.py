"""How units, their coverage and their meters are said on every screen."""

from __future__ import annotations

from datetime import date

from crm.i18n import _
from crm.service.equipment.coverage_rules import Coverage, covers_words
from crm.ui.kit import look
from crm.ui.kit.formats import ago, day, number


def coverage_tag(covered: Coverage | None) -> look.Marked:
    """The chip that says at once whether something is covered."""
    if covered is None:
        return look.tag(_("No unit named"))
    if not covered.is_covered:
        return look.tag(_("Not covered"), tone=look.WATCH, icon="shield_question")
    what = _("Warranty") if covered.state == "warranty" else covered.contract_name or _("Contract")
    if len(covered.covers) < 3:
        what = _("{what}: {covers}").format(what=what, covers=covers_words(covered.covers))
    return look.tag(what, tone=look.GOOD, icon="verified_user")


def until_words(until: date | None, *, today: date) -> str:
    """How far the end of a warranty or contract lies from today."""
    if until is None:
        return _("no end")
    said = ago(until, today=today)
    return _("ended {ago}").format(ago=said) if until < today else _("ends {ago}").format(ago=said)


def meter_words(value: float | None, unit: str) -> str:
    """What a meter shows, with its unit."""
    if value is None:
        return "–"
    shown = number(value, decimals=0 if float(value).is_integer() else 1)
    return f"{shown} {unit}".rstrip()


def day_or_dash(value: date | None) -> str:
    """A date, or a dash."""
    return day(value) if value else "–"
