"""Orders and their lines in one file: each order once, with what its paper says, and told where its lines say otherwise."""

from sqlalchemy import select

from crm.exchange.asking import wizard
from crm.work import reading
from db.models import Contact, Order, OrderLine
from tests.factories import make
from tests.service.exchange.import_scene import stored
from tests.service.shapes.shapes_scene import FOLDER, drafts, take


def test_an_order_over_several_rows_is_one_order_with_its_totals_and_lines(people):
    ada = people["ada"]

    report = take(ada, "orders_export_1.csv")

    assert [(s.entity, s.created, s.failed, s.told) for s in report.steps] == [
        ("order", 2, 0, []),
        ("order_line", 3, 0, []),
    ]
    orders = stored(
        ada, Order, "number", "total_minor", "tax_minor", "shipping_minor", "discount_minor", "currency"
    )
    assert orders == [("#1001", 3790, 605, 490, 0, "EUR"), ("#1002", 800, 136, 0, 50, "EUR")]
    numbers = dict(stored(ada, Order, "id", "number"))
    rows = stored(ada, OrderLine, "order_id", "quantity", "amount_minor", "currency")
    assert [(numbers[order], *row) for order, *row in rows] == [
        ("#1001", 2, 1700, "EUR"),
        ("#1001", 1, 1600, "EUR"),
        ("#1002", 1, 850, "EUR"),
    ]
    assert {name for (name,) in stored(ada, Contact, "name")} == {"Ilka Brandt", "Otto Pohl"}


def test_lines_that_do_not_add_up_are_told(people, tmp_path):
    data = (FOLDER / "files" / "orders_export_1.csv").read_bytes().replace(b"Brush,16.00", b"Brush,17.00")

    report = take(people["ada"], orders=(data, tmp_path))

    assert report.steps[1].told == ["1 order has lines that do not add up to its total: #1001."]


def test_tax_on_top_adds_up_and_a_customer_known_by_address_keeps_it(people):
    ada = people["ada"]

    report = take(ada, "woocommerce_orders.csv")

    assert [(s.entity, s.created, s.failed, s.told) for s in report.steps] == [
        ("order", 1, 0, []),
        ("order_line", 2, 0, []),
    ]
    assert stored(ada, Contact, "email") == [("ilka@brandt.example",)]
    assert stored(ada, OrderLine, "amount_minor") == [(1700,), (1600,)]


def test_where_every_order_has_one_row_its_amount_is_that_of_the_line(people, tmp_path):
    till = (
        b"Order No,Order Date,Product,Qty,Total\nA1,2026-03-01,Filter,2,17.00\nA2,2026-03-02,Brush,1,16.00\n"
    )

    report = take(people["ada"], sales=(till, tmp_path))

    assert [(s.entity, s.created) for s in report.steps] == [("order", 2), ("order_line", 2)]
    assert stored(people["ada"], OrderLine, "amount_minor") == [(1700,), (1600,)]
    assert stored(people["ada"], Order, "total_minor") == [(None,), (None,)]


def test_orders_of_another_language_come_in_with_their_lines(people, tmp_path):
    rows = (
        "Bestellnr.;Datum;Kunde;Artikel;Menge;Einzelpreis;Gesamt;MwSt\n"
        "17;13.03.2026;Pohl KG;Filter;2;5,00;31,90;5,09\n17;;;Brush;1;16,81;;\n"
    )

    report = take(people["ada"], bestellungen=(rows.encode("cp1252"), tmp_path))

    assert [(s.entity, s.created, s.failed, s.told) for s in report.steps] == [
        ("order", 1, 0, []),
        ("order_line", 2, 0, []),
    ]
    assert stored(people["ada"], Order, "number", "total_minor", "tax_minor") == [("17", 3190, 509)]
    assert stored(people["ada"], OrderLine, "amount_minor") == [(1000,), (1681,)]


def test_both_halves_of_a_file_stay_when_it_is_read_in_another_way(people):
    head, lines = drafts(people["ada"], "orders_export_1.csv")

    again = [wizard.reread(people["ada"], draft, encoding="cp1252") for draft in (head, lines)]

    assert [(d["entity"], d["distinct"], d["fields"]) for d in again] == [
        (d["entity"], d["distinct"], d["fields"]) for d in (head, lines)
    ]


def test_an_order_says_on_its_page_that_its_lines_are_something_else(people):
    from crm.trade.totals import remark

    ada = people["ada"]
    order = make(ada, "order", total_minor=2000, tax_minor=300, currency="EUR")
    make(ada, "order_line", order_id=order["id"], amount_minor=1700, currency="EUR")
    with reading(ada) as session:
        assert remark(session, order["id"]) == ""
    make(ada, "order_line", order_id=order["id"], amount_minor=500, currency="EUR")

    with reading(ada) as session:
        assert "22.00 EUR" in remark(session, order["id"])
        assert session.scalar(select(Order.total_minor)) == 2000
