"""Parts add up to their whole, to the cent, in every report and on the dashboard, whatever the amounts and rates."""

import random
from datetime import date, timedelta

import pytest

from crm.pipeline.reports.report_dashboard import Question, sales_dashboard
from crm.reporting.report import SalesFilter
from db.models import Category, DealLine, Order, OrderLine, Rate
from tests.service.pipeline.selling_company import run

DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 300, 7)]
CURRENCIES = ("EUR", "USD", "CHF", "JPY")
WON = ("won-by-month", "won-by-quarter", "won-by-agent", "won-by-manager", "won-by-team", "won-by-product")


@pytest.fixture(params=range(2))
def random_company(request, company):
    """Deals with an amount beside lines that do not add up to it, lines without price, four currencies at odd rates."""
    draw = random.Random(request.param)
    for code in CURRENCIES[1:]:
        for day in draw.sample(DAYS, 4):
            company.add(Rate(currency=code, day=day, rate=round(draw.uniform(0.003, 1.7), 6)))
    beans = company.add(Category(name="Beans"))
    company.products[0].category_id = beans.id
    keys = [None, *(product.id for product in company.products)]
    for _deal in range(60):
        code = draw.choice(CURRENCIES)
        deal = company.deal(
            draw.choice(["Signed", "Signed", "Quoted", "Gone"]),
            amount_minor=draw.choice([None, draw.randrange(1, 99_999)]),
            currency=code,
            closed_on=draw.choice(DAYS),
            opened_on=date(2025, 12, 1),
            product_id=draw.choice(keys),
            owner_id=draw.choice([None, *(s.id for s in company.sellers)]),
        )
        for _line in range(draw.randrange(4)):
            line = {"product_id": draw.choice([None, *(p.id for p in company.products)]), "currency": code}
            line |= {
                "quantity": draw.randrange(1, 9) / draw.choice([1, 3]),
                "amount_minor": draw.choice([None, draw.randrange(999)]),
            }
            company.add(DealLine(deal_id=deal.id, **line))
    orders = [
        company.add(Order(number=f"O{n}", region=draw.choice([None, "N"]), ordered_on=DAYS[0]))
        for n in range(5)
    ]
    for _line in range(80):
        line = {
            "amount_minor": draw.randrange(-500, 9999),
            "profit_minor": draw.choice([None, 7]),
            "currency": draw.choice(CURRENCIES),
        }
        line |= {
            "product_id": draw.choice([None, *(p.id for p in company.products)]),
            "order_id": draw.choice(orders).id,
        }
        company.add(OrderLine(sold_on=draw.choice(DAYS), **line))
    return company


def added(report, column):
    return round(sum(row[column] or 0 for row in report["rows"]), 2)


def test_won_value_by_anything_adds_up_to_the_won_value(random_company):
    whole = run(random_company, "average-deal")["summary"]["value"]

    found = {name: run(random_company, name) for name in WON}

    assert {
        name: (added(made, "value"), made["summary"]["value"]) for name, made in found.items()
    } == dict.fromkeys(WON, (whole, whole))


def test_chosen_products_add_up_to_all_of_them(random_company):
    rows = {row["product_id"]: row["value"] for row in run(random_company, "won-by-product")["rows"]}
    keys = tuple(product.id for product in random_company.products)

    assert {
        key: run(random_company, "average-deal", products=(key,))["summary"]["value"] for key in keys
    } == {key: rows.get(key, 0) for key in keys}
    together = run(random_company, "average-deal", products=keys)["summary"]["value"]
    assert together == pytest.approx(sum(rows.get(key, 0) for key in keys), abs=0.001)


def test_sales_lines_by_anything_add_up_to_all_sales(random_company):
    whole = run(random_company, "sales-totals")["summary"]

    for by in ("year", "month", "category", "product", "region"):
        made = run(random_company, f"sales-by-{by}")
        for column in ("sales", "profit"):
            assert added(made, column) == made["summary"][column] == whole[column], by


def test_the_dashboard_adds_up_in_every_card(random_company):
    board = sales_dashboard(random_company.session, Question("all", DAYS[-1], chosen=SalesFilter()))
    whole = board.now.won_minor

    assert round(run(random_company, "average-deal")["summary"]["value"] * 100) == whole
    for frame in (board.months, board.teams, board.managers, board.agents, board.products):
        column = "won_minor" if "won_minor" in frame else "value_minor"
        assert int(frame[column].sum()) == whole
    stages = board.stages
    assert int(stages["weighted_minor"].sum()) == round(
        run(random_company, "open-pipeline")["summary"]["weighted"] * 100
    ) + int(stages.loc[stages["kind"] != "open", "weighted_minor"].sum())
