"""A forecast is computed in a process, stored, and found again by exactly those who see its rows."""

import json
from datetime import date

import pytest
from typer.testing import CliRunner

from crm.commands import app
from crm.errors import NotAllowed, Refused
from crm.firm.firm import set_firm
from crm.firm.rates import DatedRate, save_rates
from crm.forecasting import parallel, queries, service
from crm.forecasting.chosen import MONTHS, SALES, WON, SeriesChoice
from crm.jobs import queue
from crm.jobs.worker import Worker
from crm.work import SYSTEM, Actor, reading, unit_of_work
from db.models import ForecastRun
from tests.service.forecasting.forecast_firm import Firm, latest, silent, values_of

pytestmark = pytest.mark.usefixtures("database", "at_noon")


@pytest.fixture
def firm():
    return Firm()


class TestCompute:
    def test_a_run_keeps_everything_it_rests_on(self, firm):
        firm.history(40)
        firm.deal(999_999_999, date(2026, 3, 2))

        run_id = service.compute(SYSTEM, SeriesChoice(), step=silent, seed=7)

        run = latest(SYSTEM)
        assert (run.id, run.cutoff, run.horizon, run.seed) == (run_id, date(2026, 2, 1), MONTHS, 7)
        assert (run.currency, run.rows, len(run.forecast.history)) == ("EUR", 40, 40)
        assert [p.ds for p in run.forecast.points][:2] == ["2026-03-01", "2026-04-01"]
        assert all(0 < p.lo95 <= p.lo80 <= p.yhat <= p.hi80 <= p.hi95 for p in run.forecast.points)
        assert sum(c.chosen for c in run.forecast.candidates) == 1
        assert run.forecast.backtest
        with reading(SYSTEM) as session:
            (row,) = queries.run_list(session, SeriesChoice())
        assert row.expected == pytest.approx(sum(p.yhat for p in run.forecast.points[:12]))

    def test_the_running_month_is_what_was_won_and_the_rest_by_the_pace_of_past_months(self, firm):
        firm.history(40)
        for month in range(1, 13):
            firm.deal(100_000, date(2025, month, 3))
        firm.deal(70_000, date(2026, 3, 2))
        firm.deal(30_000, date(2026, 3, 10))
        firm.deal(50_000, date(2026, 3, 4), currency="USD")
        service.compute(SYSTEM, SeriesChoice(), step=silent)
        run = latest(SYSTEM)
        with reading(SYSTEM) as session:
            won = queries.so_far(session, SeriesChoice(), currency="EUR", today=date(2026, 3, 10))
            days = queries.by_day(session, SeriesChoice(), start=date(2024, 3, 1), end=date(2026, 2, 28))

        now = run.standing(won, date(2026, 3, 10))

        later = sum(v for day, v in days.items() if day.day == 15) / sum(days.values())
        assert (won.minor, now.so_far) == (100_000, 100_000)
        assert now.forecast.points[0].yhat == pytest.approx(100_000 + later * run.forecast.points[0].yhat)
        assert now.forecast.points[0].lo95 >= 100_000
        assert now.forecast.points[1:] == run.forecast.points[1:]
        assert not any("USD" in note for note in run.forecast.notes)
        assert any("USD are left out" in note for note in now.forecast.notes)
        assert run.standing(won, date(2026, 5, 1)) is run

    def test_what_came_is_not_added_to_a_forecast_in_another_currency(self, firm):
        firm.history(40)
        service.compute(SYSTEM, SeriesChoice(), step=silent)
        run = latest(SYSTEM)
        firm.deal(70_000, date(2026, 3, 2))
        with unit_of_work(SYSTEM) as work:
            set_firm(work, name="Roast", currency="USD")
            save_rates(work, [DatedRate("EUR", date(2020, 1, 1), 1.1)])

        with reading(SYSTEM) as session:
            won = queries.so_far(session, SeriesChoice(), currency=run.currency, today=date(2026, 3, 10))

        assert won is None
        assert run.standing(won, date(2026, 3, 10)) is run

    def test_the_same_data_and_seed_give_the_same_forecast(self, firm):
        firm.history(26)

        first, second = (service.compute(SYSTEM, SeriesChoice(), step=silent) for _ in range(2))

        assert first != second
        with unit_of_work(SYSTEM) as work:
            one, two = (work.session.get(ForecastRun, key).result for key in (first, second))
        assert one == two

    def test_two_months_are_too_few_and_nothing_is_stored(self, firm):
        firm.history(2)

        with pytest.raises(Refused, match="at least 3"):
            service.compute(SYSTEM, SeriesChoice(), step=silent)

        assert latest(SYSTEM) is None

    def test_under_two_years_no_season_is_claimed(self, firm):
        firm.history(14)

        service.compute(SYSTEM, SeriesChoice(), step=silent)

        run = latest(SYSTEM)
        assert run.forecast.parameters["season"] == 1
        assert any("No season" in note for note in run.forecast.notes)

    def test_a_stopped_job_stores_nothing(self, firm, monkeypatch):
        monkeypatch.setattr(parallel, "PULSE", 0.02)
        firm.history(40)
        calls = []

        def stop_in_the_middle(done, total, note):
            calls.append(done)
            if calls.count(1) > 1:
                raise queue.Stopped

        with pytest.raises(queue.Stopped):
            service.compute(SYSTEM, SeriesChoice(), step=stop_in_the_middle)

        assert calls == [0, 1, 1]
        assert latest(SYSTEM) is None

    def test_old_runs_are_forgotten(self, firm, monkeypatch):
        monkeypatch.setattr(queries, "KEPT", 2)
        firm.history(4)

        made = [service.compute(SYSTEM, SeriesChoice(), step=silent) for _ in range(3)]

        with reading(SYSTEM) as session:
            assert [row.id for row in queries.run_list(session, SeriesChoice())] == made[:0:-1]


