"""What a campaign's numbers allow to say, in one sentence that never claims more, and what stands behind it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from babel.dates import format_skeleton
from babel.numbers import format_currency, format_decimal, format_percent

from crm.analytics import trial
from crm.analytics.trial import Arm, Lift
from crm.i18n import N_, _, formats
from crm.money import to_major

GOOD, BAD, UNSURE, WAITING = "good", "bad", "unsure", "waiting"
#: What a comparison allows to say, in two words.
VERDICTS = {
    trial.GAIN: N_("clear"),
    trial.LOSS: N_("clearly less"),
    trial.CHANCE: N_("may be chance"),
    trial.FEW: N_("too few to tell"),
    trial.FRAGILE: N_("rests on few large orders"),
}


@dataclass(frozen=True, slots=True)
class Conclusion:
    """One sentence, what stands behind it, and its tone: good, bad, unsure or waiting."""

    headline: str
    text: str
    tone: str


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What limits a conclusion.

    ``until`` is the last day that counts, ``is_open`` whether it is still to come, ``is_drawn`` whether this program drew
    the arms by lot, ``is_unfair`` whether the arms are too unlike for such a draw, and ``needs_message`` whether nobody can
    do without a message what is counted, so that the control group says nothing about it.
    """

    currency: str
    until: date | None = None
    is_open: bool = False
    is_drawn: bool = True
    is_unfair: bool = False
    needs_message: bool = False


def conclude(arms: Sequence[Arm], measure: str, around: Circumstances) -> Conclusion:
    """The conclusion from one measure.

    Parameters
    ----------
    arms : sequence of Arm
        With the control group, if there is one.
    measure : str
        One of ``trial.MEASURES`` that the control group could show as well.
    """
    if not any(arm.n for arm in arms):
        return Conclusion(_("Nobody was counted yet."), _("The campaign has no members."), WAITING)
    if around.is_open:
        head = _("Too early to say: the campaign is not over.")
        if around.until is not None:
            head = _("Too early to say: responses count until {day}.").format(day=_day(around.until))
        return Conclusion(head, _("So far: {levels}.").format(levels=_levels(arms, measure, around)), WAITING)
    if around.is_unfair:
        head = _("The arms cannot be compared: they differ more than a fair draw allows.")
        text = _("Members may have been lost or added in some of them only. Counted were {levels}.")
        return Conclusion(head, text.format(levels=_levels(arms, measure, around)), UNSURE)
    if trial.control_of(arms) is None or around.needs_message:
        treated = [arm for arm in arms if not arm.is_control or not around.needs_message]
        return _without_control(treated, measure, around)
    return _against_control(arms, measure, around)


def _without_control(arms: Sequence[Arm], measure: str, around: Circumstances) -> Conclusion:
    pairs = trial.versions(arms, measure)
    counted = _("Counted were {levels}.").format(levels=_levels(arms, measure, around))
    if not pairs:
        head = _("What the message changed cannot be said: nobody was left without it.")
        if around.needs_message:
            head = _("What the message changed cannot be said by this: nobody can do it without a message.")
        return Conclusion(head, counted, UNSURE)
    best = pairs[0].arm
    beaten = [pair.against for pair in pairs if pair.arm == best and pair.verdict == trial.GAIN]
    rest = _("Whether a message does better than none cannot be said: nobody was left without it.")
    if around.needs_message:
        rest = _("Whether a message does better than none cannot be said by this: it needs a message.")
    if beaten:
        text = _("“{arm}” is clearly the better one beside {others}.").format(
            arm=best, others=_listed(beaten)
        )
        tone = GOOD
    else:
        few = all(pair.verdict == trial.FEW for pair in pairs)
        text = (
            _("Too few to say which version is better.")
            if few
            else _("No version is clearly the better one.")
        )
        tone = UNSURE
    return Conclusion(text, f"{counted} {_pair(pairs[0], measure, around)} {rest}", tone)


