"""The monthly series of won deals and sales, and what stands beside a forecast, on both databases."""

import csv
import io
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from crm.clock import today
from crm.errors import NotFound, Refused
from crm.forecasting import queries, service
from crm.forecasting.chosen import SALES, WON, SeriesChoice
from crm.forecasting.files.export import forecast_csv
from crm.forecasting.queries import products_of
from crm.periods import add_months
from crm.pipeline.expected import open_deals, targets_ahead
from crm.pipeline.targets import set_target
from crm.reporting.book import open_book
from crm.reporting.report import SalesFilter
from crm.work import SYSTEM, reading, unit_of_work
from db.models import Order, OrderLine, Rate, Stage
from tests.service.forecasting.forecast_firm import Firm, latest, silent, values_of

pytestmark = pytest.mark.usefixtures("database", "at_noon")


@pytest.fixture
def firm():
    return Firm()


class TestTheSeries:
    def test_won_deals_add_up_by_the_month_of_closing(self, firm):
        firm.deal(1000, date(2025, 12, 1))
        firm.deal(2000, date(2025, 12, 31))
        firm.deal(5000, date(2026, 2, 28))
        firm.deal(7000, date(2026, 1, 5), kind="lost")
        firm.deal(7000, None, kind="open")
        firm.deal(7000, date(2026, 1, 5), archived_at=datetime(2026, 1, 6, tzinfo=UTC))

        found, past = values_of(SYSTEM)

        assert found == {date(2025, 12, 1): 3000, date(2026, 2, 1): 5000}
        assert (past.rows, past.currency) == (3, "EUR")

    def test_the_running_month_is_left_out(self, firm):
        firm.deal(1000, date(2026, 2, 28))
        firm.deal(9000, date(2026, 3, 1))

        found, _past = values_of(SYSTEM)

        assert found == {date(2026, 2, 1): 1000}

    def test_amounts_convert_at_the_rate_of_their_day(self, firm):
        with unit_of_work(SYSTEM) as work:
            work.session.add_all(
                [
                    Rate(currency="USD", day=date(2026, 1, 1), rate=0.5),
                    Rate(currency="USD", day=date(2026, 1, 20), rate=0.8),
                ]
            )
        firm.deal(1000, date(2026, 1, 10), currency="USD")
        firm.deal(1000, date(2026, 1, 25), currency="USD")
        firm.deal(1000, date(2026, 1, 25))

        found, _past = values_of(SYSTEM)

        assert found == {date(2026, 1, 1): 500 + 800 + 1000}

    def test_a_part_is_a_team_or_a_category(self, firm):
        firm.deal(1000, date(2026, 1, 10), seller=0, product=0)
        firm.deal(2000, date(2026, 1, 10), seller=1, product=1)

        by_team, _past = values_of(SYSTEM, SeriesChoice(WON, team_id=firm.teams[1]))
        by_category, _past = values_of(SYSTEM, SeriesChoice(WON, category_id=firm.categories[0]))

        assert (sum(by_team.values()), sum(by_category.values())) == (2000, 1000)

    def test_sales_lines_add_up_by_region_of_line_or_order(self, firm):
        with unit_of_work(SYSTEM) as work:
            order = firm.stored(work.session, Order(number="1", ordered_on=date(2026, 1, 2), region="West"))
            for minor, region in ((100, None), (20, "West"), (3, "East")):
                work.session.add(
                    OrderLine(
                        sold_on=date(2026, 1, 2),
                        amount_minor=minor,
                        currency="EUR",
                        region=region,
                        order_id=order,
                    )
                )

        west, _past = values_of(SYSTEM, SeriesChoice(SALES, region="West"))
        whole, _past = values_of(SYSTEM, SeriesChoice(SALES))

        assert (sum(west.values()), sum(whole.values())) == (120, 123)

    def test_a_quiet_end_counts_as_zero_only_where_gaps_were_seen_before(self, firm):
        for month in (date(2025, 6, 3), date(2025, 10, 3), date(2025, 12, 3)):
            firm.deal(1000, month)

        gaps_before, _past = values_of(SYSTEM)

        assert gaps_before[date(2026, 2, 1)] == 0
        assert min(gaps_before) == date(2025, 6, 1)

    def test_a_series_that_ended_years_ago_is_not_filled_with_zeros(self, firm):
        for month in (date(2019, 1, 3), date(2019, 2, 3), date(2019, 3, 3)):
            firm.deal(1000, month)

        found, _past = values_of(SYSTEM)

        assert list(found) == [date(2019, 1, 1), date(2019, 2, 1), date(2019, 3, 1)]

    def test_its_span_costs_one_statement(self, firm, statements):
        firm.history(5)
        statements.clear()

        with reading(SYSTEM) as session:
            span = queries.span(session, SeriesChoice(), today=today())

        assert (span.first, span.last, span.months) == (date(2025, 10, 15), date(2026, 2, 15), 5)
        assert len(statements) == 1

    def test_an_unknown_series_and_a_region_of_deals_are_refused(self):
        with pytest.raises(Refused, match="no series"):
            SeriesChoice("leads")
        with pytest.raises(Refused, match="no region"):
            SeriesChoice(WON, region="West")

    def test_long_names_stay_apart(self):
        one, two = (SeriesChoice(SALES, region="R" * 200 + end) for end in "ab")

        assert one.name != two.name
        assert max(len(one.name), len(two.name)) <= 120


