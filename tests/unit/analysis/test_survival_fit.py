"""The Weibull law: published and hand-made likelihoods, the choice between plain and limited, covariates, single units."""

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize

from crm.analytics.survival import life_data
from crm.analytics.survival_choice import choose
from crm.analytics.survival_fit import FEWEST, NoFit, fit_life
from crm.analytics.survival_hazards import HazardFit, fit_hazards
from crm.analytics.survival_likelihood import log_likelihood, theta_of
from crm.analytics.survival_units import outlook


def fit_weibull(times, observed=None, *, entry=None):
    return fit_life(life_data(times, observed, entry=entry))


def drawn(n=400, *, alpha=100.0, beta=2.0, share=1.0, stop=150.0, seed=1):
    """Lives of a Weibull law, watched until ``stop`` at most."""
    draw = np.random.default_rng(seed)
    times = np.where(draw.random(n) < share, alpha * draw.weibull(beta, n), np.inf)
    end = draw.uniform(0.2 * stop, stop, n)
    return np.minimum(times, end), times <= end


def test_the_maximum_is_that_of_a_direct_search():
    times, failed = drawn()

    fit = fit_weibull(times, failed)

    def worse(theta):
        a, b = np.exp(theta)
        density = np.log(b / a) + (b - 1) * np.log(times / a) - (times / a) ** b
        return -np.where(failed, density, -((times / a) ** b)).sum()

    found = minimize(worse, [4.0, 0.3], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9})
    assert fit.method == "plain"
    assert fit.log_likelihood == pytest.approx(-found.fun, abs=1e-6)
    assert (fit.alpha, fit.beta) == pytest.approx(np.exp(found.x), rel=1e-4)


def test_the_log_likelihood_is_the_sum_of_densities_and_survivals():
    theta = theta_of(50.0, 1.5, 0.3)
    life = life_data([20, 40, 70], [1, 0, 1], weights=[2, 1, 1], entry=[0, 10, 0])

    def survival(t):
        return 1 - 0.3 * (1 - math.exp(-((t / 50) ** 1.5)))

    def density(t):
        return 0.3 * 1.5 / 50 * (t / 50) ** 0.5 * math.exp(-((t / 50) ** 1.5))

    by_hand = 2 * math.log(density(20)) + math.log(survival(40) / survival(10)) + math.log(density(70))
    assert log_likelihood(theta, life) == pytest.approx(by_hand, rel=1e-12)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    hits = 0
    for seed in range(60):
        fit = fit_weibull(*drawn(120, seed=seed))
        low, high = fit.intervals["beta"]
        hits += low <= 2.0 <= high

    assert 51 <= hits <= 60


def test_a_share_that_never_fails_is_found():
    times, failed = drawn(3000, share=0.15, stop=400.0)

    fit = fit_weibull(times, failed)

    assert fit.method == "limited"
    assert fit.share == pytest.approx(0.15, abs=0.02)
    assert fit.intervals["share"][0] < 0.15 < fit.intervals["share"][1]
    assert fit.median() is None
    assert "share" in fit.note


def test_a_whole_population_stays_plain():
    fit = fit_weibull(*drawn(2000, stop=400.0))

    assert fit.method == "plain"
    assert fit.share == 1.0
    assert set(fit.intervals) == {"alpha", "beta"}


def test_who_enters_late_does_not_bend_the_law():
    draw = np.random.default_rng(5)
    times, entry = 100 * draw.weibull(2.0, 6000), draw.uniform(0, 120, 6000)
    seen = times > entry

    fit = fit_weibull(times[seen], entry=entry[seen])

    assert fit.intervals["alpha"][0] < 100 < fit.intervals["alpha"][1]
    assert fit.intervals["beta"][0] < 2 < fit.intervals["beta"][1]
    assert fit_weibull(times[seen]).intervals["alpha"][0] > 100


@pytest.mark.parametrize("failures", [0, 1, FEWEST - 1])
def test_too_few_failures_are_said_with_n(failures):
    fit = fit_weibull(range(1, 41), [1] * failures + [0] * (40 - failures))

    assert isinstance(fit, NoFit)
    assert (fit.n, fit.failures) == (40, failures)
    assert "40" in fit.note


def test_failures_of_one_age_are_no_law():
    fit = fit_weibull([7] * 9)

    assert isinstance(fit, NoFit)
    assert "one age" in fit.note


def test_zero_times_are_left_out_of_the_law_and_said():
    times, failed = drawn(100)

    fit = fit_weibull([0, 0, 0, *times], [1, 1, 0, *failed])

    assert fit.alpha == fit_weibull(times, failed).alpha
    assert "2 failures at time 0" in fit.note


def test_median_and_its_interval_follow_the_law():
    fit = fit_weibull(*drawn(300))

    middle, low, high = fit.median()

    assert middle == pytest.approx(fit.alpha * math.log(2) ** (1 / fit.beta))
    assert fit.survival([middle])[0] == pytest.approx(0.5)
    assert low < middle < high


