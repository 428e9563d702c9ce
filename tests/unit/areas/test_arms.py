"""Drawing members into arms: shares hold in every stratum and in all, and the same seed gives the same draw."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.campaigns.runs.arm_rules import allocate, share_problems

SHARES = st.lists(st.integers(1, 20), min_size=1, max_size=5).map(
    lambda parts: {f"arm {n}": part / sum(parts) for n, part in enumerate(parts)}
)


@given(st.lists(st.integers(0, 6), max_size=200), SHARES, st.integers(-5, 5))
def test_every_stratum_holds_the_shares_to_less_than_one_member(strata, shares, seed):
    arms = allocate(range(len(strata)), strata, shares, seed=seed)

    assert set(arms) <= set(shares)
    for stratum, size in Counter(strata).items():
        drawn = Counter(arm for arm, s in zip(arms, strata, strict=True) if s == stratum)
        assert all(abs(drawn[arm] - share * size) < 1 + 1e-6 for arm, share in shares.items())


@given(st.integers(2, 400), SHARES)
def test_strata_of_a_single_member_do_not_all_fall_to_one_arm(size, shares):
    drawn = Counter(allocate(range(size), range(size), shares, seed=1))

    assert all(abs(drawn[arm] - share * size) <= len(shares) for arm, share in shares.items())


def test_the_same_seed_gives_the_same_draw_in_whatever_order_the_members_come():
    ids, shares = list(range(500)), {"A": 0.45, "B": 0.45, "Control": 0.1}
    strata = [i % 7 for i in ids]
    first = dict(zip(ids, allocate(ids, strata, shares, seed=4), strict=True))
    turned = ids[::-1]
    again = dict(zip(turned, allocate(turned, [i % 7 for i in turned], shares, seed=4), strict=True))

    assert first == again
    assert allocate(ids, strata, shares, seed=5) != list(first.values())


def test_every_member_has_the_chance_of_the_share():
    hits = np.zeros(40)
    for seed in range(600):
        hits += [
            arm == "Control" for arm in allocate(range(40), [i % 3 for i in range(40)], SPLIT, seed=seed)
        ]

    # 600 draws of a share of 0.2: six standard errors around it.
    assert np.all(np.abs(hits / 600 - 0.2) < 6 * np.sqrt(0.2 * 0.8 / 600))


SPLIT = {"A": 0.8, "Control": 0.2}


def test_nobody_to_draw_gives_an_empty_draw():
    assert allocate([], [], SPLIT, seed=1) == []


@pytest.mark.parametrize(
    ("shares", "control", "said"),
    [
        ({}, [], "at least one arm"),
        ({"Control": 1.0}, ["Control"], "at least one arm"),
        ({"A": 0.5, "C": 0.25, "D": 0.25}, ["C", "D"], "Only one arm"),
        ({"A": 1.0, "B": 0.0}, [], "above 0%"),
        ({"A": 1.0, "B": float("nan")}, [], "above 0%"),
        ({"A": 0.5, "B": 0.4}, [], "add up to 90%"),
    ],
)
def test_arms_that_cannot_be_drawn_are_named(shares, control, said):
    assert any(said in p.message for p in share_problems(shares, control))


def test_thirds_are_whole():
    assert share_problems({"A": 1 / 3, "B": 1 / 3, "C": 1 / 3}, ["C"]) == []