class TestScope:
    def test_nobody_reads_a_forecast_made_of_rows_they_may_not_see(self, firm):
        firm.history(12, seller=0, size=1000)
        firm.history(12, seller=1, size=9000)
        service.compute(SYSTEM, SeriesChoice(), step=silent)
        stan = firm.seller(0, "own")

        before = latest(stan)
        service.compute(stan, SeriesChoice(), step=silent)

        assert before is None
        mine, whole = latest(stan), latest(SYSTEM)
        assert mine.rows == 12
        assert whole.rows == 24
        assert mine.forecast.history[0][1] * 10 == pytest.approx(whole.forecast.history[0][1])
        assert latest(firm.seller(1, "own")) is None

    def test_a_forecast_of_everything_is_hidden_once_the_role_is_narrowed(self, firm):
        firm.history(4)
        service.compute(firm.seller(0, "all"), SeriesChoice(), step=silent)

        assert latest(firm.seller(0, "all")) is not None
        assert latest(firm.seller(1, "all")) is not None, "whoever sees the same rows shares the forecast"
        assert latest(firm.seller(0, "team")) is None
        assert latest(firm.seller(0, "own")) is None

    def test_teams_do_not_share(self, firm):
        firm.history(4, seller=0)
        service.compute(firm.seller(0, "team"), SeriesChoice(), step=silent)

        assert latest(firm.seller(0, "team")).rows == 4
        assert latest(firm.seller(1, "team")) is None

    def test_without_the_right_to_read_nothing_is_computed(self, firm):
        firm.history(4)
        stranger = Actor(firm.sellers[0], "Nobody", "none", (), frozenset())

        with pytest.raises(NotAllowed):
            service.compute(stranger, SeriesChoice(), step=silent)
        with pytest.raises(NotAllowed):
            service.start(stranger, SeriesChoice())
        assert values_of(stranger)[0] == {}

    def test_an_open_job_of_a_series_belongs_to_who_started_it(self, firm):
        job_id = service.start(firm.seller(0, "own"), SeriesChoice())

        with reading(firm.seller(0, "own")) as session:
            assert queries.latest_job(session, SeriesChoice()).id == job_id
            assert queries.latest_job(session, SeriesChoice(SALES)) is None
        with reading(firm.seller(1, "own")) as session:
            assert queries.latest_job(session, SeriesChoice()) is None


class TestJob:
    def test_the_worker_stores_the_forecast(self, firm):
        firm.history(4)
        job_id = service.start(SYSTEM, SeriesChoice())

        worked = Worker().run_one()

        job = queue.get_job(SYSTEM, job_id)
        assert worked
        assert (job.state, job.share) == (queue.DONE, 1.0)
        assert job.result == {"run_id": latest(SYSTEM).id}

    def test_a_refusal_ends_the_job_with_its_sentence(self, firm):
        firm.history(2)
        job_id = service.start(SYSTEM, SeriesChoice())

        Worker().run_one()

        job = queue.get_job(SYSTEM, job_id)
        assert job.state == queue.FAILED
        assert "at least 3" in job.note

    def test_a_second_click_is_the_first(self, firm):
        stan = firm.seller(0, "own")

        assert service.start(stan, SeriesChoice()) == service.start(stan, SeriesChoice())
        assert service.start(stan, SeriesChoice()) != service.start(stan, SeriesChoice(WON, team_id=1))

    def test_a_refresh_happens_once_a_day(self, firm):
        days = [date(2026, 3, 10), date(2026, 3, 10), date(2026, 3, 11)]

        first, again, next_day = (
            service.refresh(firm.seller(0, "own"), SeriesChoice(), on=day) for day in days
        )

        assert first == again
        assert first != next_day


class TestCommand:
    def test_it_prints_what_the_screen_reads(self, firm):
        firm.history(26)

        done = CliRunner().invoke(app, ["forecast", "--series", "won", "--horizon", "6", "--json"])

        made, run = json.loads(done.stdout), latest(SYSTEM)
        assert done.exit_code == 0
        assert (made["run"], made["cutoff"], len(made["months"])) == (run.id, "2026-02-01", 6)
        assert made["months"][0]["yhat"] == pytest.approx(run.forecast.points[0].yhat / 100, abs=0.01)
        assert made["total"]["lo80"] < made["total"]["expected"] < made["total"]["hi80"]
        assert [each["model"] for each in made["candidates"] if each["chosen"]] == [made["model"]]

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            (["--series", "leads"], "no series"),
            (["--team", "West"], "no team called West"),
            (["--as", "nobody@example.com"], "Nobody who may sign in"),
            ([], "no value to forecast from"),
        ],
    )
    def test_a_problem_is_one_sentence_and_status_one(self, firm, arguments, said):
        done = CliRunner().invoke(app, ["forecast", *arguments])

        assert done.exit_code == 1
        assert said in done.stderr
        assert "Traceback" not in done.output
