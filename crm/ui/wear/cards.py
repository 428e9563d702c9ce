"""The cards of the screen of wear: the curve, what it rests on, rates, the usual suspects, what comes back."""

from __future__ import annotations

import numpy as np
import streamlit as st

from crm import charts
from crm.analytics.spells import MONTH_DAYS
from crm.analytics.survival import number_at_risk
from crm.analytics.survival_fit import WeibullFit
from crm.analytics.survival_hazards import HazardFit
from crm.charts.survival import steps_with_band
from crm.i18n import _, ngettext
from crm.service.wear.told import ageing, conclusion, effect_words, verdict
from crm.service.wear.wear import RateRow
from crm.service.wear.words import span_words
from crm.ui.kit import look
from crm.ui.kit.formats import day, number, number_unit, percent, percent_unit
from crm.ui.wear.board import Asked, Board, Overview

#: A law is drawn a little beyond the longest life, never far into what nobody saw.
_BEYOND = 1.15
_MOST_ROWS = 8


def _age_unit(*, days: bool) -> charts.Unit:
    """Ages in days, written as days or months."""
    step = 1.0 if days else MONTH_DAYS
    return charts.Unit(short=lambda age: number(age / step), full=span_words)


def show_conclusion(asked: Asked, board: Board) -> None:
    """The finding first: one sentence, then what age does, in words."""
    with look.card(key="wear_conclusion"):
        st.markdown(f"### {look.plain(conclusion(board.study, asked.part_name))}")
        look.lines(ageing(board.study, asked.part_name))


def show_curve(asked: Asked, board: Board) -> None:
    """Kaplan-Meier with its band, the Weibull law over it, how many were watched below."""
    study = board.study
    curve, fit = study.curve, study.choice.plain
    end = curve.last
    # Months make even marks; a few weeks would all be month 0.
    days = end < 4 * MONTH_DAYS
    law = None
    if isinstance(fit, WeibullFit):
        ages = np.linspace(0, end * _BEYOND, 120)
        law = (ages.tolist(), fit.survival(ages).tolist())
    figure = steps_with_band(
        curve.times.tolist(),
        curve.survival.tolist(),
        curve.low.tolist(),
        curve.high.tolist(),
        start=1.0,
        end=end,
        unit=percent_unit(decimals=0),
        age=_age_unit(days=days),
        name=_("Counted"),
        law=law,
        law_name=_("Weibull"),
        median=curve.median,
        median_text=_("half after {span}").format(span=span_words(curve.median)) if curve.median else "",
        at_risk=lambda ages: number_at_risk(study.life, ages),
        top=1.0,
        step=1.0 if days else MONTH_DAYS,
    )
    look.chart(figure, key="wear_curve", alt=conclusion(study, asked.part_name))
    unit = _("days") if days else _("months")
    st.caption(
        _("Below: age in {unit}, and how many were watched at that age. Tint: 95 % range.").format(unit=unit)
    )


def show_basis(asked: Asked, board: Board, seen: Overview) -> None:
    """What the study rests on: counts, law with intervals, why this law, what to keep in mind."""
    study = board.study
    fit = study.choice.plain
    pairs = {
        _("Units"): number(study.units),
        _("Lives"): _("{n}: {failed} failed, {ran} still ran or were changed").format(
            n=number(study.life.n), failed=number(study.life.failures), ran=number(study.censored)
        ),
        _("Watched to"): day(seen.cutoff),
    }
    if isinstance(fit, WeibullFit):
        for name, label, unit in (("alpha", _("Scale"), True), ("beta", _("Shape"), False)):
            low, high = fit.intervals[name]
            value = getattr(fit, name)
            written = (
                f"{number(value)} d ({number(low)}–{number(high)})"
                if unit
                else f"{number(value, decimals=2)} ({number(low, decimals=2)}–{number(high, decimals=2)})"
            )
            pairs[label] = written
        if fit.is_limited:
            low, high = fit.intervals["share"]
            pairs[_("Can fail")] = f"{percent(fit.share, decimals=1)} ({percent(low)}–{percent(high)})"
        pairs[_("Log-likelihood")] = number(fit.log_likelihood, decimals=2)
    look.facts(pairs, alt=_("What the study rests on"))
    look.lines(study.choice.why, *_to_keep_in_mind(asked, seen))


def _to_keep_in_mind(asked: Asked, seen: Overview) -> list[str]:
    notes = []
    if asked.part:
        notes.append(
            _(
                "Each change or failure starts the part's clock anew; a planned change counts as still running."
            )
        )
    else:
        notes.append(_("From one failure of a unit to its next, whatever part."))
    if seen.ended:
        notes.append(
            _("Records end on {day}; units count as running up to then.").format(day=day(seen.cutoff))
        )
    if seen.guessed:
        text = ngettext(
            "{n} unit has no day of installation: its first life counts from its first record.",
            "{n} units have no day of installation: their first life counts from their first record.",
            seen.guessed,
        )
        notes.append(text.format(n=number(seen.guessed)))
    return notes


