"""What a record page reads: sums that add up, titles within scope, statements that do not grow."""

from datetime import date

import pytest

from crm.contacts import sums
from crm.firm.firm import set_firm
from crm.records import records
from crm.records.view import record_view
from crm.reporting.book import firm_book
from crm.work import SYSTEM, reading, unit_of_work
from tests.factories import make

#: Of a contact's page: record, links, firm, rates, channels, addresses, roles, organisations, last talk, tasks,
#: deal sums, sales, changes, talks, tasks done, deals, problems of addresses.
STATEMENTS = 18


class TestRecordPage:
    def filled(self, people, deals):
        with unit_of_work(SYSTEM) as work:
            set_firm(work, name="Firm", currency="EUR")
        firm = make(people["stan"], "organisation", name="Firm")
        ana = make(people["stan"], "contact", name="Ana", organisation_id=firm["id"], email="ana@example.com")
        with unit_of_work(people["stan"]) as work:
            for n in range(deals):
                deal = {
                    "title": f"Deal {n}",
                    "contact_id": ana["id"],
                    "organisation_id": firm["id"],
                    "amount_minor": 100,
                }
                records.create_record(work, "deal", deal | {"currency": "EUR"})
        return ana

    @pytest.mark.parametrize("deals", [0, 1, 60])
    def test_the_page_costs_the_same_statements_whatever_belongs_to_it(self, people, statements, deals):
        from crm.ui.contacts.record_party import read_party

        ana = self.filled(people, deals)
        statements.clear()

        party = read_party(people["stan"], "contact", ana["id"], steps=20, deals=True)

        assert party.deals.open_count == deals
        assert party.deals.open_minor == deals * 100
        assert len(party.deal_rows) == min(deals, 50)
        assert len(statements) == STATEMENTS, "\n\n".join(s[:90] for s in statements)

    def test_won_value_converts_at_the_rate_of_the_day(self, people):
        from db.models import Rate, Stage

        with unit_of_work(SYSTEM) as work:
            set_firm(work, name="Firm", currency="EUR")
            work.session.add(Rate(currency="USD", day=date(2025, 1, 1), rate=0.5))
            won = work.session.query(Stage.id).filter(Stage.kind == "won").first()[0]
        ana = make(people["stan"], "contact", name="Ana")
        for currency, amount in (("USD", 1000), ("EUR", 700)):
            make(
                people["stan"],
                "deal",
                title="D",
                contact_id=ana["id"],
                currency=currency,
                amount_minor=amount,
                stage_id=won,
                opened_on=date(2025, 2, 1),
                closed_on=date(2025, 2, 3),
            )

        with reading(people["stan"]) as session:
            found = sums.deal_sums(session, "contact", ana["id"], book=firm_book(session))

        assert (found.won_count, found.won_minor, found.currency, found.note) == (2, 1200, "EUR", "")

    def test_a_currency_without_a_rate_is_left_out_and_named(self, people):
        ana = make(people["stan"], "contact", name="Ana")
        for currency, amount in (("USD", 1000), ("EUR", 700)):
            make(
                people["stan"],
                "deal",
                title="D",
                contact_id=ana["id"],
                currency=currency,
                amount_minor=amount,
            )

        with reading(people["stan"]) as session:
            found = sums.deal_sums(session, "contact", ana["id"], book=firm_book(session))

        assert found.open_minor == 700
        assert "USD" in found.note

    def test_sales_are_added_up_by_year(self, people):
        ana = make(people["mona"], "contact", name="Ana")
        for day, amount in ((date(2024, 5, 1), 100), (date(2025, 1, 1), 50), (date(2025, 12, 31), 25)):
            make(
                people["mona"],
                "order_line",
                contact_id=ana["id"],
                sold_on=day,
                amount_minor=amount,
                currency="EUR",
            )

        with reading(people["mona"]) as session:
            found = sums.sales_by_year(session, "contact", ana["id"], book=firm_book(session))

        assert found.years.values.tolist() == [[2024, 1, 100], [2025, 2, 75]]
        assert found.total_minor == 175

    def test_the_title_of_a_foreign_record_is_not_shown(self, people):
        firm = make(people["sue"], "organisation", name="Secret")
        ana = make(
            people["mona"], "contact", name="Ana", organisation_id=firm["id"], team_id=people["stan"].teams[0]
        )

        with reading(people["stan"]) as session:
            view = record_view(session, "contact", ana["id"])

        assert "organisation_id" not in view.titles
        assert view.may_change

    def test_a_viewer_sees_but_may_not_change(self, people):
        ana = make(people["stan"], "contact", name="Ana")

        with reading(people["vic"]) as session:
            view = record_view(session, "contact", ana["id"])

        assert (view.title, view.may_change, view.may_archive) == ("Ana", False, False)
