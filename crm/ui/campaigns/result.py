"""The result of a campaign: one sentence, four numbers, and how sure they are."""

from __future__ import annotations

import math

import pandas as pd
import streamlit as st

from crm.analytics import trial
from crm.analytics.effects_words import BAD, GOOD, WAITING, conclude, written_difference, written_level
from crm.analytics.trial import Lift
from crm.campaigns.reports.marketing_formulas import formula
from crm.campaigns.reports.result_members import result_members
from crm.campaigns.reports.results import CampaignResult, campaign_result, circumstances
from crm.i18n import N_, _, ngettext
from crm.ui.campaigns.members import state_labels
from crm.ui.campaigns.result_figures import difference_figure, group_figure, level_figure
from crm.ui.campaigns.result_words import GROUPED_BY, MEASURES, QUESTIONS, keep_in_mind, numbers
from crm.ui.frame.record_table import Said, record_table
from crm.ui.kit import formats, look
from crm.ui.kit.grid import Column
from crm.ui.kit.kept import Kept
from crm.work import Actor

_ICONS = {
    GOOD: ":green[:material/verified:]",
    BAD: ":red[:material/trending_down:]",
    WAITING: ":material/hourglass:",
}
_WAYS = {
    "link": N_("Link"), "reply": N_("Reply"), "form": N_("Form"), "deal": N_("Deal"), "order": N_("Order"),
    "file": N_("File"),
}  # fmt: skip

_result = Kept(campaign_result, ttl="1m")
_members_of = Kept(result_members, ttl="1m", most=50)


def show_result(actor: Actor, campaign_id: int) -> None:
    """Draw the result of a campaign that the actor may see; measure and groups stand in the address."""
    result = _result(actor, campaign_id, by=_chosen_groups())
    if not result.n:
        look.empty(
            _("Nobody to count yet"),
            _("The result stands here once members are drawn and something went out, or came in by a file."),
            key="result_empty",
        )
        return
    measure = _chosen_measure(result)
    said = conclude(result.arms, measure, circumstances(result, measure))
    with look.card(key="result_conclusion"):
        icon = _ICONS.get(said.tone, ":orange[:material/balance:]")
        st.markdown(f"##### {icon} {look.plain(said.headline)}", anchors=False)
        st.markdown(look.plain(said.text))
    for note in result.book.notes:
        st.warning(note, icon=":material/currency_exchange:")
    look.kpi_row(numbers(result, measure))
    lifts = result.lifts.get(measure, ()) or result.versions[measure]
    picked = _arms(result, measure, lifts)
    _groups_and_limits(result, measure, lifts)
    _table(result)
    _members(actor, result, picked)
    with st.expander(_("How is this computed?"), icon=":material/calculate:"):
        look.lines(formula("campaign-result"), formula("campaign-lift"))


def _chosen_groups() -> str:
    """By what the groups are made: as just chosen, else as the address says."""
    text = st.query_params.get("result_groups", "")
    named = next((name for name, label in GROUPED_BY.items() if _(label) == text), "")
    return str(st.session_state.get("result_groups") or named)


def _chosen_measure(result: CampaignResult) -> str:
    if len(result.measures) == 1:
        return result.measures[0]
    options = {name: _(MEASURES[name]) for name in result.measures}
    return look.switch(_("Measure"), options, key="result_measure", default=result.main)


def _arms(result: CampaignResult, measure: str, lifts: tuple[Lift, ...]) -> list[str]:
    card = look.wall(2, width=320)
    by_money = measure == trial.REVENUE
    note = (
        _("Mean of all members. Bar: 95% range. Click an arm.")
        if by_money
        else _("Share of people in each arm. Bar: 95% range. Click an arm.")
    )
    with card(_(QUESTIONS[measure]), note):
        alt = "; ".join(
            f"{a.name} {written_level(a, measure, result.book.currency)}" for a in result.arms if a.n
        )
        picked = look.chart(
            level_figure(result, measure), key=f"result_levels_{measure}", alt=alt, on_select="rerun"
        )
    against = result.control is not None and measure in result.comparable
    title = _("How much more than without a message?") if against else _("Which version does better?")
    unit = _("Difference in money.") if by_money else _("Difference in percentage points.")
    with card(title, f"{unit} {_('Right of the line is better.')}"):
        if lifts:
            alt = "; ".join(
                f"{lift.arm} {written_difference(lift.difference.value, measure, result.book.currency)}"
                for lift in lifts
            )
            look.chart(
                difference_figure(result, measure, lifts), key=f"result_differences_{measure}", alt=alt
            )
        else:
            st.caption(_("There is only one arm, and nothing to compare it with."))
    return picked


