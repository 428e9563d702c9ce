"""The published figures of a shop's four years of order lines come out of the sales reports."""

import os
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import insert

from crm.money import to_minor
from crm.reporting.catalogue import run_report, to_json
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Category, Contact, Order, OrderLine, Product, Setting

REALDATA = Path(os.environ.get("RAPPORT_SHARED_DATA") or Path(__file__).parents[3] / "shared" / "data")
FILE = REALDATA / "superstore" / "superstore.csv"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not FILE.is_file(), reason=f"the published data is not in {FILE}"),
]


@pytest.fixture
def superstore(database):
    """The order lines as rows, without the import; sub-categories as categories."""
    lines = pd.read_csv(FILE, encoding="utf-8-sig")
    day = {text: datetime.strptime(text, "%d/%m/%y").date() for text in lines["Order Date"].unique()}  # noqa: DTZ007
    with unit_of_work(SYSTEM) as work:
        session = work.session
        session.add(Setting(name="firm", value={"name": "Superstore", "currency": "USD"}))

        def stored(cls, rows):
            made = {key: cls(**values) for key, values in rows.items()}
            session.add_all(made.values())
            session.flush()
            return {key: row.id for key, row in made.items()}

        kinds = stored(Category, {name: {"name": name} for name in lines["Sub-Category"].unique()})
        people = stored(Contact, {key: {"name": key} for key in lines["Customer ID"].unique()})
        first = lines.drop_duplicates("Order ID")
        orders = stored(
            Order,
            {
                o: {"number": o, "ordered_on": day[d]}
                for o, d in zip(first["Order ID"], first["Order Date"], strict=True)
            },
        )
        goods = lines.drop_duplicates(["Product Name", "Sub-Category"])
        products = stored(
            Product,
            {
                (name, kind): {"name": name, "category_id": kinds[kind]}
                for name, kind in zip(goods["Product Name"], goods["Sub-Category"], strict=True)
            },
        )
        rows = [
            {
                "order_id": orders[line["Order ID"]],
                "contact_id": people[line["Customer ID"]],
                "product_id": products[line["Product Name"], line["Sub-Category"]],
                "sold_on": day[line["Order Date"]],
                "quantity": line["Quantity"],
                "amount_minor": to_minor(line["Sales"], "USD"),
                "profit_minor": to_minor(line["Profit"], "USD"),
                "currency": "USD",
                "region": line["Region"],
            }
            for line in lines.to_dict("records")
        ]
        session.execute(insert(OrderLine), rows, execution_options={"system": True})


def report(name):
    with reading(SYSTEM) as session:
        return to_json(run_report(session, name))


def test_every_published_figure_comes_out(superstore):
    totals = report("sales-totals")["summary"]
    # Each line is rounded to the cent when it is stored, the published sum is of unrounded lines.
    assert totals["sales"] == pytest.approx(2_326_534.35, abs=10)
    assert totals["profit"] == pytest.approx(292_296.81, abs=10)
    assert (totals["lines"], totals["orders"], totals["customers"]) == (10_194, 5_111, 804)

    years = {row["year"]: row["sales"] for row in report("sales-by-year")["rows"]}
    published = {"2019": 494_040, "2020": 472_993, "2021": 613_934, "2022": 745_568}
    assert {year: pytest.approx(sales, abs=3) for year, sales in published.items()} == years

    profits = {row["category"]: row["profit"] for row in report("sales-by-category")["rows"]}
    assert profits["Tables"] == pytest.approx(-17_753.21, abs=1)
    assert profits["Copiers"] == pytest.approx(56_093.94, abs=1)

    months = report("sales-by-month")["rows"]
    assert len(months) == 48
    assert sum(row["sales"] for row in months) == pytest.approx(totals["sales"], abs=0.01)