def test_the_scale_of_time_does_not_matter():
    times, failed = drawn(150)

    hours, years = fit_weibull(times, failed), fit_weibull(times / 8766, failed)

    assert hours.beta == pytest.approx(years.beta, rel=1e-5)
    assert hours.alpha == pytest.approx(years.alpha * 8766, rel=1e-5)


def covariate_lives(n=3000):
    draw = np.random.default_rng(8)
    age, model = draw.uniform(0, 20, n), draw.choice(["duo", "solo", "trio"], n, p=[0.5, 0.3, 0.2])
    danger = 0.06 * (age - 10) + np.select([model == "solo", model == "trio"], [0.7, -0.5], 0.0)
    times = 200 * (draw.exponential(size=n) / np.exp(danger)) ** (1 / 1.8)
    end = draw.uniform(50, 400, n)
    return life_data(np.minimum(times, end), times <= end), age, model


def test_effects_of_age_and_model_are_found():
    life, age, model = covariate_lives()

    fit = fit_hazards(life, numbers={"age": age}, groups={"model": model})

    effects = {effect.group or effect.covariate: effect for effect in fit.effects}
    assert effects["age"].low < math.exp(0.06) < effects["age"].high
    assert effects["solo"].low < math.exp(0.7) < effects["solo"].high
    assert effects["trio"].low < math.exp(-0.5) < effects["trio"].high
    assert effects["solo"].against == "duo"
    assert fit.p_value < 1e-10


def test_effects_agree_with_surpyval():
    import surpyval

    life, age, model = covariate_lives(800)
    fit = fit_hazards(life, numbers={"age": age}, groups={"model": model})

    design = fit.design({"age": age}, {"model": model}, len(age))
    other = surpyval.WeibullPH.fit(x=life.times, Z=design, c=(~life.observed).astype(int))

    assert fit.log_likelihood == pytest.approx(-other.neg_ll(), abs=1e-4)
    assert [fit.alpha, fit.beta, *fit.gamma] == pytest.approx(other.params, rel=1e-3)
    errors, others = np.sqrt(np.diag(fit.covariance))[2:], np.sqrt(np.diag(other.covariance()))[2:]
    assert errors == pytest.approx(others, rel=1e-2)


def test_covariates_that_explain_nothing_are_left_aside_but_for_chance():
    taken = 0
    for seed in range(20):
        noise = np.random.default_rng(100 + seed).normal(size=150)
        choice = choose(life_data(*drawn(150, seed=seed)), numbers={"age": noise})
        assert isinstance(choice.effects, HazardFit)
        taken += choice.law is choice.effects
        assert choice.law is choice.effects or "not supported" in choice.why

    assert taken <= 4


def test_a_covariate_without_values_or_differences_is_no_covariate():
    times, failed = drawn(60)

    same = fit_hazards(
        life_data(times, failed), numbers={"age": np.full(60, 7.0)}, groups={"model": ["x"] * 60}
    )

    assert isinstance(same, NoFit)


def test_a_group_with_few_failures_gets_no_effect_of_its_own():
    times, failed = drawn(200)
    model = np.array(["a"] * 120 + ["b"] * 77 + ["rare"] * 3, dtype=object)

    fit = fit_hazards(life_data(times, failed), groups={"model": model})

    assert [effect.group for effect in fit.effects] == ["b", ""]
    assert {effect.against for effect in fit.effects} == {"a"}


def test_risk_and_time_left_of_a_unit_are_those_of_the_law():
    fit = fit_weibull(*drawn(500))
    age = 60.0

    ahead = outlook(fit, [age])

    hazard = quad(lambda t: fit.beta / fit.alpha * (t / fit.alpha) ** (fit.beta - 1), age, age + 90)[0]
    assert ahead.risks[0, 1] == pytest.approx(1 - math.exp(-hazard))
    left = fit.survival([age, age + ahead.median[0]])
    assert left[1] / left[0] == pytest.approx(0.5)


def test_the_interval_of_the_time_left_is_that_of_a_bootstrap_of_the_parameters():
    fit = fit_weibull(*drawn(600))
    ahead = outlook(fit, [60.0])

    draws = np.random.default_rng(2).multivariate_normal(fit.theta, fit.covariance, 20_000)
    alpha, beta = np.exp(draws[:, 0]), np.exp(draws[:, 1])
    left = alpha * ((60 / alpha) ** beta + math.log(2)) ** (1 / beta) - 60
    assert ahead.low[0] == pytest.approx(np.quantile(left, 0.025), rel=0.03)
    assert ahead.high[0] == pytest.approx(np.quantile(left, 0.975), rel=0.03)


def test_where_half_never_fail_there_is_a_risk_but_no_time_left():
    fit = fit_weibull(*drawn(3000, share=0.15, stop=400.0))

    ahead = outlook(fit, [0.0, 50.0])

    assert np.isnan(ahead.median).all()
    survival = fit.survival([50.0, 140.0])
    assert ahead.risks[1, 1] == pytest.approx(1 - survival[1] / survival[0])
    assert (ahead.risks[:, 2] <= fit.share + 1e-12).all()


