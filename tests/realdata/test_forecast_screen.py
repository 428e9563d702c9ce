"""A shop's four years of order lines become a forecast on the screen: of all, and of one region."""

import os
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import insert

from crm.clock import today
from crm.forecasting import queries, service
from crm.forecasting.chosen import SALES, SeriesChoice
from crm.forecasting.outlook import outlook
from crm.money import to_minor
from crm.work import SYSTEM, reading, unit_of_work
from db.models import OrderLine, Setting

REALDATA = Path(os.environ.get("RAPPORT_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data")
FILE = REALDATA / "superstore" / "superstore.csv"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FILE.is_file(), reason=f"the published data is not in {FILE}"),
]


@pytest.fixture
def superstore(sqlite_database):
    """The order lines as rows; the wizard's way of bringing them in has its own tests."""
    lines = pd.read_csv(FILE, encoding="utf-8-sig")
    days = {text: datetime.strptime(text, "%d/%m/%y").date() for text in lines["Order Date"].unique()}  # noqa: DTZ007
    rows = [
        {
            "sold_on": days[day], "amount_minor": to_minor(amount, "USD"), "currency": "USD", "region": region,
            "quantity": 1,
        }
        for day, amount, region in zip(lines["Order Date"], lines["Sales"], lines["Region"], strict=True)
    ]  # fmt: skip
    with unit_of_work(SYSTEM) as work:
        work.session.add(Setting(name="firm", value={"name": "Superstore", "currency": "USD"}))
        work.session.execute(insert(OrderLine), rows, execution_options={"system": True})
    return lines


def computed(choice):
    service.compute(SYSTEM, choice, step=lambda done, total, note: None)
    with reading(SYSTEM) as session:
        run = queries.latest_run(session, choice)
    assert run is not None
    return run


def test_the_published_sales_are_the_history(superstore):
    with reading(SYSTEM) as session:
        past = queries.monthly_values(session, SeriesChoice(SALES), today=today())
        west = queries.monthly_values(session, SeriesChoice(SALES, region="West"), today=today())

    by_year = past.values.groupby(past.values.index.year).sum() / 100
    assert len(past.values) == 48
    assert (past.rows, past.currency) == (10_194, "USD")
    assert past.values.sum() / 100 == pytest.approx(2_326_534.35, abs=10)
    assert by_year.round(-1).to_dict() == {2019: 494_040, 2020: 472_990, 2021: 613_930, 2022: 745_570}
    expected = superstore.loc[superstore["Region"] == "West", "Sales"].sum()
    assert west.values.sum() / 100 == pytest.approx(expected, abs=5)


def test_the_forecast_goes_on_from_the_last_month_and_beats_last_season(superstore):
    run = computed(SeriesChoice(SALES))

    told = run.forecast
    errors = {each.model: each.mase for each in told.candidates}
    year = outlook(told, months=12)
    assert (run.cutoff.isoformat(), told.points[0].ds) == ("2022-12-01", "2023-01-01")
    assert told.parameters["season"] == 12
    assert errors[told.model] < errors["seasonal_naive"]
    assert year.low < year.total < year.high
    # 2022 sold 745,568 after 613,934 and 472,993: a year that grows on, but not by half.
    assert 650_000 < year.total / 100 < 1_100_000
    by_month = {point.ds[5:7]: point.yhat for point in told.points[:12]}
    assert by_month["11"] > 2 * by_month["02"], (
        "November is the strong month of this shop, February the weak one"
    )


def test_a_region_has_its_own_forecast(superstore):
    whole, west = computed(SeriesChoice(SALES)), computed(SeriesChoice(SALES, region="West"))

    assert west.rows < whole.rows
    assert west.forecast.history[0][1] < whole.forecast.history[0][1]
