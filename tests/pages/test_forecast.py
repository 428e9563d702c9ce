"""The screen Forecast: shown, nothing yet, too short, refused, not signed in, and its job."""

from datetime import UTC, date, datetime

import pytest

from crm.forecasting import service
from crm.forecasting.chosen import WON, SeriesChoice
from crm.forecasting.engine import from_history
from crm.jobs import queue
from crm.jobs.worker import Worker
from crm.periods import add_months
from crm.work import SYSTEM, unit_of_work
from db.models import Deal, Grant, OrderLine, Role, Stage, Target, Team, User

FITTED = {}

pytestmark = pytest.mark.usefixtures("at_noon")


def silent(done, total, note):
    """No one looks at the progress."""


@pytest.fixture
def sold(house):
    """``sold(40)``: stan won one deal in each of so many months up to February 2026."""

    def fill(months, *, owner="stan", until=date(2026, 2, 1)):
        with unit_of_work(SYSTEM) as work:
            stage = work.session.query(Stage).filter_by(kind="won").first()
            team = work.session.get(User, house[owner]).team_id
            for step in range(months):
                month = add_months(until, step - months + 1)
                work.session.add(
                    Deal(
                        title="Deal", status="won", stage_id=stage.id, pipeline_id=stage.pipeline_id, currency="EUR",
                        amount_minor=1_000_000 + 30_000 * step * (2 if month.month == 12 else 1),
                        closed_on=month.replace(day=10), owner_id=house[owner], team_id=team,
                    )
                )  # fmt: skip

    return fill


@pytest.fixture
def fit_once(monkeypatch):
    """Fit each history once for all tests of this file; a process of its own is proved by the service tests."""

    def fitted(history, *, horizon, seed, pulse):
        key = (history.values.tobytes(), horizon, seed)
        if key not in FITTED:
            FITTED[key] = from_history(history, horizon=horizon, seed=seed)
        return FITTED[key]

    monkeypatch.setattr(service, "_fitted", fitted)


@pytest.fixture
def forecast(sold, actor_of, fit_once):
    """Forty months, forecast as the administrator sees them."""
    sold(40)
    service.compute(actor_of("ada"), SeriesChoice(), step=silent)


def labels(page):
    return [metric.label for metric in page.metric]


def markdown(page):
    return " ".join(each.value for each in page.markdown)


def test_the_forecast_is_shown_with_its_proof(open_page, forecast):
    page = open_page("forecast")

    assert not page.exception
    assert page.title[0].value.startswith("Forecast")
    assert labels(page) == ["Expected, 6 months", "Between", "Deals in hand", "Usual error"]
    assert "40 won deals until Feb 2026" in page.caption[0].value
    assert "What this rests on" in markdown(page)
    assert "Not in here:" in markdown(page)
    assert len(page.get("plotly_chart")) >= 4
    methods, months, earlier = (frame.value for frame in page.dataframe)
    assert methods["method"].str.startswith("✓").sum() == 1
    assert list(months["month"]) == ["Mar 2026", "Apr 2026", "May 2026", "Jun 2026", "Jul 2026", "Aug 2026"]
    assert (months["low80"] <= months["expected"]).all()
    assert len(earlier) == 1


def test_every_chart_and_table_has_words_for_who_cannot_see_it(open_page, forecast):
    page = open_page("forecast")

    charts = [each.proto for each in page.get("plotly_chart")]
    assert charts
    assert all(len(proto.alt) > 20 for proto in charts)
    assert all(frame.proto.alt for frame in page.dataframe)


def test_the_months_ahead_stand_in_the_address(open_page, forecast):
    page = open_page("forecast", forecast_ahead="12 months")

    assert labels(page)[0] == "Expected, 12 months"
    assert len(page.dataframe[1].value) == 12


def test_a_target_gives_its_chance(open_page, forecast, house):
    with unit_of_work(SYSTEM) as work:
        work.session.add(Target(month=date(2026, 3, 1), amount_minor=1, currency="EUR"))

    page = open_page("forecast")

    chance = page.metric[2]
    assert (chance.label, chance.value) == ("Chance of target", "100%")


def test_without_any_deal_it_says_what_belongs_here(open_page):
    page = open_page("forecast")

    assert not page.exception
    assert not page.metric
    assert "**Nothing to forecast yet**" in markdown(page)
    assert not [button for button in page.button if button.key == "forecast_compute"]


def test_too_short_a_history_is_an_information_that_names_what_is_missing(open_page, sold):
    sold(2)

    page = open_page("forecast")

    assert [info.value for info in page.info] == [
        "There are 2 periods with a value; a forecast needs at least 3."
    ]
    assert not page.error
    assert not page.metric


