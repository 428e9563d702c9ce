"""Money: exact to the minor unit, never added across currencies."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.errors import Refused
from crm.money import Money, convert, exponent, to_major, to_minor, total

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


def test_different_currencies_do_not_add_up():
    with pytest.raises(Refused, match="EUR and DKK"):
        Money(100, "EUR") + Money(100, "DKK")

    assert Money(100, "EUR") + Money(50, "EUR") == Money(150, "EUR")


def test_the_rate_of_the_day_is_the_newest_one_before_it():
    february = convert(Money(1000_00, "DKK"), "EUR", day=date(2026, 2, 28), rates=RATES)
    march = convert(Money(1000_00, "DKK"), "EUR", day=DAY, rates=RATES)

    assert (february.minor, march.minor) == (134_00, 135_00)


def test_conversion_minds_the_digits_of_both_currencies():
    assert convert(Money(10_000, "JPY"), "EUR", day=DAY, rates=RATES) == Money(62_00, "EUR")


def test_a_missing_rate_is_said_with_its_remedy():
    with pytest.raises(Refused, match=r"No exchange rate for CZK.*Settings"):
        convert(Money(1, "CZK"), "EUR", day=DAY, rates=RATES)


def test_a_total_converts_each_amount_once():
    amounts = [Money(100_00, "EUR"), Money(1000_00, "DKK"), Money(10_000, "JPY")]

    assert total(amounts, "EUR", day=DAY, rates=RATES) == Money(100_00 + 135_00 + 62_00, "EUR")


def test_digits_after_the_mark_follow_the_currency():
    assert [exponent(c) for c in ("EUR", "JPY", "KWD")] == [2, 0, 3]
