"""What experiments with known numbers allow to say, and what they do not."""

import math
from datetime import date

import pytest

from crm.analytics import trial
from crm.analytics.effects import Moments
from crm.analytics.effects_words import Circumstances, conclude, written_difference, written_level
from crm.analytics.trial import Arm

EUR = Circumstances("EUR")
NOTHING = Moments(0, 0, 0, 0, 0)


def arm(name, responded, n, *, control=False, converted=0, spend=()):
    """An arm whose buyers spent so many minor units each."""
    money = Moments(n, sum(spend), sum(s * s for s in spend), len(spend), max(spend, default=0))
    return Arm(name, control, responded, converted, money)


A_B_CONTROL = (arm("A", 163, 3080), arm("B", 197, 3080), arm("Control", 148, 3080, control=True))


def said(arms, measure="response", around=EUR):
    found = conclude(arms, measure, around)
    return found.headline, found.text, found.tone


def test_a_clear_gain_is_told_with_its_size_and_range():
    headline, text, tone = said(A_B_CONTROL)

    assert headline == "“B” worked: about 49 more responded than without a message."
    assert "Of 3,080 people with “B”, 6.4% responded; of 3,080 without a message, 4.8%." in text
    assert "The true difference very likely lies between 0.44 and 2.7 points." in text
    assert "“A”: +0.49 points, may be chance." in text
    assert "Whether “B” does better than “A” is not clear" in text
    assert tone == "good"


def test_arms_that_others_made_are_never_said_to_have_worked():
    headline, text, _tone = said(A_B_CONTROL, around=Circumstances("EUR", is_drawn=False))

    assert headline == "With “B” clearly more responded than without a message."
    assert "unless they were drawn by lot" in text


def test_a_difference_that_may_be_chance_is_not_called_one():
    headline, text, tone = said((arm("A", 163, 3080), arm("Control", 148, 3080, control=True)))

    assert headline == "No clear difference: what was counted may be chance."
    assert "between \N{MINUS SIGN}0.61 and 1.6 points" in text
    assert tone == "unsure"


def test_many_arms_make_a_lucky_one_chance():
    lucky, control = arm("Z", 66, 1000), arm("Control", 45, 1000, control=True)
    others = [arm(name, 45, 1000) for name in "ABCDEFGH"]

    alone, among = said((lucky, control)), said((lucky, *others, control))

    assert alone[0].startswith("“Z” worked")
    assert among[0] == "No clear difference: what was counted may be chance."
    assert "Alone it would look clear" in among[1]


def test_harm_is_told_as_harm():
    headline, _text, tone = said((arm("A", 90, 3080), arm("Control", 148, 3080, control=True)))

    assert headline == "“A” did harm: about 58 fewer responded than without a message."
    assert tone == "bad"


def test_without_a_control_group_nothing_is_said_about_the_message():
    one = said((arm("A", 163, 3080),))
    two = said((arm("A", 163, 3080), arm("B", 248, 3080)))

    assert one[0] == "What the message changed cannot be said: nobody was left without it."
    assert two[0] == "“B” is clearly the better one beside “A”."
    assert "Whether a message does better than none cannot be said" in two[1]


def test_what_needs_a_message_is_not_compared_with_the_control_group():
    arms = (arm("A", 163, 3080), arm("B", 248, 3080), arm("Control", 0, 3080, control=True))
    around = Circumstances("EUR", needs_message=True)

    headline, text, _tone = said(arms, around=around)
    alone = said((arms[0], arms[2]), around=around)

    assert headline == "“B” is clearly the better one beside “A”."
    assert "cannot be said by this: it needs a message" in text
    assert "Control" not in text
    assert alone[0] == "What the message changed cannot be said by this: nobody can do it without a message."


def test_before_the_last_day_nothing_is_concluded():
    around = Circumstances("EUR", until=date(2026, 11, 9), is_open=True)

    headline, text, tone = said(A_B_CONTROL, around=around)

    assert headline == "Too early to say: responses count until 9 Nov 2026."
    assert "“B” 6.4% of 3,080" in text
    assert tone == "waiting"


def test_arms_that_lost_members_are_not_compared():
    headline, _text, tone = said(A_B_CONTROL, around=Circumstances("EUR", is_unfair=True))

    assert "cannot be compared" in headline
    assert tone == "unsure"


@pytest.mark.parametrize(
    "arms",
    [
        (arm("A", 1, 12), arm("Control", 0, 12, control=True)),
        (arm("A", 0, 5000), arm("Control", 0, 5000, control=True)),
        (arm("A", 2, 3000), arm("Control", 1, 3000, control=True)),
    ],
)
def test_few_or_no_cases_are_too_few(arms):
    assert said(arms)[0] == "Too few to say whether the message changed anything."


def test_few_cases_may_still_be_clear():
    assert said((arm("A", 11, 12), arm("Control", 1, 12, control=True)))[0].startswith("“A” worked")


def test_one_large_order_proves_nothing():
    usual = [1000 + n for n in range(60)]
    base = arm("Control", 0, 600, control=True, spend=usual)
    steady = arm("A", 0, 600, spend=[1000 + n for n in range(150)])
    whale = arm("A", 0, 600, spend=[*[1000 + n for n in range(150)], 40_000])

    assert said((steady, base), "revenue")[0].startswith("“A” worked: it brought about €994 more")
    assert (
        said((whale, base), "revenue")[0] == "The difference rests on a few large orders and may be chance."
    )


def test_nobody_counted_is_said():
    assert said((arm("A", 0, 0), arm("Control", 0, 0, control=True)))[0] == "Nobody was counted yet."
    assert said((arm("Control", 4, 50, control=True),))[0] == "Nobody got a message."


def test_arms_together_are_the_sum_of_their_gains():
    pooled = trial.together(A_B_CONTROL, "response")
    single = trial.lifts(A_B_CONTROL, "response")

    assert pooled.extra.value == pytest.approx(sum(lift.extra.value for lift in single))
    assert trial.together(A_B_CONTROL[:2], "response") is None


def test_only_what_was_counted_is_a_measure():
    assert trial.measured(A_B_CONTROL) == ("response",)
    assert trial.measured((arm("A", 0, 9),)) == trial.MEASURES


def test_groups_are_corrected_together_and_told_apart_only_by_more_than_chance():
    alike = [(f"G{n}", (arm("A", 60, 1000), arm("C", 45, 1000, control=True))) for n in range(4)]
    unlike = [("Hotels", (arm("A", 120, 1000), arm("C", 45, 1000, control=True))), *alike]
    found = trial.by_group(unlike, "response")

    assert [lift.group for lift in found] == ["Hotels", "G0", "G1", "G2", "G3"]
    assert found[0].verdict == "gain"
    assert {lift.verdict for lift in found[1:]} == {"chance"}
    assert trial.groups_differ(trial.by_group(alike, "response")) == pytest.approx(1)
    assert trial.groups_differ(found) < 0.01
    assert math.isnan(trial.groups_differ(found[:1]))
    assert trial.by_group([("No control", (arm("A", 9, 90),))], "response") == ()


def test_small_shares_and_differences_keep_their_digits():
    assert written_level(arm("A", 57, 10_000), "response", "EUR") == "0.57%"
    assert written_level(arm("A", 0, 10_000), "response", "EUR") == "0.0%"
    assert written_level(Arm("A", False, 0, 0, NOTHING), "response", "EUR") == "–"
    assert written_difference(0.0042, "response", "EUR") == "+0.42 points"
    assert written_difference(-42, "revenue", "EUR") == "\N{MINUS SIGN}€0.42"
    assert written_difference(math.nan, "revenue", "EUR") == "–"
