"""Intervals against published and independently computed values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import binomtest

from crm.analytics.intervals import spread_of, wilson


class TestWilson:
    def test_a_textbook_case_comes_out(self):
        # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 and 15 of 148.
        first, second = wilson(81, 263), wilson(15, 148)

        assert (round(first.low, 4), round(first.high, 4)) == (0.2553, 0.3662)
        assert (round(second.low, 4), round(second.high, 4)) == (0.0624, 0.1605)

    @given(some.integers(1, 5000), some.data(), some.sampled_from([0.8, 0.95, 0.99]))
    def test_it_agrees_with_scipy(self, n, data, confidence):
        hits = data.draw(some.integers(0, n))

        mine = wilson(hits, n, confidence=confidence)

        theirs = binomtest(hits, n).proportion_ci(confidence, method="wilson")
        assert mine.low == pytest.approx(theirs.low, abs=1e-12)
        assert mine.high == pytest.approx(theirs.high, abs=1e-12)

    def test_none_and_all_touch_the_ends_exactly(self):
        assert wilson(0, 7).low == 0.0
        assert wilson(7, 7).high == 1.0

    def test_no_case_is_no_share(self):
        empty = wilson(0, 0)

        assert empty.n == 0
        assert math.isnan(empty.share)
        assert math.isnan(empty.low)

    @pytest.mark.parametrize(("hits", "n", "confidence"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1.0)])
    def test_nonsense_is_refused(self, hits, n, confidence):
        with pytest.raises(ValueError, match="no share"):
            wilson(hits, n, confidence=confidence)


class TestSpread:
    def test_quartiles_are_those_of_the_written_out_values(self):
        spread = spread_of([10, 1, 4], [1, 2, 3])

        assert spread.mean == pytest.approx(24 / 6)
        assert (spread.low_quartile, spread.median, spread.high_quartile) == (1.75, 4.0, 4.0)
        assert spread.n == 6

    @given(some.dictionaries(some.integers(-50, 900), some.integers(1, 40), min_size=1, max_size=30))
    def test_it_agrees_with_numpy(self, often):
        written_out = np.repeat(list(often), list(often.values()))

        spread = spread_of(list(often), list(often.values()))

        expected = np.quantile(written_out, [0.25, 0.5, 0.75])
        assert np.allclose([spread.low_quartile, spread.median, spread.high_quartile], expected)
        assert spread.mean == pytest.approx(written_out.mean())

    def test_nothing_has_no_middle(self):
        assert math.isnan(spread_of([], []).median)
        assert spread_of([], []).n == 0
