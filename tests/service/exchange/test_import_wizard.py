"""What the wizard proposes for a file, and that its choices reach the plan."""

import pytest

from crm.exchange.asking import wizard
from crm.exchange.storing.engine import run_import
from crm.exchange.storing.plan import Plan
from db.models import OrderLine
from tests.service.exchange.import_scene import stored

RETAIL = (
    b"InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n"
    b"536365,85123A,WHITE HANGING HEART,6,2010-12-01 08:26,2.55,17850,United Kingdom\n"
    b"C536379,D,Discount,-1,2010-12-01 09:41,27.50,14527,United Kingdom\n"
)


@pytest.fixture
def retail(people, tmp_path):
    path = tmp_path / "retail.csv"
    path.write_bytes(RETAIL)
    return wizard.draft_of(people["ada"], "retail.csv", path)


def test_a_till_file_with_quantity_and_price_gets_its_amount(people, retail):
    assert retail["entity"] == "order_line"
    assert wizard.line_total(retail) == {"amount_minor": "{Quantity} * {UnitPrice}"}

    report = run_import(
        people["ada"], Plan("Till", (wizard.step_of(retail),), currency="GBP"), {"retail.csv": RETAIL}
    )

    assert report.failed == 0, report.steps[0]
    assert stored(people["ada"], OrderLine, "amount_minor", "quantity") == [(15_30, 6.0), (-27_50, -1.0)]


@pytest.mark.parametrize(
    ("header", "per_unit"),
    [("Price", True), ("Unit Price", True), ("Total Price", False), ("LineAmount", False)],
)
def test_a_total_is_not_taken_for_the_price_of_one(retail, header, per_unit):
    fields = {
        header if column == "UnitPrice" else column: field for column, field in retail["fields"].items()
    }
    draft = retail | {"columns": list(fields), "fields": fields | {header: "amount_minor"}}

    assert (wizard.price_column(draft) == header) is per_unit
    assert wizard.line_total(draft | {"per_unit": False}) == {}


def test_near_names_are_taken_only_where_the_person_says_so(retail):
    assert {lookup.near for lookup in wizard.step_of(retail).lookups.values()} == {False}
    assert {lookup.near for lookup in wizard.step_of(retail | {"near": True}).lookups.values()} == {True}
