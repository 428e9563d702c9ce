"""How networks count characters, and what the analysis of posts says."""

import math

import numpy as np
import pandas as pd
import pytest

from crm.analytics.posts import compare, typical_by
from crm.campaigns.social.networks import full_text, length_on, too_long

URL = "https://example.com/" + "x" * 100


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("", 0),
        ("Hello, world", 12),
        ("žluťoučký kůň", 13),
        ("zˇ".replace("ˇ", "\u030c"), 1),
        ("日本語", 6),
        ("Привет", 6),
        ("☕", 2),
        ("👩‍👩‍👧", 2),
        ("👍🏽", 2),
        ("🇸🇮🇩🇰", 4),
        ("❤️ a", 4),
        (URL, 23),
        (f"See {URL} and {URL}", 4 + 23 + 5 + 23),
        ("http://a.si", 23),
        ("“quote”", 7),
    ],
)
def test_x_counts_by_weight(text, weight):
    assert length_on("x", text).used == weight


@pytest.mark.parametrize(
    ("network", "fitting", "beyond"),
    [
        ("x", "a" * 280, "a" * 281),
        ("x", "語" * 140, "語" * 141),
        ("instagram", "a" * 2200, "a" * 2201),
        ("instagram", " ".join(f"#tag{n}" for n in range(30)), " ".join(f"#tag{n}" for n in range(31))),
        ("linkedin", "a" * 3000, "a" * 3001),
        ("facebook", "a" * 63_206, "a" * 63_207),
    ],
)
def test_a_network_takes_just_so_much(network, fitting, beyond):
    assert length_on(network, fitting).fits
    assert too_long(length_on(network, fitting), "It") == ""
    assert not length_on(network, beyond).fits
    assert too_long(length_on(network, beyond), "It").startswith("It takes")


@pytest.mark.parametrize(
    ("text", "count"), [("#a #b", 2), ("C# a#b #1 #", 0), ("#café #日本", 2), ("https://a.si/#x", 0)]
)
def test_hashtags_are_words_behind_a_hash(text, count):
    assert length_on("instagram", text).hashtags == count


def test_a_link_is_added_once():
    assert full_text(" New beans ", "https://a.si") == "New beans\nhttps://a.si"
    assert full_text("See https://a.si", "https://a.si") == "See https://a.si"
    assert full_text(None, None) == ""


def posts(**groups):
    return pd.DataFrame([(g, v) for g, values in groups.items() for v in values], columns=["group", "value"])


def test_the_typical_value_is_the_turned_back_mean_of_logs():
    found = typical_by(posts(a=[0, 9, 99, 999, 9]), "group", "value")[0]

    # log10(1 + x) of 0, 9, 99, 999, 9 is 0, 1, 2, 3, 1 with mean 1.4.
    assert found.typical == pytest.approx(10**1.4 - 1)
    deviation = np.log(10) * np.std([0, 1, 2, 3, 1], ddof=1) / math.sqrt(5)
    # 2.776 is the 97.5 % point of Student's t with four degrees of freedom.
    assert math.log1p(found.high) == pytest.approx(np.log(10) * 1.4 + 2.7764451 * deviation)
    assert (found.low, found.n) == (0.0, 5)  # below nothing when turned back


def test_few_posts_get_no_interval_and_unknown_values_do_not_count():
    few, many = typical_by(posts(few=[1, 2, 3, 4, math.nan], many=[1, 2, 3, 4, 5]), "group", "value")

    assert (few.n, math.isnan(few.low), math.isnan(few.high)) == (4, True, True)
    assert (many.n, math.isnan(many.low)) == (5, False)


def test_groups_stand_in_the_order_wanted():
    frame = posts(b=[1], a=[2], c=[3])

    assert [g.group for g in typical_by(frame, "group", "value", order=["c", "x", "a"])] == ["c", "a"]
    assert typical_by(frame.iloc[:0], "group", "value") == []


def test_two_groups_are_compared_as_welch_does():
    from scipy import stats

    generator = np.random.default_rng(7)
    a = np.expm1(generator.normal(3.0, 0.5, 60)).clip(0)
    b = np.expm1(generator.normal(2.0, 1.5, 200)).clip(0)

    found = compare(list(a), list(b))

    known = stats.ttest_ind(np.log1p(a), np.log1p(b), equal_var=False)
    ends = known.confidence_interval()
    assert found.p_value == pytest.approx(known.pvalue, rel=1e-9)
    assert (found.low, found.high) == pytest.approx((math.exp(ends.low), math.exp(ends.high)))
    assert found.is_clear


def test_the_interval_covers_the_truth_as_often_as_it_says():
    generator = np.random.default_rng(11)
    truth, hits, runs = 1.5, 0, 400
    for _run in range(runs):
        a = np.expm1(generator.normal(3 + math.log(truth), 0.6, 20))
        b = np.expm1(generator.normal(3, 0.9, 45))
        found = compare(list(a), list(b))
        hits += found.low <= truth <= found.high

    assert 0.92 <= hits / runs <= 0.98


@pytest.mark.parametrize(
    ("a", "b"), [([1] * 4, [1, 2, 3, 4, 5]), ([], []), ([2] * 6, [2] * 6), ([math.nan] * 9, [1] * 9)]
)
def test_too_little_to_compare_is_said_by_none(a, b):
    assert compare(a, b) is None