def _against_control(arms: Sequence[Arm], measure: str, around: Circumstances) -> Conclusion:
    found = sorted(trial.lifts(arms, measure), key=lambda lift: -lift.difference.value)
    if not found:
        return Conclusion(_("Nobody got a message."), _levels(arms, measure, around) + ".", UNSURE)
    verdicts = [lift.verdict for lift in found]
    told = next(
        (
            lift
            for wanted in (trial.GAIN, trial.LOSS, trial.FRAGILE, trial.CHANCE, trial.FEW)
            for lift in (found if wanted != trial.LOSS else reversed(found))
            if lift.verdict == wanted
        ),
        found[0],
    )
    by_name = {arm.name: arm for arm in arms}
    text = [
        _sides(by_name[told.arm], by_name[told.against], measure, around),
        _between(told, measure, around),
    ]
    text += [_other(lift, measure, around) for lift in found if lift is not told]
    pairs = [pair for pair in trial.versions(arms, measure) if pair.arm == told.arm]
    if told.verdict == trial.GAIN and pairs:
        text.append(_pair(pairs[0], measure, around))
    if not around.is_drawn and set(verdicts) & {trial.GAIN, trial.LOSS}:
        text.append(
            _("This program did not draw the arms; unless they were drawn by lot, there may be other causes.")
        )
    tone = GOOD if told.verdict == trial.GAIN else BAD if told.verdict == trial.LOSS else UNSURE
    return Conclusion(_headline(told, measure, around), " ".join(part for part in text if part), tone)


def _headline(told: Lift, measure: str, around: Circumstances) -> str:
    if told.verdict == trial.FEW:
        return _("Too few to say whether the message changed anything.")
    if told.verdict == trial.FRAGILE:
        return _("The difference rests on a few large orders and may be chance.")
    if told.verdict == trial.CHANCE:
        return _("No clear difference: what was counted may be chance.")
    gain = told.verdict == trial.GAIN
    if not around.is_drawn:
        text = {
            (trial.RESPONSE, True): _("With “{arm}” clearly more responded than without a message."),
            (trial.RESPONSE, False): _("With “{arm}” clearly fewer responded than without a message."),
            (trial.CONVERSION, True): _("With “{arm}” clearly more converted than without a message."),
            (trial.CONVERSION, False): _("With “{arm}” clearly fewer converted than without a message."),
            (trial.REVENUE, True): _("With “{arm}” revenue was clearly higher than without a message."),
            (trial.REVENUE, False): _("With “{arm}” revenue was clearly lower than without a message."),
        }[measure, gain]
        return text.format(arm=told.arm)
    text = {
        (trial.RESPONSE, True): _("“{arm}” worked: about {n} more responded than without a message."),
        (trial.RESPONSE, False): _("“{arm}” did harm: about {n} fewer responded than without a message."),
        (trial.CONVERSION, True): _("“{arm}” worked: about {n} more converted than without a message."),
        (trial.CONVERSION, False): _("“{arm}” did harm: about {n} fewer converted than without a message."),
        (trial.REVENUE, True): _("“{arm}” worked: it brought about {n} more than no message would have."),
        (trial.REVENUE, False): _("“{arm}” did harm: it brought about {n} less than no message would have."),
    }[measure, gain]
    size = abs(told.extra.value)
    return text.format(
        arm=told.arm,
        n=_money(size, around.currency, whole=True) if measure == trial.REVENUE else _number(size),
    )


def _sides(arm: Arm, control: Arm, measure: str, around: Circumstances) -> str:
    if measure == trial.REVENUE:
        text = _(
            "People with “{arm}” ({n}) brought {value} each on average, those without a message ({m}) {base}."
        )
    elif measure == trial.RESPONSE:
        text = _("Of {n} people with “{arm}”, {value} responded; of {m} without a message, {base}.")
    else:
        text = _("Of {n} people with “{arm}”, {value} converted; of {m} without a message, {base}.")
    return text.format(
        arm=arm.name,
        n=_number(arm.n),
        m=_number(control.n),
        value=written_level(arm, measure, around.currency),
        base=written_level(control, measure, around.currency),
    )


