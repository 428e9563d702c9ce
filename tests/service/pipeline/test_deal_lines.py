"""Products of a deal and the amount that follows from them, on both databases."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.errors import Conflict, NotFound, Refused
from crm.firm.firm import set_firm
from crm.firm.rates import DatedRate, delete_rate, parse_rates, read_rates, save_rates
from crm.pipeline.deal_page import deal_lines, read_deal
from crm.pipeline.deals.rules import line_amount
from crm.pipeline.defaults import ensure_defaults
from crm.records import records
from crm.work import SYSTEM, reading, unit_of_work

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


@pytest.fixture
def deal(database):
    """A deal of 500 euros without products."""
    with unit_of_work(SYSTEM) as work:
        ensure_defaults(work)
        set_firm(work, name="Kavarna", currency="EUR")
        return records.create_record(
            work, "deal", {"title": "Six machines", "amount_minor": 500_00, "currency": "EUR"}
        )


def add(deal, **values):
    with unit_of_work(SYSTEM) as work:
        return records.create_record(work, "deal_line", {"deal_id": deal["id"]} | values)


def amount(deal):
    with reading(SYSTEM) as session:
        return records.get_record(session, "deal", deal["id"])["amount_minor"]


def test_the_amount_follows_the_lines(deal):
    first = add(deal, quantity=3, unit_price_minor=100_00, discount=0.1)
    add(deal, quantity=0.5, unit_price_minor=25_01)

    assert first["amount_minor"] == 270_00
    # Half of 25.01 is 12.505; half a cent goes to the even cent.
    assert amount(deal) == 270_00 + 12_50


def test_a_changed_line_changes_the_amount(deal):
    line = add(deal, quantity=3, unit_price_minor=100_00)

    with unit_of_work(SYSTEM) as work:
        records.update_record(work, "deal_line", line["id"], {"quantity": 4}, seen_version=line["version"])

    assert amount(deal) == 400_00


def test_a_line_without_a_price_leaves_the_amount(deal):
    add(deal, quantity=3, description="Training, price to be agreed")

    assert amount(deal) == 500_00


def test_a_removed_line_leaves_the_others_sum_and_the_last_one_the_amount(deal):
    first = add(deal, unit_price_minor=100_00)
    second = add(deal, unit_price_minor=50_00)

    with unit_of_work(SYSTEM) as work:
        records.delete_record(work, "deal_line", first["id"], seen_version=first["version"])
    assert amount(deal) == 50_00
    with unit_of_work(SYSTEM) as work:
        records.delete_record(work, "deal_line", second["id"], seen_version=second["version"])

    assert amount(deal) == 50_00
    with reading(SYSTEM) as session:
        assert deal_lines(session, deal["id"]) == ()


def test_a_stale_line_is_neither_changed_nor_removed(deal):
    line = add(deal, quantity=1, unit_price_minor=100_00)
    with unit_of_work(SYSTEM) as work:
        records.update_record(work, "deal_line", line["id"], {"quantity": 2}, seen_version=line["version"])

    with pytest.raises(Conflict) as refused, unit_of_work(SYSTEM) as work:
        records.update_record(work, "deal_line", line["id"], {"quantity": 5}, seen_version=line["version"])
    with pytest.raises(Conflict), unit_of_work(SYSTEM) as work:
        records.delete_record(work, "deal_line", line["id"], seen_version=line["version"])

    assert (refused.value.mine, refused.value.theirs) == ({"quantity": 5}, {"quantity": 2})
    assert amount(deal) == 200_00


@pytest.mark.parametrize("wrong", [{"discount": 1.5}, {"quantity": -1}, {"discount": -0.1}])
def test_impossible_lines_are_refused(deal, wrong):
    with pytest.raises(Refused) as refused:
        add(deal, unit_price_minor=100_00, **wrong)

    assert [p.field for p in refused.value.problems] == list(wrong)
    assert amount(deal) == 500_00


def test_the_screen_shows_the_lines_in_their_order_and_the_weighted_worth(deal):
    with unit_of_work(SYSTEM) as work:
        product = records.create_record(
            work, "product", {"name": "Lumo", "list_price_minor": 70_000, "currency": "EUR"}
        )
    add(deal, product_id=product["id"], quantity=2, unit_price_minor=100_00)
    add(deal, description="Delivery", unit_price_minor=30_00)

    with reading(SYSTEM) as session:
        view = read_deal(session, deal["id"], now=NOON, today=NOON.date())

    assert [(line.product, line.description, line.amount_minor) for line in view.lines] == [
        ("Lumo", "", 200_00),
        ("", "Delivery", 30_00),
    ]
    assert (view.worth_minor, view.stage.probability, view.weighted_minor) == (230_00, 0.1, 23_00)


def test_a_deal_that_is_not_there_is_named(deal):
    with pytest.raises(NotFound, match="no deal 99"), reading(SYSTEM) as session:
        read_deal(session, 99, now=NOON, today=NOON.date())


@given(
    quantity=st.floats(0, 10_000, allow_nan=False),
    price=st.integers(0, 10**10),
    discount=st.floats(0, 1, allow_nan=False),
)
def test_a_line_is_never_worth_less_than_nothing_or_more_than_its_list(quantity, price, discount):
    worth = line_amount(quantity, price, discount)

    assert worth is not None
    assert 0 <= worth <= round(quantity * price) + 1


def test_pasted_rates_are_stored_and_replace_the_same_day(deal):
    with unit_of_work(SYSTEM) as work:
        first = save_rates(work, parse_rates("day,currency,rate\n2026-01-31, USD, 0.92\n2026-02-28,usd,0.93"))
    with unit_of_work(SYSTEM) as work:
        second = save_rates(work, parse_rates("2026-02-28;USD;0,95\n2026-01-31;USD;0,92"))

    assert (first, second) == (2, 1)
    with reading(SYSTEM) as session:
        assert read_rates(session) == [
            DatedRate("USD", date(2026, 2, 28), 0.95),
            DatedRate("USD", date(2026, 1, 31), 0.92),
        ]
    with unit_of_work(SYSTEM) as work:
        delete_rate(work, currency="USD", day=date(2026, 2, 28))
    with reading(SYSTEM) as session:
        assert len(read_rates(session)) == 1


def test_unreadable_rates_are_named_by_their_line_and_nothing_is_stored(deal):
    with pytest.raises(Refused) as refused:
        parse_rates(
            "2026-01-31,USD,0.92\n31.1.2026,USD,0.92\n2026-01-31,XXY,1\n2026-01-31,USD,-1\n2026-01-31,USD"
        )

    assert [p.field for p in refused.value.problems] == ["2", "3", "4", "5"]
    assert "write 2026-01-31" in refused.value.problems[0].message


def test_the_firms_own_currency_needs_no_rate(deal):
    with pytest.raises(Refused, match="always 1"), unit_of_work(SYSTEM) as work:
        save_rates(work, [DatedRate("EUR", date(2026, 1, 1), 1.1)])
