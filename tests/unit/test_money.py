"""Money: exact to the minor unit, never added across currencies."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.money import to_major, to_minor
from crm.reporting.book import Book

DAY = date(2026, 3, 10)
RATES = {"DKK": [(date(2026, 1, 1), 0.134), (date(2026, 3, 1), 0.135)], "JPY": [(date(2026, 1, 1), 0.0062)]}


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("118.40", "EUR", 11840), (0.1, "EUR", 10), ("1.005", "EUR", 100), ("1.015", "EUR", 102), ("500", "JPY", 500),
     ("1.2345", "KWD", 1234), ("-3.50", "USD", -350)],
)  # fmt: skip
def test_an_amount_becomes_whole_minor_units_rounding_half_to_even(amount, currency, minor):
    assert to_minor(amount, currency) == minor


@given(st.integers(-(10**15), 10**15), st.sampled_from(["EUR", "JPY", "KWD", "CZK"]))
def test_minor_units_survive_the_way_to_major_and_back(minor, currency):
    assert to_minor(to_major(minor, currency), currency) == minor


@given(st.integers(-(10**11), 10**11))
def test_a_float_of_the_screen_gives_the_cents_that_were_typed(minor):
    assert to_minor(float(Decimal(minor) / 100), "EUR") == minor


def book(**rates):
    return Book("EUR", RATES | rates, datetime(2026, 3, 10, tzinfo=UTC))


def test_the_rate_of_the_day_is_the_newest_one_before_it():
    assert book().worth(1000_00, "DKK", date(2026, 2, 28)) == 134_00
    assert book().worth(1000_00, "DKK", DAY) == 135_00


def test_conversion_minds_the_digits_of_both_currencies():
    assert book().worth(10_000, "JPY", DAY) == 62_00


def test_a_missing_rate_counts_nothing_and_is_said_with_its_remedy():
    made = book()

    assert made.worth(1_00, "CZK", DAY) == 0
    assert "CZK" in made.notes[0]
    assert "Settings" in made.notes[0]


def test_amounts_of_one_foreign_currency_need_no_rate():
    made = book().fitting(["CZK", "CZK"])

    assert (made.currency, made.worth(1_00, "CZK", DAY)) == ("CZK", 1_00)
    assert book().fitting(["CZK", "EUR"]).currency == "EUR"