def show_rates(rows: list[RateRow], seen: Overview, *, key: str, by_part: bool) -> None:
    """Failures per unit-month by part or by product, with their ranges; content of a card."""
    shown = [row for row in rows if row.rate.exposure > 0][:_MOST_ROWS]
    if not shown:
        st.caption(_("No unit was watched."))
        return
    labels = [
        seen.parts.get(row.part, "") if by_part else seen.products.get(row.product_id or 0, "")
        for row in shown
    ]
    whole = sum(row.rate.events for row in rows), sum(row.rate.exposure for row in rows)
    figure = charts.intervals(
        labels,
        [row.rate.rate for row in shown],
        [row.rate.low for row in shown],
        [row.rate.high for row in shown],
        [f"{number(row.rate.rate, decimals=3)} · n {number(row.rate.events)}" for row in shown],
        unit=number_unit(decimals=3),
        reference=None if by_part else whole[0] / whole[1],
        reference_text=""
        if by_part
        else _("all {rate}").format(rate=number(whole[0] / whole[1], decimals=3)),
    )
    first = shown[0]
    alt = _("{name} fails most often: {rate} a month, 95 % range {low} to {high}").format(
        name=labels[0], rate=number(first.rate.rate, decimals=3), low=number(first.rate.low, decimals=3),
        high=number(first.rate.high, decimals=3),
    )  # fmt: skip
    look.chart(figure, key=key, alt=alt)


def show_pareto(asked: Asked, board: Board, seen: Overview) -> str:
    """Which parts make the failures; gives the part that was clicked, blank for none."""
    rows = board.parts
    if not rows:
        st.caption(_("No failure so far."))
        return ""
    names = [seen.parts.get(row.part, _("No part")) for row in rows]
    texts = [f"{number(row.failures)} · {percent(row.running_share)}" for row in rows]
    figure = charts.hbars(names, [row.failures for row in rows], texts, most=_MOST_ROWS)
    few = next((n for n, row in enumerate(rows, 1) if row.running_share >= 0.8), len(rows))
    alt = ngettext(
        "{n} part makes four fifths of all failures", "{n} parts make four fifths of all failures", few
    )
    # With the choice in the key a click does not outlive it and choose the same part again.
    key = f"wear_pareto_{asked.product_id}_{asked.part}"
    picked = look.chart(figure, key=key, alt=alt.format(n=few), on_select="rerun")
    return picked[0] if picked else ""


def show_repeats(board: Board, seen: Overview) -> None:
    """Failures that come back within 30 days."""
    whole, rows = board.repeated, [row for row in board.parts if row.failures][:_MOST_ROWS]
    if not rows:
        st.caption(_("No failure so far."))
        return
    figure = charts.intervals(
        [seen.parts.get(row.part, _("No part")) for row in rows],
        [row.repeated.share for row in rows],
        [row.repeated.low for row in rows],
        [row.repeated.high for row in rows],
        [f"{percent(row.repeated.share, decimals=1)} · n {number(row.failures)}" for row in rows],
        unit=percent_unit(),
        reference=whole.share,
        reference_text=_("all {share}").format(share=percent(whole.share, decimals=1)),
    )
    alt = _("{share} of failures come back within 30 days").format(share=percent(whole.share, decimals=1))
    look.chart(figure, key="wear_repeats", alt=alt)


def show_effects(board: Board) -> None:
    """What age and model do to the danger."""
    fit = board.study.choice.effects
    if not isinstance(fit, HazardFit):
        st.caption(look.plain(fit.note))
        return
    effects = fit.effects
    figure = charts.intervals(
        [effect_words(effect) for effect in effects],
        [effect.ratio for effect in effects],
        [effect.low for effect in effects],
        [effect.high for effect in effects],
        [verdict(effect) for effect in effects],
        unit=number_unit(decimals=2),
        reference=1.0,
        reference_text=_("no difference"),
        colours=[charts.ACCENT if e.low > 1 or e.high < 1 else charts.MUTED for e in effects],
    )
    strongest = max(effects, key=lambda e: abs(np.log(e.ratio)) if e.low > 1 or e.high < 1 else -1.0)
    alt = f"{effect_words(strongest)}: {verdict(strongest)}"
    look.chart(figure, key="wear_effects", alt=alt)


def show_repairs(board: Board) -> None:
    """How many failures a unit has had by so many months of watching."""
    found = board.repairs
    if found is None:
        st.caption(_("No failure so far."))
        return
    end = float(found.times[-1])
    figure = steps_with_band(
        found.times.tolist(),
        found.mean.tolist(),
        found.low.tolist(),
        found.high.tolist(),
        start=0.0,
        end=end,
        unit=number_unit(decimals=2),
        age=charts.Unit(
            short=lambda x: number(x), full=lambda x: _("{n} months").format(n=number(x, decimals=1))
        ),
        name=number(float(found.mean[-1]), decimals=1),
        height=230,
    )
    alt = _("After {n} months a unit has had {mean} failures on average").format(
        n=number(end), mean=number(float(found.mean[-1]), decimals=1)
    )
    look.chart(figure, key="wear_repairs", alt=alt)