class TestBeside:
    def test_open_deals_count_by_their_chance_in_their_month(self, firm):
        firm.deal(10_000, None, kind="open", expected_close_on=date(2026, 4, 20))
        firm.deal(30_000, None, kind="open", expected_close_on=date(2026, 4, 2), seller=1, product=1)
        firm.deal(5_000, None, kind="open", expected_close_on=date(2026, 2, 20))
        firm.deal(None, None, kind="open")
        with reading(SYSTEM) as session:
            chance = session.get(Stage, firm.stages["open"][0]).probability
            book = open_book(session)

            everything = open_deals(session, book, SalesFilter(), today=today())
            beans = products_of(session, firm.categories[1])
            part = open_deals(session, book, SalesFilter(products=beans), today=today())

        (april,) = everything.months.items()
        assert april[0] == date(2026, 4, 1)
        assert (april[1].deals, april[1].value_minor) == (2, 40_000)
        assert april[1].weighted_minor == pytest.approx(40_000 * chance, abs=2)
        assert (everything.late.deals, everything.late.value_minor) == (1, 5_000)
        assert (everything.undated.deals, everything.undated.value_minor) == (1, 0)
        assert part.months[date(2026, 4, 1)].value_minor == 30_000

    def test_targets_are_those_of_whom_one_sees(self, firm):
        with unit_of_work(SYSTEM) as work:
            for seller, amount in ((0, 1000), (1, 300)):
                set_target(
                    work,
                    month=date(2026, 4, 1),
                    amount_minor=amount,
                    currency="EUR",
                    user_id=firm.sellers[seller],
                )
        start = date(2026, 3, 1)

        def seen(actor, team_id=None):
            with reading(actor) as session:
                return targets_ahead(session, open_book(session), team_id=team_id, start=start, months=6)

        assert seen(SYSTEM) == {date(2026, 4, 1): 1300}
        assert seen(SYSTEM, firm.teams[1]) == {date(2026, 4, 1): 300}
        assert seen(firm.seller(0, "own")) == {date(2026, 4, 1): 1000}
        assert seen(firm.seller(1, "team")) == {date(2026, 4, 1): 300}


def test_the_export_holds_the_months_asked_for_and_no_formula(firm):
    with unit_of_work(SYSTEM) as work:
        for step in range(5):
            sold = add_months(date(2025, 10, 1), step)
            work.session.add(OrderLine(sold_on=sold, amount_minor=10_050, currency="EUR", region="=1+1"))
    choice = SeriesChoice(SALES, region="=1+1")
    service.compute(SYSTEM, choice, step=silent)

    made = forecast_csv(latest(SYSTEM, choice), choice=choice, months=3)

    rows = list(csv.reader(io.StringIO(made.data.decode("utf-8-sig"))))
    assert [row[0] for row in rows] == ["month", "2026-03", "2026-04", "2026-05"]
    assert float(rows[1][1]) == pytest.approx(100.5)
    assert not any(cell.startswith(("=", "+", "@")) for row in rows for cell in row)


def test_a_part_is_found_by_its_name_whatever_its_capitals(firm):
    with reading(SYSTEM) as session:
        assert queries.part_named(session, "team", " north ") == firm.teams[0]
        assert queries.part_named(session, "category", "") is None
        with pytest.raises(NotFound, match="West"):
            queries.part_named(session, "team", "West")


def test_the_values_are_a_series_of_months(firm):
    firm.history(3)

    _found, past = values_of(SYSTEM)

    assert isinstance(past.values.index, pd.DatetimeIndex)
    assert past.values.index.is_monotonic_increasing
