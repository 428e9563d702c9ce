"""The charts of a campaign's result: how many in each arm, how much more than without a message, and for whom."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from crm import charts
from crm.analytics import trial
from crm.analytics.effects_words import VERDICTS, written_difference, written_level
from crm.analytics.trial import Lift
from crm.campaigns.reports.results import CampaignResult
from crm.i18n import _
from crm.ui.kit import formats

COLOURS = (charts.ACCENT, charts.SKY, charts.TEAL, charts.PLUM, charts.AMBER, charts.WINE)
#: Groups beyond these are too small to draw, and too many to read.
MOST_GROUPS = 12


def _colour(result: CampaignResult, name: str) -> str:
    treated = [arm.name for arm in result.arms if not arm.is_control]
    return COLOURS[treated.index(name) % len(COLOURS)] if name in treated else charts.MUTED


def _level_unit(result: CampaignResult, measure: str) -> charts.Unit:
    if measure == trial.REVENUE:
        return _money_unit(result)
    small = max((trial.level(arm, measure).high for arm in result.arms if arm.n), default=1.0) < 0.02
    places = 1 if small else 0
    return charts.Unit(
        short=lambda share: formats.percent(share, decimals=places),
        full=lambda share: formats.percent(share, decimals=2 if small else 1),
    )


def _money_unit(result: CampaignResult) -> charts.Unit:
    def written(minor: float) -> str:
        return formats.money(round(minor), result.book.currency)

    return charts.Unit(short=written, full=written)


def _difference_unit(result: CampaignResult, measure: str) -> charts.Unit:
    currency = result.book.currency

    def full(value: float) -> str:
        return written_difference(value, measure, currency)

    if measure == trial.REVENUE:
        return charts.Unit(short=_money_unit(result).short, full=full)

    def short(value: float) -> str:
        points = round(value * 100, 6)
        return formats.number(points, decimals=0 if points == round(points) else 1 if abs(points) >= 1 else 2)

    return charts.Unit(short=short, full=full)


def level_figure(result: CampaignResult, measure: str) -> go.Figure:
    """Share or mean revenue of each arm with its range; a picked arm carries its name."""
    arms = [arm for arm in result.arms if arm.n]
    found = [trial.level(arm, measure) for arm in arms]
    texts = []
    for arm in arms:
        said = written_level(arm, measure, result.book.currency)
        n = formats.number(arm.n)
        if measure == trial.REVENUE:
            texts.append(f"{said} · {n}")
        else:
            hits = _("{hits} of {n}").format(hits=formats.number(arm.hits(measure)), n=n)
            texts.append(f"{said} · {hits}")
    return charts.intervals(
        [arm.name for arm in arms],
        [level.value for level in found],
        [level.low for level in found],
        [level.high for level in found],
        texts,
        unit=_level_unit(result, measure),
        colours=[_colour(result, arm.name) for arm in arms],
    )


def difference_figure(result: CampaignResult, measure: str, found: Sequence[Lift]) -> go.Figure:
    """Each arm's difference to the control group, or the pairs of arms, with range and verdict in words."""
    paired = result.control is None or any(lift.against != result.control.name for lift in found)
    currency = result.book.currency
    names = [f"{lift.arm} – {lift.against}" if paired else lift.arm for lift in found]
    texts = [
        f"{written_difference(lift.difference.value, measure, currency)} · {_(VERDICTS[lift.verdict])}"
        for lift in found
    ]
    return _differences(result, measure, found, names, texts)


def group_figure(result: CampaignResult, measure: str, found: Sequence[Lift]) -> go.Figure:
    """One arm's difference to the control group within each group, largest first."""
    known = [lift for lift in found if not math.isnan(lift.difference.value)]
    shown = sorted(known, key=lambda lift: -lift.difference.value)[:MOST_GROUPS]
    names = [lift.group or _("Not given") for lift in shown]
    texts = [written_difference(lift.difference.value, measure, result.book.currency) for lift in shown]
    return _differences(result, measure, shown, names, texts)


def _differences(
    result: CampaignResult, measure: str, found: Sequence[Lift], names: list[str], texts: list[str]
) -> go.Figure:
    return charts.intervals(
        names,
        [lift.difference.value for lift in found],
        [lift.difference.low for lift in found],
        [lift.difference.high for lift in found],
        texts,
        unit=_difference_unit(result, measure),
        reference=0.0,
        reference_text=_("no difference"),
        colours=[_colour(result, lift.arm) for lift in found],
    )
