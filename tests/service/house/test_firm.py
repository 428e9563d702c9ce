"""The firm's currency: what was set, else the one in use."""

from datetime import date

import pytest

from crm.firm.firm import firm, rates, set_firm
from crm.firm.rates import DatedRate, read_rates, save_rates
from crm.reporting.book import firm_book
from crm.work import reading, unit_of_work
from tests.factories import make


def seen(actor):
    with reading(actor) as session:
        return firm(session)


def test_without_a_setting_the_one_currency_in_use_counts(people):
    assert seen(people["mona"]).currency == "EUR"
    make(people["mona"], "deal", currency="USD")

    assert seen(people["mona"]).currency == "USD"


def test_with_several_currencies_the_default_counts(people):
    make(people["mona"], "deal", currency="USD")
    make(people["mona"], "deal", currency="DKK")

    assert seen(people["mona"]).currency == "EUR"


def test_what_was_set_counts_whatever_is_in_use(people):
    make(people["mona"], "deal", currency="USD")
    with unit_of_work(people["ada"]) as work:
        set_firm(work, name="Kaffe", currency="dkk")

    assert (seen(people["mona"]).name, seen(people["mona"]).currency) == ("Kaffe", "DKK")


def test_rates_keep_their_currency_when_the_firm_counts_in_another(people):
    new_year, spring = date(2026, 1, 1), date(2026, 4, 1)
    with unit_of_work(people["ada"]) as work:
        set_firm(work, name="Kaffe", currency="EUR")
        save_rates(work, [DatedRate("USD", new_year, 0.5), DatedRate("CHF", spring, 1.1)])
    with unit_of_work(people["ada"]) as work:
        set_firm(work, name="Kaffe", currency="USD")
        save_rates(work, [DatedRate("GBP", spring, 1.4)])

    with reading(people["mona"]) as session:
        found, book = rates(session), firm_book(session)
        assert {(r.currency, r.base) for r in read_rates(session)} == {
            ("USD", "EUR"),
            ("CHF", "EUR"),
            ("GBP", ""),
        }
    assert found["EUR"] == [(new_year, 2.0)]
    assert found["CHF"][-1] == (spring, pytest.approx(2.2))
    assert found["GBP"] == [(spring, 1.4)]
    assert (book.currency, book.worth(100_00, "EUR", spring), book.worth(100_00, "USD", spring)) == (
        "USD",
        200_00,
        100_00,
    )

    with unit_of_work(people["ada"]) as work:
        set_firm(work, name="Kaffe", currency="EUR")

    with reading(people["mona"]) as session:
        assert dict(rates(session)["USD"])[new_year] == 0.5
        assert rates(session)["CHF"][-1] == (spring, 1.1)
