"""What stands beside the charts of a campaign's result: four numbers, and what to keep in mind."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from crm.analytics import trial
from crm.analytics.effects import UNBELIEVABLE
from crm.analytics.trial import Lift, Range
from crm.campaigns.reports.marketing_formulas import formula
from crm.campaigns.reports.results import DRAWN, CampaignResult
from crm.i18n import N_, _, ngettext
from crm.ui.kit import formats
from crm.ui.kit.look import Explained
from crm.ui.kit.words import BAD, GOOD, QUIET

Written = Callable[[float], str]
MEASURES = {
    trial.RESPONSE: N_("Response"),
    trial.CONVERSION: N_("Conversion"),
    trial.REVENUE: N_("Revenue"),
}
QUESTIONS = {
    trial.RESPONSE: N_("How many responded?"),
    trial.CONVERSION: N_("How many converted?"),
    trial.REVENUE: N_("How much did each bring?"),
}
GROUPED_BY = {
    DRAWN: N_("As drawn"),
    "segment": N_("Segment"),
    "lifecycle": N_("Lifecycle"),
    "region": N_("Region"),
    "country": N_("Country"),
    "source": N_("Source"),
    "gender": N_("Gender"),
}


def _between(found: Range, written: Written) -> str:
    if math.isnan(found.low):
        return ""
    return _("{low} to {high}").format(low=written(found.low), high=written(found.high))


def numbers(result: CampaignResult, measure: str) -> list[Explained]:
    """Four numbers: what the messages brought, with ranges; without a control group what was counted."""
    as_of = formats.day(result.book.today)
    currency = result.book.currency

    def money(minor: float) -> str:
        return formats.short_money(round(minor), currency)

    found = [_members(result, as_of)]
    lift = result.together.get(measure)
    counted = measure if measure != trial.REVENUE else trial.CONVERSION
    pooled = result.together.get(counted)
    if lift is not None and pooled is not None and not math.isnan(pooled.extra.value):
        label = _("Extra responses") if counted == trial.RESPONSE else _("Extra conversions")
        found = [_extra(pooled, label, formats.number, as_of)]
        money_lift = result.together.get(trial.REVENUE)
        if money_lift is not None and not math.isnan(money_lift.extra.value):
            found.append(_extra(money_lift, _("Extra revenue"), money, as_of))
        if result.cost_minor and pooled.verdict == trial.GAIN:
            found.append(_cost_of_one(result, pooled, as_of))
        if (back := result.return_on_cost) is not None:
            text = _("Return on cost: (extra revenue − cost) ÷ cost; range from that of the extra revenue.")
            found.append(
                Explained(
                    _("Return on cost"), formats.percent(back.value), _between(back, formats.percent),
                    formula=text, tone=GOOD if back.low > 0 else BAD if back.high < 0 else QUIET, as_of=as_of,
                )
            )  # fmt: skip
    while len(found) < 4:
        names = {item.label for item in found}
        found.append(next(item for item in _fillers(result, as_of, money) if item.label not in names))
    return found[:4]


def _extra(lift: Lift, label: str, written: Written, as_of: str) -> Explained:
    text = _("All arms with a message together: difference to the control group × members with a message.")
    clear = lift.verdict in (trial.GAIN, trial.LOSS)
    tone = (GOOD if lift.verdict == trial.GAIN else BAD) if clear else QUIET
    value, shown = written(round(lift.extra.value)), _between(lift.extra, lambda v: written(round(v)))
    return Explained(
        label, value, shown, formula=f"{text} {formula('campaign-lift')}", tone=tone, as_of=as_of
    )


def _cost_of_one(result: CampaignResult, lift: Lift, as_of: str) -> Explained:
    cost, currency = result.cost_minor or 0, result.book.currency
    ends = (cost / lift.extra.high, cost / lift.extra.low)
    low, high = (formats.short_money(round(end), currency) for end in ends)
    text = _("{low} to {high}").format(low=low, high=high)
    said = _("Cost of the campaign ÷ extra responses or conversions; the range from theirs.")
    value = formats.short_money(round(cost / lift.extra.value), currency)
    return Explained(_("Cost of one extra"), value, text, formula=said, as_of=as_of)


def _members(result: CampaignResult, as_of: str) -> Explained:
    control = result.control.n if result.control else 0
    change = _("{n} without a message").format(n=formats.number(control)) if control else ""
    text = _("Everybody drawn for the campaign, with and without a message.")
    return Explained(_("Members"), formats.short_number(result.n), change, formula=text, as_of=as_of)


def _fillers(result: CampaignResult, as_of: str, money: Written) -> list[Explained]:
    """Plain counts for what cannot be compared."""
    treated = [arm for arm in result.arms if not arm.is_control]
    reached = result.n - (result.control.n if result.control else 0)
    responded = sum(arm.responded for arm in treated)
    brought = sum(arm.revenue.total for arm in treated)
    left = result.states.get("unsubscribed", 0)
    counted = _("Counted among those with a message; how much of it the message caused is another question.")
    share = _("{share} of those with a message")

    def of(n: int) -> str:
        return share.format(share=formats.percent(n / reached, decimals=1)) if reached else ""

    return [
        _members(result, as_of),
        Explained(_("Unsubscribed"), formats.number(left), of(left), formula=counted, as_of=as_of),
        Explained(_("Revenue counted"), money(brought), formula=counted, as_of=as_of),
        Explained(_("Responded"), formats.number(responded), of(responded), formula=counted, as_of=as_of),
    ]


def keep_in_mind(result: CampaignResult, measure: str, lifts: Sequence[Lift]) -> list[tuple[str, str, str]]:
    """Icon, word and sentence for each limit of the result."""
    found = [_draw_note(result)]
    days = ngettext("Counted for {n} day.", "Counted for {n} days.", result.response_days)
    head = days.format(n=result.response_days)
    if result.from_file:
        found.append((":material/upload_file:", _("From a file."), _("Responses are those the file told.")))
    elif result.counts_until:
        text = _("What came after {day} is not in here.").format(day=formats.day(result.counts_until))
        if result.is_open:
            text = _("What comes until {day} still counts.").format(day=formats.day(result.counts_until))
        found.append((":material/schedule:", head, text))
    if set(result.measures) - set(result.comparable):
        text = _(
            "Without a message nobody can follow its links or reply, so response is not compared with the control group."
        )
        found.append((":material/link_off:", _("Links need a message."), text))
    if len(lifts) > 1:
        text = ngettext(
            "{n} comparison was made; each is called clear only after correction for it (Holm).",
            "{n} comparisons were made; each is called clear only after correction for that (Holm).",
            len(lifts),
        )
        found.append((":material/rule:", _("Corrected for the arms."), text.format(n=len(lifts))))
    cautions = {caution for lift in lifts for caution in lift.difference.cautions}
    if "few" in cautions:
        text = _("The fewer cases, the less a range and a test can be trusted.")
        found.append((":material/group_off:", _("Few cases."), text))
    if "heavy" in cautions:
        text = _("One order makes up more than a tenth of an arm's revenue.")
        found.append((":material/scale:", _("Large orders."), text))
    if result.groups and lifts:
        text = _("Groups were looked at after the fact; test what they suggest in the next campaign.")
        found.append((":material/lightbulb:", _("Groups are a hint, not proof."), text))
    everybody = _("Members whose message did not arrive count in their arm, so that the arms stay alike.")
    found.append((":material/groups:", _("Everybody drawn counts."), everybody))
    opens = _("Mail programs open messages on their own.")
    found.append((":material/visibility_off:", _("Opens are not used."), opens))
    return found


def _draw_note(result: CampaignResult) -> tuple[str, str, str]:
    if result.control is None:
        text = _("Keep a part without a message next time; only then the message's effect can be told.")
        return ":material/shuffle:", _("No control group."), text
    unfair = [p for p in (result.mismatch, result.imbalance) if not math.isnan(p) and p < UNBELIEVABLE]
    if unfair:
        text = _("The arms differ in size or mixture more than a draw by lot would bring about.")
        return ":material/warning:", _("No fair comparison."), text
    if not result.is_drawn:
        text = _("The arms were not drawn here. They compare only if they were drawn by lot.")
        return ":material/shuffle:", _("Drawn elsewhere."), text
    text = _("Arms drawn by lot; their sizes and mixture are as a fair draw makes them.")
    return ":material/shuffle:", _("Fair comparison."), text