def test_a_unit_with_more_danger_has_less_time_left():
    life, age, model = covariate_lives()
    fit = fit_hazards(life, numbers={"age": age}, groups={"model": model})

    design = fit.design({"age": [5.0, 15.0, math.nan]}, {"model": ["trio", "solo", "unheard of"]}, 3)
    ahead = outlook(fit, [100.0, 100.0, 100.0], design=design)

    assert ahead.risks[0, 1] < ahead.risks[2, 1] < ahead.risks[1, 1]
    assert ahead.median[0] > ahead.median[2] > ahead.median[1]
    assert (ahead.low < ahead.median).all()
    assert (ahead.median < ahead.high).all()


def test_fifty_thousand_units_are_told_at_once():
    fit = fit_life(life_data(*drawn(500)))

    ahead = outlook(fit, np.linspace(0, 400, 50_000))

    assert np.isfinite(ahead.median).all()
    assert (np.diff(ahead.median) <= 0).all()


def lives_with_rare_models(calm=60, gone=0):
    """A model that fails often, one half as dangerous, and several rare ones that hardly ever fail."""
    draw = np.random.default_rng(21)
    model = np.array(
        ["often"] * 120 + ["half"] * 120 + [f"rare {n % 6}" for n in range(calm)] + ["gone"] * gone,
        dtype=object,
    )
    age = draw.uniform(0, 10, len(model))
    danger = 0.05 * age + np.select([model == "often", model == "half"], [0.0, math.log(0.5)], math.log(0.08))
    times = 100 * (draw.exponential(size=len(model)) / np.exp(danger)) ** (1 / 1.4)
    end = draw.uniform(40, 160, len(model))
    return times, end, age, model


def ratios_by_search(life, age, membership):
    """Ratios of age and of groups by a general search on the likelihood, written anew from its definition."""
    z = np.column_stack([age - age.mean(), *membership]).astype(float)

    def worse(theta):
        shape, eta = np.exp(theta[0]), theta[1] + z @ theta[2:]
        danger = np.exp(eta) * shape * (life.times / 100) ** (shape - 1) / 100
        passed = np.exp(eta) * ((life.times / 100) ** shape - (life.entry / 100) ** shape)
        return -(np.where(life.observed, np.log(danger), 0.0) - passed).sum()

    found = minimize(worse, np.zeros(2 + z.shape[1]), method="BFGS", options={"gtol": 1e-7})
    return np.exp(found.x[2:]), -found.fun


def test_groups_too_rare_for_an_effect_do_not_change_what_the_others_are_compared_with():
    times, end, age, model = lives_with_rare_models()
    life = life_data(np.minimum(times, end), times <= end)
    rare = ~np.isin(model, ["often", "half"])
    assert life.observed[rare].sum() > 0
    assert all(life.observed[model == name].sum() < FEWEST for name in set(model[rare]))

    fit = fit_hazards(life, numbers={"age": age}, groups={"model": model})

    told = [(effect.covariate, effect.group, effect.against) for effect in fit.effects]
    assert told == [("age", "", ""), ("model", "half", "often"), ("model", "", "often")]
    ratios, best = ratios_by_search(life, age, [model == "half", rare])
    assert [effect.ratio for effect in fit.effects] == pytest.approx(ratios, rel=1e-3)
    assert fit.log_likelihood == pytest.approx(best, abs=1e-4)
    assert fit.effects[1].low < 0.5 < fit.effects[1].high
    # Merged into "often", as they once were, they would have hidden the difference.
    assert ratios_by_search(life, age, [model == "half"])[0][1] > 0.65


def test_a_unit_of_a_rare_group_is_told_by_the_column_of_the_others():
    times, end, age, model = lives_with_rare_models()
    fit = fit_hazards(
        life_data(np.minimum(times, end), times <= end), numbers={"age": age}, groups={"model": model}
    )

    some = np.array(["often", "rare 1", "unheard of", None, math.nan], dtype=object)
    design = fit.design({"age": np.full(5, 5.0)}, {"model": some}, 5)
    ahead = outlook(fit, np.full(5, 30.0), design=design)

    assert ahead.risks[0, 1] > 2 * ahead.risks[1, 1]
    assert ahead.risks[1:, 1] == pytest.approx(np.full(4, ahead.risks[1, 1]))


def test_others_without_any_failure_leave_the_named_groups_as_they_are():
    times, end, age, model = lives_with_rare_models(calm=0, gone=30)
    failed = (times <= end) & (model != "gone")
    life = life_data(np.minimum(times, end), failed)

    fit = fit_hazards(life, numbers={"age": age}, groups={"model": model})

    kept = model != "gone"
    ratios, best = ratios_by_search(life.where(kept), age[kept], [model[kept] == "half"])
    assert [effect.group for effect in fit.effects] == ["", "half"]
    assert [effect.ratio for effect in fit.effects] == pytest.approx(ratios, rel=1e-3)
    # With no danger their lives add nothing to the likelihood, so it is that of all lives.
    assert fit.log_likelihood == pytest.approx(best, abs=1e-4)
    average = fit.design({"age": [math.nan]}, {"model": ["gone"]}, 1)
    assert average == pytest.approx(np.zeros((1, 2)))
