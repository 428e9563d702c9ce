"""Lives with running units: the counted curve, its band, its median, the life table, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import SurvfuncRight

from crm.analytics.survival import kaplan_meier, life_data, life_table, number_at_risk
from crm.analytics.survival_hazards import fit_hazards
from crm.errors import Refused
from tests.unit.analysis.test_survival_fit import lives_with_rare_models

# Remission of 21 patients under 6-MP in weeks (E. A. Freireich et al. 1963, Blood 21, 699–716), the classical example.
WEEKS = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
RELAPSED = [1] * 9 + [0] * 12


def test_the_curve_is_the_published_one():
    curve = kaplan_meier(WEEKS, RELAPSED)

    assert curve.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert curve.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert curve.survival.round(4).tolist() == [0.8571, 0.8067, 0.7529, 0.6902, 0.6275, 0.5378, 0.4482]
    assert curve.median == 23


def test_the_band_is_greenwoods_on_the_log_log_scale():
    curve = kaplan_meier(WEEKS, RELAPSED)

    # By hand at 10 weeks: V = 3/(21·18) + 1/(17·16) + 1/(15·14).
    s, v = 0.752941176, 3 / (21 * 18) + 1 / (17 * 16) + 1 / (15 * 14)
    width = math.exp(1.959963985 * math.sqrt(v) / abs(math.log(s)))
    assert curve.low[2] == pytest.approx(s**width, rel=1e-7)
    assert curve.high[2] == pytest.approx(s ** (1 / width), rel=1e-7)


lives = st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=2, max_size=60)


@settings(max_examples=60, deadline=None)
@given(lives)
def test_survival_and_greenwood_agree_with_statsmodels(rows):
    times = np.array([time for time, _failed in rows], dtype=float)
    failed = np.array([failed for _time, failed in rows], dtype=float)
    curve = kaplan_meier(times, failed)

    other = SurvfuncRight(times, failed) if failed.any() else None

    if other is None:
        assert curve.times.size == 0
        return
    at = dict(zip(other.surv_times, other.surv_prob, strict=True))
    assert curve.survival == pytest.approx([at[t] for t in curve.times])
    with np.errstate(divide="ignore", invalid="ignore"):
        error = dict(zip(other.surv_times, other.surv_prob_se, strict=True))
        z = np.abs(np.log(np.log(curve.low) / np.log(curve.survival))) * np.abs(np.log(curve.survival))
    inside = curve.survival > 0
    expected = np.array([error[t] for t in curve.times])[inside] / curve.survival[inside] * 1.959963985
    assert z[inside] == pytest.approx(expected, rel=1e-6)


def test_a_row_of_weight_three_is_three_rows():
    whole = kaplan_meier([5, 5, 5, 8, 9], [1, 1, 1, 0, 1])

    short = kaplan_meier([5, 8, 9, 4], [1, 0, 1, 1], weights=[3, 1, 1, 0])

    assert short.survival.tolist() == whole.survival.tolist()
    assert (short.n, short.failures) == (5, 4)


def test_who_enters_late_is_not_at_risk_before():
    curve = kaplan_meier([4, 6, 9, 9], [1, 1, 1, 0], entry=[0, 5, 0, math.nan])

    assert curve.at_risk.tolist() == [3, 3, 2]
    assert curve.survival == pytest.approx([2 / 3, 4 / 9, 2 / 9])


def test_nobody_failed():
    curve = kaplan_meier([3, 4], [0, 0])

    assert curve.times.size == 0
    assert curve.median is None
    assert curve.at([0, 3]).tolist() == [1.0, 1.0]
    assert np.isnan(curve.at([5])).all()


def test_everybody_failed_at_once():
    curve = kaplan_meier([3, 3, 3])

    assert curve.survival.tolist() == [0.0]
    assert (curve.low[0], curve.high[0]) == (0.0, 1.0)
    assert curve.median == 3


def test_failures_at_time_zero_lower_the_curve_from_the_start():
    curve = kaplan_meier([0, 2, 4, 4], [1, 1, 0, 0])

    assert curve.times.tolist() == [0, 2]
    assert curve.survival == pytest.approx([0.75, 0.5])


def test_the_medians_ends_are_where_the_band_comes_down_to_a_half():
    curve = kaplan_meier(list(range(1, 41)))

    assert curve.median == 20
    assert curve.low[int(curve.median_low) - 1] <= 0.5 < curve.low[int(curve.median_low) - 2]
    assert curve.high[int(curve.median_high) - 1] <= 0.5 < curve.high[int(curve.median_high) - 2]


def test_number_at_risk_counts_who_is_under_observation():
    life = life_data([4, 6, 9], [1, 0, 1], entry=[0, 5, 0])

    assert number_at_risk(life, [0, 4, 6, 7, 10]) == [2, 2, 2, 1, 0]


def test_life_table_counts_the_censored_half():
    rows = life_table(life_data([1, 1, 3, 3, 5, 5], [1, 0, 1, 0, 0, 0]), [0, 2, 4])

    assert [(r.entered, r.failed, r.censored) for r in rows] == [(6, 1, 1), (4, 1, 1)]
    assert rows[0].survival == pytest.approx(1 - 1 / 5.5)
    assert rows[1].survival == pytest.approx((1 - 1 / 5.5) * (1 - 1 / 3.5))


@pytest.mark.parametrize(
    ("times", "observed", "field"),
    [
        ([1, -2], [1, 1], "time"),
        ([1, math.nan], [1, 1], "time"),
        ([1, math.inf], [1, 1], "time"),
        ([1, 2], [1, math.nan], "observed"),
        ([1, 2], [1, 2], "observed"),
    ],
)
def test_what_is_no_life_is_refused_with_its_row(times, observed, field):
    with pytest.raises(Refused) as refused:
        life_data(times, observed)

    (problem,) = refused.value.problems
    assert problem.field == field
    assert "(2)" in problem.message


def test_lengths_that_differ_and_entries_after_the_end_are_refused():
    with pytest.raises(Refused, match="same length"):
        life_data([1, 2], [1])
    with pytest.raises(Refused):
        life_data([1, 2], [1, 1], entry=[0, 2])
    with pytest.raises(Refused):
        life_data(["a"], [1])


def test_the_danger_of_models_beside_a_rare_group_is_that_of_coxs_model():
    times, end, age, model = lives_with_rare_models()
    lived, failed = np.minimum(times, end), times <= end
    design = np.column_stack([age, model == "half", ~np.isin(model, ["often", "half"])]).astype(float)

    cox = np.exp(PHReg(lived, design, status=failed.astype(int)).fit().params)
    ours = fit_hazards(life_data(lived, failed), numbers={"age": age}, groups={"model": model})

    assert [effect.group for effect in ours.effects] == ["", "half", ""]
    # Cox leaves open how danger grows with age; where the law is Weibull's, both find the same ratios.
    per_year = ours.effects[0].ratio
    assert [per_year, *(effect.ratio for effect in ours.effects[1:])] == pytest.approx(cox, rel=0.1)
