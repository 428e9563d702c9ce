"""Faults that return: rates with exact intervals, the mean number of repairs, gaps and repeats; lives from records."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from crm.analytics.recurrence import gaps, mean_cumulative, poisson_rate, repeats
from crm.analytics.spells import spells, watch_of
from crm.errors import Refused


def test_the_rates_interval_is_garwoods():
    rate = poisson_rate(7, 20.0)

    assert rate.rate == 0.35
    assert poisson.sf(6, rate.low * 20) == pytest.approx(0.025)
    assert poisson.cdf(7, rate.high * 20) == pytest.approx(0.025)


def test_no_event_has_an_upper_end_only():
    rate = poisson_rate(0, 10.0)

    assert (rate.rate, rate.low) == (0.0, 0.0)
    assert rate.high == pytest.approx(-math.log(0.025) / 10)


def test_nothing_watched_is_no_rate():
    assert math.isnan(poisson_rate(0, 0.0).rate)


def test_the_mean_number_of_repairs_counts_units_still_watched():
    found = mean_cumulative(["a", "a", "a", "b", "b"], [5, 8, 12, 8, 9], [1, 1, 0, 1, 0])

    assert found.times.tolist() == [5, 8]
    assert found.mean.tolist() == [0.5, 1.5]
    assert (found.units, found.repairs) == (2, 3)


def by_hand(systems, times, flags):
    """The robust variance at the last mark, term by term as in the paper."""
    table = pd.DataFrame({"s": systems, "t": times, "d": flags})
    last = table.groupby("s")["t"].max()
    total = 0.0
    for system in last.index:
        own = 0.0
        for mark in sorted(set(table.loc[table["d"] == 1, "t"])):
            watched = (last >= mark).sum()
            at = table[(table["t"] == mark) & (table["d"] == 1)]
            if last[system] >= mark:
                own += ((at["s"] == system).sum() - len(at) / watched) / watched
        total += own**2
    return total


def test_the_band_of_the_mean_is_robust_against_units_that_differ():
    draw = np.random.default_rng(4)
    systems = np.repeat(np.arange(12), 6)
    times = draw.integers(1, 40, 72)
    flags = np.tile([1, 1, 1, 1, 1, 0], 12)

    found = mean_cumulative(systems, times, flags)

    spread = math.log(found.high[-1] / found.mean[-1]) * found.mean[-1] / 1.959963985
    assert spread**2 == pytest.approx(by_hand(systems, times, flags), rel=1e-6)


def test_histories_that_are_none_are_refused():
    with pytest.raises(Refused):
        mean_cumulative(["a"], [-1], [1])
    with pytest.raises(Refused):
        mean_cumulative(["a"], [1], [2])


def test_gaps_are_between_neighbours_of_one_unit():
    assert sorted(gaps([1, 2, 1, 1], [10, 3, 4, 40]).tolist()) == [6, 30]


def test_repeats_count_failures_soon_followed_by_another():
    again = repeats([1, 1, 1, 2], [0, 30, 61, 5], within=30)

    assert (again.share, again.n) == (0.25, 4)
    assert again.low < 0.25 < again.high


def units(**more):
    frame = pd.DataFrame({"unit": [1], "origin": [0.0], "since": [math.nan], "end": [100.0], "runs": [True]})
    return frame.assign(**more)


def events(*rows):
    return pd.DataFrame(list(rows), columns=["unit", "at"]).astype({"unit": "int64", "at": "float64"})


def test_a_failure_ends_a_life_and_a_change_censors_it():
    found = spells(units(), events((1, 30)), events((1, 30), (1, 70)))

    assert found.lives[["start", "end", "observed"]].values.tolist() == [
        [0, 30, True],
        [30, 70, False],
        [70, 100, False],
    ]
    assert found.running[["start", "age"]].values.tolist() == [[70, 30]]


def test_what_is_known_from_before_the_watch_tells_the_parts_age():
    found = spells(units(origin=[50.0], since=[50.0]), events((1, 80)), events((1, 20)))

    first = found.lives.iloc[0]
    assert (first["start"], first["end"], first["observed"], first["entry"]) == (20, 80, True, 30)


def test_lives_that_ended_before_the_watch_are_not_counted():
    found = spells(units(since=[40.0]), events((1, 30), (1, 90)), events())

    assert found.lives[["start", "end", "entry"]].values.tolist() == [[30, 90, 10], [90, 100, 0]]


def test_a_retired_unit_is_censored_and_runs_no_more():
    found = spells(units(runs=[False], end=[60.0]), events((1, 20), (1, 80)), events())

    assert found.lives[["start", "end", "observed"]].values.tolist() == [[0, 20, True], [20, 60, False]]
    assert found.running.empty


def test_a_part_changed_today_runs_from_zero():
    found = spells(units(), events((1, 100)), events())

    assert found.lives[["start", "end", "observed"]].values.tolist() == [[0, 100, True]]
    assert found.running["age"].tolist() == [0]


def watched(begins, records, *, failures=None, known=True, now):
    """The watch over units that began on given days and run still."""
    begins = np.asarray(begins, dtype=float)
    failures = records if failures is None else failures
    ages = failures - begins[np.arange(len(failures)) % len(begins)]
    ends, known = np.full(len(begins), now), np.full(len(begins), known)
    return watch_of(begins, ends, known, failures[ages >= 0], ages[ages >= 0], records, now=now)


def test_records_that_broke_off_end_the_watch():
    watch = watched(np.zeros(50), np.linspace(10, 900, 400), now=3000.0)

    assert (watch.end, watch.ended) == (900.0, True)


def test_a_quiet_firm_is_still_watched():
    watch = watched(np.zeros(50), np.array([100.0, 500.0, 800.0]), now=1100.0)

    assert (watch.end, watch.ended) == (1100.0, False)
    assert math.isnan(watch.start)


def test_records_that_began_late_begin_the_watch():
    begins = np.linspace(0, 2800, 50)

    watch = watched(begins, np.linspace(2000, 2990, 300), now=3000.0)

    assert watch.start == 2000.0


def test_a_new_fleet_without_failures_yet_was_watched_from_its_beginning():
    watch = watched(np.zeros(50), np.linspace(2000, 2990, 300), now=3000.0)

    assert math.isnan(watch.start)


def test_where_ages_are_unknown_a_silence_before_the_first_failure_is_one_of_the_records():
    watch = watched(np.zeros(50), np.linspace(2000, 2990, 300), known=False, now=3000.0)

    assert watch.start == 2000.0


def test_without_records_everything_is_watched():
    watch = watched(np.zeros(3), np.empty(0), now=9.0)

    assert math.isnan(watch.start)
    assert watch.end == 9.0
