"""Effects of messages against published examples and a second library."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, proportions_ztest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from crm.analytics.effects import (
    Moments,
    difference_of_means,
    difference_of_shares,
    holm,
    imbalance,
    mean_of,
    return_on_cost,
    sample_size,
    size_mismatch,
)
from crm.analytics.intervals import wilson


def sums(values) -> Moments:
    values = np.asarray(values, dtype=float)
    largest = float(values.max()) if len(values) else None
    return Moments(
        len(values), float(values.sum()), float((values**2).sum()), int((values != 0).sum()), largest
    )


def power_of(base, rate, n, base_n, *, arms=1):
    """Chance that a two-sided test finds the rate different from the base with so many members on each side."""
    pooled = (rate * n + base * base_n) / (n + base_n)
    z = stats.norm.isf(0.05 / arms / 2)
    needed = z * math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / base_n))
    spread = math.sqrt(rate * (1 - rate) / n + base * (1 - base) / base_n)
    if spread == 0:
        return 1.0 if abs(rate - base) > needed else 0.0
    return stats.norm.cdf((abs(rate - base) - needed) / spread)


def smallest_difference(base, n, *, base_n=None, arms=1):
    """The smallest gain over the base that is found in four of five campaigns; NaN where not even the largest is."""
    other = n if base_n is None else base_n
    low, high = base, 1.0
    if power_of(base, high, n, other, arms=arms) < 0.8:
        return math.nan
    for _step in range(60):
        middle = (low + high) / 2
        if power_of(base, middle, n, other, arms=arms) < 0.8:
            low = middle
        else:
            high = middle
    return high - base


@pytest.mark.parametrize(
    ("hits", "n", "base_hits", "base_n", "low", "high"),
    [  # Newcombe 1998, table II, method 10, contrasts (a) to (h).
        (56, 70, 48, 80, 0.0524, 0.3339),
        (9, 10, 3, 10, 0.1705, 0.8090),
        (6, 7, 2, 7, 0.0582, 0.8062),
        (5, 56, 0, 29, -0.0381, 0.1926),
        (0, 10, 0, 20, -0.1611, 0.2775),
        (0, 10, 0, 10, -0.2775, 0.2775),
        (10, 10, 0, 20, 0.6791, 1.0000),
        (10, 10, 0, 10, 0.6075, 1.0000),
    ],
)
def test_intervals_of_differences_are_those_published(hits, n, base_hits, base_n, low, high):
    found = difference_of_shares(hits, n, base_hits, base_n)

    assert found.low == pytest.approx(low, abs=6e-5)
    assert found.high == pytest.approx(high, abs=6e-5)


@given(st.integers(1, 400), st.integers(1, 400), st.data())
@settings(max_examples=150, deadline=None)
def test_shares_and_differences_agree_with_a_second_library(n, base_n, data):
    hits, base_hits = data.draw(st.integers(0, n)), data.draw(st.integers(0, base_n))

    found, one = difference_of_shares(hits, n, base_hits, base_n), wilson(hits, n)

    low, high = confint_proportions_2indep(hits, n, base_hits, base_n, compare="diff", method="newcomb")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-9)
    assert (one.low, one.high) == pytest.approx(proportion_confint(hits, n, method="wilson"), abs=1e-9)
    assert 0 <= found.p <= 1
    if found.method == "score":
        assert found.p == pytest.approx(proportions_ztest([hits, base_hits], [n, base_n])[1], abs=1e-9)
    else:
        table = [[hits, n - hits], [base_hits, base_n - base_hits]]
        assert found.p == pytest.approx(stats.fisher_exact(table)[1], abs=1e-9)


def test_the_exact_test_is_used_where_fewer_than_five_are_expected():
    assert difference_of_shares(9, 100, 1, 100).method == "score"
    assert difference_of_shares(8, 100, 1, 100).method == "fisher"
    assert "few" in difference_of_shares(8, 100, 1, 100).cautions


def test_nobody_anywhere_is_no_difference_and_nobody_asked_is_nothing_known():
    nobody = difference_of_shares(0, 50, 0, 50)

    assert (nobody.value, nobody.p) == (0, 1)
    assert math.isnan(nobody.relative)
    assert nobody.low < 0 < nobody.high
    assert math.isnan(difference_of_shares(0, 0, 1, 5).p)


@pytest.mark.parametrize("seed", range(4))
def test_differences_of_means_agree_with_a_second_library(seed):
    random = np.random.default_rng(seed)
    one = random.lognormal(3, 1, 400) * (random.random(400) < 0.3)
    base = random.lognormal(3, 1, 150) * (random.random(150) < 0.2)

    found = difference_of_means(sums(one), sums(base))

    second = CompareMeans(DescrStatsW(one), DescrStatsW(base))
    assert (found.low, found.high) == pytest.approx(second.tconfint_diff(usevar="unequal"), rel=1e-9)
    assert found.p == pytest.approx(stats.ttest_ind(one, base, equal_var=False).pvalue, rel=1e-9)
    assert found.relative == pytest.approx(one.mean() / base.mean() - 1)
    low, high = DescrStatsW(one).tconfint_mean()
    assert (mean_of(sums(one)).low, mean_of(sums(one)).high) == pytest.approx((low, high), rel=1e-9)


def test_means_without_spread_claim_nothing_but_equality():
    equal = difference_of_means(sums([0.1] * 40), sums([0.1] * 60))
    unequal = difference_of_means(sums([5] * 40), sums([0] * 60))
    single = difference_of_means(sums([5]), sums([0, 1, 2]))

    assert (equal.low, equal.high, equal.p) == (0, 0, 1)
    assert unequal.value == 5
    assert math.isnan(unequal.p)
    assert math.isnan(single.p)


def test_few_buyers_and_single_large_orders_are_said():
    many, base = [10.0, 12.0, 11.0] * 30 + [0] * 400, [10.0, 12.0, 11.0] * 20 + [0] * 400

    assert difference_of_means(sums(many), sums(base)).cautions == ()
    assert difference_of_means(sums([10] * 12 + [0] * 400), sums(base[-400:])).cautions == ("few",)
    assert difference_of_means(sums([*many, 5_000]), sums(base)).cautions == ("heavy",)
    assert "few" in difference_of_means(sums(many), sums([1, 2, 3])).cautions


def test_a_few_equal_orders_of_the_control_group_are_no_large_ones():
    found = difference_of_means(sums([1_000] * 30 + [0] * 70), sums([1_000] * 5 + [0] * 95))

    assert found.cautions == ()


def test_sums_of_arms_add_up_to_the_sums_of_all():
    one, other = [0, 3, 8], [1, 0, 0, 4]

    assert sums(one) + sums(other) == sums(one + other)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_correction_agrees_with_a_second_library(chances):
    with pytest.MonkeyPatch.context() as patch:
        # The library collects all garbage after each call: seconds at the end of a long run.
        patch.setattr("gc.collect", lambda: 0)
        second = list(multipletests(chances, method="holm")[1])

    assert holm(chances) == pytest.approx(second, abs=1e-12)


def test_an_unknown_chance_stays_unknown_and_does_not_count():
    assert holm([0.02, math.nan, 0.03])[::2] == pytest.approx([0.04, 0.04])
    assert math.isnan(holm([0.02, math.nan, 0.03])[1])


def test_sample_sizes_are_those_of_the_textbook():
    # power.prop.test(p1 = .50, p2 = .75, power = .90) of R gives 76.7 per group, with n = 50 a power of 0.740.
    assert sample_size(0.5, 0.75, power=0.9) == 77
    assert power_of(0.5, 0.75, 50, 50) == pytest.approx(0.740, abs=5e-4)
    assert sample_size(0.05, 0.06) == 8158
    assert sample_size(0.05, 0.06, arms=3) > sample_size(0.05, 0.06, arms=2) > 8158


@given(st.floats(0, 0.9), st.integers(10, 100_000), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_the_smallest_difference_is_what_the_sample_size_was_for(base, n, arms):
    gain = smallest_difference(base, n, arms=arms)

    if math.isnan(gain):
        assert power_of(base, 1, n, n, arms=arms) < 0.8
    else:
        assert sample_size(base, min(1, base + gain), arms=arms) in (n - 1, n, n + 1) or base + gain > 0.999


def test_a_small_control_group_shows_less():
    assert smallest_difference(0.1, 9_000, base_n=1_000) > smallest_difference(0.1, 5_000)


@pytest.mark.parametrize(
    ("base", "rate", "more"), [(0.1, 0.1, {}), (0.1, 1.2, {}), (-1, 0.2, {}), (0.1, 0.2, {"arms": 0})]
)
def test_nonsense_is_no_sample_size(base, rate, more):
    with pytest.raises(ValueError, match=r"is no difference|No test"):
        sample_size(base, rate, **more)


def test_arms_of_other_sizes_than_planned_are_noticed():
    assert size_mismatch([5_000, 5_000], [0.5, 0.5]) == 1
    assert size_mismatch([821_588, 815_482], [0.5, 0.5]) < 1e-5
    assert size_mismatch([900, 100], [0.9, 0.1]) == 1
    assert math.isnan(size_mismatch([10], [1]))
    assert math.isnan(size_mismatch([10, 10], [1, 0]))


def test_unlike_mixtures_are_noticed():
    assert imbalance([[100, 100], [50, 50]]) == pytest.approx(1)
    assert imbalance([[150, 50], [50, 150]]) < 1e-10
    assert math.isnan(imbalance([[5, 5], [0, 0]]))
    assert math.isnan(imbalance([]))


def test_return_counts_the_cost_itself():
    assert return_on_cost(300, 100) == 2
    assert return_on_cost(50, 100) == -0.5
    assert math.isnan(return_on_cost(50, 0))
