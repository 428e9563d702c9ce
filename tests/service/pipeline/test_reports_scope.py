"""Sales lines add up, and no report counts past its reader's scope or costs more for longer tables."""

from datetime import date

import pytest

from crm.reporting.catalogue import kinds, run_report, to_json
from crm.work import SYSTEM, Actor, reading, unit_of_work
from db.models import Category, Order, OrderLine
from tests.service.pipeline.selling_company import Company, column, run


class TestSales:
    @pytest.fixture
    def sold(self, company):
        category = company.add(Category(name="Coffee"))
        company.products[0].category_id = category.id
        order = company.add(Order(number="1", ordered_on=date(2025, 12, 30), region="West"))
        for n, (day, minor) in enumerate([(date(2025, 12, 30), 10_00), (date(2026, 1, 2), 5_50)]):
            company.add(
                OrderLine(
                    order_id=order.id,
                    sold_on=day,
                    amount_minor=minor,
                    profit_minor=-1_00,
                    quantity=2,
                    currency="EUR",
                    product_id=company.products[n].id,
                )
            )
        return company

    def test_years_months_categories_and_regions_add_up_the_same(self, sold):
        assert column(run(sold, "sales-by-year"), "year", "sales") == {"2025": 10, "2026": 5.5}
        assert column(run(sold, "sales-by-month"), "month", "profit") == {"2025-12": -1, "2026-01": -1}
        assert column(run(sold, "sales-by-category"), "category", "sales") == {"Coffee": 10, None: 5.5}
        assert column(run(sold, "sales-by-region"), "region", "lines") == {"West": 2}

    def test_an_order_over_two_groups_counts_once_in_the_total(self, sold):
        report = run(sold, "sales-by-year")

        assert [row["orders"] for row in report["rows"]] == [1, 1]
        assert report["summary"]["orders"] == 1

    def test_nothing_sold_is_zero(self, company):
        assert run(company, "sales-totals")["summary"]["sales"] == 0
        assert run(company, "sales-by-month")["rows"] == []


class TestScope:
    @pytest.fixture
    def stored(self, database):
        with unit_of_work(SYSTEM) as work:
            company = Company(work.session)
            for number, seller in enumerate(company.sellers):
                for day in (date(2026, 1, 3), date(2026, 2, 3)):
                    company.won(10_00, day, owner_id=seller.id, team_id=seller.team_id, opened_on=day)
                company.deal("Gone", closed_on=date(2026, 1, 4), owner_id=seller.id, team_id=seller.team_id)
                company.deal(
                    "Quoted", amount_minor=10 ** (number + 2), owner_id=seller.id, team_id=seller.team_id
                )
                company.add(
                    OrderLine(sold_on=date(2026, 1, 1), amount_minor=1_00, currency="EUR", owner_id=seller.id)
                )
        return company

    def actor(self, stored, scope):
        seller = stored.sellers[1]
        grants = frozenset({("deal", "read", scope), ("order", "read", scope)})
        return Actor(seller.id, seller.name, "rep", (seller.team_id,), grants)

    @pytest.mark.parametrize(
        ("scope", "won", "worth"), [("own", 2, 1_000), ("team", 4, 101_000), ("none", 0, 0)]
    )
    def test_nobody_counts_past_their_scope(self, stored, scope, won, worth):
        with reading(self.actor(stored, scope)) as session:
            rate = to_json(run_report(session, "win-rate"))
            pipeline = to_json(run_report(session, "open-pipeline"))
            sales = to_json(run_report(session, "sales-totals"))

        assert rate["summary"]["won"] == won
        assert round(pipeline["summary"]["entered"] * 100) == worth
        assert sales["n"] == (0 if scope == "none" else 1)

    @pytest.mark.parametrize("name", kinds())
    def test_a_report_costs_the_same_statements_whatever_the_length(self, stored, statements, name):
        def cost():
            statements.clear()
            with reading(self.actor(stored, "team")) as session:
                run_report(session, name)
            return len(statements)

        before = cost()
        with unit_of_work(SYSTEM) as work:
            stored.session = work.session
            for number in range(40):
                stored.won(
                    5_00, date(2025, number % 12 + 1, 1), source=f"S{number}", team_id=stored.teams[1].id
                )

        assert cost() == before
        assert before <= 12