def _groups_and_limits(result: CampaignResult, measure: str, lifts: tuple[Lift, ...]) -> None:
    card = look.wall(2, width=320)
    found = result.group_lifts(measure)
    best = max(
        (lift for lift in lifts if not math.isnan(lift.difference.value)),
        key=lambda lift: lift.difference.value,
        default=None,
    )
    mine = [lift for lift in found if best is not None and lift.arm == best.arm]
    if len(mine) > 1 and best is not None:
        title = _("For whom did “{arm}” do more?").format(arm=best.arm)
        with card(title, _("Difference to no message. Small groups have wide ranges.")):
            options = {name: _(GROUPED_BY[name]) for name in result.group_fields}
            if len(options) > 1:
                look.switch(_("Groups by"), options, key="result_groups", default=next(iter(options)))
            alt = "; ".join(
                f"{lift.group}: {written_difference(lift.difference.value, measure, result.book.currency)}"
                for lift in mine
            )
            look.chart(
                group_figure(result, measure, mine),
                key=f"result_groups_{result.grouped_by}_{measure}",
                alt=alt,
            )
            differ = trial.groups_differ(mine)
            if differ < trial.ALPHA:
                text = _("The groups differ by more than chance explains (p = {p}).")
            else:
                text = _("The groups may all gain the same (p = {p}).")
            if not math.isnan(differ):
                st.caption(text.format(p=formats.number(differ, decimals=3)))
    with card(_("What to keep in mind")):
        for icon, head, text in keep_in_mind(result, measure, lifts):
            st.markdown(f"{icon} **{look.plain(head)}** {look.plain(text)}")


def _table(result: CampaignResult) -> None:
    """Every measure of every arm in figures."""
    currency = result.book.currency
    counted = [arm for arm in result.arms if arm.n]
    frame = {
        "arm": [arm.name for arm in counted],
        "members": [arm.n for arm in counted],
        "responded": [arm.responded for arm in counted],
        "response": [written_level(arm, trial.RESPONSE, currency) for arm in counted],
        "converted": [arm.converted for arm in counted],
        "conversion": [written_level(arm, trial.CONVERSION, currency) for arm in counted],
        "revenue": [formats.money(round(arm.revenue.total), currency) for arm in counted],
        "each": [written_level(arm, trial.REVENUE, currency) for arm in counted],
    }
    columns = st.column_config
    look.section(_("All figures"), _("By arm, the control group last."))
    look.table(
        frame,
        column_config={
            "arm": columns.TextColumn(_("Arm"), width=220),
            "members": columns.NumberColumn(_("Members"), format="localized", width=100),
            "responded": columns.NumberColumn(_("Responded"), format="localized", width=105),
            "response": columns.TextColumn(_("Response"), width=100, alignment="right"),
            "converted": columns.NumberColumn(_("Converted"), format="localized", width=105),
            "conversion": columns.TextColumn(_("Conversion"), width=105, alignment="right"),
            "revenue": columns.TextColumn(_("Revenue"), width=130, alignment="right"),
            "each": columns.TextColumn(_("Revenue each"), width=120, alignment="right"),
        },
        alt=_("All figures by arm"),
    )


def _members(actor: Actor, result: CampaignResult, picked: list[str]) -> None:
    """The people behind the numbers, all that responded or the picked arm's."""
    arm = picked[0] if picked else ""
    found = _members_of(actor, result.id, arm=arm, only_responded=not arm)
    title = _("Members of “{arm}”").format(arm=arm) if arm else _("Who responded")
    count = ngettext("{n} person", "{n} people", found.total).format(n=formats.number(found.total))
    if found.total > len(found.rows):
        count = _("The first {shown} of {n} people").format(
            shown=formats.number(len(found.rows)), n=formats.number(found.total)
        )
    look.section(
        title, _("{count} among your contacts. Click a row to open the contact.").format(count=count)
    )
    rows = found.rows
    if rows.empty:
        return
    states = state_labels()
    shown = pd.DataFrame(
        {
            "name": rows["name"],
            "arm": rows["arm"],
            "state": [states.get(state, state) for state in rows["state"]],
            "by": [_(_WAYS[way]) if way in _WAYS else way for way in rows["response_by"]],
            "responded": rows["responded_at"],
            "converted": rows["converted"],
            "revenue": [
                Said(
                    int(minor),
                    formats.worth_text(
                        formats.money(int(minor), currency or result.book.currency),
                        [code for code in (more or "").split(",") if code],
                    ),
                )
                if minor
                else None
                for minor, currency, more in zip(
                    rows["revenue_minor"], rows["currency"], rows["beside"], strict=True
                )
            ],
        }
    )
    record_table(
        shown.assign(id=rows["contact_id"]),
        [
            Column("name", _("Contact"), width=220),
            Column("arm", _("Arm"), width=150),
            Column("state", _("State"), width=120),
            Column("by", _("Response by"), width=110),
            Column("responded", _("Responded"), width=120),
            Column("converted", _("Converted"), "check", 95),
            Column("revenue", _("Revenue"), "number", 130),
        ],
        screen="contact",
        key=f"result_members_{result.id}_{arm}",
        alt=title,
        total=found.total,
    )
