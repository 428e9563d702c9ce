"""Each method on series whose continuation is known."""

import numpy as np
import pandas as pd
import pytest

from crm.forecasting.methods import ets, plain, prophet_model, theta

MONTHS = np.arange(72)
WAVE = np.sin(MONTHS * np.pi / 6)


def dates(count, start="2015-01"):
    return (np.datetime64(start, "M") + np.arange(count)).astype("datetime64[s]")


def smape(actual, said):
    return 200 * np.mean(np.abs(actual - said) / (np.abs(actual) + np.abs(said)))


def test_theta_goes_on_along_a_straight_line_at_half_its_slope():
    (said,) = theta.at_origins(np.arange(40.0), season=1, origins=[40], horizon=4)

    assert np.diff(said) == pytest.approx([0.5, 0.5, 0.5])


def test_smoothing_goes_on_along_a_straight_line():
    said = ets.at_origins(np.arange(40.0) + 5, season=1, origins=[40], horizon=3)

    assert said[0] == pytest.approx([45.0, 46.0, 47.0], rel=1e-3)


@pytest.mark.parametrize("method", [theta.at_origins, ets.at_origins])
def test_a_season_in_percent_is_carried_on(method):
    series = (100 + MONTHS) * np.exp(0.3 * WAVE)

    said = method(series[:60], season=12, origins=[60], horizon=12)

    assert smape(series[60:], said[0]) < 4


@pytest.mark.parametrize("method", [theta.at_origins, ets.at_origins])
def test_no_origin_sees_what_comes_after_it(method):
    series = 100 + 10 * WAVE + np.random.default_rng(2).normal(size=72)
    changed = series.copy()
    changed[50:] *= 7

    before = method(series, season=12, origins=[20, 40, 50, 72], horizon=6)
    after = method(changed, season=12, origins=[20, 40, 50, 72], horizon=6)

    assert (before[:3] == after[:3]).all()
    assert (before[3] != after[3]).all()


def test_smoothing_in_one_pass_equals_smoothing_from_the_last_origin_alone():
    series = np.random.default_rng(4).normal(size=50) + 20

    together = ets.at_origins(series, season=1, origins=[30, 50], horizon=5)
    alone = ets.at_origins(series[:30], season=1, origins=[30], horizon=5)

    assert together[0] == pytest.approx(alone[0])


def test_last_season_is_repeated():
    assert plain.seasonal_naive(np.array([1.0, 2, 3, 4]), season=3, horizon=5).tolist() == [2, 3, 4, 2, 3]


def test_last_value_is_repeated_before_a_season_is_full():
    assert plain.seasonal_naive(np.array([1.0, 2]), season=12, horizon=2).tolist() == [2, 2]


def test_croston_knows_the_rate_of_regular_orders():
    orders = np.tile([0.0, 0.0, 6.0], 20)

    said = plain.croston(orders, season=1, horizon=2)

    assert said == pytest.approx([0.95 * 2.0] * 2)


def test_tsb_fades_when_nobody_orders_any_more():
    alive = np.tile([0.0, 4.0], 20)

    assert (
        plain.tsb(np.r_[alive, np.zeros(30)], season=1, horizon=1)[0]
        < 0.1
        < plain.tsb(alive, season=1, horizon=1)[0]
    )


class TestProphet:
    def test_our_prediction_is_that_of_prophet(self, monkeypatch):
        ours = prophet_model._predict
        seen = []

        def both(model, days):
            trend, season = ours(model, days)
            theirs = model.predict(pd.DataFrame({"ds": days}))
            seen.append(np.abs(theirs["yhat"].to_numpy() - trend - season).max())
            seen.append(np.abs(theirs["trend"].to_numpy() - trend).max())
            return trend, season

        monkeypatch.setattr(prophet_model, "_predict", both)

        prophet_model.fit(100 + MONTHS + 20 * WAVE, dates=dates(80), season=12, of_the_year=True, seed=1)

        assert seen == pytest.approx([0, 0], abs=1e-9)

    def test_it_finds_trend_and_season(self):
        series = (100 + MONTHS) * np.exp(0.3 * WAVE)

        fit = prophet_model.fit(series[:60], dates=dates(72), season=12, of_the_year=True, seed=1)

        assert fit.logged
        assert smape(series[60:], fit.yhat) < 4
        assert np.ptp(fit.season) == pytest.approx(0.6, abs=0.05)

    def test_noise_gets_no_season(self):
        noise = 50 + np.random.default_rng(1).normal(size=60)

        fit = prophet_model.fit(noise, dates=dates(66), season=12, of_the_year=True, seed=1)

        assert np.ptp(fit.season) == 0

    def test_the_years_of_the_labels_do_not_matter(self):
        series = 100 + MONTHS + 20 * WAVE

        near = prophet_model.fit(series, dates=dates(80, "2001-01"), season=12, of_the_year=True, seed=1)
        far = prophet_model.fit(series, dates=dates(80, "0001-01"), season=12, of_the_year=True, seed=1)

        assert far.yhat == pytest.approx(near.yhat, rel=0.01)

    def test_it_says_nothing_on_the_console(self, capfd, caplog):
        prophet_model.fit(100.0 + MONTHS, dates=dates(80), season=12, of_the_year=True, seed=1)

        assert capfd.readouterr() == ("", "")
        assert caplog.records == []
