"""The card on a unit's page that says how likely it is to fail, and what that rests on."""

from __future__ import annotations

from datetime import date

import streamlit as st

from crm.i18n import _
from crm.service.wear.next import UnitAhead, ahead_of
from crm.service.wear.words import range_words, sober, span_words
from crm.ui.frame import routes
from crm.ui.kit import look
from crm.ui.kit.formats import day, number, percent
from crm.work import Actor, reading

_SHOWN = 6


def show_unit_wear(actor: Actor, equipment_id: int) -> None:
    """Draw the card; nothing where the unit has no figures."""
    with reading(actor) as session:
        found = ahead_of(session, equipment_id)
    if not found:
        return
    parts = [one for one in found if one.part] or found
    with look.card(_("What fails next?"), _as_of(found[0]), key="unit_wear"):
        for one in parts[:_SHOWN]:
            _part(one)
        if len(parts) > _SHOWN:
            st.caption(_("{n} more parts are less likely to fail.").format(n=len(parts) - _SHOWN))
        look.lines(_basis(parts[0]))
        shown = {"wear_part": parts[0].part} if parts[0].part else {}
        look.onward(routes.page("wear"), _("How long do such parts last?"), query_params=shown)


def _part(one: UnitAhead) -> None:
    """One part: the chance within 90 days, the others and the time left below."""
    left = (
        _("most such units never fail of it")
        if one.median_days is None
        else _("half fail within {span}").format(
            span=range_words(one.median_days, one.low_days, one.high_days)
        )
    )
    said = _("{a} in 30 days, {b} in a year; runs {age}, {left}").format(
        a=percent(sober(one.risk_30)), b=percent(sober(one.risk_365)), age=span_words(one.age_days), left=left
    )
    with look.row():
        look.two_lines(one.part or _("The unit as a whole"), why=said)
        tone = look.BAD if one.risk_90 >= 0.5 else look.WATCH if one.risk_90 >= 0.2 else look.QUIET
        chance = _("{p} in 90 days").format(p=percent(sober(one.risk_90)))
        st.markdown(
            look.tag(chance, tone=tone, icon="priority_high" if tone == look.BAD else ""), width="content"
        )


def _as_of(one: UnitAhead) -> str:
    cutoff = one.basis.get("cutoff")
    if not isinstance(cutoff, str):
        return ""
    return _("Chance of failure as of {day}, given how long it has run").format(
        day=day(date.fromisoformat(cutoff))
    )


def _basis(one: UnitAhead) -> str:
    """What the first line rests on: method, how much was seen, of which units."""
    basis = one.basis
    product = basis.get("product")
    whose = _("of {product}").format(product=product) if product else _("of all products together")
    seen = _("{failures} failures among {n} lives {whose}.").format(
        failures=number(basis.get("failures", 0)), n=number(basis.get("n", 0)), whose=whose
    )
    return f"{seen} {basis.get('why', '')}".strip()