def test_one_click_computes_the_first_forecast(open_page, sold):
    sold(5)
    page = open_page("forecast")

    page.button(key="forecast_first").click().run()
    waiting = [button.key for button in page.button]
    Worker().run_one()
    page.run()

    assert "forecast_cancel" in waiting
    assert not page.exception
    assert labels(page)[0] == "Expected, 6 months"


def test_compute_anew_can_be_cancelled(open_page, forecast, actor_of):
    page = open_page("forecast")

    page.button(key="forecast_compute").click().run()
    (job,) = queue.active_jobs(actor_of("ada"), kind="forecast")
    page.button(key="forecast_cancel").click().run()
    page.run()

    assert queue.get_job(actor_of("ada"), job.id).state == queue.CANCELLED
    assert "cancelled; nothing was changed" in page.info[0].value
    assert labels(page)[0] == "Expected, 6 months"


def test_a_failed_computation_says_why_and_keeps_the_last_forecast(open_page, forecast, actor_of, at_noon):
    at_noon.shift(60)
    service.start(actor_of("ada"), SeriesChoice())
    with unit_of_work(SYSTEM) as work:
        for deal in work.session.query(Deal):
            deal.archived_at = datetime(2026, 3, 10, tzinfo=UTC)
    Worker().run_one()

    page = open_page("forecast")

    assert "There is no value to forecast from" in page.info[0].value
    assert labels(page)[0] == "Expected, 6 months"


def test_newer_months_start_one_refresh_a_day(open_page, forecast, sold, at_noon, actor_of):
    at_noon.move_to(datetime(2026, 4, 10, 12, tzinfo=UTC))
    sold(1, until=date(2026, 3, 1))

    first = open_page("forecast")
    open_page("forecast")

    assert len(queue.recent_jobs(actor_of("ada"), kind="forecast")) == 1
    assert "forecast_cancel" in [button.key for button in first.button]


def test_nobody_sees_a_forecast_of_rows_out_of_reach(open_page, forecast):
    page = open_page("forecast", as_="sue")

    assert not page.exception
    assert not page.metric
    assert "40 won deals" not in " ".join(caption.value for caption in page.caption)


def test_a_team_filter_is_a_series_of_its_own(open_page, forecast, actor_of, house):
    with unit_of_work(SYSTEM) as work:
        team = work.session.query(Team).filter_by(name="North").one().id
    service.compute(actor_of("ada"), SeriesChoice(WON, team_id=team), step=silent)

    north = open_page("forecast", forecast_team="North")
    south = open_page("forecast", forecast_team="South")

    assert "North" in north.caption[0].value
    assert labels(north)[0] == "Expected, 6 months"
    assert "**Nothing to forecast yet**" in markdown(south)


def test_sales_lines_are_the_other_series(open_page, forecast):
    with unit_of_work(SYSTEM) as work:
        for step in range(5):
            sold_on = add_months(date(2025, 10, 1), step)
            work.session.add(OrderLine(sold_on=sold_on, amount_minor=5_000, currency="EUR", region="West"))

    page = open_page("forecast", forecast_series="Sales lines")

    assert page.caption[0].value.startswith("Sales per month")
    assert "forecast_first" in [button.key for button in page.button]
    assert page.selectbox(key="forecast_region").options == ["West"]


def test_who_may_not_see_deals_is_refused(open_page, house):
    with unit_of_work(SYSTEM) as work:
        role = Role(name="Clerk", key="clerk")
        work.session.add(role)
        work.session.flush()
        work.session.add(Grant(role_id=role.id, entity="contact", action="read", scope="all"))
        work.session.get(User, house["vic"]).role_id = role.id

    page = open_page("forecast", as_="vic")

    assert not page.metric
    assert "Your role does not open this screen" in page.error[0].value


def test_nobody_sees_anything_without_a_session(open_page, forecast):
    page = open_page("forecast", as_=None)

    assert [title.value for title in page.title] == ["You are signed out"]
    assert not page.metric


def test_the_number_of_statements_does_not_grow_with_the_history(
    open_page, forecast, sold, statements, actor_of
):
    open_page("forecast").run()
    page = open_page("forecast")
    statements.clear()
    page.run()
    few = len(statements)
    sold(40, until=date(2026, 1, 1))
    service.compute(actor_of("ada"), SeriesChoice(), step=silent)

    page = open_page("forecast")
    statements.clear()
    page.run()

    assert len(statements) == few
    assert few <= 13  # the frame reads the views pinned in the menu, too