def _between(lift: Lift, measure: str, around: Circumstances) -> str:
    found = lift.difference
    if math.isnan(found.low):
        return ""
    low, high = _ends(lift, measure, around)
    text = _("The true difference very likely lies between {low} and {high}.").format(low=low, high=high)
    if lift.verdict == trial.CHANCE and (found.low > 0 or found.high < 0):
        text += " " + _("Alone it would look clear; where several are compared, it may be chance.")
    return text


def _ends(lift: Lift, measure: str, around: Circumstances) -> tuple[str, str]:
    """Both ends of a range, the unit once, after the second."""
    low, high = lift.difference.low, lift.difference.high
    said = written_difference(high, measure, around.currency).removeprefix("+")
    if measure == trial.REVENUE:
        return written_difference(low, measure, around.currency).removeprefix("+"), said
    return _points(low).removeprefix("+"), said


def _other(lift: Lift, measure: str, around: Circumstances) -> str:
    text = _("“{arm}”: {difference}, {verdict}.")
    return text.format(
        arm=lift.arm,
        difference=written_difference(lift.difference.value, measure, around.currency),
        verdict=_(VERDICTS[lift.verdict]),
    )


def _pair(pair: Lift, measure: str, around: Circumstances) -> str:
    if pair.verdict == trial.GAIN:
        text = _("“{arm}” did better than “{other}” by {difference} (between {low} and {high}).")
    else:
        text = _("Whether “{arm}” does better than “{other}” is not clear: {difference}.")
    said = written_difference(pair.difference.value, measure, around.currency)
    low, high = _ends(pair, measure, around)
    return text.format(
        arm=pair.arm, other=pair.against, difference=said.removeprefix("+"), low=low, high=high
    )


def _levels(arms: Sequence[Arm], measure: str, around: Circumstances) -> str:
    text = _("“{arm}” {value} of {n}") if measure != trial.REVENUE else _("“{arm}” {value} each ({n})")
    return "; ".join(
        text.format(arm=arm.name, value=written_level(arm, measure, around.currency), n=_number(arm.n))
        for arm in arms
        if arm.n
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def written_level(arm: Arm, measure: str, currency: str) -> str:
    """An arm's share as per cent, or its mean revenue as money; a dash where unknown."""
    value = trial.level(arm, measure).value
    if math.isnan(value):
        return "–"
    if measure == trial.REVENUE:
        return _money(value, currency)
    places = 1 if value >= 0.02 or value == 0 else 2
    return str(format_percent(_rounded(value, places + 2), "#,##0." + "0" * places + "%", locale=formats()))


def written_difference(value: float, measure: str, currency: str) -> str:
    """A difference with its sign, in points or as money; a dash where unknown."""
    if math.isnan(value):
        return "–"
    if measure == trial.REVENUE:
        sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""
        return sign + _money(abs(value), currency)
    return _("{points} points").format(points=_points(value))


def _points(value: float) -> str:
    """Percentage points with their sign, two decimals below one point."""
    size = abs(value) * 100
    if size == 0:
        return "0"
    sign = "+" if value > 0 else "\N{MINUS SIGN}" if value < 0 else ""
    return sign + _number(size, 1 if size >= 1 else 2)


def _rounded(value: float, places: int) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _number(value: float, places: int = 0) -> str:
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return str(format_decimal(_rounded(value, places), pattern, locale=formats()))


def _money(minor: float, currency: str, *, whole: bool = False) -> str:
    amount = to_major(round(minor), currency)
    if whole:
        amount = amount.quantize(Decimal(1), rounding=ROUND_HALF_UP)
        return str(format_currency(amount, currency, "¤#,##0", locale=formats(), currency_digits=False))
    return str(format_currency(amount, currency, locale=formats()))


def _day(value: date) -> str:
    return str(format_skeleton("yMMMd", value, locale="en_GB" if formats() == "en" else formats()))
