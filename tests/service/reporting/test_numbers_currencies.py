"""Hand-checked amounts in several currencies: one worth on every screen, what has no rate left out and named."""

from datetime import UTC, date, datetime

import pytest

from crm.contacts.dealings import deals_of
from crm.contacts.sums import deal_sums
from crm.pipeline.board import PipelineFilters
from crm.pipeline.closing import closing_calendar
from crm.pipeline.deal_page import read_deal
from crm.pipeline.my_day import deals_to_move, monthly_goal
from crm.pipeline.reports.report_records import Narrowed, deal_records
from crm.reporting.book import firm_book
from crm.reporting.measures import beside
from crm.reporting.report import SalesFilter
from db.models import DealLine, Organisation
from tests.service.pipeline.selling_company import column, run
from tests.service.reporting.number_hands import JUNE, TODAY, columns, rated, sales


class TestCurrencies:
    def test_an_average_divides_by_what_it_counted(self, company):
        for currency in ("EUR", "USD", "CHF"):
            company.won(100_00, JUNE, currency=currency)
        company.won(None, JUNE)

        report, now = run(company, "average-deal"), sales(company).now

        assert (report["summary"]["average"], report["n"]) == (100, 1)
        assert any("CHF, USD" in note for note in report["notes"])
        assert any("3 won deals" in note for note in report["notes"])
        assert (now.average_minor, now.priced, now.left_out, now.won) == (100_00, 1, 2, 4)
        found = deal_records(company.session, SalesFilter(), Narrowed(("won",), having="amount"))
        assert found.total == 1

    @pytest.mark.parametrize(("day", "word"), [("d2026_11_01", "later"), ("d2020_01_01", "no newer")])
    def test_a_rate_that_is_not_of_the_day_is_said(self, company, day, word):
        rated(company, **{day: 0.5})
        company.won(100_00, JUNE, currency="USD")

        quoted = company.deal("Quoted", amount_minor=7_00, currency="USD", expected_close_on=JUNE)
        report = run(company, "won-by-month")
        now = datetime(2026, 6, 30, tzinfo=UTC)
        filters, days = PipelineFilters(company.pipeline.id, JUNE), {"first": JUNE, "last": JUNE}

        assert report["summary"]["value"] == 50
        assert any(word in note and "2026-06-10" in note for note in report["notes"])
        for notes in (
            columns(company, JUNE)["Signed"].notes,
            closing_calendar(company.session, filters, **days, now=now).notes,
            read_deal(company.session, quoted.id, now=now, today=JUNE).notes,
        ):
            assert any(word in note for note in notes)

    def test_a_won_deal_is_worth_the_same_on_every_screen(self, company):
        rated(company, d2026_11_01=0.5, d2026_11_28=1.0)
        firm = company.add(Organisation(name="Casa", name_key="casa"))
        deal = company.won(100_00, date(2026, 11, 10), currency="USD", organisation_id=firm.id)

        signed = columns(company)["Signed"]
        view = read_deal(company.session, deal.id, now=datetime(2026, 11, 30, tzinfo=UTC), today=TODAY)
        page = deal_sums(company.session, "organisation", firm.id, book=firm_book(company.session))

        assert sales(company).now.won_minor == 50_00
        assert run(company, "won-by-month")["summary"]["value"] == 50
        assert (signed.total_minor, signed.cards[0].weighted_minor, view.weighted_minor) == (
            50_00,
            50_00,
            50_00,
        )
        assert page.won_minor == 50_00

    def test_deals_in_one_currency_without_a_rate_are_worth_the_same_on_every_screen(self, company):
        seller, now = company.sellers[0], datetime(2026, 11, 30, tzinfo=UTC)
        for title, minor, when in (("A", 100_00, date(2026, 11, 3)), ("B", 300_00, date(2026, 12, 1))):
            values = {"title": title, "currency": "CHF", "owner_id": seller.id, "amount_minor": minor}
            deal = company.deal("Quoted", expected_close_on=when, next_step_on=TODAY, **values)
        won = company.won(200_00, date(2026, 11, 3), currency="CHF", owner_id=seller.id)
        filters = PipelineFilters(company.pipeline.id, TODAY)
        days = {"first": date(2026, 12, 1), "last": date(2026, 12, 31)}

        shown = sales(company)
        quoted = columns(company)["Quoted"]
        view = read_deal(company.session, won.id, now=now, today=TODAY)
        goal = monthly_goal(company.session, today=TODAY, everyone=True)
        first, _second = deals_to_move(company.session, today=TODAY, now=now, everyone=True)
        due = closing_calendar(company.session, filters, **days, now=now)

        assert (shown.book.currency, shown.now.won_minor) == ("CHF", 200_00)
        assert (quoted.currency, quoted.total_minor, quoted.weighted_minor) == ("CHF", 400_00, 240_00)
        assert sum(card.weighted_minor for card in quoted.cards) == 240_00
        assert not quoted.missing
        assert (view.own_currency, view.weighted_minor) == ("CHF", 200_00)
        assert (goal.currency, goal.won_minor) == ("CHF", 200_00)
        assert first.id == deal.id
        assert (due.currency, due.deals[0].own_minor) == ("CHF", 300_00)

    def test_parts_add_up_to_the_whole_to_the_cent(self, company):
        rated(company, d2026_01_01=0.333)
        for number in range(7):
            deal = company.won(10_01 + number, JUNE, currency="USD")
            for product in company.products:
                company.add(
                    DealLine(deal_id=deal.id, product_id=product.id, amount_minor=333, currency="USD")
                )

        shown = sales(company)
        whole = shown.now.won_minor

        assert whole == sum(round((10_01 + number) * 0.333) for number in range(7))
        for rows in (shown.products, shown.agents, shown.teams, shown.managers):
            assert rows["value_minor"].sum() == whole
        assert round(run(company, "won-by-product")["summary"]["value"] * 100) == whole

    def test_rates_into_the_firms_currency_lead_into_no_other(self, company):
        rated(company, d2026_01_01=0.5)
        company.won(100_00, JUNE, currency="CHF")
        company.products[0].list_price_minor, company.products[0].currency = 100_00, "USD"
        company.won(None, JUNE, currency="CHF", product_id=company.products[0].id)

        shown = sales(company)

        assert (shown.book.currency, shown.now.won_minor) == ("CHF", 100_00)
        assert any("USD" in note for note in shown.book.notes)

    @pytest.mark.parametrize(("known", "whole"), [({"d2026_11_28": 0.5}, 1_100_00), ({}, None)])
    def test_lines_at_list_prices_in_two_currencies_add_up_to_the_whole_deal(self, company, known, whole):
        rated(company, **known)
        home, abroad = company.products[:2]
        home.list_price_minor, abroad.list_price_minor, abroad.currency = 1_000_00, 200_00, "USD"
        company.won(7_00, JUNE)
        deal = company.deal("Signed", closed_on=JUNE)
        for product in (home, abroad):
            company.add(DealLine(deal_id=deal.id, product_id=product.id, quantity=1, currency="EUR"))

        shown, signed = sales(company), columns(company, JUNE)["Signed"]
        view = read_deal(company.session, deal.id, now=datetime(2026, 11, 30, tzinfo=UTC), today=TODAY)
        parts = column(run(company, "won-by-product"), "product", "value")

        if whole:
            assert (view.worth_minor, view.worth_currency) == (whole, "EUR")
            assert shown.now.won_minor == signed.total_minor == whole + 7_00
            assert (parts[home.name], parts[abroad.name]) == (1_000, 100)
        else:
            assert (shown.now.won_minor, shown.now.priced, shown.now.left_out) == (7_00, 1, 1)
            assert "USD" in signed.missing
            assert any("USD" in note for note in shown.book.notes)

    def test_each_currency_without_a_rate_is_named_where_a_deal_stands_alone(self, company):
        seller, now = company.sellers[0], datetime(2026, 11, 30, tzinfo=UTC)
        firm = company.add(Organisation(name="Casa", name_key="casa"))
        deal = company.deal(
            "Quoted",
            expected_close_on=date(2026, 12, 1),
            next_step_on=TODAY,
            owner_id=seller.id,
            organisation_id=firm.id,
        )
        for code in ("CHF", "USD"):
            company.add(DealLine(deal_id=deal.id, quantity=1, amount_minor=5_00, currency=code))
        filters = PipelineFilters(company.pipeline.id, TODAY)
        days = {"first": date(2026, 12, 1), "last": date(2026, 12, 31)}

        (due,) = closing_calendar(company.session, filters, **days, now=now).deals
        (mine,) = deals_to_move(company.session, today=TODAY, now=now, everyone=True)

        assert (due.value_minor, due.currency, due.own_minor) == (5_00, "CHF", 0)
        assert (due.beside, due.missing) == (("USD",), ("CHF", "USD"))
        assert (mine.value_minor, mine.currency, mine.beside) == (5_00, "CHF", ("USD",))
        card = columns(company)["Quoted"].cards[0]
        view = read_deal(company.session, deal.id, now=now, today=TODAY)
        row = deal_records(company.session, SalesFilter(), Narrowed(("open",))).rows.iloc[0]
        listed = deals_of(company.session, "organisation", firm.id, book=firm_book(company.session)).iloc[0]
        assert card.beside == view.beside == ("USD",)
        assert beside(row["missing"], row["currency"]) == ("USD",)
        assert beside(listed["missing"], listed["currency"]) == ("USD",)

    def test_lines_in_two_currencies_without_a_rate_are_never_added_together(self, company):
        company.won(7_00, JUNE)
        firm = company.add(Organisation(name="Casa", name_key="casa"))
        deal = company.deal("Signed", closed_on=JUNE, organisation_id=firm.id)
        for product, minor, code in zip(
            company.products, (100, 200_00, 5_00), ("CHF", "USD", "CHF"), strict=True
        ):
            product.list_price_minor, product.currency = minor, code
            company.add(DealLine(deal_id=deal.id, product_id=product.id, quantity=1, currency="EUR"))

        shown, signed = sales(company), columns(company, JUNE)["Signed"]
        view = read_deal(company.session, deal.id, now=datetime(2026, 11, 30, tzinfo=UTC), today=TODAY)

        page = deal_sums(company.session, "organisation", firm.id, book=firm_book(company.session))

        assert (view.worth_minor, view.worth_currency) == (6_00, "CHF")
        assert (page.won_minor, page.currency) == (6_00, "CHF")
        assert "Amounts in USD are left out" in page.note
        assert (shown.now.won_minor, shown.now.left_out) == (7_00, 1)
        assert {"CHF", "USD"} <= set(signed.missing)
        for name in ("won-by-month", "won-by-product"):
            assert any("CHF, USD" in note for note in run(company, name)["notes"])
