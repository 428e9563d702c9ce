"""Four years of order lines in one file with a BOM, CRLF and European dates, in by its profile."""

import os
from pathlib import Path

import pytest
from sqlalchemy import func, select

from crm.work import SYSTEM, reading

HERE = Path(__file__).parent
REALDATA = Path(os.environ.get("RAPPORT_SHARED_DATA", HERE.parents[1].parent / "shared" / "data"))
SOURCE = REALDATA / "superstore" / "superstore.csv"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.skipif(not SOURCE.is_file(), reason=f"no real data in {REALDATA}"),
]


@pytest.fixture
def imported(sqlite_database):
    """The sales history on a new database; the report of its import."""
    from crm.exchange.asking.service import import_profile

    return import_profile(SYSTEM, HERE / "profiles" / "superstore.toml", data=SOURCE.parent)


def test_sales_come_in_as_dated_history(imported):
    from db.models import Order, OrderLine

    assert imported.failed == 0
    with reading(SYSTEM) as session:
        lines, sales, profit, first, last = session.execute(
            select(
                func.count(), func.sum(OrderLine.amount_minor), func.sum(OrderLine.profit_minor),
                func.min(OrderLine.sold_on), func.max(OrderLine.sold_on),
            )
        ).one()  # fmt: skip
        orders = session.scalar(select(func.count(Order.id)))

    assert (lines, orders) == (10_194, 5_111)
    assert (str(first), str(last)) == ("2019-01-03", "2022-12-30")
    assert (sales, profit) == (2_326_534_35, 292_296_81)


def test_years_and_categories_are_those_of_the_file(imported):
    from db.models import Category, OrderLine, Product

    year = func.substr(func.cast(OrderLine.sold_on, OrderLine.number.type), 1, 4)
    with reading(SYSTEM) as session:
        years = session.execute(select(year, func.sum(OrderLine.amount_minor)).group_by(year)).all()
        groups = session.execute(
            select(Category.name, func.sum(OrderLine.profit_minor))
            .join(Product, Product.id == OrderLine.product_id).join(Category, Category.id == Product.category_id)
            .group_by(Category.name)
        ).all()  # fmt: skip

    assert {name: round(total / 100) for name, total in years} == {
        "2019": 494_040, "2020": 472_993, "2021": 613_934, "2022": 745_568,
    }  # fmt: skip
    profits = dict(tuple(row) for row in groups)
    assert profits["Tables"] / 100 == pytest.approx(-17_753.21, abs=0.1)
    assert profits["Copiers"] / 100 == pytest.approx(56_093.94, abs=0.1)


def test_dates_are_found_to_be_european_without_being_told():
    from crm.exchange.files.reading import read_table
    from crm.exchange.values.values import convert
    from crm.records.fields import Field, Kind

    table = read_table(SOURCE)

    made = convert(Field("d", "Date", Kind.DATE), table.texts["Order Date"])

    assert (made.order, made.ambiguous, made.problems) == ("dmy", False, {})
    assert table.layout.encoding == "utf-8-sig"
